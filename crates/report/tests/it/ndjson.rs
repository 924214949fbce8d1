use std::io::{self, Write};
use std::sync::Arc;

use futures_util::FutureExt;
use windlass_core::platform::{Approval, Host, Question};
use windlass_report::ndjson::{self, Ndjson, ReadError};
use windlass_report::{Hosts, Recorder};

use crate::streams;

fn written(events: &[windlass_core::event::RunEvent]) -> String {
    let host = Ndjson::new(Vec::new());
    events.iter().for_each(|event| host.notify(event));
    String::from_utf8(host.finish().unwrap()).unwrap()
}

#[test]
fn each_line_is_one_event_and_reads_back() {
    let events = streams::good();
    let text = written(&events);
    assert_eq!(text.lines().count(), events.len());
    let log = ndjson::read(text.as_bytes()).unwrap();
    assert_eq!((log.events, log.unknown), (events, 0));
}

/// Written by the engine on the simulator: what was recorded once must read for ever.
#[test]
fn a_stream_of_the_first_version_still_reads_and_gives_a_page() {
    let text = include_str!("../golden/aborted-v1.ndjson");
    let log = ndjson::read(text.as_bytes()).unwrap();
    assert_eq!((log.events.len(), log.unknown), (text.lines().count(), 0));
    assert_eq!(written(&log.events), text, "and writes the same bytes");
    let html = windlass_report::page(&log.events).unwrap();
    crate::page::check_any(&html);
    assert!(html.contains("rolled back"));
}

#[test]
fn a_kind_of_a_newer_version_is_counted_and_skipped() {
    let events = streams::bad();
    let newer = written(&events[..1]).replace("\"type\":\"started\"", "\"type\":\"teleported\"");
    let log = ndjson::read(format!("{newer}\n{}", written(&events)).as_bytes()).unwrap();
    assert_eq!((log.events, log.unknown), (events, 1));
}

#[test]
fn a_line_cut_short_is_named() {
    let text = written(&streams::bad());
    let cut = &text[..text.len() - 20];
    match ndjson::read(cut.as_bytes()) {
        Err(ReadError::NotAnEvent { line, .. }) => assert_eq!(line, text.lines().count()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_known_kind_with_a_missing_field_is_no_newer_kind() {
    let text = written(&streams::bad()).replace("\"stage\":\"raising\"", "\"stages\":1");
    assert!(matches!(ndjson::read(text.as_bytes()), Err(ReadError::NotAnEvent { .. })));
}

#[test]
fn another_format_is_refused() {
    let text = written(&streams::bad()[..1]).replace("run-event/v1", "run-event/v9");
    assert!(matches!(ndjson::read(text.as_bytes()), Err(ReadError::NotAnEvent { line: 1, .. })));
}

/// Fails from the second write on.
struct Full(u32);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += 1;
        if self.0 > 1 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_first_error_of_the_writer_is_kept_and_nothing_is_written_after_it() {
    let host = Ndjson::new(Full(0));
    streams::bad().iter().for_each(|event| host.notify(event));
    let error = host.finish().map(|full| full.0).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
}

#[test]
fn several_hosts_hear_the_same_and_a_question_goes_on_until_one_answers() {
    #[derive(Debug)]
    struct Boss;
    #[async_trait::async_trait]
    impl Host for Boss {
        fn notify(&self, _: &windlass_core::event::RunEvent) {}
        async fn ask(&self, _: &Question) -> Approval {
            Approval::Granted { by: "boss".to_owned() }
        }
    }
    let (first, second) = (Arc::new(Recorder::default()), Arc::new(Recorder::default()));
    let hosts = Hosts::new([first.clone() as Arc<dyn Host>, second.clone(), Arc::new(Boss)]);
    let events = streams::bad();
    events.iter().for_each(|event| hosts.notify(event));
    assert_eq!(first.events(), events);
    assert_eq!(second.take(), events);
    assert!(second.events().is_empty());
    let question = Question { run: "r".into(), text: "promote?".into() };
    let granted = Approval::Granted { by: "boss".to_owned() };
    assert_eq!(hosts.ask(&question).now_or_never(), Some(granted));
}
