//! What can be left behind.

use std::fmt;
use std::sync::Arc;

use windlass_core::fence::Expect;
use windlass_core::id::{AppRef, ObjectName, ObjectRef, RunId};

use crate::climb::ClimbSpec;

/// Where a run that was left half raised is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Back to how the app was: the candidate is not the app yet.
    Ground,
    /// On to the end: the Deployment owns the candidate already.
    Rest,
}

/// Something that a run left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Residue {
    /// A run that has ended, or that this journal does not know, holds an app. Clearing takes the
    /// app from it: a process that drives it elsewhere stops. Make sure that there is none.
    Lease {
        /// The app.
        app: AppRef,
        /// The run.
        run: RunId,
        /// The process that drove it.
        holder: String,
        /// True when this journal knows the run, and that it has ended.
        ended: bool,
    },
    /// A run of this journal that has not ended, and that nobody in this process drives. Clearing
    /// aborts it; to let it go on instead, resume it.
    Left {
        /// The app.
        app: AppRef,
        /// The run.
        run: RunId,
        /// The notch it is at, from 1.
        notch: u32,
        /// How many there are.
        of: u32,
    },
    /// What a run that failed, or that no journal here knows, left half raised. Clearing begins a
    /// run that takes it to the ground or to rest, and raises nothing.
    Half {
        /// The run that left it.
        run: RunId,
        /// Where it is taken.
        way: Way,
        /// What wears its marks, in words.
        marks: Vec<String>,
        /// True where the Deployment stays paused: whether the user had it so cannot be known.
        stays_paused: bool,
        /// The sides, as the journal or the marks tell them.
        spec: Arc<ClimbSpec>,
    },
    /// An object that a run made, and that is of no use any more: a ReplicaSet without pods, or a
    /// Service that leads to none.
    Made {
        /// The app.
        app: AppRef,
        /// The object.
        object: ObjectRef,
        /// The run whose label it wears.
        run: RunId,
        /// What must still be true when it is deleted.
        expect: Expect,
    },
    /// A ReplicaSet that a run made and that still has pods, where the marks do not tell the sides
    /// apart. It is only shown: traffic may reach them. Scale it to 0 once none does, then sweep
    /// again.
    Pods {
        /// The app.
        app: AppRef,
        /// The ReplicaSet.
        set: ObjectName,
        /// The run whose label it wears.
        run: RunId,
        /// How many pods it has.
        pods: u32,
    },
}

impl fmt::Display for Residue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Residue::Lease { app, run, holder, ended } => {
                let known =
                    if *ended { "which has ended" } else { "which this journal does not know" };
                write!(f, "{app} is held by run {run} of {holder}, {known}: take it from there")
            }
            Residue::Left { app, run, notch, of } => write!(
                f,
                "{app}: run {run} was left at notch {notch} of {of}: take it back (or resume it)"
            ),
            Residue::Half { run, way, marks, stays_paused, spec } => {
                let (app, marks) = (&spec.app, marks.join(", "));
                match way {
                    Way::Ground => {
                        write!(f, "{app}: run {run} left {marks}: go back to {}", spec.from)?
                    }
                    Way::Rest => {
                        write!(f, "{app}: run {run} left {marks}: finish with {}", spec.to)?
                    }
                }
                if *stays_paused {
                    f.write_str("; it stays paused, resume it if it should not be")?;
                }
                Ok(())
            }
            Residue::Made { app, object, run, .. } => {
                write!(f, "{app}: {object} was made by run {run} and leads nowhere: delete it")
            }
            Residue::Pods { app, set, run, pods } => {
                write!(
                    f,
                    "{app}: ReplicaSet {set} of run {run} has {pods} pods: scale it to 0 once no traffic reaches it"
                )
            }
        }
    }
}
