//! How many transitions a second become durable, and what one costs: the local journal beside
//! SQLite (WAL, `synchronous=FULL`) and redb, all three behind the same group commit.
//!
//! `cargo bench -p windlass-bench-journal --features peers`. Results: `benches/README.md`.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod cost;
mod peers;

use std::error::Error;
use std::path::Path;
use std::sync::LazyLock;
use std::{env, fs, process};

use futures_executor::block_on;
use futures_util::future::try_join_all;
use windlass_core::id::RunId;
use windlass_core::journal::{Journal, JournalError};
use windlass_local::LocalJournal;

use cost::{Cost, Meter};
use peers::{Grouped, Redb, RedbLog, Sqlite};

/// Bytes of one record: about what a climb of a few notches writes.
const RECORD: usize = 1_000;
/// Runs at once, and records that each appends.
const LOADS: [(usize, u64); 4] = [(1, 300), (10, 200), (100, 100), (1_000, 100)];
/// Each store meets each load this often, in turns; the median counts.
const TURNS: usize = 7;
const STORES: [&str; 4] = ["windlass-local", "SQLite", "redb by run", "redb as log"];
/// Tells a child process to open this folder and say what it costs.
const OPEN: &str = "WINDLASS_BENCH_OPEN";

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    if let Some(dir) = env::var_os(OPEN) {
        return say_what_opening_costs(Path::new(&dir));
    }
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    check_equal_answers(dir.path())?;
    println!("records of {RECORD} bytes; median of {TURNS} turns, stores in turn");
    println!(
        "{:>5} {:15} {:>10} {:>8} {:>9} {:>10} {:>10} {:>9}",
        "runs", "store", "durable/s", "ratio", "CPU us", "file B", "device B", "writes"
    );
    for (runs, rounds) in LOADS {
        measure(dir.path(), runs, rounds)?;
    }
    measure_opening(dir.path())
}

fn open(store: &str, dir: &Path) -> Outcome<Box<dyn Journal>> {
    fs::create_dir_all(dir)?;
    Ok(match store {
        "windlass-local" => Box::new(LocalJournal::open(dir)?),
        "SQLite" => Box::new(Grouped::start(Sqlite::open(dir)?)?),
        "redb by run" => Box::new(Grouped::start(Redb::open(dir)?)?),
        _ => Box::new(Grouped::start(RedbLog::open(dir)?)?),
    })
}

/// Every store gives back the same records after the same appends.
fn check_equal_answers(dir: &Path) -> Outcome<()> {
    for store in STORES {
        let dir = dir.join(store);
        let journal = open(store, &dir)?;
        block_on(append_all(&*journal, 20, 7))?;
        for run in (0..20).map(name) {
            let wanted: Vec<_> = (0..7).map(|index| record(&run, index)).collect();
            if block_on(journal.read(&run))? != wanted {
                return Err(format!("{store} gives other records of {run}").into());
            }
        }
        drop(journal);
        fs::remove_dir_all(dir)?;
    }
    println!("equal answers from {}", STORES.join(", "));
    Ok(())
}

fn measure(dir: &Path, runs: usize, rounds: u64) -> Outcome<()> {
    let mut costs = STORES.map(|_| Vec::new());
    for turn in 0..TURNS {
        for step in 0..STORES.len() {
            // Another store begins each turn.
            let at = (turn + step) % STORES.len();
            let dir = dir.join("store");
            let journal = open(STORES[at], &dir)?;
            let meter = Meter::start()?;
            block_on(append_all(&*journal, runs, rounds))?;
            costs[at].push(meter.stop(&dir, runs as u64 * rounds)?);
            drop(journal);
            fs::remove_dir_all(dir)?;
        }
    }
    let medians = costs.map(Cost::median);
    for (store, cost) in STORES.iter().zip(&medians) {
        println!(
            "{runs:>5} {store:15} {:>10.0} {:>7.2}x {:>9.1} {:>10.0} {:>10.0} {:>9.4}",
            cost.per_second,
            cost.per_second / medians[1].per_second,
            cost.cpu_micros,
            cost.file_bytes,
            cost.device_bytes,
            cost.writes,
        );
    }
    Ok(())
}

/// `runs` runs at once append `rounds` records each, on one thread.
async fn append_all(journal: &dyn Journal, runs: usize, rounds: u64) -> Result<(), JournalError> {
    try_join_all((0..runs).map(|n| async move {
        let run = name(n);
        for index in 0..rounds {
            journal.append(&run, index, record(&run, index)).await?;
        }
        Ok(())
    }))
    .await?;
    Ok(())
}

/// Opens a journal of 1,000 runs in a process of its own, several times.
fn measure_opening(dir: &Path) -> Outcome<()> {
    let dir = dir.join("opened");
    block_on(append_all(&LocalJournal::open(&dir)?, 1_000, 50))?;
    println!(
        "windlass-local with 1,000 runs of 50 records, opened by a new process, files cached:"
    );
    for _ in 0..TURNS {
        process::Command::new(env::current_exe()?).env(OPEN, &dir).status()?;
    }
    Ok(())
}

fn say_what_opening_costs(dir: &Path) -> Outcome<()> {
    let before = cost::resident_bytes()?;
    let meter = Meter::start()?;
    let journal = LocalJournal::open(dir)?;
    let opened = meter.millis();
    let runs = block_on(journal.runs())?;
    for run in &runs {
        block_on(journal.ends(run))?;
    }
    let resumed = meter.millis();
    let grown = (cost::resident_bytes()? - before) / runs.len() as f64;
    println!(
        "  open {opened:.0} ms, both ends of all {} runs after {resumed:.0} ms, resident {grown:.0} bytes a run",
        runs.len()
    );
    Ok(())
}

fn name(n: usize) -> RunId {
    RunId::new(format!("threat-detection-{n:04}"))
}

/// A record of the right length, whose text is cut from one that hardly repeats.
fn record(run: &RunId, index: u64) -> Vec<u8> {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let steps = std::iter::successors(Some(1u64), |mixed| {
            Some(
                mixed
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407),
            )
        });
        steps.take(64 * RECORD).map(|mixed| char::from(b'a' + (mixed >> 59) as u8 % 26)).collect()
    });
    let mut text = String::with_capacity(RECORD);
    text.push_str("{\"format\":1,\"run\":\"");
    text.push_str(run.as_str());
    text.push_str("\",\"state\":\"");
    let from = index as usize * 997 % (63 * RECORD);
    text.push_str(&TEXT[from..from + RECORD - 2 - text.len()]);
    text.push_str("\"}");
    text.into_bytes()
}
