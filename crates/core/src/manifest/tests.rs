//! Streams, faults, limits.

use proptest::prelude::*;

use super::{
    MAX_BYTES, MAX_DEPTH, MAX_ERRORS, Manifest, Node, ParseCause, ParseErrors, Position, parse,
};

const DEPLOYMENT: &str = "\
# the front end
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: &labels {app.kubernetes.io/name: web, tier: 'front'}
spec:
  replicas: 3
  template:
    metadata:
      labels:
        <<: *labels
        extra: !!str 1
    spec:
      containers:
      - name: web
        image: ghcr.io/a/web:1.2
        args: [\"--port=80\", -v]
        command:
        - sh
        - -c
        - |
          echo one
            two
---
{\"kind\": \"Service\", \"spec\": {\"ports\": [{\"port\": 80}]}}
";

fn read(text: &str) -> Vec<Manifest> {
    parse("f.yaml", text.as_bytes()).unwrap_or_else(|errors| panic!("{errors}\n{text}"))
}

fn one(text: &str) -> Node {
    let mut documents = read(text);
    assert_eq!(documents.len(), 1, "{text}");
    documents.remove(0).root
}

fn errors(text: &str) -> Vec<String> {
    lines(parse("f.yaml", text.as_bytes()))
}

fn lines(result: Result<Vec<Manifest>, ParseErrors>) -> Vec<String> {
    result.unwrap_err().errors.iter().map(ToString::to_string).collect()
}

fn only_cause(bytes: &[u8]) -> ParseCause {
    let mut errors = parse("f.yaml", bytes).unwrap_err().errors;
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors.remove(0).cause
}

#[test]
fn every_value_and_field_knows_its_place() {
    let documents = read(DEPLOYMENT);
    let at = |document: usize, path: &str| {
        documents[document].root.find(&path.parse().unwrap()).unwrap().at
    };
    assert_eq!(at(0, "spec.replicas"), Position::new(8, 13));
    assert_eq!(at(0, "spec.template.spec.containers[0]"), Position::new(16, 9));
    assert_eq!(at(0, "spec.template.spec.containers[0].args[1]"), Position::new(18, 29));
    assert_eq!(at(1, "spec.ports[0].port"), Position::new(26, 49));
    let spec = documents[0].root.as_map().unwrap().entry("spec").unwrap();
    assert_eq!(spec.key_at(), Position::new(7, 1));
}

#[test]
fn columns_count_characters_and_lines_of_windows_count_once() {
    let documents = read("a: é😀\r\nb: [é, 1]\r\n");
    assert_eq!(documents[0].root.get("b").unwrap().as_list().unwrap()[1].at, Position::new(2, 8));
    let json = read("{\"é😀\": 1,\r\n\t\"b\": 2}");
    assert_eq!(json[0].root.get("é😀").unwrap().at, Position::new(1, 8));
    assert_eq!(json[0].root.get("b").unwrap().at, Position::new(2, 7));
}

#[test]
fn anchors_merge_keys_and_blocks_are_read() {
    let labels = one(DEPLOYMENT.split("---\n").next().unwrap());
    let labels = labels.find(&"spec.template.metadata.labels".parse().unwrap()).unwrap().clone();
    assert_eq!(labels, one("{app.kubernetes.io/name: web, tier: front, extra: '1'}"));
    let script = "spec.template.spec.containers[0].command[2]".parse().unwrap();
    assert_eq!(read(DEPLOYMENT)[0].root.find(&script).unwrap().as_str(), Some("echo one\n  two\n"));
}

#[test]
fn documents_without_content_are_left_out() {
    assert_eq!(read("").len(), 0);
    assert_eq!(read("# only words\n---\n\n---\nnull\n---\n~\n...\n").len(), 0);
    assert_eq!(read("---\na: 1\n---\n# no\n---\nb: 2\n").len(), 2);
    assert_eq!(read("%YAML 1.2\n---\na: 1\n...\n%YAML 1.2\n---\nb: 1\n").len(), 2);
}

#[test]
fn json_is_read_with_tabs_surrogates_and_long_keys() {
    let key = "k".repeat(5000);
    let text = format!(
        "{{\n\t\"a\":\t\"\\uD83D\\uDE00\\/\\t\",\n\t\"{key}\":[1 , -2.5e3, true,null]\n}}\n"
    );
    let node = one(&text);
    assert_eq!(node.get("a").unwrap().as_str(), Some("😀/\t"));
    assert_eq!(node.get(&key), one("- [1, -2500, true, null]").as_list().unwrap().first());
}

#[test]
fn documents_of_json_may_follow_each_other_and_stand_between_markers() {
    assert_eq!(read("{\"a\": 1}\n{\"b\": 2} [3]").len(), 3);
    assert_eq!(read("{\"a\": \"\\uD83D\\uDE00\"}\n---\nb: 2\n--- {\"c\": 3}\n").len(), 3);
}

#[test]
fn flow_style_that_is_no_json_is_read_as_yaml() {
    assert_eq!(one("{a: 1, b: [x, 'y']} # ok"), one("a: 1\nb:\n- x\n- 'y'\n"));
}

#[test]
fn of_json_and_yaml_the_reading_that_gets_further_reports() {
    assert_eq!(
        errors("{\"a\": 1,\n \"b\": [1, 2}"),
        ["f.yaml:2:12: b[2]: expected `,` or `]`, found `}`"]
    );
    assert_eq!(errors("{a: 1, b: c, d: [}}").len(), 1);
    assert!(errors("{a: 1, b: c, d: [}}")[0].starts_with("f.yaml:1:18: d"));
}

#[test]
fn broken_json_is_refused_with_its_place() {
    for (text, message) in [
        ("{\"a\": \"x\u{1}\"}", "f.yaml:1:9: control character U+0001; remove it"),
        (
            "[\"\\ud83d\"]",
            "f.yaml:1:2: [0]: text with a line break, control character or unknown escape",
        ),
        ("{\"a\" 1}", "f.yaml:1:6: a: expected `:`, found `1`"),
        ("[\"a\" 2]", "f.yaml:1:6: [1]: expected `,` or `]`, found `2`"),
        ("{\"a\": 1e999}", "f.yaml:1:7: a: the number is too large"),
        ("{\"a\": 1, \"a\": 2}", "f.yaml:1:10: field `a` is given twice, first on line 1"),
    ] {
        let errors = parse("f.yaml", text.as_bytes()).map(|read| format!("{read:?}"));
        let errors = errors.unwrap_err().to_string();
        assert!(errors.starts_with(message), "{text}: {errors}");
    }
}

#[test]
fn a_duplicate_key_is_refused_with_both_lines() {
    assert_eq!(
        errors("spec:\n  replicas: 1\n  paused: true\n  replicas: 2\n"),
        ["f.yaml:4:3: spec: field `replicas` is given twice, first on line 2; keep one of them"]
    );
}

#[test]
fn a_key_repeated_with_an_equal_value_is_a_warning() {
    let text = "ok: 1\n---\nspec:\n  class: {a: 1, b: [2]}\n  x: 1\n  class: {b: [2], a: 1}\n";
    let documents = read(text);
    assert!(documents[0].warnings.is_empty());
    assert_eq!(documents[1].root, one("spec: {class: {a: 1, b: [2]}, x: 1}"));
    let warnings: Vec<_> = documents[1].warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "f.yaml:6:3: spec: field `class` is given twice with the same value, first on line 4; remove one of them"
        ]
    );
    assert_eq!(read("{\"a\": 1, \"a\": 1}")[0].warnings.len(), 1);
    assert_eq!(errors("a: .nan\na: 2\na: 3\n").len(), 3);
}

