//! Overlapping hypotheses of one utterance in, stable words out.
//!
//! LocalAgreement-2 (Macháček et al. 2023, "Turning Whisper into Real-Time Transcription System"):
//! what two looks in a row agree on is confirmed. Later looks and the final are made to begin with
//! it, so a confirmed word never changes.
//!
//! A recogniser that goes on from where it was says itself which words it will not change
//! ([`Hypothesis::stable`]): they are confirmed at once.
//!
//! The beginning of an utterance gives a recogniser little to go by, and much of what it hears
//! there is too unlikely to be shown. What two looks in a row hear in it is shown nevertheless,
//! though not confirmed by that.

use std::time::Duration;

use sidetone_types::lang::Lang;
use sidetone_types::recognise::{Beginning, Hypothesis, Word, join};

/// Words less sure than this wait until [`OFTEN`] looks in a row have heard them, and those less
/// sure than [`LEAST`] for the end of the utterance: whatever is confirmed binds what follows, and
/// with 0.63 and 0.3 a word of a hundred more is wrong (`benches/README.md`). What waits is shown
/// nevertheless.
const SURE: f32 = 0.9;
const OFTEN: u32 = 3;
const LEAST: f32 = 0.6;
/// Words that end this close to the end of the audio may still grow into others.
const UNSETTLED: Duration = Duration::from_millis(600);

/// What is known of an utterance that still goes on.
#[derive(Clone, Default)]
pub struct Agreement {
    lang: Option<Lang>,
    words: Vec<Word>,
    /// How many looks in a row have heard each of the words behind the same words.
    heard: Vec<u32>,
    confirmed: usize,
    /// What the last look heard if that was too unlikely.
    doubted: Vec<Word>,
}

impl Agreement {
    /// Takes the words of a look at the first `heard` of the utterance.
    ///
    /// A look that was asked for before the last words were confirmed, and contradicts them, is
    /// ignored.
    pub fn update(&mut self, mut hypothesis: Hypothesis, heard: Duration) {
        if !hypothesis.doubted.is_empty() {
            hypothesis.words = self.heard_again(&hypothesis);
        }
        let keeps_promise = hypothesis.words.len() >= self.confirmed
            && self.words[..self.confirmed]
                .iter()
                .zip(&hypothesis.words)
                .all(|(a, b)| a.text == b.text);
        if !keeps_promise {
            return;
        }
        let settled = heard.saturating_sub(UNSETTLED);
        let mut times = vec![1; hypothesis.words.len()];
        if self.lang == Some(hypothesis.lang) && hypothesis.doubted.is_empty() {
            let both = self.words.iter().zip(&hypothesis.words);
            let same = both
                .take_while(|(before, now)| before.text == now.text)
                .count();
            for (times, before) in times.iter_mut().zip(&self.heard[..same]) {
                *times = before + 1;
            }
            let agreed = hypothesis.words.iter().zip(&times).skip(self.confirmed);
            let agreed = agreed.take_while(|(word, times)| {
                let least = if **times < OFTEN { SURE } else { LEAST };
                **times > 1 && word.end <= settled && word.confidence >= least
            });
            self.confirmed += agreed.count();
        }
        // Of one that goes on from its words there is no need to hear them twice.
        let stable = hypothesis.stable.min(hypothesis.words.len());
        self.confirmed = self.confirmed.max(stable);
        self.heard = times;
        self.lang = Some(hypothesis.lang);
        self.words = hypothesis.words;
        self.doubted = hypothesis.doubted;
    }

    /// Those of the unlikely words of a look that the one before it heard as well.
    fn heard_again(&self, look: &Hypothesis) -> Vec<Word> {
        let before = match self.words.as_slice() {
            [] => &self.doubted,
            shown => shown,
        };
        let both = look.doubted.iter().zip(before);
        both.take_while(|(now, before)| now.text == before.text && self.lang == Some(look.lang))
            .map(|(now, _)| now.clone())
            .collect()
    }

    /// What later looks have to begin with.
    pub fn promise(&self) -> Option<Beginning> {
        let lang = self.lang.filter(|_| self.confirmed > 0)?;
        Some(Beginning::of(lang, self.confirmed()))
    }

    /// What later looks are likely to begin with.
    pub fn expectation(&self) -> Option<Beginning> {
        Some(Beginning::of(self.lang?, &self.words))
    }

    /// Where the confirmed words end, from the start of the utterance's audio.
    pub fn confirmed_until(&self) -> Duration {
        self.confirmed()
            .last()
            .map_or(Duration::ZERO, |word| word.end)
    }

    /// The language of the last look.
    pub fn lang(&self) -> Option<Lang> {
        self.lang
    }

    /// Whether any word has been shown.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The words that will not change any more.
    pub fn confirmed(&self) -> &[Word] {
        &self.words[..self.confirmed]
    }

    /// All words.
    pub fn words(&self) -> &[Word] {
        &self.words
    }

    /// The confirmed words, and those that may change.
    pub fn parts(&self) -> (String, String) {
        let line = |words: &[Word]| join(words.iter().map(|word| word.text.as_str()));
        let (confirmed, tail) = self.words.split_at(self.confirmed);
        (line(confirmed), line(tail))
    }

    /// All words as one line.
    pub fn text(&self) -> String {
        join(self.words.iter().map(|word| word.text.as_str()))
    }

    /// Share of the words that are confirmed, in [0, 1].
    pub fn stability(&self) -> f32 {
        if self.words.is_empty() {
            0.0
        } else {
            self.confirmed as f32 / self.words.len() as f32
        }
    }
}

