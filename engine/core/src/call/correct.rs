//! What people write over words that were misheard.

use sidetone_types::event::{Event, EventKind, Revised};
use sidetone_types::party::{Party, Side};

use super::Call;
use crate::correction::{Correction, phrases};
use crate::finals::finalise_by;
use crate::stable_words::StableWords;

/// Phrases that a call may have of its own and learn; what it was opened with stays in any case.
const MOST_PHRASES: usize = 2_000;

impl Call {
    /// Puts a person's words in the place of what was `heard`, a final or its revision: for the
    /// desk, the archive, the summary and the CRM. No second pass changes them any more, and the
    /// call listens for them from now on.
    pub(super) fn take_correction(&mut self, correction: &Correction, heard: &Event) {
        let Some(was) = heard.kind.words() else {
            return;
        };
        let before = StableWords {
            utterance: was.utterance,
            side: heard.role.map_or(Side::Customer, |role| role.side()),
            lang: was.lang,
            words: was.words.clone(),
            finished: true,
        };
        let said = StableWords {
            words: correction.words(&was.words, heard.start..heard.end),
            ..before.clone()
        };
        let live = match &heard.kind {
            EventKind::Revised(revised) => &revised.live,
            _ => &was.spoken,
        };
        let words = said.words.clone();
        let revised = EventKind::Revised(Revised {
            words: finalise_by(&self.lexicon, was.utterance, was.lang, 1.0, words),
            live: live.clone(),
            by: Some(correction.by.clone()),
        });
        self.learn(live, &correction.text);
        self.emit(Event {
            latency: None,
            kind: revised,
            ..heard.clone()
        });
        self.second_pass.corrected.insert(was.utterance);
        self.keep_revised(&said);
        let leg = self.legs.iter().position(|leg| leg.side() == said.side);
        let party = Party {
            id: heard.party.clone(),
            ..self.legs[leg.unwrap_or_default()].party.clone()
        };
        let live = [(was.utterance, Some(&before))];
        self.apply_revised((leg.unwrap_or_default(), &party), live.into_iter(), &[said]);
    }

    /// Listens for what was misheard from now on.
    fn learn(&mut self, heard: &str, meant: &str) {
        let known = |text: &String| self.vocabulary.phrases().any(|phrase| phrase.text == *text);
        let new = phrases(heard, meant).into_iter();
        let new: Vec<_> = new
            .filter(|text| !known(text))
            .filter_map(|text| self.favoured(text))
            .take(MOST_PHRASES.saturating_sub(self.own_phrases.len()))
            .collect();
        if new.is_empty() {
            return;
        }
        let with = |others: &[_]| new.iter().chain(others).cloned().collect();
        self.vocabulary.own = with(&self.vocabulary.own);
        self.own_phrases = with(&self.own_phrases);
    }
}
