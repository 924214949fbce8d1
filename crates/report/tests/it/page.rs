//! The page: what stands in it, and that it holds against hostile and very large runs.

use std::fs;
use std::path::Path;

use roxmltree::Document;
use windlass_core::event::{RunEvent, What};
use windlass_report::{PageError, page};

use crate::streams;

/// The page of `events`, left in the target directory to be looked at in a browser.
fn shown(name: &str, events: &[RunEvent]) -> String {
    let html = page(events).unwrap();
    fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.html")), &html).unwrap();
    html
}

/// Pages are written so that an XML parser takes them too: every tag is closed, every attribute
/// quoted, every name escaped.
pub(crate) fn parsed(html: &str) -> Document<'_> {
    let body = html.strip_prefix("<!DOCTYPE html>\n").expect("a document type");
    Document::parse(body).unwrap_or_else(|e| panic!("{e}"))
}

fn count(document: &Document<'_>, tag: &str, class: &str) -> usize {
    let has = |n: &roxmltree::Node<'_, '_>| {
        n.has_tag_name(tag)
            && n.attribute("class").is_some_and(|c| c.split(' ').any(|word| word == class))
    };
    document.descendants().filter(has).count()
}

fn text_of(document: &Document<'_>) -> String {
    text_of_node(document.root())
}

fn text_of_node(node: roxmltree::Node<'_, '_>) -> String {
    node.descendants().filter_map(|n| n.text().filter(|_| n.is_text())).collect()
}

/// What is wrong with any page, whatever the run.
pub(crate) fn check_any(html: &str) {
    let document = parsed(html);
    for foreign in ["NaN", "inf%", "http://", "https://", "//cdn", "<script", "url(http", "@import"]
    {
        assert!(!html.contains(foreign), "{foreign}");
    }
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let name = node.tag_name().name();
        assert!(
            !["script", "link", "img", "iframe", "object"].contains(&name)
                || node.attribute("rel") == Some("icon"),
            "{name}"
        );
        for attribute in node.attributes() {
            assert!(!attribute.name().starts_with("on"), "{}", attribute.name());
            if ["href", "src"].contains(&attribute.name()) {
                let value = attribute.value();
                assert!(value.starts_with('#') || value == "data:,", "{value}");
            }
        }
        if name == "svg" && node.attribute("class") == Some("plot") {
            assert!(node.attribute("aria-label").is_some_and(|l| !l.is_empty()));
        }
        if name == "table" {
            assert!(node.children().any(|c| c.has_tag_name("caption")));
        }
    }
    let ids: Vec<&str> = document.descendants().filter_map(|n| n.attribute("id")).collect();
    let mut once = ids.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), ids.len(), "{ids:?}");
}

fn samples(events: &[RunEvent]) -> usize {
    events.iter().filter(|e| matches!(e.what, What::Sampled { .. })).count()
}

fn readings_of_stable(events: &[RunEvent]) -> usize {
    let read = |e: &&RunEvent| matches!(e.what, What::Sampled { stable: Some(_), .. });
    events.iter().filter(read).count()
}

fn dots(document: &Document<'_>) -> usize {
    let titled = |n: &roxmltree::Node<'_, '_>| {
        n.has_tag_name("use") && n.children().any(|c| c.has_tag_name("title"))
    };
    document.descendants().filter(titled).count()
}

#[test]
fn a_good_run_shows_every_measurement_notch_write_and_finding() {
    let events = streams::good();
    let html = shown("good", &events);
    check_any(&html);
    let document = parsed(&html);
    assert_eq!(dots(&document), samples(&events) + readings_of_stable(&events));
    assert_eq!(count(&document, "rect", "holding"), 4 + 1, "four notches and the legend");
    assert_eq!(count(&document, "line", "limit"), 2);
    let text = text_of(&document);
    for wanted in [
        "threat-detection",
        "1.0.0",
        "1.1.0",
        "promoted",
        "set the image to 1.1.0 in Git",
        "ReadWriteOnce claim model-storage-pvc",
        "threat-detection.yaml:118",
        "use ReadWriteMany",
        "the cluster",
        "error rate: 10 of 10 good, worst 0.004",
        "hand to the Deployment as revision 8",
        "the way back is a handover too",
        "limit <= 0.25",
    ] {
        assert!(text.contains(wanted), "{wanted}");
    }
    let lines = events.len() + streams::NOTCHES.len() + 2 + 4;
    assert_eq!(count(&document, "td", "label"), lines, "the log hides nothing");
}

