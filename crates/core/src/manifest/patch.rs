//! Changes one field and leaves all others as they are.

use super::node::{Map, Node, Value};
use super::pointer::{Pointer, Step};

/// Why a field cannot be set or removed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// A step into a field of what is no map.
    #[error("{path}: it has no fields, it is {found}")]
    NotAMap {
        /// What should have been a map.
        path: Pointer,
        /// What it is.
        found: &'static str,
    },
    /// A step into an item of what is no list.
    #[error("{path}: it has no items, it is {found}")]
    NotAList {
        /// What should have been a list.
        path: Pointer,
        /// What it is.
        found: &'static str,
    },
    /// An item beyond the end of a list.
    #[error("{path}: there is no item {index}, the list has {len}")]
    NoItem {
        /// The list.
        path: Pointer,
        /// The item asked for, from 0.
        index: usize,
        /// How many there are.
        len: usize,
    },
}

impl Node {
    /// What is at `path` under this node.
    pub fn find(&self, path: &Pointer) -> Option<&Node> {
        path.steps().iter().try_fold(self, |node, step| match step {
            Step::Field(name) => node.get(name),
            Step::Item(index) => node.as_list()?.get(*index),
        })
    }

    /// Sets what is at `path` and returns what was there.
    ///
    /// Maps and lists that are missing on the way are made; null on the way counts as missing.
    /// An item right after the last one of a list is appended. Nothing else changes, and on an
    /// error nothing at all.
    ///
    /// # Errors
    /// When the path leads through what is neither map nor list, or past the end of a list.
    pub fn set(&mut self, path: &Pointer, value: Node) -> Result<Option<Node>, PatchError> {
        self.set_below(path, 0, value)
    }

    /// Sets what is at `path`, of which `depth` steps lead to this node.
    fn set_below(
        &mut self,
        path: &Pointer,
        depth: usize,
        value: Node,
    ) -> Result<Option<Node>, PatchError> {
        let Some(step) = path.steps().get(depth) else {
            return Ok(Some(std::mem::replace(self, value)));
        };
        let here = || path.prefix(depth);
        let found = self.value.kind();
        match (step, &mut self.value) {
            (_, Value::Null) => self.value = nest(path, depth, value)?.value,
            (Step::Field(name), Value::Map(map)) => match map.get_mut(name) {
                Some(node) => return node.set_below(path, depth + 1, value),
                None => {
                    map.insert(name.clone(), nest(path, depth + 1, value)?);
                }
            },
            (Step::Item(index), Value::List(items)) => {
                let len = items.len();
                match items.get_mut(*index) {
                    Some(node) => return node.set_below(path, depth + 1, value),
                    None if *index == len => items.push(nest(path, depth + 1, value)?),
                    None => return Err(PatchError::NoItem { path: here(), index: *index, len }),
                }
            }
            (Step::Field(_), _) => return Err(PatchError::NotAMap { path: here(), found }),
            (Step::Item(_), _) => return Err(PatchError::NotAList { path: here(), found }),
        }
        Ok(None)
    }

    /// Takes out what is at `path` and returns it; `None` when nothing was there.
    ///
    /// Maps and lists that become empty stay; items after a removed one move up. The root itself
    /// cannot be removed.
    pub fn remove(&mut self, path: &Pointer) -> Option<Node> {
        let (last, way) = path.steps().split_last()?;
        let mut node = self;
        for step in way {
            node = match (&mut node.value, step) {
                (Value::Map(map), Step::Field(name)) => map.get_mut(name)?,
                (Value::List(items), Step::Item(index)) => items.get_mut(*index)?,
                _ => return None,
            };
        }
        match (&mut node.value, last) {
            (Value::Map(map), Step::Field(name)) => map.remove(name),
            (Value::List(items), Step::Item(index)) if *index < items.len() => {
                Some(items.remove(*index))
            }
            _ => None,
        }
    }
}

/// `value` within the maps and lists that `path` names after its first `depth` steps.
fn nest(path: &Pointer, depth: usize, value: Node) -> Result<Node, PatchError> {
    let mut node = value;
    for (nth, step) in path.steps().iter().enumerate().skip(depth).rev() {
        let at = node.at;
        let value = match step {
            Step::Field(name) => Value::Map(Map::from_iter([(name.clone(), node)])),
            Step::Item(0) => Value::List(vec![node]),
            Step::Item(index) => {
                return Err(PatchError::NoItem { path: path.prefix(nth), index: *index, len: 0 });
            }
        };
        node = Node { at, value };
    }
    Ok(node)
}

#[cfg(test)]
mod tests {
    use super::super::{parse, to_yaml};
    use super::*;

    const APP: &str = "\
metadata:
  name: web
  annotations:
    x.io/odd: \"1.10\"
spec:
  replicas: 3
  containers:
  - image: a:1
    foreign:
    - {}
  - image: b:1
";

    fn app() -> Node {
        parse("app.yaml", APP.as_bytes()).unwrap().remove(0).root
    }

    fn path(text: &str) -> Pointer {
        text.parse().unwrap()
    }

    #[test]
    fn setting_a_field_changes_one_line_of_what_is_printed() {
        let mut node = app();
        let old = node.set(&path("spec.containers[1].image"), Node::new("b:2")).unwrap();
        assert_eq!(old, Some(Node::new("b:1")));
        assert_eq!(to_yaml(&node), APP.replace("b:1", "b:2"));
    }

    #[test]
    fn what_is_missing_on_the_way_is_made() {
        let mut node = app();
        assert_eq!(node.set(&path("spec.strategy.steps[0].weight"), Node::new(5)), Ok(None));
        assert_eq!(to_yaml(&node), format!("{APP}  strategy:\n    steps:\n    - weight: 5\n"));
        assert_eq!(node.set(&path("spec.containers[2]"), Node::new("c")), Ok(None));
        assert_eq!(node.find(&path("spec.containers")).unwrap().as_list().unwrap().len(), 3);
    }

    #[test]
    fn removing_a_field_leaves_all_others_as_they_were() {
        let mut node = app();
        assert_eq!(node.remove(&path("spec.replicas")), Some(Node::new(3)));
        assert_eq!(to_yaml(&node), APP.replace("  replicas: 3\n", ""));
        assert_eq!(
            node.remove(&path("spec.containers[0]")).unwrap().get("image"),
            Some(&Node::new("a:1"))
        );
        let before = node.clone();
        for missing in
            ["spec.replicas", "spec.containers[7]", "spec.containers.x", "metadata.name[0]", ""]
        {
            assert_eq!(node.remove(&path(missing)), None);
        }
        assert_eq!(node, before);
    }

    #[test]
    fn a_path_through_what_has_no_such_part_is_refused_and_changes_nothing() {
        let mut node = app();
        for (text, message) in [
            ("metadata.name.x", "metadata.name: it has no fields, it is a string"),
            ("spec[0]", "spec: it has no items, it is a map"),
            ("spec.containers.x", "spec.containers: it has no fields, it is a list"),
            ("spec.containers[3]", "spec.containers: there is no item 3, the list has 2"),
            ("spec.new.list[1].x", "spec.new.list: there is no item 1, the list has 0"),
        ] {
            let error = node.set(&path(text), Node::new(1)).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
        assert_eq!(node, app());
    }

    #[test]
    fn the_root_can_be_set_whole() {
        let mut node = app();
        assert_eq!(node.set(&Pointer::root(), Node::new(1)), Ok(Some(app())));
        assert_eq!(node, Node::new(1));
    }
}
