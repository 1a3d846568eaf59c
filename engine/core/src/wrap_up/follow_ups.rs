//! Promises become tasks: one each, with a title that says what, and a day.
//!
//! Only what the agent promised is a task of ours; what the customer promised is in the note alone.
//! A refund that merely "takes five days" makes a task to look after it, unless a call back was
//! promised, which does that.

use jiff::civil::Date;

use super::commitments::ActionKind;
use super::promised::{Promised, When};
use super::text::shorten;
use sidetone_language::dates::Calendar;
use sidetone_language::lexicon::NoteTexts;
use sidetone_types::party::Side;
use sidetone_types::summary::FollowUp;

/// Longest title, in characters.
const TITLE: usize = 120;

/// The tasks of a call on day `today`, the most pressing first; those whose time nobody can tell,
/// last.
pub(super) fn follow_ups(
    promised: &[&Promised],
    today: Date,
    calendar: &Calendar,
    labels: &NoteTexts,
) -> Vec<FollowUp> {
    let ours = || promised.iter().filter(|p| p.side == Side::Agent);
    let calls_back = ours().any(|p| p.action == ActionKind::Callback);
    let mut tasks: Vec<(&Promised, Option<Date>)> = ours()
        .filter(|p| !(p.expected && calls_back))
        .map(|p| match &p.when {
            Some(when) => (*p, when.day),
            None => (*p, Some(usual(p.action, today, calendar))),
        })
        .collect();
    let clock = |promise: &Promised| promise.when.as_ref().and_then(|when| when.clock);
    tasks.sort_by_key(|(promise, due)| (due.is_none(), *due, clock(promise)));
    tasks
        .into_iter()
        .map(|(promise, due)| FollowUp {
            kind: promise.action.kind(),
            title: title(promise, labels),
            due: due.map(|day| day.to_string()),
            due_time: due
                .and(clock(promise))
                .map(|time| time.strftime("%H:%M").to_string()),
            when_said: promise.when.as_ref().and_then(When::said),
        })
        .collect()
}

/// By when something is done if nobody named a day: what is sent goes out today, the rest is for
/// the next working day.
fn usual(action: ActionKind, today: Date, calendar: &Calendar) -> Date {
    match action {
        ActionKind::Offer | ActionKind::Document => today,
        _ => calendar.working_days_after(today, 1).unwrap_or(today),
    }
}

fn title(promise: &Promised, labels: &NoteTexts) -> String {
    let label = promise.action.label(labels);
    let gist = shorten(&promise.gist, TITLE);
    let unclear = match &promise.when {
        Some(When {
            said, day: None, ..
        }) => labels.unclear.fill(&[("said", said)]),
        _ => String::new(),
    };
    format!("{label}{}{gist}{unclear}", &*labels.colon)
}

#[cfg(test)]
mod tests {
    use crate::wrap_up::summarise;
    use crate::wrap_up::tests::kit::{facts, lines};

    #[test]
    fn a_task_has_the_day_and_the_time_that_were_agreed() {
        for (script, expected) in [
            (
                "a: I will call you on Thursday at half past three.",
                ("2026-05-07", Some("15:30")),
            ),
            (
                "a: I will call you on Thursday at three.\nc: Could we make it four o'clock?\na: Yes, of course.",
                ("2026-05-07", Some("16:00")),
            ),
            ("a: I will call you on Thursday.", ("2026-05-07", None)),
            (
                "a: 我周四下午三点半给您回电话。",
                ("2026-05-07", Some("15:30")),
            ),
        ] {
            let note = summarise(&facts(), &lines(script), &[], &[]);
            let [task] = &note.follow_ups[..] else {
                panic!("one task: {script}");
            };
            let got = (task.due.as_deref(), task.due_time.as_deref());
            assert_eq!(got, (Some(expected.0), expected.1), "{script}");
        }
    }
}
