//! What goes wrong with releases and runs, each with the next step.

use windlass_core::engine::{DriveError, ResumeError};
use windlass_core::id::{AppRef, Holder, RunId};
use windlass_core::journal::{JournalError, RecordError};
use windlass_core::platform::ClaimFault;

use crate::gather::GatherError;
use crate::plan::{Moved, PlanError};

/// Why a release was not begun.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// There is no plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The world is not as it was when the plan was made.
    #[error(
        "the world has moved since {app} was planned ({}): plan again",
        moved.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    )]
    Moved {
        /// The app.
        app: AppRef,
        /// What differs, with was and is.
        moved: Vec<Moved>,
    },
    /// It would have to wait, and is not to.
    #[error("run {run} comes first for {app}: wait for it, queue behind it, or supersede it")]
    Busy {
        /// The app.
        app: AppRef,
        /// The run that holds the app, or is queued for it last.
        run: RunId,
    },
    /// It would have to wait, and could not outlive its process.
    #[error(
        "the strategy for {app} cannot be queued, as it has no form that can be written down: give it Strategy::kept, or release once the app is free"
    )]
    NotKept {
        /// The app.
        app: AppRef,
    },
    /// A run that should make way cannot be told.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The journal did not take the run.
    #[error("the release was not recorded, and nothing was touched")]
    Journal(#[from] JournalError),
    /// The first record has no form.
    #[error("the release was not recorded, and nothing was touched")]
    Record(#[from] RecordError),
}

impl From<GatherError> for ReleaseError {
    fn from(error: GatherError) -> Self {
        ReleaseError::Plan(error.into())
    }
}

impl ReleaseError {
    /// The run that holds the app, where that is what is wrong.
    pub fn held_by(&self) -> Option<&RunId> {
        match self {
            ReleaseError::Plan(PlanError::Gather(GatherError::Held { run, .. }))
            | ReleaseError::Busy { run, .. } => Some(run),
            ReleaseError::Plan(_)
            | ReleaseError::NotKept { .. }
            | ReleaseError::Moved { .. }
            | ReleaseError::Run(_)
            | ReleaseError::Journal(_)
            | ReleaseError::Record(_) => None,
        }
    }
}

/// Why a run could not be driven, told or looked at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// The journal does not know it.
    #[error("no run {run} is in the journal: list the runs, or open the journal that holds it")]
    Unknown {
        /// The run.
        run: RunId,
    },
    /// It was queued, and somebody has taken it out.
    #[error(
        "run {run} was taken out of the queue before its turn: release it again if it is wanted"
    )]
    Withdrawn {
        /// The run.
        run: RunId,
    },
    /// Its turn had come, or was waited for, and it could not be released.
    #[error("the queued run {run} was not released: {error}")]
    Queued {
        /// The run.
        run: RunId,
        /// Why. Where it says that waiting would not help, the run has left the queue; otherwise it
        /// keeps its place: resume it.
        error: Box<ReleaseError>,
    },
    /// This process drives it already.
    #[error("this process drives run {run} already")]
    Driven {
        /// The run.
        run: RunId,
    },
    /// Nobody in this process drives it.
    #[error("this process does not drive run {run}: resume it here, or tell the process that does")]
    NotDriven {
        /// The run.
        run: RunId,
    },
    /// Another process, or another run, took its app.
    #[error("another process has taken run {run} over and drives it on: this one has stopped")]
    TakenOver {
        /// The run.
        run: RunId,
    },
    /// Another run took the app between the plan and the claim. Nothing was touched.
    #[error(
        "run {other} (driven by {holder}) took {app} first: nothing was touched by {run}; wait for it, then plan again"
    )]
    TooLate {
        /// The run.
        run: RunId,
        /// The app.
        app: AppRef,
        /// The run that holds the app.
        other: RunId,
        /// Who drives that one.
        holder: Holder,
    },
    /// The app of the run could not be claimed.
    #[error("run {run} stands still, its app could not be claimed; resume it")]
    Claim {
        /// The run.
        run: RunId,
        /// Why.
        #[source]
        fault: ClaimFault,
    },
    /// An ended run still holds its app.
    #[error("run {run} has ended and could not give its app back ({reason}): resume it again")]
    GiveBack {
        /// The run.
        run: RunId,
        /// Why.
        reason: String,
    },
    /// The journal failed. Nothing that rests on the lost record was done.
    #[error("the journal failed: what was acknowledged is safe; mend it, then resume the runs")]
    Journal(#[from] JournalError),
    /// A record could not be written or read.
    #[error("a record of the run has no form")]
    Record(#[from] RecordError),
    /// What the journal holds is no run that can be taken up.
    #[error("the run cannot be taken up from its journal")]
    Resume(#[from] ResumeError),
}

impl RunError {
    pub(super) fn of_queue(run: &RunId, error: ReleaseError) -> Self {
        match error {
            ReleaseError::Run(error) => error,
            ReleaseError::Journal(error) => error.into(),
            ReleaseError::Record(error) => error.into(),
            error @ (ReleaseError::Plan(_)
            | ReleaseError::Moved { .. }
            | ReleaseError::Busy { .. }
            | ReleaseError::NotKept { .. }) => {
                RunError::Queued { run: run.clone(), error: Box::new(error) }
            }
        }
    }

    pub(super) fn of(run: &RunId, error: DriveError) -> Self {
        match error {
            DriveError::Journal(error) => error.into(),
            DriveError::Record(error) => error.into(),
            DriveError::Claim(fault) => RunError::Claim { run: run.clone(), fault },
        }
    }
}