#[test]
fn faults_of_all_documents_come_at_once() {
    assert_eq!(
        errors("a: 1\na: 2\nb: .nan\n---\nc: \"open\n---\nok: 1\n---\nd: !x 1\n"),
        [
            "f.yaml:2:1: field `a` is given twice, first on line 1; keep one of them",
            "f.yaml:3:4: b: `.nan` is no number in JSON; write a finite number, or quotes around a text",
            "f.yaml:5:4: c: the text has no closing quote",
            "f.yaml:9:4: d: unknown tag `!x`; remove it",
        ]
    );
}

#[test]
fn documents_without_a_fault_are_given_beside_the_errors() {
    let text = "a: 1\n---\nb: .nan\n---\nc: 3\n...\nd: \"x\n---\n{\"e\": 1} {\"f\": 1, \"f\": 2} {\"g\": 1}\n";
    let sound = parse("f.yaml", text.as_bytes()).unwrap_err().sound;
    let names: Vec<_> =
        sound.iter().map(|it| it.root.as_map().unwrap().entries()[0].key()).collect();
    assert_eq!(names.iter().map(|it| &***it).collect::<String>(), "aceg");
}

#[test]
fn names_of_fields_that_readers_disagree_on_are_refused() {
    assert_eq!(
        errors("labels:\n  on: a\n  1.10: b\n  8080: ok\n  [x]: c\n  ~: d\n"),
        [
            "f.yaml:2:3: labels: field `on` is read as `true` by kubectl; write \"on\" or \"true\", in quotes",
            "f.yaml:3:3: labels: field `1.10` is read as `1.1` by kubectl; write \"1.10\" or \"1.1\", in quotes",
            "f.yaml:5:3: labels: the name of a field is a list; write a text",
            "f.yaml:6:3: labels: the name of a field is null; write a text",
        ]
    );
}

