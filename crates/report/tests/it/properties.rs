//! Whatever comes, in whatever order: something is shown, and nothing breaks.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use windlass_core::event::{
    Direction, EndResult, Ending, EventSchema, Expiry, Glance, Judgement, Limit, NotchOutline,
    Outline, RunEvent, SideGlance, Stage, What,
};
use windlass_core::evidence::{Doubt, NoEvidence, Reading, Sample, Verdict};
use windlass_core::fence::Epoch;
use windlass_core::finding::Code;
use windlass_core::id::{AppRef, Kind, ObjectRef};
use windlass_core::platform::{HookAnswer, HookPhase, Host};
use windlass_core::time::{Span, Timestamp};
use windlass_core::weight::Weight;
use windlass_report::terminal::{Look, Terminal};
use windlass_report::{Story, page};

use crate::page::check_any;
use crate::streams;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{0,8}",
        "\\PC{0,12}",
        any::<String>(),
        Just("<a href='x' onclick=\"y\">".into())
    ]
}

fn weight() -> impl Strategy<Value = Weight> {
    (0_u64..=10_000).prop_map(|n| Weight::from_basis_points(n).expect("in range"))
}

fn span() -> impl Strategy<Value = Span> {
    prop_oneof![0_u64..100_000, any::<u64>()].prop_map(Span::millis)
}

fn object() -> impl Strategy<Value = ObjectRef> {
    text().prop_map(|name| ObjectRef::new(Kind::Route, name.as_str().into()))
}

fn side() -> impl Strategy<Value = SideGlance> {
    let n = || prop_oneof![0_u32..9, any::<u32>()];
    (n(), n(), n()).prop_map(|(wanted, pods, ready)| SideGlance { wanted, pods, ready })
}

fn glance() -> impl Strategy<Value = Glance> {
    (side(), side(), option::of(weight()), option::of(weight())).prop_map(
        |(stable, candidate, written, effective)| Glance { stable, candidate, written, effective },
    )
}

fn outline() -> impl Strategy<Value = Outline> {
    let notch = (weight(), any::<u32>(), any::<u32>(), span(), text()).prop_map(
        |(weight, candidate, stable, bake, until)| NotchOutline {
            weight,
            candidate,
            stable,
            bake,
            until,
        },
    );
    let limit = ("[ab]", text(), any::<i64>()).prop_map(|(metric, condition, value)| Limit {
        metric,
        condition,
        value,
    });
    let texts = (text(), text(), text(), text(), text(), text());
    let found = (text(), text(), any::<u32>())
        .prop_map(|(message, mend, line)| streams::finding(Code::NoBudget, line, &message, &mend));
    (texts, vec(notch, 0..5), vec(limit, 0..4), vec(found, 0..4)).prop_map(
        |((namespace, name, platform, from, to, strategy), notches, limits, findings)| Outline {
            app: AppRef::new(&namespace, &name),
            platform,
            from,
            to,
            strategy,
            notches,
            limits,
            findings,
        },
    )
}

fn sampled() -> impl Strategy<Value = What> {
    let judgement = prop::sample::select(vec![
        Judgement::Good,
        Judgement::Bad,
        Judgement::Undecided,
        Judgement::NoEvidence,
        Judgement::Discarded,
    ]);
    let value = option::of(any::<i64>()).prop_map(|n| {
        n.map(Reading::from_millionths).ok_or(NoEvidence::TooFew { got: 1, need: 2 })
    });
    let sample = (value, any::<i64>(), option::of(weight())).prop_map(|(value, at, exposure)| {
        Sample { value, at: Timestamp::from_millis(at), exposure }
    });
    let stable = option::of(any::<i64>().prop_map(Reading::from_millionths));
    (text(), "[ab]", sample, stable, judgement, text()).prop_map(
        |(analysis, metric, sample, stable, judgement, limit)| What::Sampled {
            analysis,
            metric,
            sample,
            stable,
            judgement,
            limit,
        },
    )
}

fn direction() -> impl Strategy<Value = Direction> {
    prop::sample::select(vec![
        Direction::Up,
        Direction::StepBack,
        Direction::Pause,
        Direction::Resume,
        Direction::Promote,
        Direction::Abort,
        Direction::Yield,
    ])
}

