use super::*;
use crate::manifest;
use crate::model::{
    DeploymentStrategy, IntOrPercent, Percent, PortRef, Protocol, Quantity, Replicas,
};
use crate::time::Span;

/// The objects of a text without errors.
fn objects(yaml: &str) -> Vec<Object> {
    let manifests = manifest::parse("app.yaml", yaml.as_bytes()).unwrap();
    let read = Objects::read(&manifests);
    let errors: Vec<_> = read.errors.iter().map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    read.objects
}

fn errors(yaml: &str) -> Vec<String> {
    let manifests = manifest::parse("app.yaml", yaml.as_bytes()).unwrap();
    Objects::read(&manifests).errors.iter().map(ToString::to_string).collect()
}

/// The one body of a text.
fn body(yaml: &str) -> Body {
    objects(yaml).remove(0).body
}

fn deployment(yaml: &str) -> DeploymentView {
    let Body::Deployment(it) = body(yaml) else { panic!("no Deployment") };
    *it
}

fn quantity(text: &str) -> Quantity {
    text.parse().unwrap()
}

const DEPLOYMENT: &str = include_str!("tests/deployment.yaml");

/// A Deployment whose only container has these further lines.
fn with_container(lines: &str) -> String {
    let lines = lines.replace('\n', "\n        ");
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers:
      - name: web
        {lines}
"
    )
}

fn container(lines: &str) -> Container {
    deployment(&with_container(lines)).template.spec.containers.remove(0)
}

#[test]
fn a_deployment_is_read_with_all_its_settings() {
    let it = deployment(DEPLOYMENT);
    assert_eq!(it.replicas.value, Replicas::from(3_u16));
    assert_eq!(it.replicas.place.to_string(), "app.yaml:9:13: spec.replicas");
    assert_eq!(it.selector.to_string(), "app=threat-detection");
    assert!(it.paused);
    assert_eq!(it.min_ready, Span::seconds(5));
    assert_eq!(it.history_limit.value, 4);
    assert_eq!(it.progress_deadline, Span::seconds(300));
    let DeploymentStrategy::RollingUpdate(limits) = it.strategy else { panic!("recreate") };
    assert_eq!(limits.surge(), IntOrPercent::Count(Replicas::ONE));
    assert_eq!(limits.unavailable(), IntOrPercent::Share(Percent::new(0)));
    assert_eq!(it.peak(), Replicas::from(4_u16));
    assert_eq!(it.template.annotations.get("prometheus.io/port"), Some("8080"));
}

#[test]
fn the_status_is_read_with_its_conditions() {
    let status = deployment(DEPLOYMENT).status.unwrap();
    assert_eq!(status.observed_generation, 7);
    assert_eq!((status.replicas.get(), status.ready.get(), status.unavailable.get()), (4, 3, 0));
    let [progressing, other] = &status.conditions[..] else { panic!("{:?}", status.conditions) };
    assert_eq!(progressing.kind, DeploymentCondition::Progressing);
    assert_eq!(progressing.status, Truth::False);
    assert_eq!(progressing.reason.as_deref(), Some("ProgressDeadlineExceeded"));
    assert_eq!(progressing.changed.unwrap().to_string(), "2026-11-21T18:00:00.000Z");
    assert_eq!(other.kind, DeploymentCondition::Other("FromTheFuture".into()));
}

#[test]
fn a_deployment_that_says_little_gets_the_defaults_of_kubernetes() {
    let it = deployment(&with_container("image: nginx"));
    assert_eq!(it.replicas.value, Replicas::ONE);
    assert_eq!(it.replicas.place.at.line, 5, "where the spec is");
    assert!(!it.paused && it.status.is_none());
    assert_eq!((it.history_limit.value, it.progress_deadline), (10, Span::seconds(600)));
    assert!(
        matches!(it.strategy, DeploymentStrategy::RollingUpdate(limits) if limits == Default::default())
    );
    let spec = &it.template.spec;
    assert_eq!(spec.termination_grace.value, Span::seconds(30));
    assert_eq!(spec.restart_policy, RestartPolicy::Always);
}

