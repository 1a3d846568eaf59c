//! Made-up machines and their calls.

use proptest::prelude::*;

use super::*;

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// A machine of two threads, and its time.
struct Stage {
    capacity: Capacity,
    now: Instant,
}

impl Stage {
    fn new(cost: f64) -> Self {
        Self::with(cost, CapacityConfig::default())
    }

    fn with(cost: f64, config: CapacityConfig) -> Self {
        Self {
            capacity: Capacity::new(config, 2, cost),
            now: Instant::now(),
        }
    }

    /// Opens two-leg calls until one is refused; gives how many were let in.
    fn fill(&mut self) -> usize {
        (0..1_000)
            .take_while(|_| self.capacity.admit(self.now, 2).is_ok())
            .count()
    }

    /// Each open leg speaks `talk` of `time`, in utterances of 3 s that take `cost` per second of
    /// audio.
    fn live(&mut self, time: f64, talk: f64, cost: f64) {
        let legs = self.capacity.legs;
        let utterances = time * legs as f64 * talk / 3.0;
        for _ in 0..utterances as usize {
            self.now += seconds(time / utterances);
            let looks = [
                (Purpose::First, 0.84),
                (Purpose::Partial, 1.5),
                (Purpose::Pause, 1.5),
                (Purpose::Final, 3.44),
            ];
            for (purpose, audio) in looks {
                let run = Run {
                    purpose,
                    audio: seconds(audio),
                    busy: seconds(audio * cost),
                };
                self.capacity.ran(self.now, &run);
            }
            self.capacity.spoke(self.now, seconds(3.0));
        }
    }

    /// Five calls that have been speaking for a while, on a machine that has room for more.
    fn loaded() -> Self {
        let mut stage = Self::new(0.1);
        for _ in 0..5 {
            stage.capacity.admit(stage.now, 2).expect("there is room");
        }
        stage.live(60.0, 0.5, 0.1);
        stage
    }

    fn finals(&mut self, count: usize, latency: f64) {
        for _ in 0..count {
            self.now += seconds(0.2);
            self.capacity.finished(self.now, seconds(latency));
        }
    }

    fn carries(&self) -> f64 {
        self.capacity.report(self.now).carries
    }
}

#[test]
fn a_burst_of_calls_on_a_fresh_engine_is_let_in_as_far_as_the_assumed_cost_goes() {
    for (case, cost, calls) in [
        ("whisper-base on a fast core", 0.08, 7),
        ("what is assumed of an unknown machine", ASSUMED_COST, 2),
        ("four times too slow", 0.8, 1),
    ] {
        assert_eq!(Stage::new(cost).fill(), calls, "{case}");
    }
}

#[test]
fn what_calls_really_cost_takes_the_place_of_what_was_assumed() {
    let mut stage = Stage::new(ASSUMED_COST);
    stage.fill();
    let before = stage.carries();
    stage.live(600.0, 0.5, 0.06);
    assert!(
        stage.carries() > 2.0 * before,
        "{:?}",
        stage.capacity.report(stage.now)
    );
    stage.live(600.0, 0.5, 0.6);
    assert!(
        stage.carries() < before,
        "{:?}",
        stage.capacity.report(stage.now)
    );
    assert!(stage.capacity.admit(stage.now, 2).is_err());
}

#[test]
fn calls_that_are_silent_are_counted_as_if_they_spoke_and_chatty_ones_as_they_do() {
    let mut stage = Stage::new(0.1);
    let carries = stage.carries();
    stage.fill();
    stage.live(300.0, 0.1, 0.1);
    assert!((stage.capacity.report(stage.now).talk - 0.5).abs() < 1e-9);
    assert!(stage.carries() >= carries - 0.5);
    stage.live(300.0, 0.9, 0.1);
    assert!(stage.capacity.report(stage.now).talk > 0.8);
    assert!(stage.carries() < 0.75 * carries);
}

