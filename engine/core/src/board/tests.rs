use proptest::prelude::*;

use super::*;

const BOUNDS: &[f64] = &[0.5, 1.0, 2.0];
const STEP_MS: i64 = 10_000;
/// An hour begins.
const START_MS: i64 = 1_800_000_000_000 / 3_600_000 * 3_600_000;
const WEEK_MS: i64 = 7 * 24 * 3_600_000;

fn threshold(json: &str) -> Threshold {
    serde_json::from_str(json).expect("a threshold")
}

fn refused_above(limit: f64, for_s: u32, back_for_s: u32) -> Threshold {
    threshold(&format!(
        r#"{{"id":"refused","figure":"calls_refused","side":"above","limit":{limit},"for_s":{for_s},"back_for_s":{back_for_s}}}"#
    ))
}

fn board(thresholds: Vec<Threshold>) -> Board {
    let thresholds = Thresholds::new(thresholds).expect("they make sense");
    Board::new(Hours::default(), thresholds)
}

/// A board, as calls are refused so many times in each step.
struct Run {
    board: Board,
    at_ms: i64,
    reading: Reading,
}

impl Run {
    fn of(thresholds: Vec<Threshold>) -> Self {
        let mut run = Self {
            board: board(thresholds),
            at_ms: START_MS,
            reading: Reading::default(),
        };
        assert_eq!(run.refuse(0), []);
        run
    }

    fn step(&mut self) -> Vec<(bool, i64)> {
        self.at_ms += STEP_MS;
        let turned = self.board.take(self.at_ms, self.reading.clone());
        turned
            .iter()
            .map(|one| (one.raised, (one.since_ms - START_MS) / 1_000))
            .collect()
    }

    fn refuse(&mut self, calls: u64) -> Vec<(bool, i64)> {
        self.reading.counts.calls_refused += calls;
        self.step()
    }
}

#[test]
fn two_readings_become_rates_shares_and_times_of_what_lies_between() {
    let spread = |counts: [u64; 4]| Spread {
        bounds: BOUNDS,
        counts: counts.into(),
    };
    let mut before = Reading::default();
    before.counts.calls_refused = 7;
    before.counts.packets = 1_000;
    before.times.finals = spread([5, 0, 0, 9]);
    let mut now = before.clone();
    now.levels.calls_open = 3.0;
    now.levels.capacity = 12.0;
    now.counts.calls_refused = 9;
    now.counts.packets = 1_090;
    now.counts.packets_lost = 10;
    now.times.finals = spread([5, 9, 1, 9]);
    let figures = now.figures(&before, 10.0);
    for (figure, value) in [
        (Figure::CallsOpen, Some(3.0)),
        (Figure::CapacityUsed, Some(0.25)),
        (Figure::CallsRefused, Some(12.0)),
        (Figure::PacketLoss, Some(0.1)),
        (Figure::ServiceLevel, Some(0.9)),
        (Figure::FinalTime, Some(1.5)),
        (Figure::CardTime, None),
        (Figure::CrmWriteSuccess, None),
        (Figure::CrmNotesDead, None),
    ] {
        assert_eq!(figures.get(figure), value, "{figure}");
    }
}

#[test]
fn a_time_that_most_stay_below_lies_within_its_bucket() {
    let of = |counts: [u64; 4], share| {
        let spread = Spread {
            bounds: BOUNDS,
            counts: counts.into(),
        };
        spread.quantile(share)
    };
    assert_eq!(of([0; 4], 0.95), None);
    assert_eq!(of([10, 0, 0, 0], 0.5), Some(0.25));
    assert_eq!(of([0, 10, 0, 0], 0.5), Some(0.75));
    assert_eq!(of([5, 0, 5, 0], 0.9), Some(1.8));
    assert_eq!(of([0, 0, 0, 3], 0.5), Some(2.0), "nothing is known beyond");
}

#[test]
fn each_figure_has_a_name_that_reads_back() {
    for figure in Figure::ALL {
        assert_eq!(figure.as_str().parse(), Ok(*figure));
        let json = serde_json::to_string(figure).expect("plain data");
        assert_eq!(json, format!("\"{figure}\""));
        assert!(figure.about().ends_with('.'));
        assert_eq!(Figure::ALL[figure.index()], *figure);
    }
    assert!("weather".parse::<Figure>().is_err());
}

#[test]
fn the_history_keeps_the_last_samples_and_no_more() {
    let mut history = History::new(3);
    let mut figures = Figures::default();
    for at in 1..=5_i64 {
        figures.set(Figure::CallsOpen, (at != 4).then_some(at as f64));
        history.push(at * 10, &figures);
    }
    let all = history.after(0);
    assert_eq!(all.times_ms, [30, 40, 50]);
    let open = &all.values[Figure::CallsOpen.index()];
    assert_eq!(open, &[Some(3.0), None, Some(5.0)]);
    assert_eq!(history.after(40).times_ms, [50]);
    assert_eq!(
        history.newest(Figure::CallsOpen, 0, 45),
        Some((30, 3.0)),
        "what has no value is passed over"
    );
    assert_eq!(history.newest(Figure::CallsOpen, 30, 45), None);
}