sidetone_types::private_debug!(Agreement);

#[cfg(test)]
mod tests {
    use super::*;
    use sidetone_types::recognise::Rejection;

    /// Each word lasts 300 ms.
    fn look(lang: Lang, text: &str) -> Hypothesis {
        let words = text
            .split_inclusive(' ')
            .enumerate()
            .map(|(i, word)| Word {
                text: word.to_owned(),
                start: Duration::from_millis(300 * i as u64),
                end: Duration::from_millis(300 * (i as u64 + 1)),
                confidence: 1.0,
                tokens: vec![i as u32],
            })
            .collect();
        Hypothesis {
            lang,
            words,
            confidence: 1.0,
            looped: false,
            rejected: None,
            doubted: Vec::new(),
            stable: 0,
            unrecognised: Vec::new(),
            voice: None,
            kept: None,
        }
    }

    fn after(looks: &[(&str, u64)]) -> Agreement {
        let mut agreement = Agreement::default();
        for (text, heard_ms) in looks {
            agreement.update(look(Lang::EN, text), Duration::from_millis(*heard_ms));
        }
        agreement
    }

    #[test]
    fn words_that_the_recogniser_does_not_change_are_confirmed_by_one_look() {
        for (stable, confirmed, tail) in
            [(0, "", "I want a"), (2, "I want", "a"), (9, "I want a", "")]
        {
            let mut agreement = Agreement::default();
            let look = Hypothesis {
                stable,
                ..look(Lang::EN, "I want a")
            };
            agreement.update(look, Duration::from_millis(900));
            assert_eq!(agreement.parts(), (confirmed.to_owned(), tail.to_owned()));
        }
    }

    #[test]
    fn what_two_looks_agree_on_is_confirmed() {
        for (case, looks, confirmed, tail) in [
            (
                "one look confirms nothing",
                vec![("I want a", 1500)],
                "",
                "I want a",
            ),
            (
                "agreement confirms",
                vec![("I want a ", 1500), ("I want a re ", 2400)],
                "I want a",
                "re",
            ),
            (
                "disagreement does not",
                vec![("I won a ", 1500), ("I want a re ", 2400)],
                "I",
                "want a re",
            ),
            (
                "the newest words wait",
                vec![("I want a ", 1500), ("I want a ", 1500)],
                "I want a",
                "",
            ),
            (
                "the last 600 ms wait",
                vec![("I want a ", 900), ("I want a ", 1000)],
                "I",
                "want a",
            ),
        ] {
            assert_eq!(
                after(&looks).parts(),
                (confirmed.to_owned(), tail.to_owned()),
                "{case}"
            );
        }
    }

    #[test]
    fn words_that_are_too_unlikely_are_shown_once_two_looks_agree_on_them() {
        let mut agreement = Agreement::default();
        let mut shown = |lang, text| {
            let words = look(lang, text).words;
            let doubted = Hypothesis {
                doubted: words,
                ..Hypothesis::silence(lang, Rejection::Unlikely)
            };
            agreement.update(doubted, Duration::from_secs(1));
            (agreement.text(), agreement.confirmed().len())
        };
        let (nothing, once) = (String::new(), |text: &str| (text.to_owned(), 0));
        assert_eq!(shown(Lang::EN, "I won "), (nothing.clone(), 0));
        assert_eq!(shown(Lang::EN, "You one "), (nothing.clone(), 0));
        assert_eq!(shown(Lang::EN, "You won a "), once("You"));
        assert_eq!(shown(Lang::EN, "You want a "), once("You"));
        assert_eq!(shown(Lang::EN, "I want a "), (nothing.clone(), 0));
        assert_eq!(shown(Lang::ZH, "I want a "), (nothing, 0));
    }

    #[test]
    fn an_unsure_word_waits_for_a_third_look_and_holds_back_those_behind_it() {
        let mut agreement = Agreement::default();
        for (confirmed, tail) in [("", "I want a"), ("I", "want a"), ("I want a", "")] {
            let mut unsure = look(Lang::EN, "I want a ");
            unsure.words[1].confidence = LEAST;
            agreement.update(unsure, Duration::from_secs(3));
            assert_eq!(agreement.parts(), (confirmed.to_owned(), tail.to_owned()));
        }
    }

    #[test]
    fn a_word_that_is_hardly_likely_waits_for_the_end() {
        let mut agreement = Agreement::default();
        for _ in 0..9 {
            let mut unlikely = look(Lang::EN, "I want a ");
            unlikely.words[1].confidence = LEAST / 2.0;
            agreement.update(unlikely, Duration::from_secs(3));
        }
        assert_eq!(agreement.parts(), ("I".to_owned(), "want a".to_owned()));
    }

    #[test]
    fn a_confirmed_word_never_changes() {
        let mut agreement = after(&[("I want a ", 3000), ("I want a ", 3000)]);
        assert_eq!(
            agreement.promise(),
            Some(Beginning {
                lang: Lang::EN,
                tokens: vec![0, 1, 2]
            })
        );
        agreement.update(look(Lang::EN, "I won "), Duration::from_secs(4));
        assert_eq!(agreement.parts().0, "I want a");
        assert_eq!(agreement.confirmed_until(), Duration::from_millis(900));
    }

    #[test]
    fn looks_in_two_languages_agree_on_nothing() {
        let mut agreement = after(&[("OK ", 3000)]);
        agreement.update(look(Lang::ZH, "OK "), Duration::from_secs(3));
        assert_eq!(agreement.promise(), None);
    }
}
