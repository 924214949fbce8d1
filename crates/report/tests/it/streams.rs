//! Event streams as a real run tells them, made by hand.

use windlass_core::event::{
    Direction, EndResult, Ending, EventSchema, Expiry, Glance, Judgement, Limit, NotchOutline,
    Outline, RunEvent, SideGlance, Stage, What,
};
use windlass_core::evidence::{Doubt, NoEvidence, Reading, Sample, Verdict};
use windlass_core::fence::Epoch;
use windlass_core::finding::{Code, Finding};
use windlass_core::id::{AppRef, Kind, ObjectRef};
use windlass_core::manifest::Position;
use windlass_core::model::view::Place;
use windlass_core::platform::{HookAnswer, HookPhase};
use windlass_core::time::{Span, Timestamp};
use windlass_core::weight::Weight;

/// Builds a stream: a clock, a counter and a source of noise that is always the same.
pub(crate) struct Stream {
    pub(crate) events: Vec<RunEvent>,
    at: Timestamp,
    noise: u64,
}

impl Stream {
    pub(crate) fn new() -> Self {
        // 2026-03-02T09:00:00Z
        Self { events: Vec::new(), at: Timestamp::from_millis(1_772_442_000_000), noise: 7 }
    }

    pub(crate) fn after(&mut self, span: Span) -> &mut Self {
        self.at = self.at + span;
        self
    }

    pub(crate) fn say(&mut self, what: What) -> &mut Self {
        let seq = self.events.len() as u64 + 1;
        let run = "threat-detection-1.1.0".into();
        self.events.push(RunEvent { schema: EventSchema::V1, run, seq, at: self.at, what });
        self
    }

    pub(crate) fn look(
        &mut self,
        stable: (u32, u32),
        candidate: (u32, u32),
        split: Split,
    ) -> &mut Self {
        let side =
            |(wanted, ready): (u32, u32)| SideGlance { wanted, pods: wanted.max(ready), ready };
        let (written, effective) = split;
        self.say(What::Observed(Glance {
            stable: side(stable),
            candidate: side(candidate),
            written: written.map(percent),
            effective: effective.map(percent),
        }))
    }

    pub(crate) fn write(&mut self, kind: Kind, name: &str, change: &str) -> &mut Self {
        let object = ObjectRef::new(kind, name.into());
        self.say(What::Sent { object: object.clone(), change: change.to_owned() });
        self.after(Span::millis(180));
        self.say(What::Answered { object, change: change.to_owned(), fault: None })
    }

    pub(crate) fn write_in_doubt(&mut self, kind: Kind, name: &str, change: &str) -> &mut Self {
        let object = ObjectRef::new(kind, name.into());
        self.say(What::Sent { object: object.clone(), change: change.to_owned() });
        self.after(Span::seconds(10));
        let fault = Some("no answer within 10s; it may yet take effect".to_owned());
        self.say(What::Answered { object, change: change.to_owned(), fault })
    }

    fn noise(&mut self) -> i64 {
        self.noise = self.noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        ((self.noise >> 33) % 1_000) as i64
    }

    pub(crate) fn sample(&mut self, metric: &str, value: i64, limit: i64, share: u64) -> &mut Self {
        let (text, judgement) =
            if value <= limit { (limit, Judgement::Good) } else { (limit, Judgement::Bad) };
        let sample = Sample {
            value: Ok(Reading::from_millionths(value)),
            at: self.at,
            exposure: Some(percent(share)),
        };
        let both = share < 100 && metric != "queue depth";
        self.say(What::Sampled {
            analysis: "guard".to_owned(),
            metric: metric.to_owned(),
            sample,
            stable: both.then(|| Reading::from_millionths(limit / 6 + value % 97)),
            judgement,
            limit: format!("<= {}", Reading::from_millionths(text)),
        })
    }

    pub(crate) fn no_sample(
        &mut self,
        metric: &str,
        why: NoEvidence,
        judgement: Judgement,
    ) -> &mut Self {
        let sample = Sample { value: Err(why), at: self.at, exposure: None };
        self.say(What::Sampled {
            analysis: "guard".to_owned(),
            metric: metric.to_owned(),
            sample,
            stable: None,
            judgement,
            limit: "<= 0.01".to_owned(),
        })
    }
}

