//! Closed sets of words, such as `Always | OnFailure | Never`.

/// A word that its place does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownWord {
    found: String,
    known: &'static [&'static str],
}

impl UnknownWord {
    pub(crate) fn new(found: &str, known: &'static [&'static str]) -> Self {
        UnknownWord { found: found.chars().take(80).collect(), known }
    }
}

impl std::fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} is not known here; write {}", self.found, self.known.join(" or "))
    }
}

impl std::error::Error for UnknownWord {}

/// An enum whose variants are single words on the wire.
macro_rules! words {
    ($(#[$doc:meta])* $vis:vis $name:ident { $($(#[$about:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name {
            $($(#[$about])* $variant,)+
        }

        impl $name {
            /// The word of the Kubernetes API.
            #[must_use]
            $vis const fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)+
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::model::UnknownWord;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok($name::$variant),)+
                    _ => Err($crate::model::UnknownWord::new(text, &[$($word),+])),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let words = [$($name::$variant.as_str()),+];
                schemars::json_schema!({ "type": "string", "enum": words })
            }
        }
    };
}

pub(crate) use words;

#[cfg(test)]
mod tests {
    use crate::model::Protocol;

    #[test]
    fn an_unknown_word_is_refused_with_the_known_ones() {
        let error = "tcp".parse::<Protocol>().unwrap_err();
        assert_eq!(error.to_string(), "\"tcp\" is not known here; write TCP or UDP or SCTP");
        assert_eq!("UDP".parse(), Ok(Protocol::Udp));
    }
}
