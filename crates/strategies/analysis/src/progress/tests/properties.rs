//! What holds for every analysis and every sequence of answers.

use proptest::prelude::*;

use super::argo::{any_letter, any_metrics};
use super::*;

/// One answer: of which metric, what, under which share, and how old.
#[derive(Clone, Debug)]
struct Step {
    metric: usize,
    letter: char,
    share: u64,
    stamped: bool,
    repeats: bool,
}

fn any_step(letter: impl Strategy<Value = char>) -> impl Strategy<Value = Step> {
    let odd = || prop::bool::weighted(0.15);
    (0usize..3, letter, prop_oneof![Just(5u64), Just(25)], odd(), odd()).prop_map(
        |(metric, letter, share, moving, repeats)| Step {
            metric,
            letter,
            share,
            stamped: !moving,
            repeats,
        },
    )
}

fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(any_step(any_letter()), 0..40)
}

impl Bench {
    fn step(&mut self, step: &Step) -> Judgement {
        if !step.repeats {
            self.advance(Span::minutes(1));
        }
        let exposure = step.stamped.then(|| share(step.share));
        let sample = Sample { value: value(step.letter), at: self.now.wall, exposure };
        self.under.share = share(step.share);
        let metric = step.metric % self.spec.metrics().count();
        self.take(metric, &sample.into())
    }
}

fn rank(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::Inconclusive(_) => 1,
        Verdict::Fail => 2,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_sequence_of_answers_without_evidence_passes(
        metrics in any_metrics(),
        steps in prop::collection::vec((any_step(any_letter()), any::<bool>()), 0..40),
    ) {
        let mut bench = Bench::new(metrics);
        for (mut step, gap) in steps {
            if gap { step.letter = '-' } else { step.stamped = false }
            let judgement = bench.step(&step);
            prop_assert!(matches!(judgement, Judgement::NoEvidence | Judgement::Discarded));
            prop_assert_ne!(bench.verdict(), Some(Verdict::Pass));
            for percent in [5, 25] {
                prop_assert_ne!(bench.progress.end(&bench.spec, Some(share(percent))), Verdict::Pass);
            }
            prop_assert_eq!(bench.progress.good_under(&bench.spec, bench.under.share), 0);
        }
    }

    #[test]
    fn a_pass_has_its_count_or_its_good_ones_in_a_row(metrics in any_metrics(), steps in any_steps()) {
        let mut bench = Bench::new(metrics.clone());
        let mut counted = vec![String::new(); metrics.len()];
        for step in &steps {
            let metric = step.metric % metrics.len();
            match bench.step(step) {
                Judgement::Good => counted[metric].push('G'),
                Judgement::Bad => counted[metric].push('B'),
                Judgement::Undecided => counted[metric].push('U'),
                Judgement::NoEvidence => counted[metric].push('-'),
                Judgement::Discarded => {}
            }
        }
        if bench.end() == Verdict::Pass {
            for (metric, letters) in metrics.iter().zip(counted).filter(|(m, _)| !m.dry_run) {
                let measured = letters.chars().filter(|l| *l != '-').count();
                let enough = metric.effective_count().is_none_or(|n| measured >= n as usize);
                let streak = metric.consecutive_success_limit.map(|n| "G".repeat(n.get() as usize));
                let ended = streak.as_ref().is_some_and(|streak| letters.ends_with(streak));
                prop_assert!(letters.contains('G'), "{letters} {metric:?}");
                prop_assert!(ended || (streak.is_none() && enough), "{letters} {metric:?}");
            }
        }
    }

    #[test]
    fn a_good_answer_turned_bad_never_makes_a_better_verdict(
        metrics in any_metrics(),
        mut steps in prop::collection::vec(any_step(any_letter()), 1..40),
        which in any::<prop::sample::Index>(),
    ) {
        let run = |steps: &[Step]| {
            let mut bench = Bench::new(metrics.clone());
            steps.iter().for_each(|step| { bench.step(step); });
            bench.end()
        };
        let at = which.index(steps.len());
        steps[at].letter = 'G';
        let before = run(&steps);
        steps[at].letter = 'B';
        let after = run(&steps);
        prop_assert!(rank(&after) >= rank(&before), "{before} became {after}");
    }

    #[test]
    fn of_several_metrics_the_worst_counts(metrics in any_metrics(), steps in any_steps()) {
        let mut all = Bench::new(metrics.clone());
        let alone = |metric: &Metric| Bench::new(vec![Metric { dry_run: false, ..metric.clone() }]);
        let mut each: Vec<Bench> = metrics.iter().map(alone).collect();
        for step in &steps {
            all.step(step);
            let own = step.metric % metrics.len();
            for (i, bench) in each.iter_mut().enumerate() {
                if i == own {
                    bench.step(step);
                } else {
                    bench.advance(if step.repeats { Span::ZERO } else { Span::minutes(1) });
                    bench.under = all.under;
                }
            }
        }
        let counting = metrics.iter().zip(&each).filter(|(metric, _)| !metric.dry_run);
        let worst = counting.map(|(_, bench)| rank(&bench.end())).max();
        prop_assert_eq!(Some(rank(&all.end())), worst);
    }

    #[test]
    fn a_verdict_only_gets_worse_and_a_pass_is_final(metrics in any_metrics(), steps in any_steps()) {
        let mut bench = Bench::new(metrics);
        for step in &steps {
            let before = bench.verdict();
            bench.step(step);
            match (before, bench.verdict()) {
                (Some(Verdict::Pass), after) => prop_assert_eq!(after, Some(Verdict::Pass)),
                (Some(before), after) => prop_assert!(after.is_some_and(|after| after >= before)),
                (None, _) => {}
            }
        }
    }

    #[test]
    fn good_under_counts_since_the_share_was_another(steps in any_steps()) {
        let tolerant = Metric {
            failure_limit: crate::FailureLimit::AtMost(1_000),
            inconclusive_limit: 1_000,
            consecutive_error_limit: 1_000,
            ..metric("m")
        };
        let mut bench = Bench::new(vec![tolerant]);
        let (mut here, mut good) = (None, 0);
        for step in &steps {
            let judgement = bench.step(step);
            if matches!(judgement, Judgement::Good | Judgement::Bad | Judgement::Undecided) {
                good = if here == Some(step.share) { good } else { 0 };
                good += u32::from(judgement == Judgement::Good);
                here = Some(step.share);
            }
            for percent in [5, 25] {
                let expected = if here == Some(percent) { good } else { 0 };
                prop_assert_eq!(bench.progress.good_under(&bench.spec, share(percent)), expected);
            }
        }
    }

    #[test]
    fn a_recorded_run_goes_on_as_if_never_interrupted(
        metrics in any_metrics(),
        steps in any_steps(),
        crash in any::<prop::sample::Index>(),
    ) {
        let mut through = Bench::new(metrics);
        let mut resumed = through.clone();
        let at = crash.index(steps.len() + 1);
        for (i, step) in steps.iter().enumerate() {
            if i == at {
                let record = serde_json::to_string(&resumed.progress).unwrap();
                resumed.progress = serde_json::from_str(&record).unwrap();
            }
            prop_assert_eq!(through.step(step), resumed.step(step));
            prop_assert_eq!(&through.progress, &resumed.progress);
        }
    }
}

