//! Releases from beginning to end, seen with kubectl.

use serde_json::Value;
use windlass::{BlueGreen, Canary, CanaryStep, EndResult, SignalKind, Span, Strategy, Weight};

use crate::lab::{Outcome, Shop};

fn percent(n: u64) -> Weight {
    Weight::percent(n).expect("at most 100")
}

/// A canary by pods alone.
fn canary() -> Canary {
    let step = |weight| CanaryStep::new(percent(weight), Span::seconds(1));
    Canary::new(vec![step(25), step(50)], Vec::new())
}

/// Nothing that a run makes or marks is there.
fn no_residue(shop: &Shop) -> Outcome {
    for what in ["deployments", "replicasets", "services", "leases.coordination.k8s.io", "pods"] {
        for object in shop.get(what)?["items"].as_array().into_iter().flatten() {
            let text = object["metadata"].to_string().replace("\"manager\":\"windlass\"", "");
            assert!(!text.contains("windlass"), "{what}: {text}");
        }
    }
    assert_eq!(shop.get("leases.coordination.k8s.io")?["items"], Value::Array(Vec::new()));
    Ok(())
}

#[tokio::test]
async fn a_canary_by_pods_is_promoted_with_the_pods_that_were_tested() -> Outcome {
    let Some(shop) = Shop::open("canary-by-pods")? else { return Ok(()) };
    let windlass = shop.windlass("a").await?;
    let plan = windlass.plan(&shop.wanted("1.1.0")?, &canary()).await?;
    let run = windlass.release(&plan).await?;
    let ending = windlass.drive(&run).await?;
    assert_eq!(ending.result, EndResult::Promoted, "{ending:?}");
    let deployment = shop.get("deployment/web")?;
    let image = &deployment["spec"]["template"]["spec"]["containers"][0]["image"];
    assert_eq!(image, "registry.example/web:1.1.0");
    assert_eq!(deployment["status"]["updatedReplicas"], 3);
    shop.kubectl(&["rollout", "status", "deployment/web", "--timeout=30s"])?;
    let history = shop.kubectl(&["rollout", "history", "deployment/web"])?;
    assert!(history.contains("\n1 ") && history.contains("\n2 "), "{history}");
    no_residue(&shop)
}

#[tokio::test]
async fn a_blue_green_release_switches_the_service_and_is_undone_natively() -> Outcome {
    let Some(shop) = Shop::open("blue-green")? else { return Ok(()) };
    let windlass = shop.windlass("a").await?;
    let strategy: &dyn Strategy = &BlueGreen::default();
    let plan = windlass.plan(&shop.wanted("1.1.0")?, strategy).await?;
    let run = windlass.release(&plan).await?;
    let ending = windlass.drive(&run).await?;
    assert_eq!(ending.result, EndResult::Promoted, "{ending:?}");
    no_residue(&shop)?;
    shop.kubectl(&["rollout", "undo", "deployment/web"])?;
    shop.kubectl(&["rollout", "status", "deployment/web", "--timeout=30s"])?;
    let deployment = shop.get("deployment/web")?;
    let image = &deployment["spec"]["template"]["spec"]["containers"][0]["image"];
    assert_eq!(image, "registry.example/web:1.0.0");
    Ok(())
}

#[tokio::test]
async fn an_abort_leaves_the_deployment_and_its_pods_untouched() -> Outcome {
    let Some(shop) = Shop::open("abort")? else { return Ok(()) };
    let (before, pods) = (shop.get("deployment/web")?, shop.pods()?);
    let windlass = shop.windlass("a").await?;
    let slow = Canary::new(vec![CanaryStep::new(percent(25), Span::minutes(5))], Vec::new());
    let plan = windlass.plan(&shop.wanted("1.1.0")?, &slow).await?;
    let run = windlass.release(&plan).await?;
    let person = async {
        while shop.pods().is_ok_and(|now| now == pods) {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        windlass.signal(&run, SignalKind::Abort, "ann", "not today")
    };
    let (ending, told) = tokio::join!(windlass.drive(&run), person);
    told?;
    assert_eq!(ending?.result, EndResult::RolledBack);
    let after = shop.get("deployment/web")?;
    assert_eq!(after["metadata"]["generation"], before["metadata"]["generation"]);
    assert_eq!(shop.pods()?, pods);
    no_residue(&shop)
}
