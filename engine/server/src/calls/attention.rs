//! What tells whether a call needs somebody: its alerts, how it goes, who takes care of it.

use serde::Serialize;
use sidetone_core::recent_callers::Earlier;
use sidetone_types::assist::Severity;
use sidetone_types::event::{Event, EventKind};
use sidetone_types::party::Side;

/// Alerts of one call that are listed. The oldest goes first.
const MOST_ALERTS: usize = 60;

/// An alert that is not cleared.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct OpenAlert {
    /// Its number in the call.
    pub alert: u64,
    /// The rule that raised it.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// What to know, in one line.
    pub message: String,
    /// When it was raised, in milliseconds since 1970.
    pub raised_ms: u64,
    /// Whether somebody has seen it.
    pub seen: bool,
}

/// Who takes care of a call.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Claim {
    /// Who.
    pub by: String,
    /// Since when, in milliseconds since 1970.
    pub since_ms: u64,
}

/// That whoever is on the line has called before of late.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct CalledBefore {
    /// When their last call was opened, in milliseconds since 1970.
    pub last_ms: u64,
    /// How many calls they made within a week, without this one.
    pub times: u32,
}

impl From<Earlier> for CalledBefore {
    fn from(Earlier { last_ms, times }: Earlier) -> Self {
        Self { last_ms, times }
    }
}

sidetone_types::classes!(OpenAlert {
    alert: basic,
    rule: basic,
    severity: basic,
    message: basic,
    raised_ms: basic,
    seen: basic,
});
sidetone_types::classes!(Claim {
    by: personal,
    since_ms: basic,
});

/// How a call stands for those who look after several.
#[derive(Clone, Debug, Default)]
pub struct Attention {
    /// Those that are not cleared, the oldest first.
    pub alerts: Vec<OpenAlert>,
    /// Strain in the customer's voice and words now, if any was read.
    pub strain: Option<f32>,
    /// When somebody was last heard to speak, in milliseconds since 1970.
    pub spoke_ms: Option<u64>,
    /// Who takes care of it.
    pub claimed: Option<Claim>,
    /// Whether the customer has called before of late.
    pub called_before: Option<CalledBefore>,
    /// The day of their last contact, as the CRM has it.
    pub last_contact: Option<String>,
}

impl Attention {
    /// Takes what the call tells at `now_ms`.
    pub fn observe(&mut self, event: &Event, now_ms: u64) {
        match &event.kind {
            EventKind::AlertRaised(raised) => {
                let over = (self.alerts.len() + 1).saturating_sub(MOST_ALERTS);
                self.alerts.drain(..over);
                self.alerts.push(OpenAlert {
                    alert: raised.alert,
                    rule: raised.rule.clone(),
                    severity: raised.severity,
                    message: raised.message.clone(),
                    raised_ms: now_ms,
                    seen: false,
                });
            }
            EventKind::AlertCleared(cleared) => {
                self.alerts.retain(|open| open.alert != cleared.alert);
            }
            EventKind::AlertSeen(seen) => {
                let of_it = self.alerts.iter_mut().find(|open| open.alert == seen.alert);
                if let Some(open) = of_it {
                    open.seen = true;
                }
            }
            EventKind::Emotion(emotion)
                if event.role.is_some_and(|role| role.side() == Side::Customer) =>
            {
                self.strain = Some(emotion.strain);
            }
            EventKind::SpeechBegin { .. }
            | EventKind::SpeechEnd { .. }
            | EventKind::Partial(_)
            | EventKind::Final(_) => self.spoke_ms = Some(now_ms),
            EventKind::Claimed(claimed) => {
                self.claimed = Some(Claim {
                    by: claimed.by.clone(),
                    since_ms: now_ms,
                });
            }
            EventKind::Released(_) => self.claimed = None,
            EventKind::CustomerIdentified(customer) => {
                let last = customer.last_contacts.first();
                self.last_contact = last.map(|contact| contact.day.clone());
            }
            _ => {}
        }
    }

    /// Somebody else is on the line than was thought.
    pub fn customer_changed(&mut self) {
        self.called_before = None;
        self.last_contact = None;
    }
}

#[cfg(test)]
mod tests {
    use sidetone_types::assist::{Action, AlertCleared, AlertRaised};
    use sidetone_types::event::{AlertSeen, Claimed, Released};
    use sidetone_types::id::UtteranceId;
    use sidetone_types::time::MediaTime;

    use super::*;

    fn raised(alert: u64) -> EventKind {
        EventKind::AlertRaised(AlertRaised {
            alert,
            situation: alert,
            folded: false,
            rule: "churn".to_owned(),
            severity: Severity::Critical,
            action: Action::Escalate,
            message: "about to leave".to_owned(),
            script: String::new(),
            why: String::new(),
            triggers: Vec::new(),
        })
    }

    fn told(kinds: impl IntoIterator<Item = EventKind>) -> Attention {
        let mut attention = Attention::default();
        for (now_ms, kind) in (1..).zip(kinds) {
            let event = Event::of_the_call(MediaTime::ZERO, MediaTime::ZERO, kind);
            attention.observe(&event, now_ms);
        }
        attention
    }

    #[test]
    fn alerts_that_stand_are_listed_with_whether_somebody_has_seen_them() {
        let seen = EventKind::AlertSeen(AlertSeen {
            alert: 2,
            by: "ann".to_owned(),
        });
        let cleared = EventKind::AlertCleared(AlertCleared {
            alert: 1,
            rule: "churn".to_owned(),
            severity: Severity::Critical,
            why: String::new(),
            withdrawn: false,
        });
        let stand = told([raised(1), raised(2), raised(3), seen, cleared]).alerts;
        let stand: Vec<_> = stand
            .iter()
            .map(|open| (open.alert, open.seen, open.raised_ms))
            .collect();
        assert_eq!(stand, [(2, true, 2), (3, false, 3)]);
        let many = told((1..=70).map(raised)).alerts;
        assert_eq!((many.len(), many[0].alert), (MOST_ALERTS, 11));
    }

    #[test]
    fn who_takes_care_of_a_call_and_when_somebody_spoke_is_known() {
        let by = || "ann".to_owned();
        let utterance = UtteranceId(1);
        let claimed = || EventKind::Claimed(Claimed { by: by() });
        let taken = told([EventKind::SpeechBegin { utterance }, claimed()]);
        assert_eq!(taken.spoke_ms, Some(1));
        let claim = Claim {
            by: by(),
            since_ms: 2,
        };
        assert_eq!(taken.claimed, Some(claim));
        let given_up = told([claimed(), EventKind::Released(Released { by: by() })]);
        assert_eq!(given_up.claimed, None);
    }
}