#[test]
fn a_merge_key_that_readers_disagree_on_is_refused() {
    let text = |map: &str| format!("base: &b {{k: 1, z: 1}}\nmap: {map}\n");
    assert_eq!(one(&text("{<<: *b, k: 5}")).get("map"), Some(&one("{k: 5, z: 1}")));
    assert_eq!(one(&text("{k: 1, <<: *b}")).get("map"), Some(&one("{k: 1, z: 1}")));
    assert_eq!(
        errors(&text("{k: 5, <<: *b}")),
        [
            "f.yaml:2:13: map: `<<` after field `k` overrides it in kubectl and not elsewhere; put `<<` first"
        ]
    );
    assert_eq!(errors(&text("{<<: [1]}")), ["f.yaml:2:7: map: `<<` needs a map or a list of maps"]);
}

#[test]
fn an_anchor_holds_within_its_document_and_after_its_value() {
    let cause = "the alias refers to no complete value before it in this document";
    assert_eq!(errors("a: &x 1\n---\nb: *x\n"), [format!("f.yaml:3:4: b: {cause}")]);
    assert_eq!(errors("a: &x 1\n...\nb: *x\n"), [format!("f.yaml:3:4: b: {cause}")]);
    assert_eq!(errors("a: &x [*x]\n"), [format!("f.yaml:1:8: a[0]: {cause}")]);
    assert_eq!(one("a: &x k\n*x : 1\n"), one("{a: k, k: 1}"));
}

#[test]
fn bytes_that_are_no_text_are_refused_where_they_stand() {
    let at = |bytes: &[u8]| parse("f", bytes).unwrap_err().errors[0].at;
    assert_eq!(at(b"a: 1\nb: \xE9\n"), Position::new(2, 4));
    assert_eq!(at("a: 1\nb: é\u{1}\n".as_bytes()), Position::new(2, 5));
    assert_eq!(at("---\na: 1\n---\nb: \u{7F}\n".as_bytes()), Position::new(4, 4));
    assert_eq!(only_cause(b"\xFF\xFEa\0:\0 \x001\0"), ParseCause::NotUtf8);
    assert_eq!(only_cause(b"a: \0"), ParseCause::ControlCharacter('\0'));
    assert_eq!(one("\u{FEFF}a: 1"), one("a: 1"));
}

#[test]
fn a_stream_beyond_the_size_limit_is_refused_unread() {
    let limit = MAX_BYTES;
    assert_eq!(
        only_cause(&vec![b'#'; limit + 1]),
        ParseCause::TooLarge { bytes: limit + 1, limit }
    );
    assert!(parse("f", &vec![b'#'; limit]).is_ok());
}

#[test]
fn nesting_beyond_the_limit_is_refused_however_it_is_written() {
    let deep = |n: usize| format!("{}1{}", "[".repeat(n), "]".repeat(n));
    assert_eq!(read(&deep(MAX_DEPTH)).len(), 1);
    let limit = MAX_DEPTH;
    let aliases = (0..80)
        .fold("a: &a0 [1]\n".to_owned(), |text, n| format!("{text}k{n}: &a{} [*a{n}]\n", n + 1));
    for text in [
        deep(MAX_DEPTH + 1),
        "[".repeat(100_000),
        "{".repeat(100_000),
        "{\"a\":".repeat(100_000),
        "- ".repeat(100_000),
        (0..500).map(|n| format!("{}a:\n", " ".repeat(n))).collect(),
        aliases,
    ] {
        assert_eq!(only_cause(text.as_bytes()), ParseCause::TooDeep { limit }, "{:.40}", text);
    }
}

