//! What was said on a leg right before: an utterance that follows closely is heard together with it.

use std::time::Duration;

use sidetone_media::audio::pcm;
use sidetone_types::lang::Lang;
use sidetone_types::recognise::{Beginning, LeftContext, Word};
use sidetone_types::time::{MediaTime, duration_to_samples, samples_to_duration};

use crate::segment::Spurt;

/// So much of a pause is heard: the rest costs as much as speech, and tells nothing.
const PAUSE: Duration = Duration::from_millis(300);
/// No more is heard again, in sound and in tokens: it costs time at the end of an utterance. In
/// languages written without spaces, as Chinese, more sound mends nothing. `benches/README.md` has
/// other values.
const LONGEST: Duration = Duration::from_secs(8);
const LONGEST_UNSPACED: Duration = Duration::from_millis(3_500);
const MOST_TOKENS: usize = 28;

/// What was said last on a leg: an utterance that had words, and what it followed closely.
pub(super) struct Said {
    /// Where its voice ends.
    end: MediaTime,
    /// Where its sound ends.
    sound_end: MediaTime,
    /// Mono, 16 kHz, pauses shortened; rounded to 16 bits, since every leg of every call keeps it.
    sound: Vec<i16>,
    lang: Lang,
    /// Their times count from the start of the sound.
    words: Vec<Word>,
}

impl Said {
    /// An utterance of which `words` were heard, behind `before` if the pause was no longer than
    /// `close`. Their times count from the start of its sound.
    pub fn new(
        spurt: &Spurt,
        lang: Lang,
        words: &[Word],
        (before, close): (Option<Self>, Duration),
    ) -> Self {
        let close = before.filter(|before| before.is_close(spurt, close) && before.lang == lang);
        let (mut sound, mut all) = (Vec::new(), Vec::new());
        if let Some(before) = close {
            sound.extend(before.sound_until(spurt.audio_start));
            all = before.words;
        }
        let shift = samples_to_duration(sound.len() as u64);
        all.extend(words.iter().map(|word| Word {
            start: shift + word.start,
            end: shift + word.end,
            ..word.clone()
        }));
        sound.extend(spurt.audio.iter().map(|x| pcm::to_i16(*x)));
        let sound_end = spurt.audio_start + samples_to_duration(spurt.audio.len() as u64);
        let mut said = Self {
            end: spurt.end,
            sound_end,
            sound,
            lang,
            words: all,
        };
        said.shorten();
        said
    }

    /// Where it ends.
    pub fn end(&self) -> MediaTime {
        self.end
    }

    /// Its words.
    pub fn words(&self) -> Beginning {
        Beginning::of(self.lang, &self.words)
    }

    /// What an utterance goes on from that is `spurt`, or begins with it, behind a pause no longer
    /// than `close`.
    pub fn context_of(&self, spurt: &Spurt, close: Duration) -> Option<LeftContext> {
        (self.is_close(spurt, close) && !self.words.is_empty()).then(|| LeftContext {
            sound: self
                .sound_until(spurt.audio_start)
                .map(pcm::from_i16)
                .collect(),
            words: self.words(),
        })
    }

    fn is_close(&self, spurt: &Spurt, close: Duration) -> bool {
        self.end <= spurt.start && spurt.start.since(self.end) < close
    }

    /// Its sound up to `until`, with a pause that is no longer than [`PAUSE`].
    fn sound_until(&self, until: MediaTime) -> impl Iterator<Item = i16> {
        let start = self.sound_end.back(self.sound.len() as u64);
        let own = until.index_from(start, self.sound.len());
        let pause = samples(until.since(self.sound_end).min(PAUSE));
        let pause = std::iter::repeat_n(0, pause);
        self.sound[..own].iter().copied().chain(pause)
    }

