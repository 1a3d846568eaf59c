//! The recogniser as the engine sees it.

use std::sync::Arc;

use sidetone_core::lang::Lang;
use sidetone_core::recognise::{Effort, Hypothesis, Job, Purpose, RecogniseError, Rejection};

use super::answer::{Answer, Judge, seconds};
use super::check::check;
use super::decode::{Decoding, Request, decode};
use super::gate::GateConfig;
use super::load::{LoadError, WhisperFiles, load};
use super::net::Net;
use super::net::layers::Precision;
use super::script::Scripts;
use super::tokens::Tokens;
use super::vocabularies::Vocabularies;
use super::window::{Silence, Window};
use crate::Transcriber;
use crate::mel::MelFrontEnd;

/// How the recogniser works.
#[derive(Clone, Debug, PartialEq)]
pub struct WhisperOptions {
    /// How much of the silence around an utterance is looked at.
    pub silence: Silence,
    /// The same for a second look at finished utterances that the first one made little of.
    ///
    /// Once in some hundreds of utterances the stand-ins for silence lie so that clear speech is not heard.
    pub closer: Silence,
    /// Where the line between speech and other sounds is drawn.
    pub gate: GateConfig,
    /// How the network is kept and run.
    pub precision: Precision,
    /// Texts that compete to be an utterance's last word; 1 takes the likeliest token each time. A look at an
    /// utterance that still goes on is always taken like that.
    pub beam: usize,
}

impl Default for WhisperOptions {
    fn default() -> Self {
        let silence = Silence::default();
        Self {
            silence,
            closer: Silence {
                first: 8,
                stride: 8,
                ..silence
            },
            gate: GateConfig::default(),
            precision: Precision::default(),
            beam: 5,
        }
    }
}

/// Whisper, one for each inference thread. Clones share weights and tables.
#[derive(Clone, Debug)]
pub struct Whisper {
    net: Net,
    mel: MelFrontEnd,
    tokens: Arc<Tokens>,
    vocabularies: Vocabularies,
    judge: Judge,
    silence: Silence,
    closer: Silence,
    beam: usize,
    effort: Effort,
}

impl Whisper {
    /// Loads a multilingual checkpoint.
    pub fn load(files: &WhisperFiles, options: WhisperOptions) -> Result<Self, LoadError> {
        let (net, tokens) = load(files, options.precision)?;
        Self::new(net, tokens, options)
    }

    fn new(net: Net, tokens: Tokens, options: WhisperOptions) -> Result<Self, LoadError> {
        let tokens = Arc::new(tokens);
        let judge = Judge {
            tokens: Arc::clone(&tokens),
            scripts: Arc::new(Scripts::new()?),
            gate: options.gate,
        };
        let mel = MelFrontEnd::new();
        Ok(Self {
            net,
            mel,
            tokens,
            vocabularies: Vocabularies::default(),
            judge,
            silence: options.silence,
            closer: options.closer,
            beam: options.beam,
            effort: Effort::default(),
        })
    }

    /// Whether the network was trained on `lang`.
    pub fn knows(&self, lang: Lang) -> bool {
        self.tokens.language(lang).is_some()
    }

    /// Encodes each utterance alone, which is fastest, and decodes them all together, which is too.
    fn look(&mut self, jobs: &[&Job], silence: Silence) -> Vec<Result<Answer, RecogniseError>> {
        let heard: Vec<_> = jobs.iter().map(|job| self.listen(job, silence)).collect();
        let mut group = Vec::new();
        let mut answers = Vec::new();
        for heard in heard {
            answers.push(match heard {
                Ok(Some(decoding)) => {
                    group.push(decoding);
                    None
                }
                Ok(None) => Some(Ok(())),
                Err(error) => Some(Err(error)),
            });
        }
        let decoded = decode(&self.net.decoder, &self.tokens, &mut group).map_err(failed);
        let mut group = group.iter();
        let answer = |(job, answer): (&&Job, Option<Result<(), RecogniseError>>)| match answer {
            Some(answer) => answer.map(|()| nothing(job)),
            None => {
                let decoding = group.next().expect("one for each job without an answer");
                decoded.clone().map(|()| self.judge.answer(job, decoding))
            }
        };
        jobs.iter().zip(answers).map(answer).collect()
    }

