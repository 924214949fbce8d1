//! What containers refer to by name.

use windlass_core::finding::{Code, Finding};
use windlass_core::model::DnsSubdomain;
use windlass_core::model::view::{
    Body, Container, EnvSource, EnvValue, Object, ObjectFiles, Placed, Projection, VolumeSource,
};

use windlass_core::platform::ObjectKey;

use super::scene::{Pods, Scene};

/// Kind of the object that a reference means.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    ConfigMap,
    Secret,
}

/// A ConfigMap or Secret that a pod needs to start.
struct Need<'a> {
    target: Target,
    name: &'a Placed<DnsSubdomain>,
    /// The key that must be there, if one is named.
    key: Option<&'a str>,
}

/// Secrets and ConfigMaps that are not in the set: worth a word, as others may make them. A key that
/// an object of the set does not have is an error.
pub(super) fn secrets_and_config_maps(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    for pods in scene.pods() {
        let mut told: Vec<(Target, &str)> = Vec::new();
        for need in needs(pods) {
            let kind = need.target.kind();
            let object = scene.find(pods.object, kind, need.name.as_str());
            found.extend(object.and_then(|object| missing_key(object, &need)));
            if scene.facts.has(kind, need.name.as_str())
                || told.contains(&(need.target, need.name.as_str()))
            {
                continue;
            }
            let lacks = scene.facts.lacks(kind, need.name.as_str());
            if let Some((wrong, mend)) = absence(object.is_some(), lacks) {
                told.push((need.target, need.name.as_str()));
                let message = format!("{kind} {} {wrong}", need.name.value);
                let code = need.target.not_found();
                found.push(Finding::new(code, &need.name.place, message, mend));
            }
        }
    }
}

impl Target {
    const fn kind(self) -> &'static str {
        match self {
            Target::ConfigMap => "ConfigMap",
            Target::Secret => "Secret",
        }
    }

    const fn not_found(self) -> Code {
        match self {
            Target::ConfigMap => Code::ConfigMapNotFound,
            Target::Secret => Code::SecretNotFound,
        }
    }
}

/// What is wrong with an object that pods need, by whether it is in the manifests, and whether the
/// cluster is known to lack it; and what to do.
pub(super) fn absence(in_set: bool, lacks: bool) -> Option<(&'static str, &'static str)> {
    match (in_set, lacks) {
        (true, false) => None,
        (true, true) => Some((
            "is among these manifests, but not in the cluster",
            "apply it before the release, which applies the Deployment alone",
        )),
        (false, true) => Some((
            "is neither among these manifests nor in the cluster",
            "make it before the release; until then the pods do not start",
        )),
        (false, false) => Some((
            "is not among these manifests",
            "make sure that it exists; until then the pods do not start",
        )),
    }
}

/// The ConfigMaps and Secrets that pods cannot start without.
pub(super) fn mentioned(pods: Pods<'_>) -> impl Iterator<Item = ObjectKey> {
    needs(pods).into_iter().map(|need| ObjectKey::new(need.target.kind(), need.name.as_str()))
}

fn missing_key(object: &Object, need: &Need<'_>) -> Option<Finding> {
    let key = need.key?;
    let has = match &object.body {
        Body::ConfigMap(map) => map.has(key),
        Body::Secret(secret) => secret.has(key),
        Body::Deployment(_)
        | Body::Workload(_)
        | Body::Pod(_)
        | Body::Service(_)
        | Body::Autoscaler(_)
        | Body::Budget(_)
        | Body::Claim(_)
        | Body::Other => true,
    };
    (!has).then(|| {
        Finding::new(
            Code::KeyNotFound,
            &need.name.place,
            format!("{} has no key {key}", object.title()),
            "add the key, correct its name, or mark the reference optional",
        )
    })
}

/// Everything a pod cannot start without.
fn needs(pods: Pods<'_>) -> Vec<Need<'_>> {
    let mut needs = Vec::new();
    for container in pods.spec.all_containers() {
        environment(container, &mut needs);
    }
    for volume in &pods.spec.volumes {
        match &volume.source {
            VolumeSource::ConfigMap(files) => files_need(Target::ConfigMap, files, &mut needs),
            VolumeSource::Secret(files) => files_need(Target::Secret, files, &mut needs),
            VolumeSource::Projected(parts) => {
                for part in parts {
                    match part {
                        Projection::ConfigMap(files) => {
                            files_need(Target::ConfigMap, files, &mut needs);
                        }
                        Projection::Secret(files) => files_need(Target::Secret, files, &mut needs),
                        Projection::DownwardApi
                        | Projection::ServiceAccountToken(_)
                        | Projection::Other(_) => {}
                    }
                }
            }
            VolumeSource::EmptyDir { .. }
            | VolumeSource::HostPath { .. }
            | VolumeSource::Claim { .. }
            | VolumeSource::Other(_) => {}
        }
    }
    needs
}

fn environment<'a>(container: &'a Container, needs: &mut Vec<Need<'a>>) {
    for variable in &container.env {
        let (target, key) = match &variable.value {
            EnvValue::ConfigMapKey(key) => (Target::ConfigMap, key),
            EnvValue::SecretKey(key) => (Target::Secret, key),
            EnvValue::Plain(_)
            | EnvValue::Field(_)
            | EnvValue::Resource { .. }
            | EnvValue::Other(_) => continue,
        };
        if !key.optional {
            needs.push(Need { target, name: &key.name, key: Some(&key.key) });
        }
    }
    for from in container.env_from.iter().filter(|from| !from.optional) {
        let (target, name) = match &from.source {
            EnvSource::ConfigMap(name) => (Target::ConfigMap, name),
            EnvSource::Secret(name) => (Target::Secret, name),
        };
        needs.push(Need { target, name, key: None });
    }
}

