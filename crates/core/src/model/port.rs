//! Ports of containers and Services.

use std::fmt::{self, Display};
use std::num::NonZeroU16;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::name::PortName;
use super::words::words;

/// A port number, 1 to 65535.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "u16")]
pub struct Port(NonZeroU16);

/// A number that is no port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{found} is no port; write a number from 1 to 65535")]
pub struct PortError {
    found: i64,
}

impl Port {
    /// The port number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0.get()
    }
}

impl TryFrom<i64> for Port {
    type Error = PortError;
    fn try_from(found: i64) -> Result<Self, Self::Error> {
        let number = u16::try_from(found).ok().and_then(NonZeroU16::new);
        number.map(Port).ok_or(PortError { found })
    }
}

impl From<Port> for u16 {
    fn from(port: Port) -> u16 {
        port.get()
    }
}

impl Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A container port by number or by name: what Kubernetes calls `IntOrString` in `targetPort` and in
/// probes. Written `8080` or `http`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PortRef {
    /// The port with this number, named in the container or not.
    Number(Port),
    /// The container port with this name.
    Name(PortName),
}

impl Display for PortRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PortRef::Number(port) => port.fmt(f),
            PortRef::Name(name) => name.fmt(f),
        }
    }
}

impl Serialize for PortRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            PortRef::Number(port) => port.serialize(serializer),
            PortRef::Name(name) => name.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for PortRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrName)
    }
}

struct NumberOrName;

impl de::Visitor<'_> for NumberOrName {
    type Value = PortRef;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a port number such as 8080 or the name of a container port")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<PortRef, E> {
        number.try_into().map(PortRef::Number).map_err(E::custom)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<PortRef, E> {
        self.visit_i64(i64::try_from(number).unwrap_or(i64::MAX))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<PortRef, E> {
        text.parse().map(PortRef::Name).map_err(E::custom)
    }
}

words! {
    /// The protocol of a port. TCP where a manifest says nothing.
    pub Protocol {
        /// Streams.
        Tcp = "TCP",
        /// Datagrams.
        Udp = "UDP",
        /// Stream Control Transmission Protocol.
        Sctp = "SCTP",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_numbers_from_1_to_65535() {
        let port = |number: i64| Port::try_from(number).map(Port::get);
        assert_eq!((port(1), port(65_535)), (Ok(1), Ok(65_535)));
        for number in [0, -1, 65_536, i64::MAX] {
            assert!(port(number).is_err());
        }
        assert_eq!(
            serde_json::from_str::<Port>("70000").unwrap_err().to_string(),
            "70000 is no port; write a number from 1 to 65535"
        );
    }

    #[test]
    fn a_reference_is_a_number_or_a_name() {
        let both: Vec<PortRef> = serde_json::from_str(r#"[8080,"http"]"#).unwrap();
        assert!(matches!(both[..], [PortRef::Number(_), PortRef::Name(_)]));
        assert_eq!(serde_json::to_string(&both).unwrap(), r#"[8080,"http"]"#);
        for wrong in ["0", "\"8080\"", "\"HTTP\"", "1.5", "18446744073709551615"] {
            assert!(serde_json::from_str::<PortRef>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn protocols_are_written_in_capitals() {
        assert_eq!(serde_json::to_string(&Protocol::Sctp).unwrap(), "\"SCTP\"");
        assert!(serde_json::from_str::<Protocol>("\"tcp\"").is_err());
    }
}
