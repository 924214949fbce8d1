//! A strategy of one's own: a third of the pods for a night, with a person who agrees, then all.
//!
//! A strategy is one pure function from a release to a track of notches. Planning, climbing, going
//! back, surviving crashes and telling about it work on the track alone.

#![expect(clippy::print_stdout, reason = "an example talks to the person who runs it")]

use std::error::Error;
use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use windlass::core::event::RunEvent;
use windlass::core::platform::{Approval, Host, Question};
use windlass::report::terminal::Look;
use windlass::report::{Hosts, Terminal};
use windlass::rollout::release::{Facts, Release};
use windlass::rollout::strategy::Misfit;
use windlass::rollout::track::{After, Means, Notch, Notches, OnDoubt, Track, Via};
use windlass::sim::Simulation;
use windlass::{Application, Span, Strategy, Weight, Windlass, manifest};

const WEB: &str = include_str!("web.yaml");

/// Two notches: some pods over night, and all of them if a person has approved by then.
#[derive(Debug)]
struct OverNight {
    share: Weight,
}

impl Strategy for OverNight {
    fn track(&self, _release: &Release, facts: &Facts) -> Result<Track, Vec<Misfit>> {
        if facts.replicas == 0 {
            return Err(vec![Misfit::NoReplicas]);
        }
        let night = Notch { bake: Span::hours(8), approval: true, ..Notch::at(self.share) };
        Ok(Track {
            strategy: "over night".to_owned(),
            means: Means::Beside(Via::Replicas),
            notches: Notches::new(vec![night, Notch::at(Weight::FULL)])?,
            analyses: Vec::new(),
            before: Vec::new(),
            after: After::default(),
            doubt: OnDoubt::Pause,
            min_pods: 1,
        })
    }
}

/// The person who is asked.
#[derive(Debug)]
struct Ann;

#[async_trait]
impl Host for Ann {
    fn notify(&self, _event: &RunEvent) {}

    async fn ask(&self, _question: &Question) -> Approval {
        Approval::Granted { by: "Ann".to_owned() }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let sim = Simulation::new(1);
    let now = manifest::parse("web.yaml", WEB.as_bytes())?;
    sim.apply(&now).map_err(|mut errors| errors.remove(0))?;
    sim.run_for(Span::minutes(5))?;

    let screen = Terminal::new(io::stdout(), Look::PLAIN).after_the_plan();
    let hosts = Hosts::new([Arc::new(screen) as Arc<dyn Host>, Arc::new(Ann)]);
    let windlass = Windlass::new(sim.platform(), sim.clock(), "demo").with_host(Arc::new(hosts));
    let next = manifest::parse("web.yaml", WEB.replace("1.0.0", "1.1.0").as_bytes())?;
    let strategy = OverNight { share: Weight::percent(33)? };
    let plan = sim.block_on(windlass.plan(&Application::read(&next)?, &strategy))??;
    println!("{plan}");
    let run = sim.block_on(windlass.release(&plan))??;
    sim.block_on(windlass.drive(&run))??;
    Ok(())
}
