//! What may go wrong: the alerts, and the deadlines the customer set.

use jiff::civil::{Date, DateTime};

use super::sentence::Sentence;
use super::text::{Labels, shorten};
use crate::assist::{AlertRaised, Severity};
use crate::describe::Role;
use sidetone_language::dates::mentions;
use sidetone_language::pattern::has;

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

/// Said of a day by which something must have happened.
const MUST: &[&str] = &[
    "need it by",
    "needs to be",
    "must be",
    "has to be",
    "have to have",
    "at the latest",
    "no later than",
    "i need … by",
    "i want … by",
    "last chance",
    "最晚",
    "最迟",
    "必须",
    "务必",
    "一定要在",
    "不能晚于",
    "给你们…时间",
    "限你们",
];

/// The deadlines of a call that began at `began`.
pub(super) fn deadlines(sentences: &[Sentence], began: DateTime) -> Vec<Deadline> {
    let mut found: Vec<Deadline> = Vec::new();
    let customer = sentences
        .iter()
        .enumerate()
        .filter(|(_, s)| s.role == Role::Customer);
    for (at, sentence) in customer {
        if sentence.question || !(sentence.condition.is_some() || has(&sentence.tokens, MUST)) {
            continue;
        }
        let Some(day) = mentions(&sentence.tokens, began)
            .into_iter()
            .find(|m| !m.at_once)
        else {
            continue;
        };
        // "If it is not fixed by Friday." and what happens then may be two sentences.
        let text = match sentences.get(at + 1) {
            Some(next) if next.condition == Some(0) && next.turn == sentence.turn => {
                format!("{} {}", sentence.text, next.text)
            }
            _ => sentence.text.clone(),
        };
        if !found.iter().any(|d| d.day == day.day) {
            found.push(Deadline {
                day: day.day,
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
    labels: &Labels,
) -> Vec<String> {
    let colon = labels.colon;
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
            labels.deadline, deadline.day, deadline.text
        )
    });
    for risk in alerts.chain(deadlines) {
        if !risks.contains(&risk) {
            risks.push(risk);
        }
    }
    risks
}

/// They have been in touch about it before.
const AGAIN: &[&str] = &[
    "second time",
    "third time",
    "fourth time",
    "fifth time",
    "several times",
    "many times",
    "called before",
    "already called",
    "called twice",
    "called … twice",
    "called already",
    "keep calling",
    "called … times",
    "have called … again",
    "calling again",
    "phoned … times",
    "how many times",
    "times i have called",
    "打了两次",
    "打了三次",
    "打了好几次",
    "打了几次",
    "打了…次电话",
    "打过…次",
    "第二次打",
    "第三次打",
    "第四次打",
    "好几次了",
    "多次",
    "又打",
    "已经打过",
    "反映过",
    "催了",
    "打了好多次",
    "第三次了",
    "第二次了",
    "投诉过",
];

/// Whether a ticket should be dealt with before others.
pub(super) fn is_urgent(
    sentences: &[Sentence],
    alerts: &[AlertRaised],
    deadlines: &[Deadline],
    today: Date,
) -> bool {
    let critical = alerts
        .iter()
        .any(|alert| alert.severity == Severity::Critical);
    let near = deadlines
        .iter()
        .any(|d| (d.day - today).get_days() <= NEAR_DAYS);
    let again = sentences
        .iter()
        .any(|s| s.role == Role::Customer && has(&s.tokens, AGAIN));
    critical || near || again
}
