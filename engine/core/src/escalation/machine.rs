//! One rule over one call: when it raises an alert, and when that is over.

use std::mem;
use std::time::Duration;

use crate::rules::Rule;
use sidetone_types::emotion::Mood;
use sidetone_types::id::UtteranceId;
use sidetone_types::party::Side;
use sidetone_types::time::MediaTime;

/// So many utterances beyond those that an alert takes are kept, the newest: they let it stand should
/// others be withdrawn.
const SPARE: usize = 8;

/// Something said that a rule was looking for.
#[derive(Clone, PartialEq)]
pub(super) struct Match {
    /// Where.
    pub utterance: UtteranceId,
    /// By whom.
    pub side: Side,
    /// Where its first word begins.
    pub start: MediaTime,
    /// Where its last word ends.
    pub end: MediaTime,
    /// The words, as they were said; more than one where others stand between them.
    pub triggers: Vec<String>,
    /// The phrases they were taken for, if those are others.
    pub meant: Vec<String>,
    /// What the voice sounded like, where the rule asks for that.
    pub sounded: Option<Sounded>,
}

/// What a voice sounded like, as far as a rule asks for it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sounded {
    /// A mood, and how likely it was.
    pub mood: Option<(Mood, f32)>,
    /// In how many turns it was strained, of how many at most.
    pub strained: Option<(usize, usize)>,
    /// Where the first of those turns begins.
    pub since: Option<MediaTime>,
}

/// When to speak and when to be quiet.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// Different utterances it takes.
    pub count: usize,
    /// The time within which they must end.
    pub window: Duration,
    /// Quiet for this long ends an alert.
    pub hold: Duration,
    /// After that, nothing is raised for this long.
    pub cooldown: Duration,
}

impl From<&Rule> for Limits {
    fn from(rule: &Rule) -> Self {
        Self {
            count: rule.count,
            window: rule.window,
            hold: rule.hold,
            cooldown: rule.cooldown,
        }
    }
}

/// Where a rule stands in a call.
#[derive(Default)]
pub(super) enum State {
    /// Nothing was heard.
    #[default]
    Calm,
    /// Something was, but not often enough yet.
    Watching { heard: Vec<Match> },
    /// An alert is out, and every further find extends it. It stands as long as enough of what was
    /// heard does.
    Raised { alert: u64, heard: Vec<Match> },
    /// It has ended. Silent until then, unless it turns out that it should not have been out.
    Cooling {
        alert: u64,
        until: MediaTime,
        heard: Vec<Match>,
    },
}

/// What moves a rule.
pub(super) enum Input {
    /// It was said; `alert` is the number that an alert would have.
    Matched { heard: Match, alert: u64 },
    /// What was found in this utterance was not meant after all.
    Unsaid(UtteranceId),
    /// Time has passed.
    Time(MediaTime),
}

/// What comes of it.
pub(super) enum Outcome {
    /// An alert, for all of these.
    Raise(Vec<Match>),
    /// The alert is over, since `at`.
    Clear { alert: u64, at: MediaTime },
    /// The alert was wrong.
    Withdraw { alert: u64 },
}

impl State {
    /// Moves on.
    pub fn step(&mut self, limits: Limits, input: Input) -> Option<Outcome> {
        use Input::{Time, Unsaid};
        let (next, outcome) = match (mem::take(self), input) {
            (Self::Calm, Input::Matched { heard, alert }) => {
                watch(limits, Vec::new(), heard, alert)
            }
            (Self::Watching { heard: before }, Input::Matched { heard, alert }) => {
                watch(limits, before, heard, alert)
            }
            (
                Self::Raised {
                    alert,
                    heard: mut before,
                },
                Input::Matched { heard, .. },
            ) => {
                add(&mut before, heard);
                if before.len() > limits.count + SPARE {
                    before.remove(0);
                }
                let heard = before;
                (Self::Raised { alert, heard }, None)
            }
            (Self::Watching { mut heard }, Unsaid(utterance)) => {
                heard.retain(|one| one.utterance != utterance);
                (Self::watching(heard), None)
            }
            (Self::Raised { alert, mut heard }, Unsaid(utterance)) => {
                heard.retain(|one| one.utterance != utterance);
                match heard.len() >= limits.count {
                    true => (Self::Raised { alert, heard }, None),
                    false => (Self::watching(heard), Some(Outcome::Withdraw { alert })),
                }
            }
            (Self::Raised { alert, heard }, Time(now)) if now >= last(&heard) + limits.hold => {
                let at = last(&heard) + limits.hold;
                let until = at + limits.cooldown;
                let cooling = Self::Cooling {
                    alert,
                    until,
                    heard,
                };
                (cooling, Some(Outcome::Clear { alert, at }))
            }
            (
                Self::Cooling {
                    alert,
                    until,
                    mut heard,
                },
                Unsaid(utterance),
            ) => {
                heard.retain(|one| one.utterance != utterance);
                if heard.len() >= limits.count {
                    let cooling = Self::Cooling {
                        alert,
                        until,
                        heard,
                    };
                    (cooling, None)
                } else {
                    (Self::watching(heard), Some(Outcome::Withdraw { alert }))
                }
            }
            (Self::Cooling { until, .. }, Input::Matched { heard, alert })
                if heard.end >= until =>
            {
                watch(limits, Vec::new(), heard, alert)
            }
            (same, _) => (same, None),
        };
        *self = next;
        outcome
    }