fn files_need<'a>(target: Target, files: &'a ObjectFiles, needs: &mut Vec<Need<'a>>) {
    if files.optional {
        return;
    }
    needs.push(Need { target, name: &files.name, key: None });
    for (key, _) in &files.items {
        needs.push(Need { target, name: &files.name, key: Some(key) });
    }
}

/// A mount of a volume that the pod does not have.
pub(super) fn volumes(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    for pods in scene.pods() {
        // The volumes of a StatefulSet also come from its claim templates.
        if &*pods.object.kind == "StatefulSet" {
            continue;
        }
        for container in pods.spec.all_containers() {
            for mount in &container.mounts {
                if pods.spec.volume(mount.volume.as_str()).is_none() {
                    found.push(Finding::new(
                        Code::VolumeNotFound,
                        &mount.volume.place,
                        format!(
                            "container {} mounts volume {}, which is not there",
                            container.name, mount.volume.value
                        ),
                        "add it to the pod's volumes, or correct the name",
                    ));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GOOD, codes, codes_knowing, edited, found};
    use super::super::{ClusterFacts, ObjectKey};
    use super::*;

    fn with_env(env: &str) -> String {
        edited(GOOD, "        env: []\n", &format!("        env: [{env}]\n"))
    }

    const SECRET: &str = "{name: A, valueFrom: {secretKeyRef: {name: db, key: url}}}";

    #[test]
    fn a_secret_that_others_make_is_worth_a_word_once() {
        let yaml = with_env(&format!("{SECRET}, {}", SECRET.replace("name: A", "name: B")));
        let findings = found(&yaml);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].code, Code::SecretNotFound);
        assert_eq!(findings[0].message, "Secret db is not among these manifests");
        let mut facts = ClusterFacts::default();
        facts.existing.insert(ObjectKey::new("Secret", "db"));
        assert_eq!(codes_knowing(&yaml, &facts), []);
    }

    #[test]
    fn an_optional_reference_is_fine() {
        assert_eq!(codes(&with_env(&SECRET.replace("key: url", "key: url, optional: true"))), []);
    }

    #[test]
    fn a_key_that_an_object_of_the_set_does_not_have_is_an_error() {
        let secret = |key: &str| {
            format!(
                "---\n{{apiVersion: v1, kind: Secret, metadata: {{name: db}}, stringData: {{{key}: x}}}}\n"
            )
        };
        let yaml = with_env(SECRET);
        assert_eq!(codes(&format!("{yaml}{}", secret("url"))), []);
        assert_eq!(codes(&format!("{yaml}{}", secret("uri"))), [Code::KeyNotFound]);
    }

    #[test]
    fn volumes_and_env_from_need_their_objects_too() {
        let volumes = "      volumes: [{name: a, configMap: {name: c}}, {name: b, projected: {sources: [{secret: {name: s}}]}}]\n";
        let mut codes = codes(&edited(GOOD, "      volumes: []\n", volumes));
        codes.sort();
        assert_eq!(codes, [Code::SecretNotFound, Code::ConfigMapNotFound]);
        let from =
            edited(GOOD, "        env: []\n", "        envFrom: [{configMapRef: {name: c}}]\n");
        assert_eq!(super::super::testing::codes(&from), [Code::ConfigMapNotFound]);
    }

    #[test]
    fn a_mount_of_no_volume_is_an_error() {
        let yaml =
            edited(GOOD, "        env: []\n", "        volumeMounts: [{name: d, mountPath: /d}]\n");
        assert_eq!(codes(&yaml), [Code::VolumeNotFound]);
        let volume = "      volumes: [{name: d, emptyDir: {}}]\n";
        assert_eq!(codes(&edited(&yaml, "      volumes: []\n", volume)), []);
    }

    #[test]
    fn what_a_cluster_is_known_to_lack_is_told_wherever_it_is_written() {
        let env = "{name: A, valueFrom: {secretKeyRef: {name: keys, key: a}}}";
        let outside = with_env(env);
        let inside = format!(
            "{outside}---\n{{apiVersion: v1, kind: Secret, metadata: {{name: keys}}, stringData: {{a: b}}}}\n"
        );
        let key = ObjectKey::new("Secret", "keys");
        let lacks = ClusterFacts { absent: [key.clone()].into(), ..ClusterFacts::default() };
        let message = |yaml: &str, facts: &ClusterFacts| {
            let found = super::super::testing::found_knowing(yaml, facts, &Default::default());
            found.first().map(|finding| finding.message.clone())
        };
        let (yes, no) = (Some, None::<String>);
        assert_eq!(
            message(&outside, &lacks),
            yes("Secret keys is neither among these manifests nor in the cluster".to_owned())
        );
        assert_eq!(
            message(&inside, &lacks),
            yes("Secret keys is among these manifests, but not in the cluster".to_owned())
        );
        assert_eq!(message(&inside, &ClusterFacts::default()), no);
        let has = ClusterFacts { existing: [key.clone()].into(), ..ClusterFacts::default() };
        assert_eq!((message(&outside, &has), message(&inside, &has)), (no.clone(), no));
    }
}