#[test]
fn late_finals_under_load_let_nobody_in_until_they_are_prompt_again() {
    let mut stage = Stage::loaded();
    stage.finals(10, 3.0);
    let refusal = stage.capacity.admit(stage.now, 2).expect_err("late");
    assert!(
        matches!(refusal, Refusal::Late { percent: 100, .. }),
        "{refusal}"
    );
    assert_eq!(
        stage.capacity.pace(stage.now),
        Pace::of(4.0),
        "finals come first"
    );
    // The other side of a call that was let in before is heard all the same.
    let live = stage.capacity.report(stage.now).live;
    stage.capacity.add(stage.now, 1);
    assert_eq!(stage.capacity.report(stage.now).live, live + 0.5);
    stage.capacity.removed(stage.now, 1);
    stage.finals(600, 0.7);
    stage.capacity.admit(stage.now, 2).expect("prompt again");
}

#[test]
fn finals_that_are_late_without_load_are_no_reason_to_refuse() {
    let mut stage = Stage::new(0.05);
    stage.capacity.admit(stage.now, 2).expect("the first");
    stage.live(60.0, 0.5, 0.05);
    stage.finals(10, 3.0);
    stage
        .capacity
        .admit(stage.now, 2)
        .expect("refusing would not help");
}

#[test]
fn what_was_late_is_forgotten_when_nobody_speaks() {
    let mut stage = Stage::loaded();
    stage.finals(10, 3.0);
    assert!(stage.capacity.admit(stage.now, 2).is_err());
    stage.now += seconds(300.0);
    stage.capacity.admit(stage.now, 2).expect("long ago");
}

#[test]
fn only_the_first_call_is_let_in_where_none_fits() {
    let mut stage = Stage::new(50.0);
    assert_eq!(stage.fill(), 1);
    stage.capacity.left(stage.now, 2, seconds(60.0));
    assert_eq!(stage.fill(), 1, "there is room again");
}

#[test]
fn nobody_is_refused_unless_that_is_wanted() {
    let config = CapacityConfig {
        enforce: false,
        ..CapacityConfig::default()
    };
    assert_eq!(Stage::with(50.0, config).fill(), 1_000);
}

#[test]
fn a_refused_caller_is_told_to_come_back_sooner_the_sooner_a_call_may_end() {
    let hint = |stage: &mut Stage| {
        let refusal = stage.capacity.admit(stage.now, 2).expect_err("full");
        refusal.retry_after().as_secs()
    };
    let mut few = Stage::new(0.4);
    few.fill();
    let mut many = Stage::new(0.01);
    many.fill();
    assert!(hint(&mut many) < hint(&mut few));
    for _ in 0..100 {
        few.capacity.left(few.now, 2, seconds(5.0));
        few.fill();
    }
    assert!(hint(&mut few) <= 6, "calls turn out to be short");
}

#[test]
fn pauses_widen_as_calls_come_and_narrow_as_they_go() {
    let mut stage = Stage::new(0.05);
    let mut paces = Vec::new();
    while stage.capacity.admit(stage.now, 2).is_ok() {
        paces.push(stage.capacity.pace(stage.now));
    }
    assert_eq!(
        paces.first(),
        Some(&Pace::of(0.5)),
        "words come often while there is time"
    );
    assert!(paces.contains(&Pace::AS_CONFIGURED), "{paces:?}");
    assert!(paces.is_sorted());
    assert!(paces.last() > Some(&Pace::of(1.5)), "{paces:?}");
    for pace in paces.iter().rev() {
        assert_eq!(stage.capacity.pace(stage.now), *pace);
        stage.capacity.left(stage.now, 2, seconds(60.0));
    }
}

#[test]
fn only_what_can_be_spared_is_left_out_of_what_calls_cost() {
    // As much work in all, as one kind of it or the other.
    let carries = |kind| {
        let mut stage = Stage::new(0.1);
        stage.capacity.admit(stage.now, 2).expect("the first");
        for _ in 0..200 {
            stage.now += seconds(6.0);
            for (purpose, busy) in [(Purpose::Final, 0.2), (kind, 0.4)] {
                let (audio, busy) = (seconds(3.0), seconds(busy));
                let run = Run {
                    purpose,
                    audio,
                    busy,
                };
                stage.capacity.ran(stage.now, &run);
            }
            stage.capacity.spoke(stage.now, seconds(3.0));
        }
        stage.carries()
    };
    let spared = carries(Purpose::Partial);
    for needed in [Purpose::Final, Purpose::Pause, Purpose::First] {
        let fit = carries(needed);
        assert!(spared > 1.7 * fit, "{needed:?}: {fit} of {spared}");
    }
}