pub(crate) type Split = (Option<u64>, Option<u64>);

pub(crate) fn percent(n: u64) -> Weight {
    Weight::percent(n).expect("at most 100")
}

pub(crate) const NOTCHES: [(u64, u32, u64); 4] =
    [(5, 1, 5), (25, 2, 10), (50, 3, 10), (100, 3, 10)];

pub(crate) fn outline() -> Outline {
    let until = "ready, error rate, latency p99";
    Outline {
        app: AppRef::new("phase8", "threat-detection"),
        platform: "sim://demo".to_owned(),
        from: "1.0.0".to_owned(),
        to: "1.1.0".to_owned(),
        strategy: "canary".to_owned(),
        notches: NOTCHES
            .map(|(weight, candidate, bake)| NotchOutline {
                weight: percent(weight),
                candidate,
                stable: 3,
                bake: Span::minutes(bake),
                until: until.to_owned(),
            })
            .into(),
        limits: vec![
            Limit { metric: "error rate".into(), condition: "<= 0.01".into(), value: 10_000 },
            Limit { metric: "latency p99".into(), condition: "<= 0.25".into(), value: 250_000 },
        ],
        findings: vec![
            finding(
                Code::ClaimOnOneNode,
                118,
                "ReadWriteOnce claim model-storage-pvc is mounted by 3 replicas",
                "use ReadWriteMany",
            ),
            finding(
                Code::NoReadinessProbe,
                96,
                "container threat-intelligence-service takes traffic without readiness probe",
                "add a readinessProbe",
            ),
            finding(
                Code::ImageByTag,
                61,
                "image threat-detection:1.1.0 is named by tag, not by digest",
                "name it by its digest",
            ),
            Finding {
                at: None,
                ..finding(Code::SecretNotFound, 0, "Secret mongodb-secret is not there", "make it")
            },
        ],
    }
}

pub(crate) fn finding(code: Code, line: u32, message: &str, mend: &str) -> Finding {
    let at = Position::new(line, 9);
    let place =
        Place { file: "threat-detection.yaml".into(), at, path: "spec".parse().expect("a path") };
    Finding::new(code, &place, message, mend)
}

fn wait(on: &str, left: u64, then: &str) -> What {
    let expires = Some(Expiry { left: Span::minutes(left), then: then.to_owned() });
    What::Waiting { on: on.to_owned(), expires }
}

const ROUTE: &str = "threat-detection";
const SET: &str = "threat-detection-5d8f7c9b6a";

/// A climb up to and through `notches`, with `errors` saying the error rate at a notch.
fn climb(stream: &mut Stream, notches: usize, errors: impl Fn(usize, i64, i64) -> i64) {
    stream.say(What::Started(outline()));
    stream.look((3, 3), (0, 0), (None, None));
    stream.after(Span::millis(400));
    stream.write(Kind::Service, "threat-detection", "pin to 7f9c2d1e4b");
    stream.write(Kind::ReplicaSet, SET, "create for 5d8f7c9b6a at 0 pods");
    stream.write(
        Kind::Service,
        "threat-detection-candidate",
        "create like threat-detection, pinned to 5d8f7c9b6a",
    );
    let (mut share, mut pods) = (0, 0);
    for (index, (weight, candidate, bake)) in NOTCHES.into_iter().enumerate().take(notches) {
        let notch = index as u32 + 1;
        stream.say(What::Notch { notch, of: 4, stage: Stage::Raising });
        if candidate != pods {
            stream.say(wait("the cluster: candidate pods ready", 10, "abort"));
            stream.write(Kind::ReplicaSet, SET, &format!("scale to {candidate}"));
            stream.after(Span::seconds(2)).look(
                (3, 3),
                (candidate, pods),
                (Some(share), Some(share)),
            );
            stream.after(Span::seconds(38)).look(
                (3, 3),
                (candidate, candidate),
                (Some(share), Some(share)),
            );
        }
        pods = candidate;
        let change = format!("send {} to threat-detection-candidate", percent(weight));
        if notch == 2 {
            stream.write_in_doubt(Kind::Route, ROUTE, &change);
        }
        stream.write(Kind::Route, ROUTE, &change);
        stream.look((3, 3), (pods, pods), (Some(weight), None));
        stream.no_sample("error rate", NoEvidence::OtherExposure, Judgement::Discarded);
        stream.after(Span::seconds(9)).look((3, 3), (pods, pods), (Some(weight), Some(weight)));
        share = weight;
        stream.say(What::Notch { notch, of: 4, stage: Stage::Holding });
        stream.say(wait("the analysis guard and the bake", bake * 2, "abort"));
        if !hold(stream, index, share, bake, &errors) {
            return;
        }
        let evidence = vec![
            format!("error rate: {} of {} good, worst 0.004, limit <= 0.01", bake * 2, bake * 2),
            format!("latency p99: {} of {} good, worst 0.213, limit <= 0.25", bake * 2, bake * 2),
        ];
        let (analysis, verdict) = ("guard".to_owned(), Verdict::Pass);
        stream.say(What::Judged { analysis, notch: Some(notch), verdict, evidence });
        stream.say(What::Turned { to: Direction::Up, reason: format!("notch {notch} is proven") });
    }
}

