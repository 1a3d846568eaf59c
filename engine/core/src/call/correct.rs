//! What people write over words that were misheard.

use std::collections::BTreeSet;

use sidetone_language::fold::is_han;
use sidetone_types::event::{Event, EventKind, Revised, TimedWord};
use sidetone_types::lang::Lang;
use sidetone_types::party::{Party, Role};
use sidetone_types::recognise::Phrase;

use super::Call;
use crate::correction::{Correction, phrases};
use crate::finals::finalise_by;
use crate::stable_words::StableWords;

/// Phrases that a call may have of its own.
const MOST_PHRASES: usize = 2_000;

impl Call {
    /// Puts a person's words in the place of what was `heard`: for the desk, the archive, the
    /// summary and the CRM. No second pass changes them any more, and the call listens for them
    /// from now on.
    pub(super) fn take_correction(&mut self, correction: &Correction, heard: &Event) {
        let mut redacted = heard
            .kind
            .words()
            .map_or(Vec::new(), |words| words.redacted.clone());
        let (words, lang, live): (&[TimedWord], _, _) = match &heard.kind {
            EventKind::Final(done) => (&done.words, Some(done.lang), &*done.text),
            EventKind::Revised(revised) => (
                &revised.words.words,
                Some(revised.words.lang),
                &*revised.live,
            ),
            EventKind::Unrecognised { .. } => (&[], None, ""),
            _ => return,
        };
        let lang = self.language_of(&correction.text, lang);
        let utterance = correction.utterance;
        let party = Party {
            role: heard.role.unwrap_or(Role::Unknown),
            id: heard.party.clone(),
            name: "".into(),
        };
        let before = StableWords {
            utterance,
            side: party.role.side(),
            lang,
            words: words.to_vec(),
            finished: true,
        };
        let leg = self
            .legs
            .iter()
            .position(|leg| leg.party.role == party.role);
        let corrected = correction.words(words, heard.start..heard.end);
        let of = (leg.unwrap_or_default(), utterance);
        let told = self
            .redactor
            .again(of, lang, &corrected, (heard.start, heard.end));
        // Where in the line it was said nobody knows: what was heard there was something else.
        if !told.redacted.is_empty() {
            self.mute(heard.start, heard.end);
        }
        // What was said is a secret still, whatever is written in its place.
        redacted.extend(told.redacted);
        redacted.sort_by_key(|secret| (secret.start, secret.end));
        let said = StableWords {
            words: told.words,
            ..before.clone()
        };
        let mut legs = self.legs.iter_mut();
        if words.is_empty()
            && live.is_empty()
            && let Some(leg) = legs.find(|leg| leg.party.role == party.role)
        {
            leg.count_speech(heard.end.since(heard.start));
        }
        let mut words = finalise_by(&self.lexicon, utterance, lang, 1.0, said.words.clone());
        words.redacted = redacted;
        self.learn(live, &words.text, lang);
        let revised = Revised {
            words,
            live: live.to_owned(),
            by: Some(correction.by.clone()),
        };
        self.emit(Event {
            latency: None,
            kind: EventKind::Revised(revised),
            ..heard.clone()
        });
        self.second_pass.corrected.insert(utterance);
        self.keep_revised(&said);
        self.apply_correction(&party, &before, &said);
    }

    /// The language that a person writes in: the one that was `heard`, unless it cannot be that and
    /// may be another one of the call. Names and abbreviations stand in Chinese lines, too.
    pub(super) fn language_of(&self, text: &str, heard: Option<Lang>) -> Lang {
        let small = |word: &str| word.chars().filter(|c| c.is_lowercase()).count();
        let unspaced = match text.chars().any(is_han) {
            true => true,
            false if text.split_whitespace().any(|word| small(word) > 2) => false,
            false => heard.is_some_and(Lang::is_unspaced),
        };
        let languages = heard.iter().chain(&*self.languages).copied();
        let of_text = languages
            .clone()
            .find(|lang| lang.is_unspaced() == unspaced);
        of_text.or(heard).unwrap_or(self.languages[0])
    }

    /// Listens for what was misheard from now on.
    fn learn(&mut self, heard: &str, meant: &str, lang: Lang) {
        let mut new = phrases(heard, meant, lang);
        // The shared list is long: it is gone through once, and only for what is new.
        if !new.is_empty() {
            let lower: Vec<String> = new.iter().map(|text| text.to_lowercase()).collect();
            let listened = self.vocabulary.phrases();
            let listened = listened.map(|phrase| phrase.text.to_lowercase());
            let known: BTreeSet<String> = listened.filter(|text| lower.contains(text)).collect();
            new.retain(|text| !known.contains(&text.to_lowercase()));
        }
        new.truncate(MOST_PHRASES.saturating_sub(self.own_phrases.len()));
        let boost = self.greatest_boost();
        if new.is_empty() || boost == 0.0 {
            return;
        }
        let new = new.into_iter().map(|text| Phrase { text, boost });
        let new: Vec<Phrase> = new.collect();
        let with = |others: &[_]| new.iter().chain(others).cloned().collect();
        self.vocabulary.own = with(&self.vocabulary.own);
        self.own_phrases = with(&self.own_phrases);
    }
}