    /// Encodes the sound of `job`. `None` if it is too quiet to bother.
    fn listen(&mut self, job: &Job, silence: Silence) -> Result<Option<Decoding>, RecogniseError> {
        let longest = self.net.decoder.capacity() / 2;
        check(job, &self.tokens, longest)?;
        if job.confirmed.is_none() && self.judge.gate.too_quiet(&job.audio) {
            return Ok(None);
        }
        let window = Window::new(job.audio.len(), silence, self.net.encoder.positions());
        let mel = self.mel.log_mel(&job.audio);
        let encoded = self.net.encoder.forward(&mel, &window).map_err(failed)?;
        let sequence = self.net.decoder.begin(&encoded, &window).map_err(failed)?;
        let (languages, confirmed) = match &job.confirmed {
            Some(confirmed) => (Arc::from([confirmed.lang]), confirmed.tokens.clone()),
            None => (Arc::clone(&job.languages), Vec::new()),
        };
        let request = Request {
            languages,
            confirmed,
            vocabulary: self.vocabularies.get(&job.vocabulary, &self.tokens),
            limit: self.judge.gate.most_tokens(seconds(job)).min(longest),
            beam: self.beam(job.purpose),
        };
        Ok(Some(Decoding::new(sequence, request)))
    }

    /// Texts that compete. Only what may stay is worth more than one, and not while others wait.
    fn beam(&self, purpose: Purpose) -> usize {
        if purpose.may_be_last() && self.effort == Effort::Full {
            self.beam
        } else {
            1
        }
    }

    /// Whether `answer` is worth a second look: the last word on an utterance, and likely to be wrong.
    fn is_doubtful(&self, job: &Job, answer: &Answer) -> bool {
        let Answer {
            hypothesis,
            mean_log_prob,
        } = answer;
        self.effort == Effort::Full
            && job.purpose.may_be_last()
            && !self.judge.gate.too_quiet(&job.audio)
            && (hypothesis.rejected.is_some()
                || hypothesis.looped
                || *mean_log_prob < self.judge.gate.doubtful)
    }
}

impl Transcriber for Whisper {
    fn set_effort(&mut self, effort: Effort) {
        self.effort = effort;
    }

    fn transcribe(&mut self, jobs: &[Job]) -> Vec<Result<Hypothesis, RecogniseError>> {
        let mut answers = self.look(&jobs.iter().collect::<Vec<_>>(), self.silence);
        let mut doubtful: Vec<(&Job, &mut Answer)> = jobs
            .iter()
            .zip(&mut answers)
            .filter_map(|(job, answer)| Some((job, answer.as_mut().ok()?)))
            .filter(|(job, answer)| self.is_doubtful(job, answer))
            .collect();
        if !doubtful.is_empty() {
            let again: Vec<&Job> = doubtful.iter().map(|(job, _)| *job).collect();
            let second = self.look(&again, self.closer);
            for ((_, first), second) in doubtful.iter_mut().zip(second) {
                // Noise has two chances to look like speech now, so the second look must be convincing.
                if let Ok(second) = second
                    && second.mean_log_prob >= self.judge.gate.doubtful
                    && second.is_better_than(first)
                {
                    **first = second;
                }
            }
        }
        answers
            .into_iter()
            .map(|answer| answer.map(|answer| answer.hypothesis))
            .collect()
    }
}

/// The answer to a job that is too quiet.
fn nothing(job: &Job) -> Answer {
    Answer {
        hypothesis: Hypothesis::silence(job.languages[0], Rejection::NoSpeech),
        mean_log_prob: f32::NEG_INFINITY,
    }
}