#[test]
fn every_kind_of_environment_variable_is_read() {
    let container = &deployment(DEPLOYMENT).template.spec.containers[0];
    let [plain, config, secret, field, resource] = &container.env[..] else {
        panic!("{:?}", container.env)
    };
    assert_eq!(plain.value, EnvValue::Plain("production".into()));
    let EnvValue::ConfigMapKey(key) = &config.value else { panic!("{config:?}") };
    assert_eq!((key.name.as_str(), &*key.key, key.optional), ("app-config", "level", true));
    let EnvValue::SecretKey(key) = &secret.value else { panic!("{secret:?}") };
    assert_eq!((key.name.as_str(), &*key.key, key.optional), ("db", "url", false));
    assert_eq!(key.name.place.at.line, 48);
    assert_eq!(field.value, EnvValue::Field("metadata.name".into()));
    let EnvValue::Resource { resource, divisor, .. } = &resource.value else {
        panic!("{resource:?}")
    };
    assert_eq!((&**resource, divisor), ("limits.memory", &Some(quantity("1Mi"))));
    let [from] = &container.env_from[..] else { panic!("{:?}", container.env_from) };
    assert!(matches!(&from.source, EnvSource::Secret(name) if name.as_str() == "more"));
    assert_eq!(&*from.prefix, "X_");
}

#[test]
fn ports_resources_probes_and_hooks_are_read() {
    let container = &deployment(DEPLOYMENT).template.spec.containers[0];
    assert_eq!(container.image.as_ref().unwrap().to_string(), "pixelated/ml-model-service:v1.0.0");
    assert_eq!(container.ports[0].port.get(), 8080);
    assert_eq!(container.ports[1].protocol, Protocol::Udp);
    assert!(container.port(&PortRef::Name("http".parse().unwrap())).is_some());
    assert!(container.port(&PortRef::Name("grpc".parse().unwrap())).is_none());
    let resources = &container.resources;
    assert_eq!(resources.requests.get("cpu").unwrap().value, quantity("2"));
    assert_eq!(resources.request("nvidia.com/gpu").unwrap().value, quantity("1"));
    assert_eq!(container.readiness.as_ref().unwrap().period, Span::seconds(5));
    assert!(matches!(container.startup.as_ref().unwrap().handler, Handler::Exec(_)));
    assert_eq!(container.lifecycle.pre_stop, Some(Handler::Sleep(Span::seconds(5))));
    assert!(container.security.read_only_root_filesystem);
    assert_eq!(container.security.drop_capabilities, ["ALL".into()]);
    assert_eq!(container.mounts[0].volume.as_str(), "models");
    assert!(container.mounts[1].read_only);
}

#[test]
fn every_kind_of_volume_is_read_and_no_other_is_lost() {
    let spec = deployment(DEPLOYMENT).template.spec;
    let kinds: Vec<_> = spec.volumes.iter().map(|volume| &volume.source).collect();
    let [claim, config, empty, host, secret, projected, other] = &kinds[..] else {
        panic!("{kinds:?}")
    };
    assert!(
        matches!(claim, VolumeSource::Claim { name, read_only: false } if name.as_str() == "model-storage-pvc")
    );
    let VolumeSource::ConfigMap(files) = config else { panic!("{config:?}") };
    assert_eq!(files.items, [("a".into(), "a.txt".into())]);
    assert_eq!(
        **empty,
        VolumeSource::EmptyDir { in_memory: true, size_limit: Some(quantity("64Mi")) }
    );
    assert!(matches!(host, VolumeSource::HostPath { path, .. } if &**path == "/var/log"));
    assert!(
        matches!(secret, VolumeSource::Secret(files) if files.name.as_str() == "tls" && files.optional)
    );
    let VolumeSource::Projected(parts) = projected else { panic!("{projected:?}") };
    assert!(matches!(parts[..], [Projection::ServiceAccountToken(_), Projection::DownwardApi]));
    assert_eq!(**other, VolumeSource::Other("csi".into()));
    assert_eq!(spec.claims().count(), 1);
}

