//! Blue-green: version 1.1.0 stands complete beside 1.0.0, is measured through a preview that users
//! do not see, and takes over all the traffic in one write.

#![expect(clippy::print_stdout, reason = "an example talks to the person who runs it")]

use std::error::Error;
use std::io;
use std::sync::Arc;

use windlass::report::Terminal;
use windlass::report::terminal::Look;
use windlass::sim::Simulation;
use windlass::sim::traffic::LoadConfig;
use windlass::{Analysis, Application, BlueGreen, Measure, Metric, Span, Windlass, manifest};

const WEB: &str = include_str!("web.yaml");

fn main() -> Result<(), Box<dyn Error>> {
    let sim = Simulation::new(1);
    let now = manifest::parse("web.yaml", WEB.as_bytes())?;
    let applied = sim.apply(&now).map_err(|mut errors| errors.remove(0))?;
    sim.world(|world| {
        applied.apps.first().map(|app| world.load(app, LoadConfig::constant("web", 40.0)))
    });
    sim.run_for(Span::minutes(5))?;

    // After the switch the new version is measured for as long as the old one is kept up.
    let errors = Metric {
        success: Some("<= 0.01".parse()?),
        interval: Some(Span::seconds(20)),
        ..Metric::new("error rate", Measure::ErrorRate, Span::seconds(20))
    };
    let strategy = BlueGreen {
        bake: Span::seconds(30),
        post_promotion: vec![Analysis::new("after the switch", vec![errors])?],
        keep_warm: Span::minutes(1),
        ..BlueGreen::default()
    };

    let screen = Terminal::new(io::stdout(), Look::PLAIN).after_the_plan();
    let windlass = Windlass::new(sim.platform(), sim.clock(), "demo").with_host(Arc::new(screen));
    let next = manifest::parse("web.yaml", WEB.replace("1.0.0", "1.1.0").as_bytes())?;
    let plan = sim.block_on(windlass.plan(&Application::read(&next)?, &strategy))??;
    println!("{plan}");
    let run = sim.block_on(windlass.release(&plan))??;
    sim.block_on(windlass.drive(&run))??;
    Ok(())
}