#[test]
fn what_is_passed_for_long_enough_is_raised_once_and_cleared_once_it_is_back_for_long_enough() {
    let mut run = Run::of(vec![refused_above(5.0, 20, 20)]);
    assert_eq!(run.refuse(2), []);
    assert_eq!(run.refuse(2), []);
    assert_eq!(run.refuse(2), [(true, 20)]);
    assert_eq!(run.refuse(2), []);
    assert_eq!(run.refuse(0), []);
    assert_eq!(run.refuse(0), []);
    assert_eq!(run.refuse(0), [(false, 20)]);
    assert_eq!(run.refuse(0), []);
}

#[test]
fn a_figure_that_swings_around_its_limit_does_not_flap() {
    let mut run = Run::of(vec![refused_above(5.0, 0, 30)]);
    let mut told = Vec::new();
    for step in 0..60 {
        told.extend(run.refuse(u64::from(step % 2 == 0)));
    }
    assert_eq!(told, [(true, 20)]);
    // So it does where being back counts from another value on.
    let mut one = refused_above(11.0, 0, 0);
    one.back = Some(5.0);
    let mut run = Run::of(vec![one]);
    let mut told = run.refuse(2);
    for _ in 0..10 {
        told.extend(run.refuse(1));
    }
    assert_eq!(told, [(true, 20)], "6 a minute is neither");
    assert_eq!(run.refuse(0), [(false, 20)]);
}

#[test]
fn what_is_passed_only_now_and_then_is_not_raised() {
    let mut run = Run::of(vec![refused_above(5.0, 20, 0)]);
    for step in 0..30 {
        assert_eq!(run.refuse(if step % 3 < 2 { 2 } else { 0 }), []);
    }
}

#[test]
fn a_figure_of_which_nothing_is_heard_stays_as_it_was_for_ten_minutes() {
    let one = r#"{"id":"late","figure":"service_level","side":"below","limit":0.9}"#;
    let mut run = Run::of(vec![threshold(one)]);
    run.reading.times.finals = Spread {
        bounds: BOUNDS,
        counts: vec![0, 0, 4, 0],
    };
    assert_eq!(run.step(), [(true, 20)]);
    // A minute in which a value is fresh, and ten more.
    for _ in 0..64 {
        assert_eq!(run.step(), []);
    }
    assert_eq!(run.step(), [(false, 20)]);
}

#[test]
fn a_change_is_compared_by_the_minute_and_by_the_hour() {
    for (measure, limit, minutes) in [
        ("change_per_minute", 4.0, 1),
        ("change_per_hour", 250.0, 60),
    ] {
        let one = format!(
            r#"{{"id":"notes","figure":"crm_notes_waiting","measure":"{measure}","side":"above","limit":{limit}}}"#
        );
        let mut run = Run::of(vec![threshold(&one)]);
        run.reading.levels.crm_waiting = Some(10.0);
        for _ in 0..minutes * 6 + 6 {
            assert_eq!(run.step(), [], "{measure}");
        }
        let mut raised = Vec::new();
        for _ in 0..minutes * 6 {
            let waiting = run.reading.levels.crm_waiting.as_mut().expect("it was set");
            *waiting += 5.0 / 6.0;
            raised.extend(run.step());
        }
        assert_eq!(raised.len(), 1, "{measure}: {raised:?}");
        assert!(raised[0].0);
    }
}

#[test]
fn a_figure_is_compared_with_the_same_hour_of_the_weeks_before() {
    let mut hours = Hours::default();
    let hour = hour_of(START_MS);
    let mean = |sum, samples| HourMean { sum, samples };
    hours.restore(hour - 168, Figure::CallsOpen, mean(100.0, 10));
    hours.restore(hour - 2 * 168, Figure::CallsOpen, mean(60.0, 2));
    hours.restore(hour - 1, Figure::CallsOpen, mean(1e6, 1));
    assert_eq!(hours.usual(Figure::CallsOpen, START_MS), Some(20.0));
    assert_eq!(hours.usual(Figure::CallsRefused, START_MS), None);
    let one = r#"{"id":"few","figure":"calls_open","measure":"percent_of_usual","side":"below","limit":50}"#;
    let thresholds = Thresholds::new(vec![threshold(one)]).expect("it makes sense");
    let mut board = Board::new(hours, thresholds);
    let mut reading = Reading::default();
    reading.levels.calls_open = 11.0;
    for step in 0..3 {
        assert_eq!(board.take(START_MS + step * STEP_MS, reading.clone()), []);
    }
    reading.levels.calls_open = 9.0;
    let turned = board.take(START_MS + 3 * STEP_MS, reading);
    assert_eq!(turned.len(), 1);
    assert_eq!(turned[0].measured, Some(45.0));
}

