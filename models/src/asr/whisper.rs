//! The recogniser as the engine sees it.

use std::sync::Arc;
use std::time::Duration;

use sidetone_core::lang::Lang;
use sidetone_core::recognise::{Hypothesis, Job, Phrase, RecogniseError, Rejection, Word};
use tracing::debug;

use super::bias::Vocabulary;
use super::decode::{Decoding, PROMPT, Request, decode};
use super::gate::{Evidence, GateConfig};
use super::load::{LoadError, WhisperFiles, load};
use super::net::Net;
use super::script::Scripts;
use super::tokens::Tokens;
use super::window::{Silence, Window};
use super::words::Said;
use crate::Transcriber;
use crate::mel::{MelFrontEnd, WINDOW_SAMPLES};

const SAMPLE_RATE: f64 = 16_000.0;

/// Vocabularies that are kept ready: more than the calls one worker hears in a while.
const KEPT_VOCABULARIES: usize = 32;

/// How the recogniser works.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WhisperOptions {
    /// How much of the silence around an utterance is looked at.
    pub silence: Silence,
    /// Where the line between speech and other sounds is drawn.
    pub gate: GateConfig,
}

/// Whisper, one for each inference thread. Clones share weights and tables.
#[derive(Clone, Debug)]
pub struct Whisper {
    net: Net,
    tokens: Arc<Tokens>,
    mel: MelFrontEnd,
    scripts: Arc<Scripts>,
    options: WhisperOptions,
    vocabularies: Vec<(Arc<[Phrase]>, Option<Arc<Vocabulary>>)>,
}

impl Whisper {
    /// Loads a multilingual checkpoint.
    pub fn load(files: &WhisperFiles, options: WhisperOptions) -> Result<Self, LoadError> {
        let (net, tokens) = load(files)?;
        Self::new(net, tokens, options)
    }

    fn new(net: Net, tokens: Tokens, options: WhisperOptions) -> Result<Self, LoadError> {
        Ok(Self {
            net,
            tokens: Arc::new(tokens),
            mel: MelFrontEnd::new(),
            scripts: Arc::new(Scripts::new()?),
            options,
            vocabularies: Vec::new(),
        })
    }

    /// Whether the network was trained on `lang`.
    pub fn knows(&self, lang: Lang) -> bool {
        self.tokens.language(lang).is_some()
    }

    /// Encodes the sound of `job`. What comes back is to be decoded, or needs no decoding.
    fn listen(&mut self, job: &Job) -> Result<Heard, RecogniseError> {
        self.check(job)?;
        let lang = job
            .confirmed
            .as_ref()
            .map_or(job.languages[0], |confirmed| confirmed.lang);
        if self.options.gate.too_quiet(&job.audio) {
            return Ok(Heard::Nothing(Hypothesis::silence(
                lang,
                Rejection::NoSpeech,
            )));
        }
        let window = Window::new(
            job.audio.len(),
            self.options.silence,
            self.net.encoder.positions(),
        );
        let mel = self.mel.log_mel(&job.audio);
        let encoded = self.net.encoder.forward(&mel, &window).map_err(failed)?;
        let sequence = self.net.decoder.begin(&encoded, &window).map_err(failed)?;
        let most = self
            .options
            .gate
            .most_tokens(seconds(job))
            .min(self.net.decoder.capacity() / 2);
        let request = Request {
            languages: job
                .confirmed
                .as_ref()
                .map_or_else(|| job.languages.clone(), |_| Arc::from([lang])),
            confirmed: job
                .confirmed
                .as_ref()
                .map(|confirmed| confirmed.tokens.clone())
                .unwrap_or_default(),
            vocabulary: self.vocabulary(&job.vocabulary),
            limit: most,
        };
        Ok(Heard::Speech(Decoding::new(sequence, request)))
    }

