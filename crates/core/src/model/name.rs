//! Names of objects, containers and ports, as Kubernetes checks them.

use super::malformed::{Malformed, Rule};
use super::text::text_newtype;

/// Why a text is no name.
pub type NameError = Malformed<NameRule>;

/// The rules of names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameRule {
    /// There is no text.
    #[error("is empty; give it at least one letter or digit")]
    Empty,
    /// More characters than the kind of name may have.
    #[error("has {length} characters; shorten it to {limit}")]
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// The most that is allowed.
        limit: usize,
    },
    /// A character outside of the alphabet.
    #[error("{found:?} is not allowed here; use {alphabet}")]
    Character {
        /// The character that is not allowed.
        found: char,
        /// What is allowed.
        alphabet: &'static str,
    },
    /// A first, last or neighbouring character that only stands between letters and digits.
    #[error("{found:?} stands alone; put a letter or digit on both of its sides")]
    Edge {
        /// The character without a neighbour.
        found: char,
    },
    /// A port name of digits only.
    #[error("has no letter, so it would be read as a port number; add one")]
    NoLetter,
}

impl Rule for NameRule {
    const WHAT: &'static str = "name";
}

text_newtype! {
    /// A name of at most 63 characters in lower case: containers, volumes, namespaces, Services
    /// (RFC 1123 label).
    DnsLabel, NameRule, label
}

text_newtype! {
    /// Labels joined with dots, at most 253 characters: the names of most Kubernetes objects
    /// (RFC 1123 subdomain; as in Kubernetes, a part may be longer than 63).
    DnsSubdomain, NameRule, subdomain
}

text_newtype! {
    /// The name of a container port, at most 15 characters with a letter among them (IANA service
    /// name, RFC 6335).
    PortName, NameRule, port_name
}

impl From<DnsLabel> for DnsSubdomain {
    fn from(label: DnsLabel) -> Self {
        DnsSubdomain(label.0)
    }
}

const LOWER: &str = "a-z, 0-9 and '-'";
const LOWER_DOT: &str = "a-z, 0-9, '-' and '.'";

fn label(text: &str) -> Result<(), NameError> {
    length(text, 63)?;
    lower(text, LOWER, |c| c == '-')?;
    edges(text, 0, text)
}

pub(super) fn subdomain(text: &str) -> Result<(), NameError> {
    length(text, 253)?;
    lower(text, LOWER_DOT, |c| c == '-' || c == '.')?;
    let mut start = 0;
    for part in text.split('.') {
        if part.is_empty() {
            let dot = start.min(text.len() - 1);
            return Err(Malformed::at(text, dot, NameRule::Edge { found: '.' }));
        }
        edges(text, start, part)?;
        start += part.len() + 1;
    }
    Ok(())
}

fn port_name(text: &str) -> Result<(), NameError> {
    length(text, 15)?;
    lower(text, LOWER, |c| c == '-')?;
    edges(text, 0, text)?;
    if let Some(at) = text.find("--") {
        return Err(Malformed::at(text, at, NameRule::Edge { found: '-' }));
    }
    if !text.contains(|c: char| c.is_ascii_lowercase()) {
        return Err(Malformed::whole(text, NameRule::NoLetter));
    }
    Ok(())
}

fn length(text: &str, limit: usize) -> Result<(), NameError> {
    match text.len() {
        0 => Err(Malformed::whole(text, NameRule::Empty)),
        length if length > limit => {
            Err(Malformed::whole(text, NameRule::TooLong { length, limit }))
        }
        _ => Ok(()),
    }
}

fn lower(text: &str, alphabet: &'static str, more: fn(char) -> bool) -> Result<(), NameError> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || more(c);
    match text.char_indices().find(|(_, c)| !allowed(*c)) {
        None => Ok(()),
        Some((at, found)) => Err(Malformed::at(text, at, NameRule::Character { found, alphabet })),
    }
}

/// `part`, found in `text` at `start`, begins and ends with a letter or digit.
fn edges(text: &str, start: usize, part: &str) -> Result<(), NameError> {
    let at = if part.starts_with('-') {
        start
    } else if part.ends_with('-') {
        start + part.len() - 1
    } else {
        return Ok(());
    };
    Err(Malformed::at(text, at, NameRule::Edge { found: '-' }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused<T: std::str::FromStr<Err = NameError>>(text: &str) -> String {
        match text.parse::<T>() {
            Ok(_) => panic!("{text:?} was read"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn names_that_kubernetes_takes_are_read() {
        for name in ["a", "0", "web-1", "a--b", &"x".repeat(63)] {
            assert_eq!(name.parse::<DnsLabel>().unwrap().as_str(), name);
        }
        for name in ["a.b", "web", "v1.2.3", "redis-0.redis", &"x".repeat(253)] {
            assert_eq!(name.parse::<DnsSubdomain>().unwrap().as_str(), name);
        }
        for name in ["http", "p0", "grpc-web", "a23456789012345"] {
            assert_eq!(name.parse::<PortName>().unwrap().as_str(), name);
        }
    }

    #[test]
    fn a_refused_name_says_where_and_what_instead() {
        assert_eq!(
            refused::<DnsLabel>("my_app"),
            "name \"my_app\", character 3: '_' is not allowed here; use a-z, 0-9 and '-'"
        );
        assert_eq!(
            refused::<DnsLabel>("web-"),
            "name \"web-\", character 4: '-' stands alone; put a letter or digit on both of its sides"
        );
        assert_eq!(
            refused::<DnsLabel>(""),
            "name \"\": is empty; give it at least one letter or digit"
        );
        assert!(refused::<DnsLabel>(&"x".repeat(64)).contains("shorten it to 63"));
        assert!(refused::<DnsLabel>("Web").contains("'W' is not allowed"));
        assert!(refused::<DnsLabel>("a.b").contains("'.' is not allowed"));
    }

    #[test]
    fn every_part_of_a_subdomain_is_checked() {
        assert!(refused::<DnsSubdomain>("a..b").contains("character 3: '.' stands alone"));
        assert!(refused::<DnsSubdomain>(".a").contains("character 1: '.' stands alone"));
        assert!(refused::<DnsSubdomain>("a.").contains("character 2: '.' stands alone"));
        assert!(refused::<DnsSubdomain>("a.-b").contains("character 3: '-' stands alone"));
        assert!(refused::<DnsSubdomain>("a-.b").contains("character 2: '-' stands alone"));
        assert!(refused::<DnsSubdomain>(&"x".repeat(254)).contains("shorten it to 253"));
    }

    #[test]
    fn a_port_name_is_short_and_no_number() {
        assert!(refused::<PortName>("8080").contains("has no letter"));
        assert!(refused::<PortName>("a--b").contains("character 2"));
        assert!(refused::<PortName>("abcdefghijklmnop").contains("shorten it to 15"));
    }

    #[test]
    fn serde_uses_the_same_grammar() {
        let name: DnsLabel = serde_json::from_str("\"web\"").unwrap();
        assert_eq!(serde_json::to_string(&name).unwrap(), "\"web\"");
        let error = serde_json::from_str::<DnsLabel>("\"We b\"").unwrap_err();
        assert!(error.to_string().contains("'W' is not allowed here"), "{error}");
    }
}
