//! A rolling update with a gate: the Deployment's own controller replaces the pods, stops at half of
//! them, and goes on once a check of the user's own has said yes.

#![expect(clippy::print_stdout, reason = "an example talks to the person who runs it")]

use std::error::Error;
use std::io;
use std::sync::Arc;

use windlass::core::platform::HookAnswer;
use windlass::report::Terminal;
use windlass::report::terminal::Look;
use windlass::sim::Simulation;
use windlass::{Application, Gate, RollingUpdate, Span, Weight, Windlass, manifest};

const WEB: &str = include_str!("web.yaml");

fn main() -> Result<(), Box<dyn Error>> {
    let sim = Simulation::new(1);
    let now = manifest::parse("web.yaml", WEB.as_bytes())?;
    sim.apply(&now).map_err(|mut errors| errors.remove(0))?;
    sim.run_for(Span::minutes(5))?;

    // The check is not sure at first. (On a real platform it is code of yours.)
    let wait = HookAnswer::NotYet { reason: "the cache is still cold".to_owned() };
    sim.hooks().script("cache-is-warm", [wait, HookAnswer::Pass]);
    let gate = Gate {
        hooks: vec!["cache-is-warm".to_owned()],
        ..Gate::new(Weight::percent(50)?, Span::seconds(30))
    };
    let strategy = RollingUpdate { gates: vec![gate], ..RollingUpdate::default() };

    let screen = Terminal::new(io::stdout(), Look::PLAIN).after_the_plan();
    let windlass = Windlass::new(sim.platform(), sim.clock(), "demo").with_host(Arc::new(screen));
    let next = manifest::parse("web.yaml", WEB.replace("1.0.0", "1.1.0").as_bytes())?;
    let plan = sim.block_on(windlass.plan(&Application::read(&next)?, &strategy))??;
    println!("{plan}");
    let run = sim.block_on(windlass.release(&plan))??;
    sim.block_on(windlass.drive(&run))??;
    Ok(())
}