    fn watching(heard: Vec<Match>) -> Self {
        match heard.is_empty() {
            true => Self::Calm,
            false => Self::Watching { heard },
        }
    }

    /// When time alone will end its alert.
    pub fn clears_at(&self, limits: Limits) -> Option<MediaTime> {
        match self {
            Self::Raised { heard, .. } => Some(last(heard) + limits.hold),
            Self::Calm | Self::Watching { .. } | Self::Cooling { .. } => None,
        }
    }
}

/// Counts utterances, each once and none that ended before the window.
fn watch(
    limits: Limits,
    mut before: Vec<Match>,
    heard: Match,
    alert: u64,
) -> (State, Option<Outcome>) {
    let last = last(&before).max(heard.end);
    before.retain(|old| old.end + limits.window >= last);
    add(&mut before, heard);
    if before.len() >= limits.count {
        let raised = State::Raised {
            alert,
            heard: before.clone(),
        };
        (raised, Some(Outcome::Raise(before)))
    } else {
        (State::Watching { heard: before }, None)
    }
}

/// Where the last of it ends.
fn last(heard: &[Match]) -> MediaTime {
    let ends = heard.iter().map(|one| one.end);
    ends.fold(MediaTime::ZERO, MediaTime::max)
}

/// Adds what was heard, each utterance once: what is said again in it makes it last longer.
fn add(before: &mut Vec<Match>, heard: Match) {
    match before
        .iter_mut()
        .find(|old| old.utterance == heard.utterance)
    {
        Some(old) => old.end = old.end.max(heard.end),
        None => before.push(heard),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        count: 2,
        window: Duration::from_secs(60),
        hold: Duration::from_secs(30),
        cooldown: Duration::from_secs(10),
    };

    fn heard(utterance: u64, at: MediaTime) -> Match {
        Match {
            utterance: UtteranceId(utterance),
            side: Side::Customer,
            start: at,
            end: at,
            triggers: Vec::new(),
            meant: Vec::new(),
            sounded: None,
        }
    }

    fn outcomes(limits: Limits, inputs: impl IntoIterator<Item = Input>) -> Vec<String> {
        let mut state = State::default();
        let outcomes = inputs
            .into_iter()
            .map(|input| match state.step(limits, input) {
                None => "-".to_owned(),
                Some(Outcome::Raise(heard)) => format!("raise of {}", heard.len()),
                Some(Outcome::Clear { alert, at }) => {
                    format!("clear {alert} at {}", at.as_millis() / 1000)
                }
                Some(Outcome::Withdraw { alert }) => format!("withdraw {alert}"),
            });
        outcomes.collect()
    }

    #[test]
    fn an_alert_stands_as_long_as_enough_of_what_was_heard_does() {
        let said = |utterance| Input::Matched {
            heard: heard(utterance, MediaTime::ZERO),
            alert: 7,
        };
        let unsaid = |utterance| Input::Unsaid(UtteranceId(utterance));
        for (case, inputs, raised, withdrawn) in [
            ("one of two", vec![said(1), said(2), unsaid(1)], 1, 1),
            (
                "one of three",
                vec![said(1), said(2), said(3), unsaid(1)],
                1,
                0,
            ),
            (
                "before it was raised",
                vec![said(1), unsaid(1), said(2)],
                0,
                0,
            ),
            ("another", vec![said(1), said(2), unsaid(3)], 1, 0),
        ] {
            let mut state = State::default();
            let outcomes = inputs
                .into_iter()
                .filter_map(|input| state.step(LIMITS, input));
            let (up, down): (Vec<_>, Vec<_>) =
                outcomes.partition(|outcome| matches!(outcome, Outcome::Raise(_)));
            assert_eq!((up.len(), down.len()), (raised, withdrawn), "{case}");
        }
    }

    #[test]
    fn what_is_unsaid_counts_for_nothing_even_once_the_alert_is_over() {
        let once = Limits { count: 1, ..LIMITS };
        let at = |second: u64| MediaTime::from_millis(1000 * second);
        let said = |utterance, second| Input::Matched {
            heard: heard(utterance, at(second)),
            alert: utterance,
        };
        let unsaid = |utterance| Input::Unsaid(UtteranceId(utterance));
        let time = |second| Input::Time(at(second));
        for (case, inputs, expected) in [
            (
                "cleared by time before its utterance was over",
                vec![said(1, 1), time(31), unsaid(1), said(2, 33)],
                &["raise of 1", "clear 1 at 31", "withdraw 1", "raise of 1"][..],
            ),
            (
                "another one holds it, and it cools down",
                vec![said(1, 1), said(2, 5), time(35), unsaid(2), said(3, 40)],
                &["raise of 1", "-", "clear 1 at 35", "-", "-"],
            ),
            (
                "what made it last longer was not meant",
                vec![said(1, 1), said(2, 20), unsaid(2), time(31)],
                &["raise of 1", "-", "-", "clear 1 at 31"],
            ),
        ] {
            assert_eq!(outcomes(once, inputs), expected, "{case}");
        }
    }

    #[test]
    fn a_rule_counts_raises_holds_and_cools_down() {
        let once = Limits { count: 1, ..LIMITS };
        for (case, limits, inputs, expected) in [
            (
                "once is enough",
                once,
                &[(1, Some(1))][..],
                &["raise of 1"][..],
            ),
            (
                "twice in the window",
                LIMITS,
                &[(1, Some(1)), (50, Some(2))],
                &["-", "raise of 2"],
            ),
            (
                "twice in one utterance",
                LIMITS,
                &[(1, Some(1)), (2, Some(1))],
                &["-", "-"],
            ),
            (
                "too far apart",
                LIMITS,
                &[(1, Some(1)), (62, Some(2))],
                &["-", "-"],
            ),
            (
                "the old one is forgotten, the newer counts",
                LIMITS,
                &[(1, Some(1)), (62, Some(2)), (100, Some(3))],
                &["-", "-", "raise of 2"],
            ),
            (
                "said again, it is not raised again but lasts longer",
                once,
                &[(1, Some(1)), (20, Some(2)), (40, None), (50, None)],
                &["raise of 1", "-", "-", "clear 7 at 50"],
            ),
            (
                "cleared late, it ends when it did",
                once,
                &[(1, Some(1)), (90, None)],
                &["raise of 1", "clear 7 at 31"],
            ),
            (
                "silent while it cools down",
                once,
                &[(1, Some(1)), (31, None), (40, Some(2)), (41, Some(3))],
                &["raise of 1", "clear 7 at 31", "-", "raise of 1"],
            ),
            (
                "the other side's words come late",
                LIMITS,
                &[(50, Some(2)), (45, Some(1))],
                &["-", "raise of 2"],
            ),
            (
                "time alone does nothing",
                LIMITS,
                &[(1, Some(1)), (900, None)],
                &["-", "-"],
            ),
        ] {
            // Says it in an utterance at these seconds, or lets time pass (`None`).
            let inputs = inputs
                .iter()
                .map(|&(second, utterance): &(u64, Option<u64>)| {
                    let at = MediaTime::from_millis(second * 1000);
                    match utterance {
                        None => Input::Time(at),
                        Some(utterance) => Input::Matched {
                            heard: heard(utterance, at),
                            alert: 7,
                        },
                    }
                });
            assert_eq!(outcomes(limits, inputs), expected, "{case}");
        }
    }
}