#[test]
fn where_a_pod_may_run_is_read() {
    let spec = deployment(DEPLOYMENT).template.spec;
    assert_eq!(spec.service_account.as_ref().unwrap().as_str(), "threat-detection-sa");
    assert_eq!(spec.security.run_as_user, Some(1000));
    assert_eq!(spec.security.sysctls, [("net.core.somaxconn".into(), "1024".into())]);
    assert_eq!(spec.node_selector.to_string(), "disk=ssd");
    let [gpu, all] = &spec.tolerations[..] else { panic!("{:?}", spec.tolerations) };
    assert_eq!(gpu.effect, Some(TaintEffect::NoSchedule));
    assert_eq!((all.operator, &all.key), (TolerationOperator::Exists, &None));
    assert_eq!(all.duration, Some(Span::seconds(60)));
    let term = &spec.affinity.required_nodes[0].labels[0];
    assert_eq!((term.operator, &term.values[..]), (NodeOperator::Gt, &["4".into()][..]));
    let (weight, apart) = &spec.affinity.apart.preferred[0];
    assert_eq!((*weight, apart.topology_key.as_str()), (100, "kubernetes.io/hostname"));
    assert_eq!(spec.termination_grace.value, Span::seconds(45));
}

#[test]
fn a_pod_requests_the_sum_of_its_containers_or_its_largest_start() {
    let spec = deployment(DEPLOYMENT).template.spec;
    assert_eq!(spec.request("cpu"), Some(quantity("2500m")), "2 and the sidecar's 500m");
    assert_eq!(spec.request("memory"), Some(quantity("16Gi")), "the init container");
    assert_eq!(spec.request("nvidia.com/gpu"), Some(quantity("1")));
    assert_eq!(spec.request("unheard.of/thing"), Some(Quantity::ZERO));
    assert_eq!(spec.serving().count(), 2);
}

#[test]
fn services_budgets_and_claims_are_read() {
    let all = objects(include_str!("tests/others.yaml"));
    let [service, headless, budget, claim, set, other] = &all[..] else { panic!("{all:?}") };
    let Body::Service(it) = &service.body else { panic!("{service:?}") };
    assert_eq!(it.selector.to_string(), "app=web");
    assert_eq!(it.ports[0].target.value, PortRef::Name("http".parse().unwrap()));
    assert_eq!(it.ports[1].target.value, PortRef::Number(it.ports[1].port));
    let Body::Service(it) = &headless.body else { panic!("{headless:?}") };
    assert!(it.is_headless && it.publishes_not_ready && it.selector.is_empty());
    let Body::Budget(it) = &budget.body else { panic!("{budget:?}") };
    assert_eq!(it.floor.evictable(Replicas::from(3_u16)), Replicas::ONE);
    let Body::Claim(it) = &claim.body else { panic!("{claim:?}") };
    assert_eq!(it.access_modes[0].value, AccessMode::ReadWriteOnce);
    assert_eq!(it.storage.as_ref().unwrap().value, quantity("100Gi"));
    assert_eq!(it.storage_class.as_deref(), Some("fast-ssd"));
    let Body::Workload(it) = &set.body else { panic!("{set:?}") };
    assert_eq!(it.kind, WorkloadKind::StatefulSet);
    assert_eq!((other.title().as_str(), &other.body), ("CronTab my-cron", &Body::Other));
    assert!(set.is_beside(service) && !set.is_beside(other));
}