    /// Leaves the last words that are not too many, and their sound.
    fn shorten(&mut self) {
        let length = samples_to_duration(self.sound.len() as u64);
        let longest = match self.lang.is_unspaced() {
            true => LONGEST_UNSPACED,
            false => LONGEST,
        };
        let mut tokens = 0;
        let fits = self.words.iter().rev().take_while(|word| {
            tokens += word.tokens.len();
            tokens <= MOST_TOKENS && word.start + longest >= length
        });
        let first = self.words.len() - fits.count();
        if first > 0 || length > longest {
            self.words.drain(..first);
            let from = self.words.first().map_or(length, |word| word.start);
            for word in &mut self.words {
                word.start -= from;
                word.end -= from;
            }
            self.sound.drain(..samples(from).min(self.sound.len()));
        }
        // It was as long as an utterance may be, and is kept for long.
        self.sound.shrink_to_fit();
    }
}

fn samples(length: Duration) -> usize {
    usize::try_from(duration_to_samples(length)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CLOSE: Duration = Duration::from_secs(5);

    /// An utterance from `start` on, in ms, of words of 250 ms and so many tokens each.
    fn spurt(start: u64, words: &[usize]) -> (Spurt, Vec<Word>) {
        let length = 250 * words.len() as u64;
        let spurt = Spurt {
            audio_start: MediaTime::from_millis(start),
            start: MediaTime::from_millis(start),
            end: MediaTime::from_millis(start + length),
            audio: vec![0.5; 16 * length as usize].into(),
        };
        let word = |(i, tokens): (usize, &usize)| Word {
            text: " w".to_owned(),
            start: Duration::from_millis(250 * i as u64),
            end: Duration::from_millis(250 * (i as u64 + 1)),
            confidence: 1.0,
            tokens: vec![i as u32; *tokens],
        };
        let words = words.iter().enumerate().map(word).collect();
        (spurt, words)
    }

    proptest! {
        #[test]
        fn no_more_is_heard_again_than_may_be_and_it_is_the_last_of_what_was_said(
            utterances in prop::collection::vec(
                (prop::collection::vec(1_usize..6, 1..40), 0_u64..7_000), 1..6),
            (lang, longest) in prop::sample::select(vec![
                (Lang::EN, LONGEST),
                (Lang::ZH, LONGEST_UNSPACED),
            ]),
        ) {
            let (mut said, mut all, mut at) = (None, Vec::new(), 0);
            for (words, pause) in utterances {
                let (spurt, words) = spurt(at, &words);
                all.extend(words.iter().flat_map(|word| word.tokens.clone()));
                said = Some(Said::new(&spurt, lang, &words, (said.take(), CLOSE)));
                at += 250 * words.len() as u64 + pause;
            }
            let Some(said) = said else { return Ok(()) };
            let (next, _) = spurt(at, &[1]);
            let context = said.context_of(&next, CLOSE);
            let close = next.start.since(said.end()) < CLOSE;
            prop_assert_eq!(context.is_some(), close);
            if let Some(LeftContext { sound, words }) = context {
                let length = samples_to_duration(sound.len() as u64);
                prop_assert!(length <= longest + PAUSE, "{:?}", length);
                prop_assert!(words.tokens.len() <= MOST_TOKENS);
                prop_assert!(all.ends_with(&words.tokens) && !words.tokens.is_empty());
                // Of every word that is told there is its sound.
                let loud = sound.iter().filter(|x| **x > 0.0).count();
                prop_assert_eq!(loud, 4_000 * said.words.len());
            }
        }
    }

    #[test]
    fn another_language_is_not_one_sentence_with_it() {
        let (first, words) = spurt(0, &[1, 1]);
        let said = Said::new(&first, Lang::EN, &words, (None, CLOSE));
        let (next, words) = spurt(1_000, &[1, 1]);
        let said = Said::new(&next, Lang::ZH, &words, (Some(said), CLOSE));
        assert_eq!(said.words().tokens, [0, 1]);
        assert_eq!(said.sound.len(), next.audio.len());
    }
}
