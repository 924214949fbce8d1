//! Shared by the tests of a run: a bench that gives answers, and answers as letters.

mod argo;
mod exposure;
mod properties;
mod rules;
mod timing;

use windlass_core::evidence::{NoEvidence, Reading, Sample};
use windlass_core::platform::Measure;
use windlass_core::time::Timestamp;

use super::*;

/// Good up to 1, bad above 2, undecided between.
fn metric(name: &str) -> Metric {
    Metric {
        success: Some("<= 1".parse().unwrap()),
        failure: Some("> 2".parse().unwrap()),
        interval: Some(Span::minutes(1)),
        ..Metric::new(name, Measure::ErrorRate, Span::minutes(1))
    }
}

fn share(percent: u64) -> Weight {
    Weight::percent(percent).unwrap()
}

fn doubt(doubt: Doubt) -> Verdict {
    Verdict::Inconclusive(doubt)
}

/// `G` good, `B` bad, `U` undecided, `-` no evidence.
fn value(letter: char) -> Result<Reading, NoEvidence> {
    match letter {
        'G' => Ok(Reading::from_millionths(1_000_000)),
        'U' => Ok(Reading::from_millionths(2_000_000)),
        'B' => Ok(Reading::from_millionths(2_000_001)),
        '-' => Err(NoEvidence::Empty),
        other => panic!("no such letter: {other}"),
    }
}

/// A run with one minute from answer to answer, under an exposure that began long ago.
#[derive(Clone)]
struct Bench {
    spec: Analysis,
    progress: Progress,
    now: Moment,
    under: Exposure,
}

impl Bench {
    fn new(metrics: Vec<Metric>) -> Self {
        let spec = Analysis::new("a", metrics).unwrap();
        let progress = Progress::start(&spec, Span::ZERO);
        let wall = Timestamp::default() + Span::hours(100);
        let under = Exposure { share: share(5), since: Timestamp::default() };
        Self { spec, progress, now: Moment { wall, watched: Span::ZERO, steady: wall }, under }
    }

    fn index(&self, metric: usize) -> MetricIndex {
        self.spec.metrics().nth(metric).unwrap().0
    }

    fn advance(&mut self, by: Span) {
        self.now = Moment { wall: self.now.wall + by, watched: self.now.watched + by, ..self.now };
    }

    fn take(&mut self, metric: usize, answer: &Answer) -> Judgement {
        let (index, under) = (self.index(metric), Some(self.under));
        let progress = self.progress.clone();
        let (progress, judgement) = progress.take(&self.spec, index, answer, under, self.now);
        self.progress = progress;
        judgement
    }

    /// A fresh answer, a minute later.
    fn give(&mut self, metric: usize, letter: char) -> Judgement {
        self.advance(Span::minutes(1));
        let exposure = Some(self.under.share);
        self.take(metric, &Sample { value: value(letter), at: self.now.wall, exposure }.into())
    }

    fn give_all(&mut self, metric: usize, letters: &str) {
        for letter in letters.chars() {
            self.give(metric, letter);
        }
    }

    fn verdict(&self) -> Option<Verdict> {
        self.progress.verdict(&self.spec)
    }

    fn end(&self) -> Verdict {
        self.progress.end(&self.spec, Some(self.under.share))
    }
}
