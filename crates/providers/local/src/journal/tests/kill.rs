//! Whole processes: killed in the middle of appends, holding the lock, running out of space.
//!
//! The child is this test binary itself, told by an environment variable which folder to use.

use std::io::{BufRead, BufReader, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};

use super::*;

const FOLDER: &str = "WINDLASS_TEST_JOURNAL";
const RUNS: usize = 40;

fn child(test: &str, dir: &TempDir, shell: Option<&str>) -> (Child, BufReader<ChildStdout>) {
    let exe = std::env::current_exe().expect("known");
    let mut command = match shell {
        None => Command::new(&exe),
        Some(script) => {
            let mut command = Command::new("sh");
            command.args(["-c", script]).arg(&exe);
            command
        }
    };
    let test = format!("journal::tests::kill::{test}");
    command.args(["--exact", &test, "--nocapture", "--test-threads=1"]);
    command.env(FOLDER, dir.path()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("the test binary starts");
    let lines = BufReader::new(child.stdout.take().expect("piped"));
    (child, lines)
}

/// Appends to many runs at once until somebody kills it, and says what was acknowledged. As a test
/// of its own it has no folder and does nothing.
#[test]
fn child_appends_until_killed() {
    let Ok(dir) = std::env::var(FOLDER) else { return };
    let journal = LocalJournal::open(dir).expect("the journal opens");
    block_on(join_all((0..RUNS).map(|n| {
        let journal = &journal;
        async move {
            let run = run(&format!("run-{n}"));
            let mut next = journal.read(&run).await.expect("readable").len() as u64;
            loop {
                let body = format!("{run}/{next} {}", "z".repeat(next as usize % 700));
                journal.append(&run, next, body.into_bytes()).await.expect("there is room");
                let mut out = std::io::stdout().lock();
                writeln!(out, "ack {n} {next}").and_then(|()| out.flush()).expect("a reader");
                next += 1;
            }
        }
    })));
}

#[test]
fn a_process_killed_in_the_middle_of_appends_loses_nothing_acknowledged() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut acknowledged = [0u64; RUNS];
    for round in 0..6 {
        let (mut child, mut lines) = child("child_appends_until_killed", &dir, None);
        let mut line = String::new();
        let mut seen = 0;
        while {
            line.clear();
            lines.read_line(&mut line).expect("a pipe") > 0
        } {
            let Some(ack) = line.trim().strip_prefix("ack ") else { continue };
            // The last line may be cut short by the kill.
            let Some((n, index)) = ack.split_once(' ').filter(|_| line.ends_with('\n')) else {
                continue;
            };
            let n: usize = n.parse().expect("a number");
            acknowledged[n] = index.parse::<u64>().expect("a number") + 1;
            seen += 1;
            if seen == 300 + 157 * round {
                child.kill().expect("killed");
            }
        }
        child.wait().expect("ended");
        assert!(seen >= 300, "the child appended {seen} records only");
        let journal = open(&dir);
        for (n, count) in acknowledged.iter().enumerate() {
            let name = format!("run-{n}");
            let records = read(&journal, &name).expect("readable");
            let there = records.len() as u64;
            assert!(there == *count || there == count + 1, "{name}: {there} of {count}");
            for (index, record) in records.iter().enumerate() {
                assert!(record.starts_with(format!("{name}/{index} ").as_bytes()));
            }
        }
    }
}

#[test]
fn another_process_is_named_while_it_lives_and_forgotten_when_it_is_killed() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let (mut child, mut lines) = child("child_appends_until_killed", &dir, None);
    let mut line = String::new();
    while !line.contains("ack ") {
        assert!(lines.read_line(&mut line).expect("a pipe") > 0, "the child ended: {line}");
    }
    let Err(JournalError::Locked { holder, .. }) = LocalJournal::open(dir.path()) else {
        panic!("two processes hold one journal");
    };
    assert!(holder.starts_with(&format!("process {} on ", child.id())), "{holder}");
    child.kill().expect("killed");
    child.wait().expect("ended");
    open(&dir);
}

/// Appends until the system refuses to write, and says what was acknowledged. As a test of its own
/// it has no folder and does nothing.
#[test]
fn child_appends_until_refused() {
    let Ok(dir) = std::env::var(FOLDER) else { return };
    let journal = LocalJournal::open(&dir).expect("the journal opens");
    let mut acknowledged = 0;
    let refused = loop {
        match append(&journal, "a", acknowledged, &[b'x'; 999]) {
            Ok(()) => acknowledged += 1,
            Err(refused) => break refused,
        }
    };
    let whole = read(&journal, "a").map(|records| records.len() as u64) == Ok(acknowledged);
    assert!(matches!(refused, JournalError::Storage { place, .. } if place == dir));
    assert!(whole && append(&journal, "a", acknowledged, &[b'x'; 999]).is_err());
    println!("\nacknowledged {acknowledged}");
}

#[cfg(unix)]
#[test]
fn a_system_that_refuses_to_write_loses_nothing_acknowledged() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    // Files may have 32 KiB; going on is refused with an error, not a signal.
    let limited = "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\"";
    let (mut child, lines) = child("child_appends_until_refused", &dir, Some(limited));
    let lines: Vec<_> = lines.lines().map(|line| line.expect("text")).collect();
    assert!(child.wait().expect("ended").success(), "{lines:?}");
    let count = lines.iter().find_map(|line| line.strip_prefix("acknowledged "));
    let count: u64 = count.expect("the child says").parse().expect("a number");
    assert!((20..33).contains(&count), "{count} records of a kilobyte in 32 KiB");
    let journal = open(&dir);
    assert_eq!(read(&journal, "a"), Ok(vec![vec![b'x'; 999]; count as usize]));
    assert_eq!(append(&journal, "a", count, b"goes on"), Ok(()));
}
