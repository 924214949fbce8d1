//! Paths of fields.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::print;

/// The way from the root of a manifest to one of its fields.
///
/// Written as users of Kubernetes write it: `spec.template.spec.containers[0].image`. A name that
/// is no plain word stands in brackets and quotes: `metadata.labels["app.kubernetes.io/name"]`.
/// The empty path is the root. What is printed parses back to the same path.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pointer {
    steps: Vec<Step>,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Into the field of a map.
    Field(Arc<str>),
    /// Into an item of a list, counted from 0.
    Item(usize),
}

impl Pointer {
    /// The path of the root.
    pub fn root() -> Self {
        Self::default()
    }

    /// This path, one step into a field.
    #[must_use]
    pub fn field(mut self, name: impl Into<Arc<str>>) -> Self {
        self.steps.push(Step::Field(name.into()));
        self
    }

    /// This path, one step into an item of a list, counted from 0.
    #[must_use]
    pub fn item(mut self, index: usize) -> Self {
        self.steps.push(Step::Item(index));
        self
    }

    /// The steps from the root.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether this is the path of the root.
    pub fn is_root(&self) -> bool {
        self.steps.is_empty()
    }

    /// The first `len` steps.
    pub(super) fn prefix(&self, len: usize) -> Self {
        Self { steps: self.steps[..len.min(self.steps.len())].to_vec() }
    }

    pub(super) fn push(&mut self, step: Step) {
        self.steps.push(step);
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, step) in self.steps.iter().enumerate() {
            match step {
                Step::Item(index) => write!(f, "[{index}]")?,
                Step::Field(name) if is_word(name) => {
                    write!(f, "{}{name}", if nth == 0 { "" } else { "." })?;
                }
                Step::Field(name) => write!(f, "[{}]", print::quoted(name))?,
            }
        }
        Ok(())
    }
}

fn is_word(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'$'))
}

/// A text that is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no path of a field: {cause} at byte {at}; \
     write it as in `spec.containers[0].image` or `metadata.labels[\"a.b/c\"]`"
)]
pub struct PointerError {
    text: String,
    at: usize,
    cause: &'static str,
}

impl FromStr for Pointer {
    type Err = PointerError;

    fn from_str(text: &str) -> Result<Self, PointerError> {
        let mut path = Self::root();
        let mut rest = text;
        while !rest.is_empty() {
            let at = text.len() - rest.len();
            let (step, after) = next_step(rest, path.is_root()).map_err(|cause| PointerError {
                text: text.to_owned(),
                at,
                cause,
            })?;
            path.push(step);
            rest = after;
        }
        Ok(path)
    }
}

/// The first step of `text` and what follows it.
fn next_step(text: &str, first: bool) -> Result<(Step, &str), &'static str> {
    if let Some(inner) = text.strip_prefix('[') {
        return if inner.starts_with('"') { quoted_step(inner) } else { item_step(inner) };
    }
    let name = match text.strip_prefix('.') {
        Some(_) if first => return Err("a path starts with a name"),
        Some(name) => name,
        None if first => text,
        None => return Err("expected `.` or `[`"),
    };
    let end = name.find(['.', '[']).unwrap_or(name.len());
    let (name, after) = name.split_at(end);
    if is_word(name) {
        Ok((Step::Field(name.into()), after))
    } else {
        Err("expected a name of letters, digits, `-`, `_` or `$`")
    }
}

fn item_step(inner: &str) -> Result<(Step, &str), &'static str> {
    let (index, after) = inner.split_once(']').ok_or("`]` is missing")?;
    let index = index.parse().map_err(|_| "expected the number of an item")?;
    Ok((Step::Item(index), after))
}

fn quoted_step(inner: &str) -> Result<(Step, &str), &'static str> {
    let mut names = serde_json::Deserializer::from_str(inner).into_iter::<String>();
    let Some(Ok(name)) = names.next() else { return Err("expected a name in double quotes") };
    let after = &inner[names.byte_offset()..];
    let after = after.strip_prefix(']').ok_or("`]` is missing")?;
    Ok((Step::Field(name.into()), after))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_path_is_written_as_users_write_it() {
        let path = Pointer::root().field("spec").field("containers").item(0).field("image");
        assert_eq!(path.to_string(), "spec.containers[0].image");
        let path = Pointer::root().field("metadata").field("labels").field("app.io/name");
        assert_eq!(path.to_string(), "metadata.labels[\"app.io/name\"]");
        assert_eq!(Pointer::root().to_string(), "");
    }

    #[test]
    fn what_is_no_path_is_refused_with_its_place() {
        for (text, place) in [
            (".a", "byte 0"),
            ("a..b", "byte 1"),
            ("a[", "byte 1"),
            ("a[x]", "byte 1"),
            ("a[\"b]", "byte 1"),
            ("a[\"b\"", "byte 1"),
            ("a[0]b", "byte 4"),
            ("a b", "byte 0"),
        ] {
            let error = text.parse::<Pointer>().unwrap_err().to_string();
            assert!(error.contains(place), "{error}");
        }
    }

    proptest! {
        #[test]
        fn a_printed_path_parses_back(
            steps in prop::collection::vec(prop_oneof![
                any::<String>().prop_map(|name| Step::Field(name.into())),
                "[a-z.]{0,3}".prop_map(|name| Step::Field(name.into())),
                any::<usize>().prop_map(Step::Item),
            ], 0..6)
        ) {
            let path = Pointer { steps };
            prop_assert_eq!(path.to_string().parse::<Pointer>(), Ok(path));
        }

        #[test]
        fn any_text_is_a_path_or_refused(text in any::<String>()) {
            if let Ok(path) = text.parse::<Pointer>() {
                prop_assert_eq!(path.to_string().parse::<Pointer>(), Ok(path));
            }
        }
    }
}