#[test]
fn a_state_of_another_analysis_does_not_pass() {
    let mut bench = Bench::new(vec![metric("a")]);
    bench.give(0, 'G');
    let larger = Analysis::new("b", vec![metric("a"), metric("b")]).unwrap();
    let five = Some(share(5));
    assert_eq!(bench.end(), Verdict::Pass);
    assert_eq!(bench.progress.end(&larger, five), doubt(Doubt::NoMeasurement));
    let empty: Progress = serde_json::from_str("[]").unwrap();
    assert_eq!(empty.verdict(&larger), None);
    assert_eq!(empty.end(&larger, five), doubt(Doubt::NoMeasurement));
}

#[test]
fn a_run_does_not_grow_with_its_measurements() {
    let tolerant = Metric { failure_limit: crate::FailureLimit::AtMost(u32::MAX), ..metric("m") };
    let mut bench = Bench::new(vec![tolerant]);
    let failure = |bench: &Bench| {
        let reason = "the gateway said no, ".repeat(1_000);
        let value = Err(NoEvidence::SourceFailed { reason });
        Answer::from(Sample { value, at: bench.now.wall, exposure: Some(share(5)) })
    };
    for _ in 0..2_000 {
        bench.give_all(0, "GB");
        let answer = failure(&bench);
        bench.take(0, &answer);
    }
    let size = serde_json::to_string(&bench.progress).unwrap().len();
    assert!(size < 600, "{size} bytes");
}
