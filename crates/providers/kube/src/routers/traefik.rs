//! Traefik: TraefikService with `weighted` services, `traefik.io/v1alpha1`.
//!
//! Header matches are rules of the IngressRoute, and a mirror is a TraefikService of another form:
//! neither is in this object. There is no status, so what is written counts as accepted.

use serde_json::Value;
use windlass_core::platform::RouteRef;

use super::ObjectKey;
use super::grammar::{Grammar, Table};
use super::weighted::{Dialect, Side};

/// A weighted TraefikService that names the stable Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraefikWeighted;

const TABLES: &[Table] = &[Table {
    path: &["spec", "weighted"],
    many: false,
    list: "services",
    field: "spec.weighted.services",
}];

const DIALECT: Dialect = Dialect { alone: 1, beside: 1, max: 1_000_000 };

impl Grammar for TraefikWeighted {
    fn key(&self, route: &RouteRef) -> ObjectKey {
        let api_version = "traefik.io/v1alpha1";
        let (kind, plural) = ("TraefikService", "traefikservices");
        ObjectKey { api_version, kind, plural, name: route.name.clone() }
    }

    fn tables(&self) -> &'static [Table] {
        TABLES
    }

    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn side(&self, route: &RouteRef, namespace: &str, backend: &Value) -> Side {
        let is = |field: &str, wanted: &str| {
            backend.get(field).is_none_or(|value| value.as_str() == Some(wanted))
        };
        let local = is("kind", "Service") && is("namespace", namespace);
        match backend["name"].as_str() {
            Some(name) if local && name == route.stable.as_str() => Side::Stable,
            Some(name) if local && name == route.candidate.as_str() => Side::Candidate,
            Some(_) | None => Side::Foreign,
        }
    }

    fn rename(&self, route: &RouteRef, backend: &mut Value) {
        backend["name"] = route.candidate.as_str().into();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::routers::lab::{
        Server, any_backends, any_metadata, any_weight, keeps_to_it, odd_fields, split, with,
    };
    use crate::routers::{Exposure, RouteChange};

    fn backend(name: &str, weight: Option<u64>) -> Value {
        let mut backend = json!({"name": name, "port": 80});
        weight.into_iter().for_each(|weight| backend["weight"] = weight.into());
        backend
    }

    fn object(services: Value) -> Value {
        let weighted = json!({"services": services, "sticky": {"cookie": {"name": "s"}}});
        json!({"metadata": {"name": "web"}, "spec": {"weighted": weighted}})
    }

    #[test]
    fn a_traefik_service_of_the_same_name_is_foreign() {
        let other = json!({"name": "web", "kind": "TraefikService"});
        let mut server = Server::new(vec![Some(object(json!([other, backend("web", None)])))]);
        assert!(server.drive(&TraefikWeighted, &split(10), 1).is_err(), "10 % of weight 1");
        let mut server = Server::new(vec![Some(object(json!([backend("web", None)])))]);
        server.drive(&TraefikWeighted, &split(10), 1).unwrap();
        let weighted = &server.objects[0].as_ref().unwrap()["spec"]["weighted"];
        assert_eq!(
            weighted["services"],
            json!([backend("web", Some(90)), backend("web-new", Some(10))])
        );
        assert_eq!(weighted["sticky"], json!({"cookie": {"name": "s"}}));
    }

    proptest! {
        #[test]
        fn generated_services_keep_what_is_foreign(
            metadata in any_metadata(), list in any_backends(backend), odd in odd_fields(),
            first in any_weight(), second in any_weight(),
        ) {
            prop_assume!(list.iter().any(|backend| backend["name"] == "web"));
            let weighted = with(json!({"services": list}), odd);
            let object = json!({"metadata": metadata, "spec": {"weighted": weighted}});
            let change = |weight| RouteChange::Split(Exposure::weight(weight));
            let kept = keeps_to_it(&TraefikWeighted, &[Some(object)], &change(first), &change(second));
            prop_assert_eq!(kept, Ok(()));
        }
    }
}
