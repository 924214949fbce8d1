//! Names that are given twice.

use std::collections::{BTreeMap, BTreeSet};

use windlass_core::finding::{Code, Finding};

use super::scene::Scene;

/// Two objects of one kind and name: the later one wins, silently.
pub(super) fn duplicate_objects(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    let mut seen = BTreeMap::new();
    for object in scene.objects {
        let Some(name) = &object.name else { continue };
        let key = (&object.api_version, &object.kind, &object.namespace, name);
        if let Some(first) = seen.insert(key, &object.place) {
            found.push(Finding::new(
                Code::DuplicateName,
                &object.place,
                format!("{} is given twice", object.title()),
                format!("remove one of them; the first is at {}:{}", first.file, first.at.line),
            ));
        }
    }
}

/// Two containers of a pod with one name.
pub(super) fn duplicate_containers(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    for pods in scene.pods() {
        let mut seen = BTreeSet::new();
        for container in pods.spec.all_containers() {
            if !seen.insert(&container.name) {
                found.push(Finding::new(
                    Code::DuplicateName,
                    &container.place,
                    format!("{} has two containers {}", pods.object.title(), container.name),
                    "rename one of them",
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GOOD, codes, edited, found};
    use super::*;

    #[test]
    fn an_object_given_twice_is_an_error_at_the_second() {
        let map = "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}\n";
        let twice = found(&format!("{GOOD}{map}{map}"));
        assert_eq!(twice[0].code, Code::DuplicateName);
        assert!(twice[0].mend.contains("the first is at app.yaml:"), "{}", twice[0].mend);
        let other = map.replace("name: c", "name: c, namespace: other");
        assert_eq!(codes(&format!("{GOOD}{map}{other}")), []);
    }

    #[test]
    fn containers_of_one_name_are_an_error() {
        let init = format!(
            "      initContainers: [{{name: web, image: 'a{}'}}]\n",
            super::super::testing::DIGEST
        );
        let yaml = edited(GOOD, "      volumes: []\n", &init);
        assert!(codes(&yaml).contains(&Code::DuplicateName));
    }
}
