//! What may go wrong: the alerts, and the deadlines the customer set.

use jiff::civil::{Date, DateTime};

use super::sentence::Sentence;
use super::text::shorten;
use sidetone_language::dates::{When, times};
use sidetone_language::lexicon::{Lexicon, NoteTexts, Risks};
use sidetone_types::assist::{AlertRaised, Severity};
use sidetone_types::party::Side;

/// Longest sentence that is quoted, in characters.
const LENGTH: usize = 140;
/// A deadline as near as this makes a call urgent, in days.
const NEAR_DAYS: i32 = 2;

/// A day the customer set.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Deadline {
    /// The day.
    pub day: Date,
    /// What they said.
    pub text: String,
}

/// The deadlines of a call that began at `began`.
pub(super) fn deadlines(
    sentences: &[Sentence],
    began: DateTime,
    lexicon: &Lexicon,
) -> Vec<Deadline> {
    let words = &lexicon.risks;
    let mut found: Vec<Deadline> = Vec::new();
    let customer = sentences
        .iter()
        .enumerate()
        .filter(|(_, s)| s.side == Side::Customer);
    for (at, sentence) in customer {
        if sentence.question
            || !(sentence.condition.is_some() || words.must.are_in(&sentence.tokens))
        {
            continue;
        }
        let times = times(&sentence.tokens, began, lexicon);
        let Some(day) = times.iter().find_map(|time| match time.when {
            When::By(day) => Some(day),
            When::AtOnce | When::Unclear => None,
        }) else {
            continue;
        };
        // "If it is not fixed by Friday." and what happens then may be two sentences.
        let text = match sentences.get(at + 1) {
            Some(next) if next.condition == Some(0) && next.turn == sentence.turn => {
                format!("{} {}", sentence.text, next.text)
            }
            _ => sentence.text.clone(),
        };
        if !found.iter().any(|d| d.day == day) {
            found.push(Deadline {
                day,
                text: shorten(&text, LENGTH),
            });
        }
    }
    found
}

/// The risks, one line each.
pub(super) fn risks(
    alerts: &[AlertRaised],
    deadlines: &[Deadline],
    labels: &NoteTexts,
) -> Vec<String> {
    let colon = &*labels.colon;
    let mut risks: Vec<String> = Vec::new();
    let alerts = alerts.iter().map(|alert| {
        let why = if alert.why.is_empty() {
            &alert.message
        } else {
            &alert.why
        };
        format!("{}{colon}{why}", alert.rule)
    });
    let deadlines = deadlines.iter().map(|deadline| {
        format!(
            "{} {}{colon}{}",
            &*labels.deadline, deadline.day, deadline.text
        )
    });
    for risk in alerts.chain(deadlines) {
        if !risks.contains(&risk) {
            risks.push(risk);
        }
    }
    risks
}

/// Whether a ticket should be dealt with before others.
pub(super) fn is_urgent(
    sentences: &[Sentence],
    alerts: &[AlertRaised],
    deadlines: &[Deadline],
    today: Date,
    words: &Risks,
) -> bool {
    let critical = alerts
        .iter()
        .any(|alert| alert.severity == Severity::Critical);
    let near = deadlines
        .iter()
        .any(|d| (d.day - today).get_days() <= NEAR_DAYS);
    let again = sentences
        .iter()
        .any(|s| s.side == Side::Customer && words.again.are_in(&s.tokens));
    critical || near || again
}