#[test]
fn a_bomb_of_aliases_is_refused_by_the_budget_of_values() {
    let bomb = ["a", "b", "c", "d", "e", "f", "g", "h", "i"].windows(2).fold(
        "a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned(),
        |text, pair| {
            format!("{text}{1}: &{1} [{0}]\n", format!("*{},", pair[0]).repeat(9), pair[1])
        },
    );
    assert!(matches!(only_cause(bomb.as_bytes()), ParseCause::TooManyNodes { .. }));
    let nested: String = (0..60).map(|n| format!("{}&a{n}\n{0}- ", " ".repeat(n))).collect();
    let nested = format!("{nested}[{}1]", "1,".repeat(100_000));
    assert!(matches!(only_cause(nested.as_bytes()), ParseCause::TooManyNodes { .. }));
}

#[test]
fn memory_for_unclosed_brackets_is_bounded() {
    let text = format!("- [{}", "x,".repeat(1_000_000));
    assert!(matches!(only_cause(text.as_bytes()), ParseCause::TooManyMarks { .. }));
}

#[test]
fn errors_are_cut_off_where_nobody_reads_on() {
    let errors = errors(&"a: 1\na: 2\n".repeat(50_000));
    assert_eq!(errors.len(), MAX_ERRORS);
    assert!(errors[MAX_ERRORS - 1].ends_with("too many errors; the rest of the file was not read"));
}

#[test]
fn an_error_quotes_only_the_start_of_a_long_word() {
    for text in
        [format!("a: 1{}", "0".repeat(100_000)), format!("? {}\n: .nan\n", "k".repeat(100_000))]
    {
        let errors = errors(&text);
        assert!(errors[0].len() < 600, "{}", errors[0].len());
    }
}

#[test]
fn maps_are_equal_in_any_order_and_compared_once_per_level() {
    assert_eq!(one("{a: 1, b: {c: 2, d: 3}}"), one("{b: {d: 3, c: 2}, a: 1}"));
    assert_ne!(one("{a: 1, b: 2}"), one("{a: 1, c: 2}"));
    let deep = |leaf: &str| one(&format!("{}{leaf}{}", "{a: ".repeat(60), "}".repeat(60)));
    assert_ne!(deep("1"), deep("2"));
}

/// Pieces of YAML and JSON, to be put where they do not belong.
const PIECES: [&str; 36] = [
    "---\n",
    "...\n",
    "\n",
    " ",
    "\t",
    "- ",
    ": ",
    "? ",
    "[",
    "]",
    "{",
    "}",
    ",",
    " #",
    "&a ",
    "*a",
    "!!str ",
    "!",
    "|\n",
    ">-\n",
    "\"",
    "'",
    "%YAML 1.2\n",
    "@",
    "<<: ",
    "\\u",
    "\r\n",
    "\r",
    "\u{FEFF}",
    "\u{85}",
    "\u{2028}",
    "0x",
    "1e",
    "_",
    "~",
    "😀",
];

/// A valid stream with a few pieces put in, taken out or written over.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), 0..30usize, prop::sample::select(&PIECES[..]));
    prop::collection::vec(change, 1..6).prop_map(|changes| {
        changes.into_iter().fold(DEPLOYMENT.as_bytes().to_vec(), |mut text, (at, cut, piece)| {
            let start = at.index(text.len());
            let end = (start + cut % 9).min(text.len());
            text.splice(start..end, piece.bytes());
            text
        })
    })
}

fn survives(bytes: &[u8]) {
    match parse("f.yaml", bytes) {
        Ok(documents) => {
            for document in documents {
                assert_eq!(one(&super::to_yaml(&document.root)), document.root);
                assert_eq!(one(&super::to_json(&document.root)), document.root);
            }
        }
        Err(errors) => {
            assert!(!errors.errors.is_empty());
            assert!(errors.errors.iter().all(|error| error.at.line > 0 && error.at.column > 0));
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        survives(&bytes);
    }

    #[test]
    fn any_text_of_pieces_is_read_or_refused(
        pieces in prop::collection::vec(prop_oneof![prop::sample::select(&PIECES[..]), Just("a")], 0..40)
    ) {
        survives(pieces.concat().as_bytes());
    }

    #[test]
    fn a_damaged_manifest_is_read_or_refused(bytes in mutated()) {
        survives(&bytes);
    }
}