    fn check(&self, job: &Job) -> Result<(), RecogniseError> {
        let confirmed = job.confirmed.as_ref();
        let languages = job
            .languages
            .iter()
            .copied()
            .chain(confirmed.map(|confirmed| confirmed.lang));
        let tokens = confirmed.map_or(&[][..], |confirmed| &confirmed.tokens);
        let refuse = |why: String| Err(RecogniseError(why));
        if job.languages.is_empty() {
            return refuse("no language is allowed".to_owned());
        }
        if let Some(lang) = languages.into_iter().find(|lang| !self.knows(*lang)) {
            return refuse(format!("the network does not know the language `{lang}`"));
        }
        if job.audio.len() > WINDOW_SAMPLES {
            return refuse(format!("{} samples are more than 30 s", job.audio.len()));
        }
        if job.audio.iter().any(|x| !x.is_finite()) {
            return refuse("the sound holds something else than numbers".to_owned());
        }
        if let Some(token) = tokens.iter().find(|token| **token >= self.tokens.end) {
            return refuse(format!("{token} is not a text token"));
        }
        if tokens.len() > self.net.decoder.capacity() / 2 {
            return refuse(format!(
                "{} confirmed tokens leave no room for more",
                tokens.len()
            ));
        }
        Ok(())
    }

    fn vocabulary(&mut self, phrases: &Arc<[Phrase]>) -> Option<Arc<Vocabulary>> {
        if phrases.is_empty() {
            return None;
        }
        // The same list comes with every job of a call.
        if let Some((_, ready)) = self
            .vocabularies
            .iter()
            .find(|(of, _)| Arc::ptr_eq(of, phrases))
        {
            return ready.clone();
        }
        if self.vocabularies.len() == KEPT_VOCABULARIES {
            self.vocabularies.remove(0);
        }
        let vocabulary = Vocabulary::new(phrases, &self.tokens);
        self.vocabularies
            .push((Arc::clone(phrases), vocabulary.clone()));
        vocabulary
    }

    /// Makes words of what was decoded, unless it is no speech.
    fn judge(&self, job: &Job, decoding: &Decoding) -> Hypothesis {
        let mut words = self.words(job, decoding, decoding.text().len());
        let evidence = Evidence {
            no_speech: decoding.no_speech(),
            mean_log_prob: decoding.mean_log_prob(),
            tokens: decoding.text().len(),
            seconds: seconds(job),
            looped: decoding.looped(),
            legible: words
                .iter()
                .any(|word| word.text.contains(char::is_alphanumeric)),
        };
        debug!(?evidence, "decoded");
        let rejected = self.options.gate.judge(&evidence);
        if rejected.is_some() {
            // What is confirmed was shown already, and stays.
            let confirmed = job.confirmed.as_ref();
            words = self.words(
                job,
                decoding,
                confirmed.map_or(0, |confirmed| confirmed.tokens.len()),
            );
        }
        let rejected = rejected.filter(|_| words.is_empty());
        let confidence = mean_confidence(&words);
        Hypothesis {
            lang: decoding.lang(),
            words,
            confidence,
            looped: decoding.looped(),
            rejected,
        }
    }

    /// The words that the first `tokens` of the text make.
    fn words(&self, job: &Job, decoding: &Decoding, tokens: usize) -> Vec<Word> {
        let sequence = decoding.sequence();
        let looks = sequence.looks();
        // The row before each token led to it; the row of the last led to the end.
        let (first, text) = (PROMPT - 1, &decoding.text()[..tokens]);
        let rows = sequence.fed().min(first + text.len() + 1);
        let mut beginnings = if text.is_empty() {
            Vec::new()
        } else {
            looks.beginnings(first, rows)
        };
        beginnings.resize(text.len() + 1, looks.positions);
        let length = Duration::from_secs_f64(job.audio.len() as f64 / SAMPLE_RATE);
        let said = Said {
            text,
            log_probs: &decoding.log_probs()[..tokens],
            beginnings: &beginnings,
            unspaced: decoding.lang().is_unspaced(),
            length,
        };
        let mut words = said.words(&self.tokens);
        if decoding.lang() == Lang::ZH {
            self.scripts.rewrite(&mut words, job.script);
        }
        words
    }
}