fn what() -> impl Strategy<Value = What> {
    let expiry = (span(), text()).prop_map(|(left, then)| Expiry { left, then });
    let verdict = prop::sample::select(vec![
        Verdict::Pass,
        Verdict::Fail,
        Verdict::Inconclusive(Doubt::EndedEarly),
    ]);
    let hook = prop_oneof![
        Just(HookAnswer::Pass),
        text().prop_map(|reason| HookAnswer::Unreachable { reason })
    ];
    prop_oneof![
        outline().prop_map(What::Started),
        (any::<u64>(), span()).prop_map(|(n, away)| What::Resumed { epoch: Epoch(n), away }),
        glance().prop_map(What::Observed),
        (any::<u32>(), any::<u32>()).prop_map(|(notch, of)| What::Notch {
            notch,
            of,
            stage: Stage::Raising
        }),
        (0_u32..5).prop_map(|notch| What::Notch { notch, of: 4, stage: Stage::Holding }),
        (text(), option::of(expiry)).prop_map(|(on, expires)| What::Waiting { on, expires }),
        (object(), "[cd]").prop_map(|(object, change)| What::Sent { object, change }),
        (object(), "[cd]", option::of(text())).prop_map(|(object, change, fault)| What::Answered {
            object,
            change,
            fault
        }),
        sampled(),
        (text(), option::of(0_u32..9), verdict, vec(text(), 0..3)).prop_map(
            |(analysis, notch, verdict, evidence)| What::Judged {
                analysis,
                notch,
                verdict,
                evidence
            }
        ),
        (text(), hook).prop_map(|(hook, answer)| What::Hooked {
            hook,
            phase: HookPhase::Notch,
            answer
        }),
        (text(), text(), text(), option::of(text())).prop_map(|(signal, by, reason, refused)| {
            What::Signalled { signal, by, reason, refused }
        }),
        (direction(), text()).prop_map(|(to, reason)| What::Turned { to, reason }),
        (object(), text(), text()).prop_map(|(object, change, answer)| What::Drifted {
            object,
            change,
            answer
        }),
        (text(), any::<bool>())
            .prop_map(|(step, past_return)| What::Handover { step, past_return }),
        (text(), option::of(text())).prop_map(|(reason, advice)| What::Ended(Ending {
            result: EndResult::Failed,
            running: reason.clone(),
            asked: reason.clone(),
            reason,
            advice
        })),
    ]
}

fn events() -> impl Strategy<Value = Vec<RunEvent>> {
    let at = prop_oneof![0_i64..10_000_000, 0_i64..10_000_000, any::<i64>()];
    let event = (at, any::<u64>(), what()).prop_map(|(at, seq, what)| RunEvent {
        schema: EventSchema::V1,
        run: "r".into(),
        seq,
        at: Timestamp::from_millis(at),
        what,
    });
    vec(event, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn any_events_give_a_sound_page(events in events()) {
        check_any(&page(&events).expect("a page"));
    }

    #[test]
    fn any_events_give_at_least_one_clean_line_each(events in events()) {
        let terminal = Terminal::new(Vec::new(), Look::PLAIN);
        events.iter().for_each(|event| terminal.notify(event));
        let text = String::from_utf8(terminal.finish().expect("written")).expect("text");
        prop_assert!(text.lines().count() >= events.len());
        prop_assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
        prop_assert!(text.lines().all(|line| line.starts_with('+')));
    }

    #[test]
    fn no_measurement_and_no_write_is_lost(events in events()) {
        let story = Story::of(&events).expect("events");
        let points: usize = story.metrics.iter().map(|m| m.points.len()).sum();
        let sampled = events.iter().filter(|e| matches!(e.what, What::Sampled { .. })).count();
        prop_assert_eq!(points, sampled);
        let sent = events.iter().filter(|e| matches!(e.what, What::Sent { .. })).count();
        prop_assert!(story.writes.len() >= sent);
        prop_assert!(story.phases.iter().all(|p| p.from <= p.to && p.to <= story.lasted));
    }
}