fn failed(error: candle_core::Error) -> RecogniseError {
    RecogniseError(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use sidetone_core::lang::ChineseScript;
    use sidetone_core::recognise::Confirmed;

    use super::*;
    use crate::asr::net::tiny;
    use crate::asr::tokens::tests::small;

    /// A network of random weights: it prints nonsense, but the same for the same sound.
    fn whisper() -> Whisper {
        let (vb, config) = tiny::weights();
        let net = Net::load(
            &vb,
            &config,
            config.vocab_size,
            &[(0, 1), (1, 0)],
            Precision::Int8,
        )
        .expect("loads");
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
    fn texts_that_compete_end_up_no_less_likely_than_the_first_that_comes_to_mind() {
        let mut whisper = whisper();
        let (mut better, mut same) = (0, 0);
        for samples in (6_000..60_000).step_by(2_700) {
            let job = job(samples, &[Lang::EN]);
            let mut mean = |effort, purpose| {
                whisper.set_effort(effort);
                let job = Job {
                    purpose,
                    ..job.clone()
                };
                let answer = whisper.look(&[&job], Silence::default()).remove(0);
                answer.expect("runs").mean_log_prob
            };
            let beam = mean(Effort::Full, Purpose::Pause);
            let greedy = mean(Effort::Least, Purpose::Final);
            assert_eq!(
                greedy,
                mean(Effort::Full, Purpose::Partial),
                "both are greedy"
            );
            better += usize::from(beam > greedy);
            same += usize::from(beam == greedy);
        }
        // A beam may lose the text that greedy decoding finds, but hardly ever does.
        assert!(
            better > 10 && better + same >= 18,
            "{better} better, {same} the same"
        );
    }

    #[test]
    fn a_job_that_cannot_be_done_is_refused_and_the_others_are_not() {
        let jobs = [
            job(8_000, &[]),
            job(8_000, &[Lang::EN]),
            job(480_001, &[Lang::EN]),
        ];
        let answers = whisper().transcribe(&jobs);
        assert_eq!(
            answers.iter().map(Result::is_ok).collect::<Vec<_>>(),
            [false, true, false]
        );
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
        whisper.judge.gate.least_likely = 0.0;
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
    fn a_finished_utterance_that_made_no_sense_gets_a_second_look() {
        let mut whisper = whisper();
        whisper.beam = 1;
        let finished = job(16_000, &[Lang::EN]);
        let partial = Job {
            purpose: Purpose::Partial,
            ..finished.clone()
        };
        let mut alone = |silence| {
            let answers = whisper
                .look(&[&finished], silence)
                .into_iter()
                .map(|answer| answer.expect("runs"));
            answers.collect::<Vec<_>>().remove(0)
        };
        // Of two ways to look, the worse comes first.
        let (one, other) = (
            Silence {
                tail: 5,
                first: 1500,
                stride: 1500,
            },
            Silence {
                tail: 50,
                first: 8,
                stride: 8,
            },
        );
        let (a, b) = (alone(one), alone(other));
        let ((worse, first), (better, second)) = if b.is_better_than(&a) {
            ((a, one), (b, other))
        } else {
            ((b, other), (a, one))
        };
        assert!(better.is_better_than(&worse));
        (whisper.silence, whisper.closer) = (first, second);
        let expect = [
            (f32::NEG_INFINITY, &worse, "it is good enough"),
            (better.mean_log_prob, &better, "it is in doubt"),
            (
                better.mean_log_prob + 0.01,
                &worse,
                "the second look does not convince either",
            ),
        ];
        for (doubtful, expected, why) in expect {
            whisper.judge.gate.doubtful = doubtful;
            let answers = whisper.transcribe(&[finished.clone(), partial.clone()]);
            assert_eq!(
                answers[0].as_ref().expect("runs"),
                &expected.hypothesis,
                "{why}"
            );
            assert_eq!(
                answers[1].as_ref().expect("runs"),
                &worse.hypothesis,
                "partial, so not worth it"
            );
        }
    }
}