impl Transcriber for Whisper {
    /// Encodes each utterance alone, which is fastest, and decodes them all together, which is too.
    fn transcribe(&mut self, jobs: &[Job]) -> Vec<Result<Hypothesis, RecogniseError>> {
        let mut group = Vec::new();
        let mut answers = Vec::new();
        for job in jobs {
            answers.push(match self.listen(job) {
                Ok(Heard::Nothing(answer)) => Some(Ok(answer)),
                Ok(Heard::Speech(decoding)) => {
                    group.push(decoding);
                    None
                }
                Err(error) => Some(Err(error)),
            });
        }
        let decoded = decode(&self.net.decoder, &self.tokens, &mut group).map_err(failed);
        let mut group = group.iter();
        let pairs = jobs.iter().zip(answers);
        pairs
            .map(|(job, answer)| {
                answer.unwrap_or_else(|| {
                    let decoding = group
                        .next()
                        .expect("there is one for each job without an answer");
                    decoded.clone().map(|()| self.judge(job, decoding))
                })
            })
            .collect()
    }
}

/// What came of listening to a job.
enum Heard {
    /// An answer already.
    Nothing(Hypothesis),
    /// Something to decode.
    Speech(Decoding),
}

fn seconds(job: &Job) -> f32 {
    (job.audio.len() as f64 / SAMPLE_RATE) as f32
}

fn failed(error: candle_core::Error) -> RecogniseError {
    RecogniseError(error.to_string())
}

