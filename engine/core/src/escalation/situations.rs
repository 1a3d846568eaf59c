//! Which alerts belong together.

use std::collections::VecDeque;

use sidetone_types::assist::Severity;
use sidetone_types::id::UtteranceId;

/// Utterances whose alerts are remembered: more than go on at the same time, or are heard again.
const REMEMBERED: usize = 16;

/// What the last utterances have raised.
#[derive(Default)]
pub(super) struct Situations(VecDeque<Situation>);

/// What one utterance has raised.
struct Situation {
    utterance: UtteranceId,
    /// The number of its first alert.
    number: u64,
    /// Those that stand.
    standing: Vec<(u64, Severity)>,
}

impl Situations {
    /// An utterance raises an alert. Gives the number of its situation, and whether one that stands
    /// there already speaks for it.
    pub fn raise(&mut self, utterance: UtteranceId, alert: u64, severity: Severity) -> (u64, bool) {
        let known = self.0.iter().position(|one| one.utterance == utterance);
        let at = known.unwrap_or_else(|| {
            if self.0.len() == REMEMBERED {
                self.0.pop_front();
            }
            self.0.push_back(Situation {
                utterance,
                number: alert,
                standing: Vec::new(),
            });
            self.0.len() - 1
        });
        let situation = &mut self.0[at];
        let folded = situation.standing.iter().any(|(_, of)| *of >= severity);
        situation.standing.push((alert, severity));
        (situation.number, folded)
    }

    /// An alert stands no more.
    pub fn over(&mut self, alert: u64) {
        for situation in &mut self.0 {
            situation.standing.retain(|(number, _)| *number != alert);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_that_stands_speaks_for_its_utterance() {
        use Severity::{Critical, Info, Warning};
        let mut situations = Situations::default();
        for (utterance, alert, severity, expected) in [
            (1, 1, Warning, (1, false)),
            (1, 2, Info, (1, true)),
            (1, 3, Warning, (1, true)),
            (2, 4, Info, (4, false)),
            (1, 5, Critical, (1, false)),
            (1, 6, Warning, (1, true)),
        ] {
            let raised = situations.raise(UtteranceId(utterance), alert, severity);
            assert_eq!(raised, expected, "{alert}");
        }
        for alert in [1, 3, 5, 6] {
            situations.over(alert);
        }
        let raised = situations.raise(UtteranceId(1), 7, Warning);
        assert_eq!(raised, (1, false), "none that grave stands");
    }

    #[test]
    fn what_is_long_past_is_forgotten() {
        let mut situations = Situations::default();
        for alert in 1..=40 {
            situations.raise(UtteranceId(alert), alert, Severity::Info);
        }
        assert_eq!(situations.0.len(), REMEMBERED);
    }
}