fn hold(
    stream: &mut Stream,
    index: usize,
    share: u64,
    bake: u64,
    errors: &impl Fn(usize, i64, i64) -> i64,
) -> bool {
    let mut bad = 0;
    for turn in 0..bake * 2 {
        stream.after(Span::seconds(30));
        let (a, b) = (stream.noise(), stream.noise());
        let rate = errors(index, turn as i64, a);
        if index == 0 && turn == 1 {
            let too_few = NoEvidence::TooFew { got: 41, need: 100 };
            stream.no_sample("error rate", too_few, Judgement::NoEvidence);
        } else {
            stream.sample("error rate", rate, 10_000, share);
        }
        stream.sample("latency p99", 140_000 + b * 75, 250_000, share);
        bad += i32::from(rate > 10_000);
        if bad >= 3 {
            return false;
        }
    }
    true
}

/// A canary of four notches and about 47 minutes that is promoted.
pub(crate) fn good() -> Vec<RunEvent> {
    let mut stream = Stream::new();
    climb(&mut stream, 4, |_, _, noise| 400 + noise * 3);
    stream
        .say(What::Turned { to: Direction::Promote, reason: "all four notches are proven".into() });
    let deployment = "threat-detection";
    let mut step = |step: &str, past_return, kind, name, change| {
        stream.say(What::Handover { step: step.to_owned(), past_return });
        stream.write(kind, name, change);
        stream.after(Span::seconds(6));
    };
    step(
        "pause the Deployment with the new template",
        false,
        Kind::Deployment,
        deployment,
        "set template 5d8f7c9b6a, paused",
    );
    step(
        "release the stable ReplicaSet",
        false,
        Kind::ReplicaSet,
        "threat-detection-7f9c2d1e4b",
        "release from the Deployment",
    );
    step(
        "label the candidate in",
        true,
        Kind::ReplicaSet,
        SET,
        "hand to the Deployment as revision 8",
    );
    step("give paused back", true, Kind::Deployment, deployment, "resume");
    stream.after(Span::minutes(9)).write(Kind::Route, ROUTE, "give the user's own weights back");
    stream.look((3, 3), (0, 0), (None, None));
    stream.write(Kind::ReplicaSet, "threat-detection-7f9c2d1e4b", "scale to 0");
    stream.write(Kind::Service, "threat-detection-candidate", "delete");
    stream.write(Kind::Service, "threat-detection", "unpin");
    stream.say(What::Ended(Ending {
        result: EndResult::Promoted,
        reason: "1.1.0 passed four notches; the tested pods are the app now".into(),
        running: "1.1.0".into(),
        asked: "1.1.0".into(),
        advice: Some("set the image to 1.1.0 in Git, so that the next sync changes nothing".into()),
    }));
    stream.events
}

