//! A simulated cluster together with its time: what a test or a demo holds.

use std::sync::Arc;

use windlass_core::manifest::Manifest;
use windlass_core::platform::Platform;
use windlass_core::time::{Span, Timestamp};

use crate::clock::SimClock;
use crate::executor::{Executor, Stalled, Task};
use crate::manifests::{Applied, ApplyError};
use crate::parts::{SimHooks, SimMetrics, SimTraffic, SimWorkloads};
use crate::rng::{Delay, Rng};
use crate::shared::Shared;
use crate::world::{World, WorldConfig};

/// How a simulation is set up.
#[derive(Clone, Debug, PartialEq)]
pub struct SimConfig {
    /// The control plane.
    pub world: WorldConfig,
    /// How long a request to the platform is under way, each way.
    pub request: Delay,
    /// From a change until a watch tells of it.
    pub watch: Delay,
    /// Virtual time after which [`Simulation::block_on`] gives up.
    pub limit: Span,
    /// Name of the platform for people.
    pub name: Arc<str>,
}

impl Default for SimConfig {
    /// Requests take 2 to 20 ms each way, watches tell within 50 ms, and 60 days are enough.
    fn default() -> Self {
        Self {
            world: WorldConfig::default(),
            request: Delay::millis(2, 20),
            watch: Delay::millis(1, 50),
            limit: Span::hours(24 * 60),
            name: "sim://demo".into(),
        }
    }
}

/// A simulated cluster with its own time, and an executor for code that lives in it.
///
/// Two simulations of the same seed, with the same calls, do the same at the same times. The parts
/// of its [`platform`](Simulation::platform) know nothing of one another: replace one to test
/// against your own.
///
/// ```
/// use windlass_core::id::AppRef;
/// use windlass_core::manifest;
/// use windlass_core::platform::AppScope;
/// use windlass_core::time::Span;
/// use windlass_sim::objects::PodBehaviour;
/// use windlass_sim::traffic::{LoadConfig, Rate, VersionModel};
/// use windlass_sim::Simulation;
///
/// let text = br#"
/// apiVersion: apps/v1
/// kind: Deployment
/// metadata: {name: web}
/// spec:
///   replicas: 3
///   selector: {matchLabels: {app: web}}
///   template:
///     metadata: {labels: {app: web}}
///     spec: {containers: [{name: web, image: "web:1.0.0"}]}
/// ---
/// apiVersion: v1
/// kind: Service
/// metadata: {name: web}
/// spec: {selector: {app: web}, ports: [{port: 80}]}
/// "#;
/// let sim = Simulation::new(7);
/// let bad = VersionModel::default().failing(Rate::percent(5));
/// sim.world(|world| world.version("web:1.1.0", PodBehaviour::default(), bad));
/// let app = sim.apply(&manifest::parse("web.yaml", text)?).expect("valid").apps.remove(0);
/// sim.world(|world| world.load(&app, LoadConfig::constant("web", 50.0)));
/// sim.run_for(Span::hours(1))?;
///
/// let (platform, scope) = (sim.platform(), AppScope { app, services: vec!["web".into()] });
/// let seen = sim.block_on(async { platform.workloads.observe(&scope).await })??;
/// assert_eq!(seen.services[0].endpoints, 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Simulation {
    shared: Arc<Shared>,
    executor: Arc<Executor>,
    hooks: SimHooks,
    config: SimConfig,
}

impl Simulation {
    /// An empty cluster with the usual delays.
    pub fn new(seed: u64) -> Self {
        Self::with(seed, SimConfig::default())
    }

    /// An empty cluster, set up.
    pub fn with(seed: u64, config: SimConfig) -> Self {
        let world = World::new(seed, config.world.clone());
        let shared = Arc::new(Shared::new(world, Rng::new(seed).fork(REQUESTS)));
        let hooks = SimHooks::new(Arc::clone(&shared), config.request);
        Self { shared, executor: Arc::default(), hooks, config }
    }

    /// Looks at the world, or does something to it that no run does, at this moment of its time.
    pub fn world<R>(&self, look: impl FnOnce(&mut World) -> R) -> R {
        let mut state = self.shared.lock();
        let result = look(&mut state.world);
        state.notice();
        result
    }

    /// Applies manifests; see [`World::apply_manifests`].
    ///
    /// # Errors
    /// Everything that cannot be read, or the first object that the server refuses.
    pub fn apply(&self, manifests: &[Manifest]) -> Result<Applied, Vec<ApplyError>> {
        self.world(|world| world.apply_manifests(manifests))
    }

    /// The time in the world.
    pub fn now(&self) -> Timestamp {
        self.shared.lock().world.now()
    }

    /// The clock of a process that lives in this world.
    pub fn clock(&self) -> SimClock {
        SimClock::new(Arc::clone(&self.shared))
    }

    /// Moves the wall clock of processes by so many milliseconds, forward or back. The time in the
    /// world and the steady clock go on as they were.
    pub fn shift_wall_clock(&self, millis: i64) {
        let mut state = self.shared.lock();
        state.wall_ahead = state.wall_ahead.saturating_add(millis);
    }

    /// The parts of this cluster, for one process. Two processes that race each other take one
    /// platform each: what has been seen is kept per platform.
    pub fn platform(&self) -> Platform {
        let (shared, request) = (&self.shared, self.config.request);
        let watch = self.config.watch;
        Platform {
            name: Arc::clone(&self.config.name),
            workloads: Arc::new(SimWorkloads::new(Arc::clone(shared), request, watch)),
            traffic: Arc::new(SimTraffic::new(Arc::clone(shared), request)),
            metrics: Arc::new(SimMetrics::new(Arc::clone(shared), request)),
            hooks: Arc::new(self.hooks.clone()),
        }
    }

    /// What the hooks of this cluster answer.
    pub fn hooks(&self) -> &SimHooks {
        &self.hooks
    }

    /// Runs the world, and all spawned tasks, until `future` is done. No real time passes but that
    /// of computing.
    ///
    /// Only this world and its clock can wake the future. What waits for real threads, such as the
    /// journal on disk, must be done by the time it answers: give it wrapped in something that blocks
    /// (the story `resume_after_crash` does), or [`Stalled::Idle`] comes back.
    ///
    /// # Errors
    /// When the future cannot get done; see [`Stalled`].
    pub fn block_on<F: Future>(&self, future: F) -> Result<F::Output, Stalled> {
        self.executor.block_on(&self.shared, self.config.limit, future)
    }

    /// Lets a span of virtual time pass.
    ///
    /// # Errors
    /// When a task spins or the simulation's time is up.
    pub fn run_for(&self, span: Span) -> Result<(), Stalled> {
        let clock = self.clock();
        self.block_on(async move { clock.sleep(span).await })
    }

    /// Starts a task beside whatever is blocked on next. It runs only while the simulation does.
    pub fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Task<T> {
        self.executor.spawn(future)
    }

    /// Calls `pace` before each jump of time, with the time before and after it: a demo sleeps
    /// there for as long as its speed asks.
    pub fn before_jump(&self, pace: impl FnMut(Timestamp, Timestamp) + Send + 'static) {
        self.executor.pace(Box::new(pace));
    }
}

impl Drop for Simulation {
    /// Ends all tasks: those that hold a handle of another would keep each other alive.
    fn drop(&mut self) {
        self.executor.clear();
    }
}

/// Label of the stream that request delays are drawn from.
const REQUESTS: u64 = 0x7265_7175_6573_7473;
