use std::num::NonZeroU16;

use super::super::{Manifest, Problems, parse};

fn manifest(text: &str) -> Manifest {
    parse("app.yaml", text.as_bytes()).unwrap().remove(0)
}

fn printed(problems: Problems) -> Vec<String> {
    problems.into_errors().iter().map(ToString::to_string).collect()
}

#[test]
fn a_fault_names_file_line_column_and_field() {
    let manifest =
        manifest("spec:\n  volumes:\n  - persistentVolumeClaim:\n      claimName: [a]\n");
    let problems = Problems::new();
    let volumes = manifest.cursor(&problems).field("spec").field("volumes");
    for volume in volumes.items() {
        assert_eq!(volume.field("persistentVolumeClaim").required("claimName").str(), None);
    }
    let claim = "app.yaml:4:18: spec.volumes[0].persistentVolumeClaim.claimName: ";
    assert_eq!(printed(problems), [format!("{claim}expected a string, found a list")]);
}

#[test]
fn all_faults_come_at_once_in_the_order_of_the_file() {
    let manifest = manifest("a: x\nb: 1\nc: {d: 70000}\n");
    let problems = Problems::new();
    let root = manifest.cursor(&problems);
    assert_eq!(root.field("c").field("d").int::<u16>(), None);
    assert_eq!(root.required("e").bool(), None);
    assert_eq!(root.field("b").items().count(), 0);
    assert_eq!(root.field("a").bool(), None);
    assert_eq!(root.field("a").field("x").str(), None);
    assert_eq!(
        printed(problems),
        [
            "app.yaml:1:1: e: required field is missing",
            "app.yaml:1:4: a: expected a boolean, found a string",
            "app.yaml:1:4: a: expected a map, found a string",
            "app.yaml:2:4: b: expected a list, found an integer",
            "app.yaml:3:8: c.d: 70000 is out of range for this field",
        ]
    );
}

#[test]
fn what_is_missing_or_null_is_no_fault_unless_required() {
    let manifest = manifest("a: null\nb: {}\nc: [null, 1]\n");
    let problems = Problems::new();
    let root = manifest.cursor(&problems);
    assert_eq!(root.field("a").str(), None);
    assert_eq!(root.field("z").field("y").int::<i64>(), None);
    assert_eq!(root.field("z").required("y").int::<i64>(), None);
    assert!(!root.field("a").is_present());
    assert!(root.field("b").is_present());
    assert_eq!(
        root.field("c").items().map(|item| item.int::<u8>()).collect::<Vec<_>>(),
        [None, Some(1)]
    );
    assert!(problems.is_empty());
    root.required("a");
    assert_eq!(printed(problems), ["app.yaml:1:4: a: required field is missing"]);
}

#[test]
fn a_bare_word_that_is_no_text_is_shown_with_the_quotes_it_needs() {
    let manifest =
        manifest("env:\n- {value: yes}\n- value: 1.10 # version\n- value: 0777\n- value: {}\n");
    let problems = Problems::new();
    for item in manifest.cursor(&problems).field("env").items() {
        assert_eq!(item.field("value").str(), None);
    }
    let errors = printed(problems);
    assert_eq!(
        errors[0],
        "app.yaml:2:11: env[0].value: expected a string, found a boolean: \
         `yes` is no text in YAML; write \"yes\""
    );
    assert!(errors[1].ends_with("write \"1.10\""), "{}", errors[1]);
    assert!(errors[2].ends_with("write \"0777\""), "{}", errors[2]);
    assert!(errors[3].ends_with("found a map"), "{}", errors[3]);
}

#[test]
fn a_text_is_parsed_by_the_rules_of_its_type() {
    let manifest = manifest("port: '80'\nzero: '0'\nnumber: 80\nfloat: 0.5\n");
    let problems = Problems::new();
    let root = manifest.cursor(&problems);
    assert_eq!(root.field("port").parse(), NonZeroU16::new(80));
    assert_eq!(root.field("number").parse_scalar(), NonZeroU16::new(80));
    assert_eq!(root.field("float").parse_scalar(), Some(0.5));
    assert_eq!(root.field("zero").parse::<NonZeroU16>(), None);
    assert_eq!(printed(problems), ["app.yaml:2:7: zero: number would be zero for non-zero type"]);
}

#[test]
fn entries_carry_their_names_into_the_path() {
    let manifest = manifest("labels: {app.io/name: a, b: 1}\n");
    let problems = Problems::new();
    let labels = manifest.cursor(&problems).field("labels");
    let read: Vec<_> = labels.entries().map(|(name, label)| (&**name, label.str())).collect();
    assert_eq!(read, [("app.io/name", Some("a")), ("b", None)]);
    labels.field("app.io/name").report(super::FieldCause::Missing);
    let errors = printed(problems);
    assert!(errors[0].starts_with("app.yaml:1:23: labels[\"app.io/name\"]: "), "{}", errors[0]);
    assert!(errors[1].starts_with("app.yaml:1:29: labels.b: "), "{}", errors[1]);
}