#[test]
fn a_cost_that_wavers_a_little_does_not_move_the_capacity() {
    let mut stage = Stage::new(0.1);
    stage.fill();
    stage.live(600.0, 0.5, 0.1);
    let mut seen = Vec::new();
    for i in 0..100 {
        stage.live(10.0, 0.5, if i % 2 == 0 { 0.098 } else { 0.102 });
        seen.push(stage.carries());
    }
    seen.dedup();
    assert!(seen.len() <= 2, "{seen:?}");
}

/// What may happen to an engine.
#[derive(Clone, Debug)]
enum Event {
    Open(usize),
    Leave(f64),
    Ran(Purpose, f64, f64),
    Spoke(f64),
    Finished(f64),
    Wait(f64),
}

fn purpose() -> impl Strategy<Value = Purpose> {
    prop_oneof![
        Just(Purpose::Final),
        Just(Purpose::Pause),
        Just(Purpose::Partial),
        Just(Purpose::First),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (1_usize..=2).prop_map(Event::Open),
        (0.0..2_000.0).prop_map(Event::Leave),
        (purpose(), 0.0..30.0, 0.0..60.0)
            .prop_map(|(purpose, audio, busy)| Event::Ran(purpose, audio, busy)),
        (0.0..20.0).prop_map(Event::Spoke),
        (0.0..10.0).prop_map(Event::Finished),
        (0.0..100.0).prop_map(Event::Wait),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_calls_let_in_fit_and_refusals_say_when_to_come_back(events in proptest::collection::vec(event(), 1..200)) {
        let mut stage = Stage::new(0.1);
        let mut open = Vec::new();
        for event in events {
            let now = stage.now;
            match event {
                Event::Open(legs) => {
                    let carries = stage.carries();
                    match stage.capacity.admit(now, legs) {
                        Ok(()) => {
                            let live = stage.capacity.report(now).live;
                            prop_assert!(open.is_empty() || live <= carries, "{live} of {carries}");
                            open.push(legs);
                        }
                        Err(refusal) => {
                            prop_assert!(!open.is_empty(), "the only call is let in");
                            prop_assert!((2..=60).contains(&refusal.retry_after().as_secs()));
                        }
                    }
                }
                Event::Leave(lasted) => {
                    if let Some(legs) = open.pop() {
                        stage.capacity.left(now, legs, seconds(lasted));
                    }
                }
                Event::Ran(purpose, audio, busy) => {
                    let (audio, busy) = (seconds(audio), seconds(busy));
                    stage.capacity.ran(now, &Run { purpose, audio, busy });
                }
                Event::Spoke(length) => stage.capacity.spoke(now, seconds(length)),
                Event::Finished(latency) => stage.capacity.finished(now, seconds(latency)),
                Event::Wait(time) => stage.now += seconds(time),
            }
            let report = stage.capacity.report(stage.now);
            prop_assert!((50..=400).contains(&report.pace.percent()));
            prop_assert!(report.finals > 0.0 && report.finals.is_finite(), "{report:?}");
            prop_assert!(report.least_partials <= report.partials && report.talk >= 0.5);
            prop_assert!((0.0..=1.0).contains(&report.late), "{report:?}");
        }
    }

    #[test]
    fn a_dearer_recogniser_never_carries_more(cost in 0.01_f64..1.0, dearer in 1.0_f64..5.0, talk in 0.2_f64..1.0) {
        let carried = |cost: f64| {
            let mut stage = Stage::new(cost);
            stage.capacity.admit(stage.now, 2).expect("the first");
            stage.live(120.0, talk, cost);
            stage.carries()
        };
        prop_assert!(carried(cost * dearer) <= carried(cost));
    }
}