#[test]
fn an_autoscaler_is_read_with_every_kind_of_metric() {
    let Body::Autoscaler(it) = body(include_str!("tests/autoscaler.yaml")) else {
        panic!("no autoscaler")
    };
    assert_eq!((&*it.target.kind, it.target.name.as_str()), ("Deployment", "web"));
    assert_eq!((it.min.get(), it.max.get()), (3, 50));
    let [cpu, one, pods, object, external] = &it.metrics[..] else { panic!("{:?}", it.metrics) };
    assert_eq!(cpu.target, MetricValue::Utilization(Percent::new(70)));
    assert_eq!(one.resource().unwrap().as_str(), "memory");
    assert_eq!(pods.target, MetricValue::AverageValue(quantity("1000")));
    assert!(
        matches!(&object.source, MetricSource::Object { object, .. } if &*object.kind == "Ingress")
    );
    let MetricSource::External(name) = &external.source else { panic!("{external:?}") };
    assert_eq!(&*name.name, "pubsub.googleapis.com|subscription|num_undelivered_messages");
    assert!(name.selector.is_some());
    let (up, down) = (it.scale_up.unwrap(), it.scale_down.unwrap());
    assert_eq!(down.policies[0].step, ScalingStep::Share(Percent::new(10)));
    assert_eq!(up.policies[1].step, ScalingStep::Pods(Replicas::from(5_u16)));
    assert_eq!((up.select, down.select), (PolicySelect::Max, PolicySelect::Disabled));
    let status = it.status.unwrap();
    assert_eq!(status.metrics, [Some(MetricValue::Utilization(Percent::new(64)))]);
    assert_eq!(status.conditions[0].kind, AutoscalerCondition::AbleToScale);
}

#[test]
fn the_values_of_a_secret_show_nowhere() {
    let yaml = "apiVersion: v1
kind: Secret
metadata: {name: db}
stringData: {url: hunter2-a}
data: {key: hunter2-b}
";
    let Body::Secret(secret) = body(yaml) else { panic!("no secret") };
    assert!(secret.has("url") && secret.has("key") && !secret.has("other"));
    assert_eq!(secret.texts["url"].expose(), "hunter2-a");
    assert!(!format!("{secret:?}").contains("hunter2"));
    let broken = yaml.replace("hunter2-a", "31415926");
    assert_eq!(
        errors(&broken),
        ["app.yaml:4:19: stringData.url: expected a string in quotes, found an integer"]
    );
}

#[test]
fn a_config_map_is_data() {
    let yaml =
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: b}, immutable: true}";
    let Body::ConfigMap(it) = body(yaml) else { panic!("no config map") };
    assert!(it.immutable && it.has("a"));
    assert_eq!(&*it.data["a"], "b");
}

#[test]
fn the_items_of_a_list_are_objects() {
    let yaml = "apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Service, metadata: {name: a}, spec: {}}
- {apiVersion: v1, kind: Service, metadata: {name: b}, spec: {ports: [{port: 0}]}}
";
    let manifests = manifest::parse("app.yaml", yaml.as_bytes()).unwrap();
    let read = Objects::read(&manifests);
    assert_eq!(read.objects.len(), 2);
    assert!(read.errors[0].to_string().contains("items[1].spec.ports[0].port: 0 is no port"));
}

#[test]
fn every_fault_of_a_document_is_reported_at_once() {
    let yaml = with_container(
        "image: Nginx
env: [{name: A, value: yes}, {value: b}]
ports: [{containerPort: 99999}]
resources: {requests: {cpu: 1KiB, memory: 2Gi}, limits: {memory: 1Gi}}
readinessProbe: {periodSeconds: 3}",
    );
    let errors = errors(&yaml);
    let expected = [
        "app.yaml:11:16: spec.template.spec.containers[0].image: image \"Nginx\", character 1: 'N' is a capital",
        "app.yaml:12:32: spec.template.spec.containers[0].env[0].value: expected a string, found a boolean",
        "app.yaml:12:38: spec.template.spec.containers[0].env[1].name: required field is missing",
        "app.yaml:13:33: spec.template.spec.containers[0].ports[0].containerPort: 99999 is no port",
        "app.yaml:14:37: spec.template.spec.containers[0].resources.requests.cpu: quantity \"1KiB\"",
        "app.yaml:14:51: spec.template.spec.containers[0].resources.requests.memory: 2Gi is more than the limit 1Gi",
        "app.yaml:15:25: spec.template.spec.containers[0].readinessProbe: says nothing to do",
    ];
    assert_eq!(errors.len(), expected.len(), "{errors:#?}");
    for (error, expected) in errors.iter().zip(expected) {
        assert!(error.starts_with(expected), "{error}\n{expected}");
    }
}

