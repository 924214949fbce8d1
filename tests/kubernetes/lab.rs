//! A namespace of a real cluster with one app in it.

use std::error::Error;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::Value;
use windlass::core::event::RunEvent;
use windlass::core::evidence::{NoEvidence, Reading};
use windlass::core::fence::Fence;
use windlass::core::id::AppRef;
use windlass::core::platform::{
    Approval, Fault, HookAnswer, HookCall, Hooks, Host, MetricQuery, Metrics, Platform, Question,
    Receipt, Refusal, RouteRef, RouteSeen, Traffic, Write,
};
use windlass::core::time::Timestamp;
use windlass::kube::{Cluster, Patience};
use windlass::local::SystemClock;
use windlass::{Application, Ending, RunId, Span, Windlass, manifest};
use windlass_cluster::{ControlPlane, Options};

pub(crate) type Outcome = Result<(), Box<dyn Error>>;

/// One cluster for all tests of this program; each has a namespace of its own.
static CLUSTER: LazyLock<Result<Option<ControlPlane>, String>> = LazyLock::new(|| {
    let start = || {
        let cluster = ControlPlane::for_test(&Options::default())?;
        if let Some(cluster) = &cluster {
            cluster.add_nodes(3, &["a", "b", "c"])?;
        }
        Ok(cluster)
    };
    start().map_err(|error: Box<dyn Error>| error.to_string())
});

/// An app of three pods.
const APP: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: NAMESPACE, labels: {app: web}}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.example/web:VERSION
        env: [{name: VERSION, value: 'VERSION'}]
        ports: [{containerPort: 8080, name: http}]
        resources: {requests: {cpu: 10m, memory: 16Mi}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: NAMESPACE}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: http}]
";

/// An app on the cluster.
pub(crate) struct Shop {
    cluster: &'static ControlPlane,
    namespace: String,
}

impl Shop {
    /// The app at version 1.0.0, rolled out; `None` where there is no cluster.
    pub(crate) fn open(namespace: &str) -> Result<Option<Self>, Box<dyn Error>> {
        let Some(cluster) = CLUSTER.as_ref().map_err(String::clone)? else { return Ok(None) };
        cluster.apply(&format!(
            "{{apiVersion: v1, kind: Namespace, metadata: {{name: {namespace}}}}}"
        ))?;
        let shop = Self { cluster, namespace: namespace.to_owned() };
        cluster.apply(&shop.manifests("1.0.0"))?;
        shop.kubectl(&["rollout", "status", "deployment/web", "--timeout=60s"])?;
        Ok(Some(shop))
    }

    pub(crate) fn manifests(&self, version: &str) -> String {
        APP.replace("NAMESPACE", &self.namespace).replace("VERSION", version)
    }

    pub(crate) fn wanted(&self, version: &str) -> Result<Application, Box<dyn Error>> {
        let read = manifest::parse("web.yaml", self.manifests(version).as_bytes())?;
        Ok(Application::read(&read)?)
    }

    /// What kubectl says.
    pub(crate) fn kubectl(&self, args: &[&str]) -> Result<String, Box<dyn Error>> {
        let mut all = vec!["--namespace", &self.namespace];
        all.extend(args);
        Ok(self.cluster.kubectl_read(&all)?)
    }

    /// Objects as the server has them.
    pub(crate) fn get(&self, what: &str) -> Result<Value, Box<dyn Error>> {
        Ok(serde_json::from_str(&self.kubectl(&["get", what, "--output=json"])?)?)
    }

    /// Names of the pods.
    pub(crate) fn pods(&self) -> Result<Vec<String>, Box<dyn Error>> {
        let listed = self.kubectl(&["get", "pods", "--output=name"])?;
        let mut pods: Vec<String> = listed.lines().map(str::to_owned).collect();
        pods.sort();
        Ok(pods)
    }

    pub(crate) async fn operator(&self, holder: &str) -> Result<Operator, Box<dyn Error>> {
        let kubeconfig = Kubeconfig::read_from(self.cluster.kubeconfig())?;
        let mut config =
            kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
        config.default_retry = false;
        let client = kube::Client::try_from(config)?;
        let patience = Patience { settle: Span::millis(200), ..Patience::default() };
        let cluster = Cluster::new(client, SystemClock::start()?, patience);
        let platform = Platform {
            name: "a real control plane".into(),
            workloads: cluster.workloads(),
            traffic: Arc::new(NoRoutes),
            metrics: Arc::new(NoMetrics),
            hooks: Arc::new(NoHooks),
        };
        let ear = Ear::default();
        let windlass = Windlass::new(platform, SystemClock::start()?, holder);
        Ok(Operator { windlass: windlass.with_host(Arc::new(ear.clone())), ear })
    }
}

/// Longer than any release of these tests takes.
const LONG: Duration = Duration::from_secs(60);

/// A process that releases.
pub(crate) struct Operator {
    pub(crate) windlass: Windlass,
    ear: Ear,
}

impl Operator {
    /// Drives a run to its end; what was told of it, where it does not come.
    pub(crate) async fn drive(&self, run: &RunId) -> Result<Ending, Box<dyn Error>> {
        match tokio::time::timeout(LONG, self.windlass.drive(run)).await {
            Ok(ending) => Ok(ending?),
            Err(_) => Err(format!("no end after {LONG:?}:\n{}", self.ear.tale()).into()),
        }
    }
}

/// Remembers what is told.
#[derive(Clone, Debug, Default)]
struct Ear(Arc<Mutex<Vec<String>>>);

impl Ear {
    fn tale(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).join("\n")
    }
}

#[async_trait::async_trait]
impl Host for Ear {
    fn notify(&self, event: &RunEvent) {
        let line = format!("{} {:?}", event.at, event.what);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    async fn ask(&self, _: &Question) -> Approval {
        Approval::Later
    }
}

/// A cluster without routers.
#[derive(Debug)]
struct NoRoutes;

#[async_trait::async_trait]
impl Traffic for NoRoutes {
    async fn observe(&self, _: &AppRef, _: &RouteRef) -> Result<Option<RouteSeen>, Fault> {
        Ok(None)
    }

    async fn write(
        &self,
        _: &AppRef,
        _: &RouteRef,
        _: &Fence,
        _: &Write,
    ) -> Result<Receipt, Fault> {
        Err(Refusal::Missing.into())
    }
}

/// Nothing is measured.
#[derive(Debug)]
struct NoMetrics;

#[async_trait::async_trait]
impl Metrics for NoMetrics {
    async fn query(&self, _: &AppRef, _: &MetricQuery) -> (Timestamp, Result<Reading, NoEvidence>) {
        (Timestamp::default(), Err(NoEvidence::Empty))
    }
}

/// Nobody is asked.
#[derive(Debug)]
struct NoHooks;

#[async_trait::async_trait]
impl Hooks for NoHooks {
    async fn call(&self, _: &AppRef, _: &HookCall) -> HookAnswer {
        HookAnswer::Pass
    }
}
