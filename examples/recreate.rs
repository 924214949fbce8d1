//! Recreate: all pods of 1.0.0 go before the first of 1.1.0 comes, so that two versions never run
//! at once. The price is shown too: nobody answers in between.

#![expect(clippy::print_stdout, reason = "an example talks to the person who runs it")]

use std::error::Error;
use std::io;
use std::sync::Arc;

use windlass::report::Terminal;
use windlass::report::terminal::Look;
use windlass::sim::Simulation;
use windlass::{Application, Recreate, Span, Windlass, manifest};

const WEB: &str = include_str!("web.yaml");

fn main() -> Result<(), Box<dyn Error>> {
    let sim = Simulation::new(1);
    let now = manifest::parse("web.yaml", WEB.as_bytes())?;
    sim.apply(&now).map_err(|mut errors| errors.remove(0))?;
    sim.run_for(Span::minutes(5))?;

    let strategy = Recreate { bake: Span::seconds(20), ..Recreate::default() };
    let screen = Terminal::new(io::stdout(), Look::PLAIN).after_the_plan();
    let windlass = Windlass::new(sim.platform(), sim.clock(), "demo").with_host(Arc::new(screen));
    let next = manifest::parse("web.yaml", WEB.replace("1.0.0", "1.1.0").as_bytes())?;
    let plan = sim.block_on(windlass.plan(&Application::read(&next)?, &strategy))??;
    println!("{plan}");
    let run = sim.block_on(windlass.release(&plan))??;
    sim.block_on(windlass.drive(&run))??;
    Ok(())
}
