//! Clusters beside one another.

use windlass_cluster::{ClusterError, ControlPlane, Folders, Kind, Options, Pods, list};

use crate::{Outcome, field};

fn bare(name: Option<&str>) -> Options {
    Options {
        name: name.map(str::to_owned),
        controller_manager: false,
        scheduler: false,
        pods: Pods::None,
        ..Options::default()
    }
}

#[test]
fn two_clusters_at_once_know_nothing_of_one_another() -> Outcome {
    let Some(one) = ControlPlane::for_test(&bare(None))? else { return Ok(()) };
    let Some(two) = ControlPlane::for_test(&bare(None))? else { return Ok(()) };
    assert_ne!((one.name(), one.server()), (two.name(), two.server()));
    for (cluster, value) in [(&one, "1"), (&two, "2")] {
        let literal = format!("--from-literal=of={value}");
        cluster.kubectl_read(&["create", "configmap", "mine", &literal])?;
    }
    assert_eq!(field(&one, "configmap/mine", ".data.of"), "1");
    assert_eq!(field(&two, "configmap/mine", ".data.of"), "2");
    // The token of one opens nothing in the other.
    let stranger = one.token("admin").ok_or("there is an admin")?;
    let mut kubectl = two.kubectl();
    kubectl.args(["get", "configmaps", "--token", stranger]);
    let told = String::from_utf8(kubectl.output()?.stderr)?;
    assert!(told.contains("Unauthorized") || told.contains("must be logged in"), "{told}");

    let listed = list(&Folders::of_user()?)?;
    let own = listed.iter().find(|it| it.name == one.name()).ok_or("it is listed")?;
    let running = own.running.as_ref().ok_or("it tells of itself")?;
    assert!(own.alive && running.kind == Kind::ControlPlane);
    assert!(one.server().ends_with(&format!(":{}", running.ports.api)));
    assert_eq!(running.programs.keys().collect::<Vec<_>>(), ["etcd", "kube-apiserver"]);
    Ok(())
}

#[test]
fn a_name_that_is_taken_is_refused_with_the_command_that_frees_it() -> Outcome {
    let name = format!("taken-{}", std::process::id());
    let Some(_first) = ControlPlane::for_test(&bare(Some(&name)))? else { return Ok(()) };
    match ControlPlane::start(&bare(Some(&name))) {
        Err(error @ ClusterError::Taken(_)) => {
            assert!(error.to_string().contains(&format!("down --name {name}")), "{error}");
        }
        other => panic!("{other:?}"),
    }
    Ok(())
}

#[test]
fn a_server_that_does_not_start_says_why_and_leaves_nothing() -> Outcome {
    let name = format!("wrong-{}", std::process::id());
    let mut options = bare(Some(&name));
    options.api_server_flags = vec!["--no-such-flag".to_owned()];
    match ControlPlane::for_test(&options) {
        Ok(None) => return Ok(()),
        Err(ClusterError::Ended { program, told, .. }) => {
            assert_eq!(program, "kube-apiserver");
            assert!(told.contains("no-such-flag"), "{told}");
        }
        other => panic!("{other:?}"),
    }
    let listed = list(&Folders::of_user()?)?;
    assert!(listed.iter().all(|it| it.name != name), "{listed:?}");
    Ok(())
}

#[test]
fn a_port_that_somebody_else_has_is_tried_again_and_then_named() -> Outcome {
    let held = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    let mut options = bare(None);
    options.api_server_flags = vec![format!("--secure-port={}", held.local_addr()?.port())];
    match ControlPlane::for_test(&options) {
        Ok(None) => Ok(()),
        Err(ClusterError::Ended { program, told, .. }) => {
            assert_eq!(program, "kube-apiserver");
            assert!(told.contains("address already in use"), "{told}");
            Ok(())
        }
        other => panic!("{other:?}"),
    }
}
