//! A process dies in the middle of a release, and the next one goes on from the journal on disk.
//!
//! The release is driven by a child process that kills itself after some events: nothing is
//! flushed, nothing is given back. Then this process opens the same journal, finds the run, and
//! takes it up. (A simulated cluster dies with its process, so this one first plays it forward to
//! the moment of the crash: same seed, same cluster.)

#![expect(clippy::print_stdout, reason = "an example talks to the person who runs it")]

use std::error::Error;
use std::io;
use std::path::Path;
use std::pin::pin;
use std::process::{Command, abort};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use futures_executor::block_on;
use windlass::core::event::RunEvent;
use windlass::core::journal::{Journal, JournalError, MemoryJournal};
use windlass::core::platform::{Approval, Host, Question};
use windlass::local::LocalJournal;
use windlass::report::terminal::Look;
use windlass::report::{Hosts, Terminal};
use windlass::sim::Simulation;
use windlass::{Application, BlueGreen, RunId, Span, Windlass, manifest};

const WEB: &str = include_str!("web.yaml");

/// The event after which the first process dies.
const LAST: u32 = 24;

fn main() -> Result<(), Box<dyn Error>> {
    if let Some(folder) = std::env::args().nth(1) {
        return first_process(Path::new(&folder));
    }
    let folder = tempfile::tempdir()?;
    println!("process a");
    let status = Command::new(std::env::current_exe()?).arg(folder.path()).status()?;
    println!("process a has died: {}\n\nprocess b", if status.success() { "no" } else { "yes" });
    second_process(folder.path())
}

/// Releases, and dies by its own hand.
fn first_process(folder: &Path) -> Result<(), Box<dyn Error>> {
    let sim = cluster()?;
    let screen: Arc<dyn Host> = Arc::new(Terminal::new(io::stdout(), Look::PLAIN));
    let death = Death { left: AtomicU32::new(LAST), then: || abort() };
    let hosts = Hosts::new([screen, Arc::new(death)]);
    let windlass = process(&sim, "a", Arc::new(OnDisk(LocalJournal::open(folder)?)), hosts);
    sim.block_on(windlass.drive(&release(&sim, &windlass)?))??;
    Ok(())
}

/// Finds the run in the journal, and goes on.
fn second_process(folder: &Path) -> Result<(), Box<dyn Error>> {
    let sim = cluster()?;
    play_forward(&sim)?;
    let hosts = Hosts::new([Arc::new(Terminal::new(io::stdout(), Look::PLAIN)) as Arc<dyn Host>]);
    let windlass = process(&sim, "b", Arc::new(OnDisk(LocalJournal::open(folder)?)), hosts);
    for left in sim.block_on(windlass.list())?? {
        println!(
            "{} of {} -> {} is in the journal: {:?}",
            left.run, left.from, left.to, left.state
        );
    }
    for (run, ending) in sim.block_on(windlass.resume_all())?? {
        let ending = ending?;
        println!("\n{run}: {}, {} runs now", ending.result, ending.running);
    }
    Ok(())
}

/// A cluster where 1.0.0 runs.
fn cluster() -> Result<Simulation, Box<dyn Error>> {
    let sim = Simulation::new(1);
    let now = manifest::parse("web.yaml", WEB.as_bytes())?;
    sim.apply(&now).map_err(|mut errors| errors.remove(0))?;
    sim.run_for(Span::minutes(5))?;
    Ok(sim)
}

fn process(sim: &Simulation, name: &str, journal: Arc<dyn Journal>, hosts: Hosts) -> Windlass {
    let windlass = Windlass::new(sim.platform(), sim.clock(), name);
    windlass.with_journal(journal).with_host(Arc::new(hosts))
}

fn release(sim: &Simulation, windlass: &Windlass) -> Result<RunId, Box<dyn Error>> {
    let next = manifest::parse("web.yaml", WEB.replace("1.0.0", "1.1.0").as_bytes())?;
    let strategy = BlueGreen { bake: Span::minutes(2), ..BlueGreen::default() };
    let plan = sim.block_on(windlass.plan(&Application::read(&next)?, &strategy))??;
    Ok(sim.block_on(windlass.release(&plan))??)
}

/// Brings a cluster to where it was when the first process died.
fn play_forward(sim: &Simulation) -> Result<(), Box<dyn Error>> {
    let death = Arc::new(Death { left: AtomicU32::new(LAST), then: || {} });
    let hosts = Hosts::new([Arc::clone(&death) as Arc<dyn Host>]);
    let windlass = process(sim, "a", Arc::new(MemoryJournal::default()), hosts);
    let run = release(sim, &windlass)?;
    sim.block_on(async {
        let mut drive = pin!(windlass.drive(&run));
        std::future::poll_fn(|context| {
            let polled = drive.as_mut().poll(context);
            if death.left.load(Ordering::Relaxed) == 0 {
                std::task::Poll::Ready(())
            } else {
                polled.map(drop)
            }
        })
        .await;
    })?;
    Ok(())
}

/// Ends a process after some events.
#[derive(Debug)]
struct Death {
    left: AtomicU32,
    then: fn(),
}

#[async_trait]
impl Host for Death {
    fn notify(&self, _event: &RunEvent) {
        let left = self.left.load(Ordering::Relaxed).saturating_sub(1);
        self.left.store(left, Ordering::Relaxed);
        if left == 0 {
            (self.then)();
        }
    }

    async fn ask(&self, _question: &Question) -> Approval {
        Approval::Later
    }
}

/// A disk that takes no virtual time: the simulation stands still while it is written.
#[derive(Debug)]
struct OnDisk(LocalJournal);

#[async_trait]
impl Journal for OnDisk {
    async fn append(&self, run: &RunId, index: u64, record: Vec<u8>) -> Result<(), JournalError> {
        block_on(self.0.append(run, index, record))
    }

    async fn read(&self, run: &RunId) -> Result<Vec<Vec<u8>>, JournalError> {
        block_on(self.0.read(run))
    }

    async fn ends(&self, run: &RunId) -> Result<Option<(Vec<u8>, u64, Vec<u8>)>, JournalError> {
        block_on(self.0.ends(run))
    }

    async fn runs(&self) -> Result<Vec<RunId>, JournalError> {
        block_on(self.0.runs())
    }

    async fn remove(&self, run: &RunId) -> Result<(), JournalError> {
        block_on(self.0.remove(run))
    }
}