/// The same canary with a version that fails at a quarter of the traffic.
pub(crate) fn bad() -> Vec<RunEvent> {
    let mut stream = Stream::new();
    climb(&mut stream, 2, |index, turn, noise| match index {
        0 => 600 + noise * 4,
        _ => 900 + noise * 5 + turn * turn * 240,
    });
    let evidence = vec![
        "error rate: 3 of 9 bad, worst 0.0193, limit <= 0.01 (at most 2 bad)".to_owned(),
        "latency p99: 9 of 9 good, worst 0.214, limit <= 0.25".to_owned(),
    ];
    let (analysis, verdict) = ("guard".to_owned(), Verdict::Fail);
    stream.say(What::Judged { analysis, notch: Some(2), verdict, evidence });
    let reason = "guard failed at notch 2: error rate above 0.01 three times".to_owned();
    stream.say(What::Turned { to: Direction::Abort, reason });
    stream.write(Kind::Route, ROUTE, "send 0 % to threat-detection-candidate");
    stream.look((3, 3), (2, 2), (Some(0), None));
    stream.after(Span::seconds(8)).look((3, 3), (2, 2), (Some(0), Some(0)));
    stream.write(Kind::ReplicaSet, SET, "scale to 0");
    stream.after(Span::seconds(31)).look((3, 3), (0, 0), (Some(0), Some(0)));
    stream.write(Kind::Route, ROUTE, "give the user's own weights back");
    stream.write(Kind::ReplicaSet, SET, "delete");
    stream.write(Kind::Service, "threat-detection-candidate", "delete");
    stream.write(Kind::Service, "threat-detection", "unpin");
    stream.look((3, 3), (0, 0), (None, None));
    stream.say(What::Ended(Ending {
        result: EndResult::RolledBack,
        reason: "guard failed at notch 2: error rate above 0.01 three times".into(),
        running: "1.0.0".into(),
        asked: "1.0.0".into(),
        advice: Some("set the image back to 1.0.0 in Git, or release a fixed version".into()),
    }));
    stream.events
}

/// A run of which the start is missing: resumed at notch 2, paused by a person, drifted under,
/// stepped back, aborted by hand, and not over yet.
pub(crate) fn troubled() -> Vec<RunEvent> {
    let mut stream = Stream::new();
    stream.say(What::Notch { notch: 2, of: 4, stage: Stage::Holding });
    stream.look((3, 3), (2, 2), (Some(25), Some(25)));
    for _ in 0..4 {
        stream.after(Span::seconds(30)).sample("error rate", 3_000, 10_000, 25);
    }
    let object = ObjectRef::new(Kind::Route, ROUTE.into());
    stream.say(What::Sent { object: object.clone(), change: "leave as it is".into() });
    stream.after(Span::minutes(3));
    stream.events.iter_mut().for_each(|e| e.seq += 100);
    stream.say(What::Resumed { epoch: Epoch(2), away: Span::minutes(3) });
    stream.look((3, 3), (2, 1), (Some(25), Some(25)));
    stream.after(Span::seconds(20));
    stream.say(signal("pause", "ann", "looking at the logs", None));
    stream.say(What::Turned { to: Direction::Pause, reason: "ann asked for it".into() });
    stream.after(Span::minutes(2));
    let stale = Some("the run is at notch 2, not at notch 1".to_owned());
    stream.say(signal("skip", "bob", "", stale));
    stream.after(Span::minutes(1));
    stream.say(signal("resume", "ann", "nothing found", None));
    stream.say(What::Turned { to: Direction::Resume, reason: "ann asked for it".into() });
    stream.after(Span::seconds(30)).no_sample(
        "error rate",
        NoEvidence::Empty,
        Judgement::NoEvidence,
    );
    stream.after(Span::seconds(30)).sample("error rate", 9_000, 10_000, 25);
    let (analysis, evidence) = ("guard".to_owned(), vec!["error rate: 1 of 2 had a value".into()]);
    let verdict = Verdict::Inconclusive(Doubt::NoEvidence);
    stream.say(What::Judged { analysis, notch: Some(2), verdict, evidence });
    stream.say(What::Turned { to: Direction::StepBack, reason: "no evidence at notch 2".into() });
    stream.say(What::Notch { notch: 1, of: 4, stage: Stage::Raising });
    stream.after(Span::seconds(15)).look((3, 3), (2, 2), (Some(5), Some(5)));
    stream.say(What::Notch { notch: 1, of: 4, stage: Stage::Holding });
    let (change, answer) =
        ("its weights were set to 80 and 20".into(), "writes its own again".into());
    stream.say(What::Drifted { object, change, answer });
    stream.after(Span::seconds(40));
    let answer = HookAnswer::NotYet { reason: "load test still runs".into() };
    stream.say(What::Hooked { hook: "load-test".into(), phase: HookPhase::Notch, answer });
    stream.after(Span::seconds(50));
    stream.say(signal("abort", "ann", "not today", None));
    stream.say(What::Turned { to: Direction::Abort, reason: "ann asked for it".into() });
    stream.after(Span::seconds(20));
    stream.say(wait("the route to take effect", 5, "try again"));
    stream.events
}

