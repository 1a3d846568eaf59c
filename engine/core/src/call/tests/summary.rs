//! The summary is asked for, and never lost.

use super::*;

fn assisted() -> Stage {
    let mut stage = Stage::assisted([(Customer, stream())], Some(context()));
    stage.stream(1_000, &[(Customer, true)]);
    stage.stream(700, &[(Customer, false)]);
    stage.answer(0);
    stage
}

fn summaries(stage: &Stage) -> Vec<&Summary> {
    let told = stage.events.iter().filter_map(|event| match &event.kind {
        EventKind::Summary(summary) => Some(summary),
        _ => None,
    });
    told.collect()
}

#[test]
fn what_somebody_else_made_of_the_call_is_its_summary() {
    let mut stage = assisted();
    stage.handle(Input::HangUp(EndReason::Closed));
    let task = stage.summaries.pop().expect("asked for");
    assert_eq!(task.lines.len(), 1);
    assert!(!stage.call.ended() && summaries(&stage).is_empty());
    let mut better = task.draft;
    better.reason = "Better said.".to_owned();
    stage.handle(Input::Summary(better.clone()));
    stage.handle(Input::Summary(Summary {
        reason: "Too late.".to_owned(),
        ..better.clone()
    }));
    assert_eq!(summaries(&stage), [&better]);
    assert!(stage.call.ended());
}

#[test]
fn a_summary_that_never_comes_is_what_the_rules_made_of_the_call() {
    let mut stage = assisted();
    stage.handle(Input::HangUp(EndReason::Closed));
    let task = stage.summaries.pop().expect("asked for");
    stage.wait(60_000);
    assert_eq!(summaries(&stage), [&task.draft]);
    assert!(stage.call.ended());
}

#[test]
fn an_engine_that_goes_down_waits_for_no_summary() {
    for asked_already in [true, false] {
        let mut stage = assisted();
        if asked_already {
            stage.handle(Input::HangUp(EndReason::Shutdown));
            assert!(!stage.call.ended());
        }
        stage.handle(Input::GiveUp);
        assert_eq!(summaries(&stage).len(), 1);
        assert!(stage.call.ended());
    }
}
