//! Against what `kubectl` was seen to read.

use crate::manifest::{Node, parse};

const RECORDED: &str = include_str!("kubectl.txt");

enum Expected {
    Refused,
    Read(Node),
}

fn rows() -> impl Iterator<Item = (String, Expected)> {
    RECORDED.lines().filter(|line| !line.starts_with("# ")).map(|line| {
        let (value, reading) = line.rsplit_once(" -> ").unwrap();
        let value = value.replace('⏎', "\n").replace('⇥', "\t");
        let ours = reading.split("; ").next().unwrap();
        let expected = match ours {
            "refused" => Expected::Refused,
            json => {
                let wrapped = parse("recorded", format!("[{json}]").as_bytes()).unwrap();
                Expected::Read(wrapped[0].root.as_list().unwrap()[0].clone())
            }
        };
        (value, expected)
    })
}

#[test]
fn every_recorded_value_is_read_as_kubectl_reads_it_or_refused_where_the_table_says_so() {
    let mut wrong = Vec::new();
    for (value, expected) in rows() {
        let text = format!("base: &b {{k: 1, z: 1}}\nbase2: &c {{k: 2, w: 2}}\nv: {value}\n");
        match (parse("vector.yaml", text.as_bytes()), expected) {
            (Ok(manifests), Expected::Read(expected))
                if manifests[0].root.get("v") == Some(&expected) => {}
            (Err(_), Expected::Refused) => {}
            (got, _) => wrong.push(format!("{value:?}: {got:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_recorded_table_is_not_empty() {
    assert!(rows().count() > 350);
}
