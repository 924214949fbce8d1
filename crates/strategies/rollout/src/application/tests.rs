use windlass_core::manifest;

use super::*;

const WEB: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {environment: staging}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example:5000/team/web:1.2.3
          readinessProbe: {initialDelaySeconds: 20, periodSeconds: 5, httpGet: {port: 80}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: elsewhere}
spec: {selector: {app: web}, ports: [{port: 80}]}
"#;

const ROUTE: &str = r#"---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: front, namespace: shop}
spec: {rules: [{backendRefs: [{name: other}]}, {backendRefs: [{name: web}]}]}
"#;

fn read(text: &str) -> Result<Application, Unreadable> {
    Application::read(&manifest::parse("web.yaml", text.as_bytes()).expect("valid"))
}

#[test]
fn what_belongs_to_a_deployment_is_found_in_its_namespace() {
    let app = read(&format!("{WEB}{ROUTE}")).expect("one Deployment");
    assert_eq!(app.release.app, AppRef::new("shop", "web"));
    assert_eq!(app.release.environment, "staging");
    assert_eq!(app.services, ["web".into()]);
    let route = app.route.expect("the second rule leads to it");
    assert_eq!((route.name.as_str(), route.candidate.as_str()), ("front", "web-candidate"));
    assert_eq!(app.start_up, Span::seconds(25));
    assert!(!app.autoscaled);
}

#[test]
fn the_version_is_the_label_or_the_tag_or_the_hash() {
    let version = |text: &str| read(text).expect("one Deployment").release.version;
    assert_eq!(version(WEB), "1.2.3");
    let label = "labels: {app: web, app.kubernetes.io/version: v7}}\n    spec:";
    assert_eq!(version(&WEB.replace("labels: {app: web}}\n    spec:", label)), "v7");
    let bare = read(&WEB.replace("/web:1.2.3", "/web")).expect("one Deployment").release;
    assert_eq!(bare.version, bare.template.digest.pod_hash().to_string());
}

#[test]
fn there_must_be_one_deployment_or_a_name_for_it() {
    let service = WEB.split_once("---").expect("two documents").1;
    assert!(matches!(read(service).expect_err("none").0[..], [ApplicationError::NoDeployment]));
    let two = format!("{WEB}---{}", WEB.replace("name: web,", "name: api,"));
    let said = read(&two).expect_err("two").to_string();
    assert!(said.contains("2 Deployments") && said.contains("web, api"), "{said}");
    let manifests = manifest::parse("web.yaml", two.as_bytes()).expect("valid");
    let api = Application::named(&manifests, "api").expect("it is there");
    assert_eq!(api.release.app, AppRef::new("shop", "api"));
    let missing = Application::named(&manifests, "db").expect_err("it is not there").to_string();
    assert!(missing.contains("no Deployment db"), "{missing}");
}

#[test]
fn a_field_that_does_not_hold_what_it_should_is_named_with_its_line() {
    let said = read(&WEB.replace("periodSeconds: 5", "periodSeconds: soon")).expect_err("bad");
    assert!(said.to_string().contains("web.yaml:13"), "{said}");
}
