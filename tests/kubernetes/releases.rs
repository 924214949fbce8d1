//! Releases from beginning to end, seen with kubectl.

use serde_json::Value;
use windlass::{BlueGreen, Canary, CanaryStep, EndResult, SignalKind, Span, Weight};

use crate::lab::{Outcome, Shop};

/// A canary by pods alone, so long at each weight.
fn canary(weights: &[u64], bake: Span) -> Canary {
    let weights = weights.iter().filter_map(|weight| Weight::percent(*weight).ok());
    Canary::new(weights.map(|weight| CanaryStep::new(weight, bake)).collect(), Vec::new())
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
    let operator = shop.operator("a").await?;
    let windlass = &operator.windlass;
    let strategy = canary(&[25, 50], Span::seconds(1));
    let plan = windlass.plan(&shop.wanted("1.1.0")?, &strategy).await?;
    let run = windlass.release(&plan).await?;
    let ending = operator.drive(&run).await?;
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
    let operator = shop.operator("a").await?;
    let windlass = &operator.windlass;
    let strategy = BlueGreen { keep_warm: Span::seconds(2), ..BlueGreen::default() };
    let plan = windlass.plan(&shop.wanted("1.1.0")?, &strategy).await?;
    let run = windlass.release(&plan).await?;
    let ending = operator.drive(&run).await?;
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
    let operator = shop.operator("a").await?;
    let windlass = &operator.windlass;
    let slow = canary(&[25], Span::minutes(5));
    let plan = windlass.plan(&shop.wanted("1.1.0")?, &slow).await?;
    let run = windlass.release(&plan).await?;
    let person = async {
        while shop.pods().is_ok_and(|now| now == pods) {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        windlass.signal(&run, SignalKind::Abort, "ann", "not today")
    };
    let (ending, told) = tokio::join!(operator.drive(&run), person);
    told?;
    assert_eq!(ending?.result, EndResult::RolledBack);
    let after = shop.get("deployment/web")?;
    assert_eq!(after["metadata"]["generation"], before["metadata"]["generation"]);
    assert_eq!(shop.pods()?, pods);
    no_residue(&shop)
}