/// Mean probability of the tokens of `words`: geometric within a word, as their own confidence is.
fn mean_confidence(words: &[Word]) -> f32 {
    let tokens: usize = words.iter().map(|word| word.tokens.len()).sum();
    let sum: f32 = words
        .iter()
        .map(|word| word.confidence * word.tokens.len() as f32)
        .sum();
    if tokens == 0 {
        0.0
    } else {
        sum / tokens as f32
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use sidetone_core::lang::ChineseScript;
    use sidetone_core::recognise::{Confirmed, Purpose};

    use super::*;
    use crate::asr::net::tiny;
    use crate::asr::tokens::tests::small;

    /// A network of random weights: it prints nonsense, but the same for the same sound.
    fn whisper() -> Whisper {
        let (vb, config) = tiny::weights();
        let net = Net::load(&vb, &config, config.vocab_size, &[(0, 1), (1, 0)]).expect("loads");
        let gate = GateConfig {
            no_speech: 1.1,
            least_likely: f32::NEG_INFINITY,
            ..GateConfig::default()
        };
        let options = WhisperOptions {
            gate,
            ..WhisperOptions::default()
        };
        Whisper::new(net, small(), options).expect("loads")
    }

    fn job(samples: usize, languages: &[Lang]) -> Job {
        Job {
            purpose: Purpose::Final,
            due: Instant::now(),
            audio: tiny::noise(samples).into(),
            languages: languages.into(),
            script: ChineseScript::Simplified,
            confirmed: None,
            vocabulary: Arc::from([]),
        }
    }

    fn one(whisper: &mut Whisper, job: &Job) -> Hypothesis {
        whisper
            .transcribe(std::slice::from_ref(job))
            .remove(0)
            .expect("it is a sound job")
    }

    fn tokens(hypothesis: &Hypothesis) -> Vec<u32> {
        hypothesis
            .words
            .iter()
            .flat_map(|word| word.tokens.clone())
            .collect()
    }

    #[test]
    fn a_group_is_answered_as_each_job_would_be_alone() {
        let mut whisper = whisper();
        let jobs = [
            job(16_000, &[Lang::EN]),
            job(4_000, &[Lang::EN, Lang::ZH]),
            job(40_000, &[Lang::ZH]),
            job(100, &[Lang::EN]),
        ];
        let together = whisper.transcribe(&jobs);
        for (job, together) in jobs.iter().zip(together) {
            let (alone, together) = (one(&mut whisper, job), together.expect("it is a sound job"));
            assert_eq!(tokens(&alone), tokens(&together), "{job:?}");
            assert_eq!(alone.lang, together.lang, "{job:?}");
        }
    }

    #[test]
    fn what_is_confirmed_comes_first_and_the_rest_is_as_before() {
        let mut whisper = whisper();
        let mut again = job(30_000, &[Lang::EN, Lang::ZH]);
        let first = one(&mut whisper, &again);
        let all = tokens(&first);
        assert!(all.len() > 2, "{all:?}");
        let confirmed = Confirmed {
            lang: first.lang,
            tokens: all[..2].to_vec(),
        };
        again.confirmed = Some(confirmed);
        let second = one(&mut whisper, &again);
        assert_eq!((second.lang, tokens(&second)), (first.lang, all));
    }

    #[test]
    fn words_lie_in_order_within_the_sound() {
        let answer = one(&mut whisper(), &job(33_333, &[Lang::EN]));
        assert!(!answer.words.is_empty());
        let times: Vec<_> = answer
            .words
            .iter()
            .flat_map(|word| [word.start, word.end])
            .collect();
        assert!(times.is_sorted(), "{times:?}");
        assert!(
            times
                .iter()
                .all(|time| time.as_secs_f64() <= 33_333.0 / 16_000.0),
            "{times:?}"
        );
        assert!((0.0..=1.0).contains(&answer.confidence));
    }

    #[test]
    fn a_job_that_cannot_be_done_is_refused_and_the_others_are_not() {
        let good = job(8_000, &[Lang::EN]);
        let french = "fr"
            .parse::<sidetone_core::lang::LanguageTag>()
            .expect("a language")
            .lang;
        let confirmed = |token, count| {
            Some(Confirmed {
                lang: Lang::EN,
                tokens: vec![token; count],
            })
        };
        let bad = [
            ("no language is allowed", job(8_000, &[])),
            (
                "the network does not know the language `fr`",
                job(8_000, &[french]),
            ),
            (
                "480001 samples are more than 30 s",
                job(480_001, &[Lang::EN]),
            ),
            (
                "the sound holds something else than numbers",
                Job {
                    audio: Arc::from([f32::NAN]),
                    ..good.clone()
                },
            ),
            (
                "261 is not a text token",
                Job {
                    confirmed: confirmed(261, 1),
                    ..good.clone()
                },
            ),
            (
                "30 confirmed tokens leave no room for more",
                Job {
                    confirmed: confirmed(33, 30),
                    ..good.clone()
                },
            ),
        ];
        let jobs: Vec<Job> = bad
            .iter()
            .flat_map(|(_, bad)| [bad.clone(), good.clone()])
            .collect();
        let answers = whisper().transcribe(&jobs);
        for (pair, (why, _)) in answers.chunks(2).zip(bad) {
            assert_eq!(pair[0], Err(RecogniseError(why.to_owned())));
            assert!(pair[1].is_ok(), "{why}");
        }
    }

    #[test]
    fn sound_that_is_too_quiet_costs_nothing() {
        let silence = Job {
            audio: vec![0.0; 16_000].into(),
            ..job(0, &[Lang::ZH])
        };
        for quiet in [silence, job(0, &[Lang::ZH])] {
            assert_eq!(
                one(&mut whisper(), &quiet),
                Hypothesis::silence(Lang::ZH, Rejection::NoSpeech)
            );
        }
    }

    #[test]
    fn nonsense_is_dropped_but_never_what_is_confirmed() {
        let mut whisper = whisper();
        whisper.options.gate.least_likely = 0.0;
        let mut nonsense = job(16_000, &[Lang::EN]);
        assert_eq!(
            one(&mut whisper, &nonsense),
            Hypothesis::silence(Lang::EN, Rejection::Unlikely)
        );
        nonsense.confirmed = Some(Confirmed {
            lang: Lang::EN,
            tokens: vec![257],
        });
        let answer = one(&mut whisper, &nonsense);
        assert_eq!((tokens(&answer), answer.rejected), (vec![257], None));
    }

    #[test]
    fn a_vocabulary_is_made_ready_once_and_old_ones_are_let_go() {
        let mut whisper = whisper();
        let list = |text: &str| {
            Arc::from([Phrase {
                text: text.to_owned(),
                boost: 2.0,
            }])
        };
        let (first, second): (Arc<[Phrase]>, Arc<[Phrase]>) = (list("hi"), list("hi"));
        let made = whisper.vocabulary(&first).expect("it is not empty");
        assert!(Arc::ptr_eq(
            &made,
            &whisper.vocabulary(&first).expect("it is not empty")
        ));
        assert!(!Arc::ptr_eq(
            &made,
            &whisper.vocabulary(&second).expect("it is not empty")
        ));
        for _ in 0..2 * KEPT_VOCABULARIES {
            whisper.vocabulary(&list("you"));
        }
        assert_eq!(whisper.vocabularies.len(), KEPT_VOCABULARIES);
    }
}