fn signal(signal: &str, by: &str, reason: &str, refused: Option<String>) -> What {
    let (signal, by, reason) = (signal.to_owned(), by.to_owned(), reason.to_owned());
    What::Signalled { signal, by, reason, refused }
}

const HOSTILE: &str = "<script>alert(1)</script>\"'>&amp;\u{1b}[2J\n\u{202e}\0]]>--><!--";

/// The bad run with every text of its start, its writes and its end hostile.
pub(crate) fn hostile() -> Vec<RunEvent> {
    renamed(HOSTILE)
}

/// The bad run with very long texts.
pub(crate) fn long_names() -> Vec<RunEvent> {
    renamed(&"a-very-long-name-that-does-not-end-".repeat(400))
}

fn renamed(text: &str) -> Vec<RunEvent> {
    let mut events = bad();
    for event in &mut events {
        match &mut event.what {
            What::Started(outline) => {
                outline.app = AppRef::new(text, text);
                outline.from = text.to_owned();
                outline.to = text.to_owned();
                outline.strategy = text.to_owned();
                outline.findings.push(finding(Code::OverQuota, 7, text, text));
                outline.notches[0].until = text.to_owned();
            }
            What::Sampled { metric, analysis, limit, .. } => {
                if metric == "error rate" {
                    *metric = text.to_owned();
                    *limit = format!("<= {text}");
                }
                *analysis = text.to_owned();
            }
            What::Sent { object, .. } | What::Answered { object, .. } => {
                object.name = text.into();
            }
            What::Turned { reason, .. } => *reason = text.to_owned(),
            What::Judged { evidence, .. } => evidence.push(text.to_owned()),
            What::Ended(ending) => {
                ending.reason = text.to_owned();
                ending.advice = Some(text.to_owned());
            }
            What::Resumed { .. }
            | What::Observed(_)
            | What::Notch { .. }
            | What::Waiting { .. }
            | What::Hooked { .. }
            | What::Signalled { .. }
            | What::Drifted { .. }
            | What::Handover { .. } => {}
            other => panic!("teach this to rename {other:?}"),
        }
    }
    events
}

/// A canary of 1,000 pods: more than 2,000 measurements, 3,000 looks and 2,000 writes.
pub(crate) fn large() -> Vec<RunEvent> {
    let mut stream = Stream::new();
    stream.say(What::Started(outline()));
    for step in 0..1_000_u32 {
        let share = u64::from(step / 10);
        if step % 250 == 0 {
            let notch = step / 250 + 1;
            stream.say(What::Notch { notch, of: 4, stage: Stage::Raising });
        }
        if step % 250 == 40 {
            let notch = step / 250 + 1;
            stream.say(What::Notch { notch, of: 4, stage: Stage::Holding });
        }
        stream.look((1_000, 1_000), (step, step.saturating_sub(7)), (Some(share), Some(share)));
        stream.write(Kind::ReplicaSet, SET, &format!("scale to {step}"));
        stream.after(Span::millis(700));
        stream.look((1_000, 1_000), (step, step.saturating_sub(3)), (Some(share), Some(share)));
        let (a, b, c) = (stream.noise(), stream.noise(), stream.noise());
        let rate = if step % 333 == 332 { 14_000 } else { 1_000 + a * 4 };
        stream.sample("error rate", rate, 10_000, share);
        stream.sample("error rate", 1_000 + c * 3, 10_000, share);
        stream.sample("latency p99", 140_000 + b * c / 10, 250_000, share);
        stream.sample("queue depth", 40_000_000 + b * 1_000_000, 2_000_000_000, share);
        stream.after(Span::millis(2_500));
        stream.write(Kind::Route, ROUTE, &format!("send {share} % to threat-detection-candidate"));
        stream.look((1_000, 1_000), (step, step), (Some(share), Some(share)));
    }
    stream.events
}
