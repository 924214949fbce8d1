//! What the control plane does with objects.

use std::time::Instant;

use windlass_cluster::{ControlPlane, Options, Program, count_writes};

use crate::{Outcome, eventually, field, web};

#[test]
fn a_deployment_of_10_is_rolled_out_and_updated_and_every_write_is_counted() -> Outcome {
    let begun = Instant::now();
    let Some(cluster) = ControlPlane::for_test(&Options::default())? else { return Ok(()) };
    println!("ready after {:.1} s", begun.elapsed().as_secs_f64());
    cluster.add_nodes(3, &["a", "b", "c"])?;
    cluster.kubectl_read(&["wait", "--for=condition=Ready", "node", "--all", "--timeout=60s"])?;

    cluster.apply(&web(10, "1", ""))?;
    let status = ["rollout", "status", "deployment/web", "--timeout=120s"];
    cluster.kubectl_read(&status)?;
    assert_eq!(field(&cluster, "deployment/web", ".status.availableReplicas"), "10");
    assert_eq!(field(&cluster, "nodes", ".items[*].metadata.name"), "node-0 node-1 node-2");

    let begun = Instant::now();
    cluster.apply(&web(10, "2", ""))?;
    cluster.kubectl_read(&status)?;
    println!("10 replicas updated in {:.1} s", begun.elapsed().as_secs_f64());
    let images = "--output=jsonpath={.items[*].spec.containers[0].image}";
    let live = || cluster.kubectl_read(&["get", "pods", images]).unwrap_or_default();
    let wanted = ["registry.example/web:2"; 10].join(" ");
    eventually("only new pods", live, |images| *images == wanted);

    let audited = cluster.audit()?;
    let counts = count_writes(&audited);
    println!("writes: {counts:?}");
    let of = |agent: &str, verb: &str| counts.get(&(agent.to_owned(), verb.to_owned()));
    // Two applies, and one create a node.
    assert_eq!((of("kubectl", "patch"), of("kubectl", "create")), (Some(&2), Some(&3)));
    assert!(of("kube-controller-manager", "create") >= Some(&22), "20 pods and 2 ReplicaSets");
    assert!(audited.iter().any(|it| {
        it.user.username == "system:serviceaccount:kube-system:deployment-controller"
    }));
    Ok(())
}

#[test]
fn a_user_without_rights_is_known_and_may_nothing_until_a_role_says_so() -> Outcome {
    let options = Options { users: vec!["erin".to_owned()], ..Options::default() };
    let Some(cluster) = ControlPlane::for_test(&options)? else { return Ok(()) };
    assert_eq!(cluster.token("alice"), None);
    let kubeconfig = cluster.kubeconfig_of("erin").ok_or("erin is one of the users")?;
    let as_erin = || {
        let mut kubectl = cluster.kubectl();
        kubectl.arg(format!("--kubeconfig={}", kubeconfig.display()));
        let output = kubectl.args(["get", "configmaps", "--namespace=default"]).output();
        let output = output.expect("kubectl runs");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (works, complaint) = as_erin();
    assert!(!works && complaint.contains("User \"erin\" cannot list"), "{complaint}");
    cluster.kubectl_read(&["create", "role", "reader", "--verb=list", "--resource=configmaps"])?;
    cluster.kubectl_read(&["create", "rolebinding", "erin", "--role=reader", "--user=erin"])?;
    eventually("erin may list", as_erin, |(works, _)| *works);
    let refused = cluster.audit()?.into_iter().find(|it| {
        it.user.username == "erin" && it.response_status.as_ref().is_some_and(|it| it.code == 403)
    });
    assert!(refused.is_some(), "the audit log tells of the refusal");
    Ok(())
}

#[test]
fn an_api_server_that_is_killed_comes_back_with_its_objects() -> Outcome {
    let Some(mut cluster) = ControlPlane::for_test(&Options::default())? else { return Ok(()) };
    cluster.kubectl_read(&["create", "configmap", "kept", "--from-literal=a=b"])?;
    cluster.kill(Program::ApiServer)?;
    assert!(cluster.kubectl_read(&["get", "configmap", "kept"]).is_err());
    cluster.run(Program::ApiServer)?;
    cluster.wait_until_ready()?;
    assert_eq!(field(&cluster, "configmap/kept", ".data.a"), "b");
    Ok(())
}

#[test]
fn the_server_says_the_version_it_is() -> Outcome {
    let options = Options {
        controller_manager: false,
        scheduler: false,
        pods: windlass_cluster::Pods::None,
        ..Options::default()
    };
    let Some(cluster) = ControlPlane::for_test(&options)? else { return Ok(()) };
    let version = cluster.kubectl_read(&["version"])?;
    assert_eq!(version.matches("Version: v1.36.3").count(), 2, "client and server: {version}");
    assert!(!cluster.log(Program::ControllerManager).exists());
    Ok(())
}
