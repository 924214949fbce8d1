//! SMI: TrafficSplit, `split.smi-spec.io`, from the first version whose weights are numbers on. Meshes
//! serve one version or another; the part that is written is the same in all.
//!
//! Matches of later versions name objects of other kinds, and there is no mirroring; a status there
//! is none, so what is written counts as accepted.

use serde_json::Value;
use windlass_core::platform::RouteRef;

use super::ObjectKey;
use super::grammar::{Grammar, Table};
use super::weighted::{Dialect, Side};

/// A TrafficSplit that names the stable Service among its `backends`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmiSplit {
    /// `v1alpha2`.
    V1Alpha2,
    /// `v1alpha3`.
    V1Alpha3,
    /// `v1alpha4`.
    V1Alpha4,
}

const TABLES: &[Table] =
    &[Table { path: &["spec"], many: false, list: "backends", field: "spec.backends" }];

const DIALECT: Dialect = Dialect { alone: 1, beside: 0, max: 1_000_000 };

impl Grammar for SmiSplit {
    fn key(&self, route: &RouteRef) -> ObjectKey {
        let api_version = match self {
            Self::V1Alpha2 => "split.smi-spec.io/v1alpha2",
            Self::V1Alpha3 => "split.smi-spec.io/v1alpha3",
            Self::V1Alpha4 => "split.smi-spec.io/v1alpha4",
        };
        let (kind, plural) = ("TrafficSplit", "trafficsplits");
        ObjectKey { api_version, kind, plural, name: route.name.clone() }
    }

    fn tables(&self) -> &'static [Table] {
        TABLES
    }

    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn side(&self, route: &RouteRef, _: &str, backend: &Value) -> Side {
        match backend["service"].as_str() {
            Some(name) if name == route.stable.as_str() => Side::Stable,
            Some(name) if name == route.candidate.as_str() => Side::Candidate,
            Some(_) | None => Side::Foreign,
        }
    }

    fn rename(&self, route: &RouteRef, backend: &mut Value) {
        backend["service"] = route.candidate.as_str().into();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use windlass_core::weight::Weight;

    use super::*;
    use crate::routers::lab::{
        Server, any_backends, any_metadata, any_weight, keeps_to_it, odd_fields, percent, split,
        with,
    };
    use crate::routers::{Exposure, RouteChange};

    fn backend(name: &str, weight: Option<u64>) -> Value {
        let weight = weight.map(|weight| json!({"service": name, "weight": weight}));
        weight.unwrap_or_else(|| json!({"service": name}))
    }

    fn server() -> Server {
        let backends = [backend("web", Some(70)), backend("other", Some(30))];
        let spec = json!({"service": "web-root", "backends": backends});
        Server::new(vec![Some(json!({"metadata": {"name": "web"}, "spec": spec}))])
    }

    #[test]
    fn a_split_is_of_the_stable_backends_weight() {
        let mut server = server();
        server.drive(&SmiSplit::V1Alpha4, &split(10), 1).unwrap();
        let backends = &server.objects[0].as_ref().unwrap()["spec"]["backends"];
        assert_eq!(
            *backends,
            json!([
                backend("web", Some(63)),
                backend("other", Some(30)),
                backend("web-new", Some(7))
            ])
        );
    }

    #[test]
    fn what_the_router_does_not_have_is_refused_with_what_to_do() {
        let mirror = Exposure { mirror: Some(percent(1)), ..Exposure::weight(Weight::ZERO) };
        let stop = server().next(&SmiSplit::V1Alpha4, &RouteChange::Split(mirror), 1).unwrap_err();
        assert_eq!(
            stop.to_string(),
            "TrafficSplit web: this router has no mirroring: leave the mirror out"
        );
    }

    proptest! {
        #[test]
        fn generated_splits_keep_what_is_foreign(
            metadata in any_metadata(), list in any_backends(backend), odd in odd_fields(),
            first in any_weight(), second in any_weight(),
        ) {
            prop_assume!(list.iter().any(|backend| backend["service"] == "web"));
            let spec = with(json!({"service": "root", "backends": list}), odd);
            let object = json!({"metadata": metadata, "spec": spec});
            let change = |weight| RouteChange::Split(Exposure::weight(weight));
            let kept = keeps_to_it(&SmiSplit::V1Alpha4, &[Some(object)], &change(first), &change(second));
            prop_assert_eq!(kept, Ok(()));
        }
    }
}