#[test]
fn contradictions_are_refused() {
    let has = |yaml: &str, part: &str| {
        let errors = errors(yaml);
        assert!(errors.iter().any(|error| error.contains(part)), "{errors:#?}");
    };
    let kind = |text: &str, spec: &str| {
        format!("{{apiVersion: {text}, metadata: {{name: x}}, spec: {{{spec}}}}}")
    };
    has(
        &kind("policy/v1, kind: PodDisruptionBudget", "minAvailable: 1, maxUnavailable: 1"),
        "keep one",
    );
    let target = "scaleTargetRef: {kind: Deployment, name: x}";
    let hpa = |more: &str| {
        kind("autoscaling/v2, kind: HorizontalPodAutoscaler", &format!("{target}, {more}"))
    };
    has(&hpa("minReplicas: 5, maxReplicas: 3"), "maxReplicas 3 is under minReplicas 5");
    has(
        &hpa(
            "maxReplicas: 3, metrics: [{type: Pods, pods: {metric: {name: a}, target: {type: Utilization}}}]",
        ),
        "write Value or AverageValue",
    );
    let yaml = with_container("image: a").replace(
        "spec:\n  selector",
        "spec:\n  strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}\n  selector",
    );
    has(&yaml, "remove rollingUpdate");
    let zero = yaml.replace(
        "type: Recreate, rollingUpdate: {maxSurge: 1}",
        "rollingUpdate: {maxSurge: 0, maxUnavailable: 0}",
    );
    has(&zero, "no pod could be replaced");
    has(
        &with_container("env: [{name: a, value: b, valueFrom: {fieldRef: {fieldPath: c}}}]"),
        "keep one of them",
    );
    has(&with_container("resources: {limits: {cpu: -1}}"), "-1 is less than nothing");
    has(&yaml.replace("name: web}", "name: We_b}"), "'W' is not allowed here");
    has(
        "{apiVersion: v1, kind: Service, metadata: {}, spec: {}}",
        "metadata.name: required field is missing",
    );
}

#[test]
fn a_quantity_may_be_a_bare_number() {
    let resources = container("resources: {requests: {cpu: 0.5, memory: 1000000}}").resources;
    assert_eq!(resources.requests.get("cpu").unwrap().to_string(), "500m");
    assert_eq!(resources.requests.get("memory").unwrap().to_string(), "1M");
}

#[test]
fn the_place_of_any_field_can_be_asked_for() {
    let manifest = manifest::parse("app.yaml", DEPLOYMENT.as_bytes()).unwrap().remove(0);
    let place = |path: &str| Place::in_manifest(&manifest, &path.parse().unwrap());
    let place_of_policy = place("spec.template.spec.restartPolicy").unwrap();
    assert_eq!(place_of_policy.to_string(), "app.yaml:33:22: spec.template.spec.restartPolicy");
    assert_eq!(place("spec.template.spec.nothing"), None);
}

#[test]
fn an_autoscaler_of_the_first_version_measures_cpu() {
    let yaml = "{apiVersion: autoscaling/v1, kind: HorizontalPodAutoscaler, metadata: {name: a}, spec: \
                {scaleTargetRef: {kind: Deployment, name: web}, maxReplicas: 4, targetCPUUtilizationPercentage: 60}}";
    let Body::Autoscaler(it) = body(yaml) else { panic!("no autoscaler") };
    assert_eq!(it.metrics[0].resource().unwrap().as_str(), "cpu");
    assert_eq!(it.metrics[0].target, MetricValue::Utilization(Percent::new(60)));
}
