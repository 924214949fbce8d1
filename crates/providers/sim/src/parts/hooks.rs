//! Hooks with scripted answers.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use windlass_core::id::AppRef;
use windlass_core::platform::{HookAnswer, HookCall, Hooks};
use windlass_core::time::Timestamp;

use super::Wire;
use crate::rng::Delay;
use crate::shared::Shared;

/// One call that a hook got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// When it came, in the world's time.
    pub at: Timestamp,
    /// For which app.
    pub app: AppRef,
    /// What was asked.
    pub call: HookCall,
    /// What was answered.
    pub answer: HookAnswer,
}

#[derive(Debug, Default)]
struct Script {
    answers: BTreeMap<String, VecDeque<HookAnswer>>,
    calls: Vec<Called>,
}

/// Hooks that answer by script. A hook without one is unreachable. Clones share their scripts.
#[derive(Clone, Debug)]
pub struct SimHooks {
    wire: Wire,
    script: Arc<Mutex<Script>>,
}

impl SimHooks {
    pub(crate) fn new(shared: Arc<Shared>, request: Delay) -> Self {
        Self { wire: Wire::new(shared, request), script: Arc::default() }
    }

    /// A hook that gives these answers one after another; the last one stays.
    pub fn script(&self, hook: &str, answers: impl IntoIterator<Item = HookAnswer>) {
        let answers = answers.into_iter().collect();
        self.lock().answers.insert(hook.to_owned(), answers);
    }

    /// Every call so far, in order.
    pub fn calls(&self) -> Vec<Called> {
        self.lock().calls.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, at: Timestamp, app: &AppRef, call: &HookCall) -> HookAnswer {
        let mut script = self.lock();
        let answers = script.answers.get_mut(&call.hook);
        let next = answers.and_then(|answers| match answers.len() {
            0 | 1 => answers.front().cloned(),
            _ => answers.pop_front(),
        });
        let unknown = || HookAnswer::Unreachable { reason: format!("no hook named {}", call.hook) };
        let answer = next.unwrap_or_else(unknown);
        let (app, call) = (app.clone(), call.clone());
        script.calls.push(Called { at, app, call, answer: answer.clone() });
        answer
    }
}

#[async_trait]
impl Hooks for SimHooks {
    async fn call(&self, app: &AppRef, call: &HookCall) -> HookAnswer {
        self.wire.request(|state| self.answer(state.world.now(), app, call)).await
    }
}