#[test]
fn findings_stand_by_severity_whatever_order_they_came_in() {
    let mut events = streams::good();
    if let What::Started(outline) = &mut events[0].what {
        outline.findings.reverse();
    }
    let html = page(&events).unwrap();
    let document = parsed(&html);
    let table = document.descendants().find(|n| n.attribute("class") == Some("t-findings"));
    let rows = table.unwrap().descendants().filter(|n| n.has_tag_name("tr")).skip(1);
    let words: Vec<String> =
        rows.map(|row| text_of_node(row.first_element_child().unwrap())).collect();
    assert_eq!(words, ["error", "warn", "warn", "info"]);
}

#[test]
fn both_versions_are_drawn_and_named_with_the_limit() {
    let events = streams::good();
    let html = page(&events).unwrap();
    let document = parsed(&html);
    // A line in each of two panels, and its entry in the legend.
    assert_eq!(count(&document, "path", "stable") - areas(&document, "stable"), 4);
    assert_eq!(count(&document, "path", "candidate") - areas(&document, "candidate"), 4);
    let text = text_of(&document);
    for wanted in ["candidate 1.1.0", "stable 1.0.0", "limit <= 0.01", "Stable meanwhile"] {
        assert!(text.contains(wanted), "{wanted}");
    }
    assert!(readings_of_stable(&events) > 0);
}

#[test]
fn without_readings_of_the_stable_side_no_line_pretends_to_be_it() {
    let mut events = streams::good();
    for event in &mut events {
        if let What::Sampled { stable, .. } = &mut event.what {
            *stable = None;
        }
    }
    let html = page(&events).unwrap();
    let document = parsed(&html);
    assert!(!text_of(&document).contains("stable 1.0.0"));
    assert!(!html.contains("href=\"#stable\""));
    assert!(!html.contains("d=\"\""), "no empty path is drawn");
}

fn areas(document: &Document<'_>, class: &str) -> usize {
    let has = |n: &roxmltree::Node<'_, '_>| {
        n.has_tag_name("path") && n.attribute("class") == Some(&format!("area {class}"))
    };
    document.descendants().filter(has).count()
}

#[test]
fn an_abort_is_marked_where_it_happened_and_explained() {
    let html = shown("bad", &streams::bad());
    check_any(&html);
    let document = parsed(&html);
    assert_eq!(count(&document, "svg", "number"), 1);
    assert!(count(&document, "line", "mark") >= 4, "through every panel");
    assert!(text_of(&document).contains("error rate above 0.01 three times"));
    assert!(html.contains("<span class=\"badge big warn\">rolled back</span>"));
}

#[test]
fn a_troubled_run_shows_pauses_signals_drift_and_the_time_nobody_watched() {
    let html = shown("troubled", &streams::troubled());
    check_any(&html);
    let document = parsed(&html);
    assert!(count(&document, "rect", "away") > 1);
    assert!(count(&document, "rect", "paused") > 1);
    assert!(html.contains("unfinished"));
}

#[test]
fn one_event_is_a_page_whichever_it_is() {
    for (index, event) in streams::good().into_iter().chain(streams::troubled()).enumerate() {
        let html = page(std::slice::from_ref(&event)).unwrap();
        check_any(&html);
        if index == 0 {
            shown("one", &[event]);
        }
    }
}

#[test]
fn hostile_names_are_text() {
    let html = shown("hostile", &streams::hostile());
    check_any(&html);
    assert!(html.contains("&#60;script&#62;alert(1)&#60;/script&#62;"));
    assert!(!html.contains("<script"));
}

#[test]
fn very_long_names_are_cut() {
    let html = shown("long", &streams::long_names());
    check_any(&html);
    assert!(html.len() < 200_000, "{}", html.len());
}

#[test]
fn a_large_run_is_thinned_and_says_so() {
    let events = streams::large();
    let html = shown("large", &events);
    check_any(&html);
    assert!(samples(&events) >= 2_000);
    assert!(html.len() < 1_500_000, "{}", html.len());
    let text = text_of(&parsed(&html));
    assert!(text.contains("measurements drawn: the extremes"), "the chart says so");
    assert!(text.contains("lines in the middle are left out"), "the log says so");
}

#[test]
fn a_thinned_chart_keeps_every_bad_stretch() {
    let events = streams::large();
    let html = page(&events).unwrap();
    let bad = html.matches("<use href=\"#bad\"").count();
    assert!(bad > 1, "the rare bad measurements are still there: {bad}");
}

#[test]
fn the_same_events_give_the_same_bytes() {
    assert_eq!(page(&streams::good()).unwrap(), page(&streams::good()).unwrap());
}

#[test]
fn no_events_are_refused() {
    assert!(matches!(page(&[]), Err(PageError::NoEvents)));
}

#[test]
fn events_of_two_runs_are_refused_with_both_names() {
    let mut events = streams::bad();
    events[3].run = "another".into();
    let error = page(&events).unwrap_err().to_string();
    assert!(error.contains("threat-detection-1.1.0") && error.contains("another"), "{error}");
}
