//! Pods that live as their annotations say.

use std::time::{Duration, Instant};

use windlass_cluster::{ControlPlane, Options, Pods};

use crate::{Outcome, eventually, field, web};

const READY: &str = ".status.conditions[?(@.type=='Ready')].status";

fn scripted() -> Result<Option<ControlPlane>, Box<dyn std::error::Error>> {
    let options = Options { pods: Pods::Scripted, ..Options::default() };
    let Some(cluster) = ControlPlane::for_test(&options)? else { return Ok(None) };
    cluster.add_nodes(1, &[])?;
    Ok(Some(cluster))
}

fn pod(name: &str, annotations: &str) -> String {
    format!(
        "---
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: default, annotations: {{{annotations}}}}}
spec:
  containers: [{{name: it, image: 'registry.example/it:1'}}]
"
    )
}

#[test]
fn scripted_pods_are_late_never_ready_or_crash_and_others_are_ready_at_once() -> Outcome {
    let Some(cluster) = scripted()? else { return Ok(()) };
    let begun = Instant::now();
    cluster.apply(
        &[
            pod("plain", ""),
            pod("late", "test.windlass.dev/ready-after: 3s"),
            pod("never", "test.windlass.dev/fate: never-ready"),
            pod("crash", "test.windlass.dev/fate: crash"),
        ]
        .join(""),
    )?;
    let ready = |name: &str| field(&cluster, &format!("pod/{name}"), READY);
    eventually("the plain pod is ready", || ready("plain"), |it| it == "True");
    eventually("the late pod is ready", || ready("late"), |it| it == "True");
    assert!(begun.elapsed() >= Duration::from_secs(3), "{:?}", begun.elapsed());

    let restarts = || field(&cluster, "pod/crash", ".status.containerStatuses[0].restartCount");
    let many = |count: &String| count.parse::<u32>().is_ok_and(|count| count >= 2);
    eventually("the crashing pod is started again and again", restarts, many);
    assert_eq!((ready("crash").as_str(), ready("never").as_str()), ("False", "False"));
    assert_eq!(field(&cluster, "pod/never", ".status.phase"), "Running");
    Ok(())
}

#[test]
fn a_scripted_pod_that_turns_bad_was_ready_before_and_never_is_again() -> Outcome {
    let Some(cluster) = scripted()? else { return Ok(()) };
    cluster.apply(&web(2, "1", "test.windlass.dev/unready-after: 3s"))?;
    let ready = || field(&cluster, "deployment/web", ".status.readyReplicas");
    eventually("both pods are ready", ready, |count| count == "2");
    eventually("none is ready", ready, String::is_empty);
    let reason = ".items[*].status.conditions[?(@.type=='Ready')].reason";
    assert_eq!(field(&cluster, "pods", reason), "ProbeFailed ProbeFailed");
    Ok(())
}

#[test]
fn a_scripted_pod_that_takes_its_time_to_go_is_terminating_meanwhile() -> Outcome {
    let Some(cluster) = scripted()? else { return Ok(()) };
    cluster.apply(&web(1, "1", "test.windlass.dev/gone-after: 3s"))?;
    cluster.kubectl_read(&["rollout", "status", "deployment/web", "--timeout=60s"])?;
    cluster.kubectl_read(&["scale", "deployment/web", "--replicas=0"])?;
    let deleted = || field(&cluster, "pods", ".items[0].metadata.deletionTimestamp");
    let marked = eventually("the pod is marked", deleted, |at| at.starts_with("20"));
    assert!(!marked.is_empty());
    let left = || field(&cluster, "pods", ".items[*].metadata.name");
    eventually("the pod is gone", left, String::is_empty);
    Ok(())
}