#[test]
fn five_weeks_of_hours_are_kept() {
    let mut hours = Hours::default();
    let mut figures = Figures::default();
    figures.set(Figure::CallsOpen, Some(2.0));
    for hour in 0..2 * HOURS_KEPT {
        hours.add(START_MS + hour * 3_600_000, &figures);
    }
    let last = hour_of(START_MS) + 2 * HOURS_KEPT - 1;
    let kept = (0..2 * HOURS_KEPT).filter(|ago| !hours.of(last - ago).is_empty());
    assert_eq!(kept.count() as i64, HOURS_KEPT);
    let at = START_MS + (2 * HOURS_KEPT - 1) * 3_600_000;
    assert_eq!(hours.usual(Figure::CallsOpen, at), Some(2.0));
    assert_eq!(hours.usual(Figure::CallsOpen, at + WEEK_MS * 6), None);
}

#[test]
fn thresholds_that_make_no_sense_are_told() {
    let fine = refused_above(5.0, 20, 20);
    let with = |change: &dyn Fn(&mut Threshold)| {
        let mut one = fine.clone();
        change(&mut one);
        Thresholds::new(vec![one])
    };
    assert!(with(&|_| ()).is_ok());
    for (change, what) in [
        (
            &(|one: &mut Threshold| one.id = String::new()) as &dyn Fn(&mut Threshold),
            "has no id",
        ),
        (&|one| one.id = "Refused calls".to_owned(), "has no id"),
        (&|one| one.name = "a\nb".to_owned(), "has a name"),
        (&|one| one.limit = f64::NAN, "has no number as `limit`"),
        (&|one| one.back = Some(1e12), "has no number as `back`"),
        (&|one| one.for_s = 90_000, "waits too long"),
        (
            &|one| one.back = Some(6.0),
            "would be cleared where it is raised",
        ),
    ] {
        let error = with(change).expect_err(what).to_string();
        assert!(error.contains(what), "{error}");
    }
    let twice = Thresholds::new(vec![fine.clone(), fine.clone()]).expect_err("twice");
    assert!(twice.to_string().contains("is there twice"), "{twice}");
    let many = (0..101).map(|at| Threshold {
        id: format!("t{at}"),
        ..fine.clone()
    });
    let error = Thresholds::new(many.collect()).expect_err("too many");
    assert!(error.to_string().contains("one too many"), "{error}");
}

#[test]
fn a_threshold_that_goes_or_changes_is_cleared_and_one_that_stays_is_not_told_again() {
    let one = refused_above(5.0, 0, 0);
    let mut run = Run::of(vec![one.clone()]);
    assert_eq!(run.refuse(2), [(true, 20)]);
    assert_eq!(run.board.raised().len(), 1);
    let same = Thresholds::new(vec![one.clone()]).expect("it makes sense");
    assert_eq!(run.board.set(same, run.at_ms), []);
    assert_eq!(run.refuse(2), []);
    let other = Thresholds::new(vec![refused_above(9.0, 60, 0)]).expect("it makes sense");
    let turned = run.board.set(other, run.at_ms);
    assert_eq!(turned.len(), 1);
    assert!(!turned[0].raised);
    assert_eq!(run.board.raised(), []);
}

#[test]
fn a_clock_that_is_put_back_begins_the_history_anew() {
    let mut run = Run::of(vec![refused_above(5.0, 0, 0)]);
    assert_eq!(run.refuse(2), [(true, 20)]);
    run.at_ms = START_MS - 3_600_000;
    assert_eq!(run.refuse(0), []);
    assert_eq!(run.board.history().after(0).times_ms, [0; 0]);
    assert_eq!(run.refuse(0).len(), 1, "it is cleared by the next value");
}

proptest! {
    /// Whatever a figure does, raising and clearing take turns, and neither comes before its time.
    #[test]
    fn raising_and_clearing_take_turns(
        refused in proptest::collection::vec(0_u64..4, 1..300),
        for_s in 0_u32..60,
        back_for_s in 0_u32..60,
    ) {
        let mut run = Run::of(vec![refused_above(8.0, for_s, back_for_s)]);
        let mut wrong_for = 0;
        let mut right_for = 0;
        let mut raised = false;
        for calls in refused {
            let wrong = calls * 6 > 8;
            wrong_for = if wrong { wrong_for + 10 } else { 0 };
            right_for = if wrong { 0 } else { right_for + 10 };
            for (now, _) in run.refuse(calls) {
                prop_assert_ne!(now, raised);
                raised = now;
                let held = if now { wrong_for - 10 >= for_s } else { right_for - 10 >= back_for_s };
                prop_assert!(held);
            }
            if wrong_for >= for_s + 10 {
                prop_assert!(raised);
            }
            if right_for >= back_for_s + 10 {
                prop_assert!(!raised);
            }
        }
    }
}
