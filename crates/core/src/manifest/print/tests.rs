use std::sync::Arc;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::{to_json, to_yaml};
use crate::manifest::{Map, Node, Value, parse};

fn read_back(text: &str) -> Node {
    match parse("printed", text.as_bytes()) {
        Ok(mut documents) if documents.len() == 1 => documents.remove(0).root,
        other => panic!("{other:?} from:\n{text}"),
    }
}

fn yaml_of(value: impl Into<Value>) -> String {
    to_yaml(&Node::new(value)).trim_end_matches('\n').to_owned()
}

#[test]
fn lists_stand_under_their_key_without_indentation_as_kubectl_prints_them() {
    let text = "spec:\n  ports:\n  - name: http\n    port: 80\n  - - 1\n    - {}\n  empty: []\n";
    assert_eq!(to_yaml(&read_back(text)), text);
}

#[test]
fn json_keeps_the_order_of_fields() {
    let node = read_back("b: 1\na: [x, {}]\n");
    let json = "{\n  \"b\": 1,\n  \"a\": [\n    \"x\",\n    {}\n  ]\n}\n";
    assert_eq!(to_json(&node), json);
}

#[test]
fn words_that_some_reader_takes_for_something_else_are_quoted() {
    for word in [
        "yes",
        "No",
        "ON",
        "y",
        "N",
        "true",
        "null",
        "~",
        "",
        "0123",
        "0o17",
        "0x1F",
        "1e3",
        "1_000",
        ".5",
        "-1",
        "+1",
        "12:30:00",
        "190:20:30",
        "2026-01-01",
        "2026-01-01T00:00:00Z",
        ".inf",
        ".NaN",
        "=",
        "<<",
        "- a",
        "a: b",
        "a:",
        "a #b",
        "#a",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
        "%a",
        "@a",
        "`a",
        "'a'",
        "\"a\"",
        "[a",
        "{a",
        "? a",
        " a",
        "a ",
        "---",
        "--- a",
        "...",
        "-",
        "a\tb",
        "é",
        "0b11",
        "1.2.3.4:80",
    ] {
        assert!(yaml_of(word).starts_with('"'), "{word} is printed as {}", yaml_of(word));
    }
}

#[test]
fn ordinary_words_stay_bare() {
    for word in [
        "nginx",
        "v1.0.0",
        "4Gi",
        "500m",
        "http://a.b:80/c",
        "--port=80",
        "-c",
        "/tmp/x",
        "a,b",
        "apps/v1",
        "ghcr.io/a/b:1.2@sha256:0f",
        "$(NAME)",
        "a'b",
        "it is [ok]",
        "10%",
        "1.2.3-rc1",
    ] {
        assert_eq!(yaml_of(word), word);
    }
}

#[test]
fn text_of_several_lines_is_a_block_that_gives_it_back_exactly() {
    assert_eq!(to_yaml(&read_back(r#"{"a": "x\n  y\n"}"#)), "a: |\n  x\n    y\n");
    assert_eq!(to_yaml(&read_back(r#"{"a": "x\ny"}"#)), "a: |-\n  x\n  y\n");
    assert_eq!(to_yaml(&read_back(r#"{"a": "x\ny\n\n"}"#)), "a: |+\n  x\n  y\n\n");
    assert_eq!(to_yaml(&read_back(r#"{"a": " x\ny"}"#)), "a: \" x\\ny\"\n");
}

#[test]
fn a_number_with_an_exponent_is_one_to_readers_of_yaml_1_1_too() {
    assert_eq!(to_yaml(&read_back("a: 1e30")), "a: 1.0e+30\n");
    assert_eq!(to_json(&read_back("a: 1e30")), "{\n  \"a\": 1e30\n}\n");
}

#[test]
fn a_key_too_long_for_one_line_is_printed_in_the_long_form() {
    let key = "k".repeat(2000);
    let node = Node::new(Map::from_iter([(key.clone(), Node::new(1))]));
    assert!(to_yaml(&node).starts_with("? k"));
    assert_eq!(read_back(&to_yaml(&node)), node);
}

/// Text with everything that is hard to print.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9./:_-]{0,12}",
        "[ -~]{0,12}",
        "[ \\t\\n\\r#:|>'\"\\\\a-]{0,12}",
        "\\PC{0,6}",
        any::<String>(),
        prop::sample::select(vec![
            "yes",
            "~",
            "0x1F",
            "1e3",
            "2026-01-01",
            "<<",
            "- ",
            "---",
            "\u{85}"
        ])
        .prop_map(str::to_owned),
    ]
}

fn float() -> impl Strategy<Value = Value> {
    any::<f64>().prop_filter_map("finite", |f| Value::number(&format!("{f:e}")).ok())
}

fn tree() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        float(),
        text().prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(5, 40, 6, |value| {
        let node = value.prop_map(Node::new);
        prop_oneof![
            vec(node.clone(), 0..6).prop_map(Value::List),
            btree_map(text(), node, 0..6).prop_map(|fields| Value::Map(
                fields.into_iter().map(|(k, v)| (Arc::from(k), v)).collect::<Map>()
            )),
        ]
    });
    value.prop_map(Node::new).prop_filter("null is no document", |node| !node.is_null())
}

proptest! {
    #[test]
    fn what_is_printed_reads_back_equal(node in tree()) {
        let yaml = to_yaml(&node);
        prop_assert_eq!(&read_back(&yaml), &node);
        prop_assert_eq!(to_yaml(&read_back(&yaml)), yaml);
        prop_assert_eq!(&read_back(&to_json(&node)), &node);
    }
}
