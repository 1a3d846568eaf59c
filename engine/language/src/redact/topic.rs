//! What a part of a line is about: as it is called before or behind it, or as it was asked for.

use sidetone_types::secret::SecretKind;

use super::cues::Cue;
use super::line::{About, Line};
use super::units::What;
use super::{Expected, Takes, Topic};

/// The name of a secret counts for what stands so many words behind it.
const REACH: usize = 8;

impl Line<'_> {
    /// What unit `at` is about: as it was named last in the line, or as it is expected.
    pub fn about(&self, at: usize) -> Option<About> {
        let token = self
            .units
            .get(at)
            .map_or(self.tokens.len(), |unit| unit.tokens.start);
        let named = self.cues.iter().rev().find(|cue| cue.tokens.end <= token);
        let after_card = self.hits.iter().rev().find(|hit| hit.units.end <= at);
        let after_card = after_card.filter(|hit| {
            matches!(hit.kind, SecretKind::CardNumber | SecretKind::CardExpiry)
                && named
                    .is_none_or(|cue| cue.tokens.end <= self.units[hit.units.start].tokens.start)
        });
        if let Some(card) = after_card
            && self.is_filled(self.units[card.units.end - 1].tokens.end..token)
        {
            return Some(About {
                topic: Topic::AfterCard,
                named: true,
            });
        }
        if let Some(cue) = named {
            let between = self.unit_at(cue.tokens.end)..at;
            let words = between
                .filter(|unit| self.units[*unit].what == What::Word && !self.is_taken(*unit));
            // A harmless name is of one number.
            let waits = self
                .before
                .expected
                .is_some_and(|expected| expected.topic != Topic::Harmless);
            let apart = (cue.tokens.end..=token).any(|token| self.ends_sentence(token));
            let used = waits
                && cue.topic == Topic::Harmless
                && (apart
                    || (self.unit_at(cue.tokens.end)..at)
                        .rev()
                        .skip_while(|unit| self.units[*unit].what != What::Word)
                        .any(|unit| self.units[unit].is_digits()));
            // So is a password that has been told in words.
            let told = cue.topic == Topic::Secret(SecretKind::Password)
                && self.hits.iter().any(|hit| {
                    hit.kind == SecretKind::Password
                        && hit.units.start >= self.unit_at(cue.tokens.end)
                        && hit.units.end < at
                        && self.units[hit.units.start].what == What::Word
                        && !self.is_filled(self.units[hit.units.end - 1].tokens.end..token)
                });
            if words.count() <= REACH && !used && !told {
                let told = !cue.forbidden || self.is_filled(cue.tokens.end..token);
                return told.then_some(About {
                    topic: cue.topic,
                    named: true,
                });
            }
        }
        let topic = self.before.expected.map(|expected| expected.topic)?;
        Some(About {
            topic,
            named: false,
        })
    }

    /// Whether units up to `end` are told to be something behind them, rather than just followed by
    /// its name: "… is the code".
    pub fn is_called(&self, end: usize) -> bool {
        let from = self.units.get(end).map(|unit| unit.tokens.start);
        let named = &self.lexicon.redaction.named;
        from.is_some_and(|from| named.longest_at(&self.tokens, from).is_some())
    }

    /// What units up to `end` are called behind them: "… is the code on the back".
    pub fn called(&self, end: usize) -> Option<Topic> {
        let from = self.units.get(end)?.tokens.start;
        let lists = &self.lexicon.redaction;
        let at = lists.named.longest_at(&self.tokens, from).unwrap_or(from);
        let is_named = at > from;
        let cue = self.cues.iter().find(|cue| cue.tokens.start >= from)?;
        let far = cue.tokens.start.saturating_sub(at);
        let near = match is_named {
            true => far <= 4 && !(at..cue.tokens.start).any(|token| self.ends_sentence(token)),
            // "… 7160Z. Address is …" begins something else.
            false => cue.tokens.start == from && !self.announces(cue) && !self.ends_sentence(from),
        };
        near.then_some(cue.topic)
    }

    /// Whether what a cue names is told right behind it.
    fn announces(&self, cue: &Cue) -> bool {
        let naming = &self.lexicon.redaction.naming;
        let behind = naming.skip(&self.tokens, cue.tokens.end);
        let number = self.units.get(self.unit_at(behind));
        number.is_some_and(|unit| {
            unit.code().is_some() || matches!(unit.what, What::Amount(_) | What::Date(_))
        })
    }

    /// Whether whoever speaks was asked for a secret of that kind, or has begun to give it, and nobody
    /// spoke of something else since.
    pub fn gives(&self, kind: SecretKind) -> bool {
        self.expects(kind).is_some_and(|expected| {
            let goes_on = !expected.carried.is_empty() && !self.before.repeats;
            (expected.asked || goes_on) && expected.takes == Takes::All
        })
    }

    /// Whether it goes on with a secret of that kind.
    pub fn goes_on_with(&self, kind: SecretKind) -> bool {
        self.gives(kind)
            && self
                .expects(kind)
                .is_some_and(|expected| !expected.carried.is_empty())
    }

    /// What is expected, if it is a secret of that kind.
    pub fn expects(&self, kind: SecretKind) -> Option<&Expected> {
        self.before
            .expected
            .filter(|expected| expected.kinds().any(|asked| asked == kind))
    }
}
