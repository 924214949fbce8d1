//! Tests of programs that link windlass: every part of a platform has a mock (feature `mock`). Here
//! a cluster says that an app is in use, and that it cannot be reached, and a plan says so.

#![expect(clippy::print_stdout, reason = "an example talks to the person who runs it")]

use std::error::Error;
use std::sync::Arc;

use futures_executor::block_on;
use windlass::core::clock::Clock;
use windlass::core::fence::Epoch;
use windlass::core::model::DeploymentStrategy;
use windlass::core::platform::{
    AppSeen, DeploymentSeen, DeploymentStatus, Fault, LeaseSeen, MockHooks, MockMetrics,
    MockTraffic, MockWorkloads, Platform, Refusal, Template,
};
use windlass::core::time::Timestamp;
use windlass::{Application, BlueGreen, Span, Windlass, manifest};

const WEB: &str = include_str!("web.yaml");

/// A clock that stands still: planning does not wait for anything.
#[derive(Debug)]
struct Noon;

#[async_trait::async_trait]
impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::default()
    }

    fn monotonic(&self) -> Span {
        Span::ZERO
    }

    async fn sleep_until(&self, _at: Span) {}
}

fn main() -> Result<(), Box<dyn Error>> {
    let wanted = Application::read(&manifest::parse("web.yaml", WEB.as_bytes())?)?;

    let mut busy = MockWorkloads::new();
    busy.expect_observe().once().returning(|_| Ok(held_by("web-0.9.0-c0ffee00")));
    busy.expect_template()
        .returning(|_, digest| Ok(Some(Template { digest: digest.clone(), body: "{}".into() })));
    println!("{}", refusal(busy, &wanted));

    let mut down = MockWorkloads::new();
    let reason = "connection refused".to_owned();
    down.expect_observe()
        .once()
        .returning(move |_| Err(Fault::Refused(Refusal::Unavailable { reason: reason.clone() })));
    println!("{}", refusal(down, &wanted));
    Ok(())
}

/// What a plan against these workloads says. The other parts expect no call: one would fail.
fn refusal(workloads: MockWorkloads, wanted: &Application) -> String {
    let platform = Platform {
        name: "mock".into(),
        workloads: Arc::new(workloads),
        traffic: Arc::new(MockTraffic::new()),
        metrics: Arc::new(MockMetrics::new()),
        hooks: Arc::new(MockHooks::new()),
    };
    let windlass = Windlass::new(platform, Noon, "test");
    match block_on(windlass.plan(wanted, &BlueGreen::default())) {
        Ok(plan) => format!("planned, which it should not:\n{plan}"),
        Err(error) => format!("refused: {error}"),
    }
}

fn held_by(run: &str) -> AppSeen {
    let deployment = DeploymentSeen {
        uid: "d1".into(),
        generation: 7,
        observed_generation: 7,
        replicas: 4,
        paused: false,
        template: "0123456789abcdef".into(),
        strategy: DeploymentStrategy::default(),
        history_limit: 10,
        status: DeploymentStatus { replicas: 4, updated: 4, ready: 4, available: 4 },
    };
    AppSeen {
        read_at: Timestamp::default(),
        lease: Some(LeaseSeen { run: run.into(), holder: "build-7".into(), epoch: Epoch(3) }),
        deployment: Some(deployment),
        sets: Vec::new(),
        services: Vec::new(),
        min_available: 0,
    }
}
