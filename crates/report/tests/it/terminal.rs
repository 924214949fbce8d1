use futures_util::FutureExt;
use windlass_core::event::RunEvent;
use windlass_core::platform::{Approval, Host, Question};
use windlass_report::terminal::{Look, Terminal};

use crate::{golden, streams};

fn shown(events: &[RunEvent], look: Look) -> String {
    let terminal = Terminal::new(Vec::new(), look);
    for event in events {
        terminal.notify(event);
    }
    String::from_utf8(terminal.finish().unwrap()).unwrap()
}

#[test]
fn a_pipe_gets_one_line_per_event_and_per_line_of_the_plan() {
    let events = streams::good();
    let lines = shown(&events, Look::PLAIN);
    let plan = streams::NOTCHES.len() + 2 + 4;
    assert_eq!(lines.lines().count(), events.len() + plan);
    golden::check("tests/golden/good.txt", &lines);
}

#[test]
fn a_person_who_has_seen_the_plan_is_not_told_it_again() {
    let events = streams::good();
    let terminal = Terminal::new(Vec::new(), Look::PLAIN).after_the_plan();
    events.iter().for_each(|event| terminal.notify(event));
    let lines = String::from_utf8(terminal.finish().unwrap()).unwrap();
    assert_eq!(lines.lines().count(), events.len());
    assert!(lines.contains("start       phase8/threat-detection 1.0.0 -> 1.1.0"), "{lines}");
    assert!(!lines.contains("finding") && !lines.contains("plan 1/4"), "{lines}");
}

#[test]
fn an_abort_reads_from_the_cause_to_what_runs_now() {
    golden::check("tests/golden/bad.txt", &shown(&streams::bad(), Look::PLAIN));
}

#[test]
fn a_resumed_run_with_its_start_missing_is_told_all_the_same() {
    golden::check("tests/golden/troubled.txt", &shown(&streams::troubled(), Look::PLAIN));
}

#[test]
fn a_name_cannot_move_the_cursor_or_break_a_line() {
    let events = streams::hostile();
    let lines = shown(&events, Look::PLAIN);
    assert!(lines.chars().all(|c| c == '\n' || !c.is_control()), "{lines:?}");
    assert!(lines.contains("\\u{1b}[2J"), "the escape is shown, not sent: {lines}");
}

/// What stands on a screen after `bytes`: enough of a terminal for what the foot needs.
fn screen(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '\n' => lines.push(String::new()),
            '\r' => {}
            '\u{1b}' => {
                let end = rest.find(|c: char| c.is_ascii_alphabetic()).unwrap();
                let (code, tail) = rest.split_at(end + 1);
                rest = tail;
                match code {
                    "[3A" => lines.truncate(lines.len() - 4),
                    "[J" => lines.push(String::new()),
                    "[?7l" | "[?7h" => {}
                    colour => assert!(colour.ends_with('m'), "{colour}"),
                }
            }
            c => lines.last_mut().unwrap().push(c),
        }
    }
    lines.pop();
    lines
}

#[test]
fn a_terminal_shows_the_same_lines_and_the_bars_below() {
    let events = streams::good();
    let half = &events[..events.len() / 2];
    let on_screen = screen(&shown(half, Look { bars: true, colour: true }));
    let (log, foot) = on_screen.split_at(on_screen.len() - 3);
    assert_eq!(log.join("\n"), shown(half, Look::PLAIN).trim_end());
    assert_eq!(foot[0], "stable     ████████████░░░░░░░░░░░░     50 %  3/3 ready");
    assert_eq!(foot[1], "candidate  ████████████░░░░░░░░░░░░     50 %  3/3 ready");
    assert!(foot[2].contains("notch 3/4 holding, waits for the analysis"), "{}", foot[2]);
}

#[test]
fn the_bars_are_gone_when_the_run_has_ended() {
    let events = streams::bad();
    let on_screen = screen(&shown(&events, Look { bars: true, colour: false }));
    assert_eq!(on_screen.join("\n"), shown(&events, Look::PLAIN).trim_end());
}

#[test]
fn a_file_is_no_terminal() {
    let file = std::fs::File::open(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
    assert_eq!(Look::of(&file), Look::PLAIN);
}

#[test]
fn an_approval_is_left_to_signals() {
    let terminal = Terminal::new(Vec::new(), Look::PLAIN);
    let question = Question { run: "r".into(), text: "promote?".into() };
    assert_eq!(terminal.ask(&question).now_or_never(), Some(Approval::Later));
}
