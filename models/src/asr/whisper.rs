//! The recogniser as the engine sees it.

mod states;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sidetone_types::lang::Lang;
use sidetone_types::recognise::{
    Effort, Hypothesis, Job, KeptSound, Purpose, RecogniseError, Rejection,
};

use super::answer::{Answer, Judge, seconds};
use super::check::check;
use super::context;
use super::decode::{Decoding, Request, step};
use super::hotword_cache::HotwordCache;
use super::load::{LoadError, WhisperFiles, load};
use super::net::Net;
use super::net::encoder::first_frame;
use super::net::encoding::Encoding;
use super::net::layers::Precision;
use super::net::settled::Settled;
use super::rejection::RejectionConfig;
use super::script::Scripts;
use super::tokens::Tokens;
use super::window::{Silence, Window};
use crate::emotion::{EmotionReader, Layout};
use crate::lm::LanguageModel;
use crate::mel::MelFrontEnd;
use crate::transcriber::{self, Ticket};

pub use states::PreviewError;

/// How the recogniser works.
#[derive(Clone, Debug, PartialEq)]
pub struct WhisperOptions {
    /// How much of the silence around an utterance is encoded.
    pub silence: Silence,
    /// The same for looks at an utterance that goes on, once words of it are shown: those of its first
    /// moments are waited for most, and are often missed with less silence.
    pub interim: Silence,
    /// The same where a finished utterance is heard once more, because its first result is doubtful.
    ///
    /// Once in some hundreds of utterances clear speech is missed for where the stand-ins for
    /// silence happen to lie.
    pub closer: Silence,
    /// Where the line between speech and other sounds is drawn.
    pub rejection: RejectionConfig,
    /// How the network is kept and run.
    pub precision: Precision,
    /// Beam width of finals: hypotheses that are followed at a time. 1 is greedy, as interim
    /// results always are.
    pub beam: usize,
    /// What makes words of the trade likelier; `None` for nothing.
    pub language_model: Option<LanguageModelOptions>,
}

/// Which language model, and how much it counts.
#[derive(Clone, Debug, PartialEq)]
pub struct LanguageModelOptions {
    /// A file of `sidetone adapt`; `None` for the one that comes with the program.
    pub file: Option<PathBuf>,
    /// The share of its logarithms that is added to the network's.
    pub weight: f32,
}

impl Default for WhisperOptions {
    fn default() -> Self {
        let silence = Silence::default();
        Self {
            silence,
            interim: Silence {
                tail: silence.tail / 2,
                ..silence
            },
            closer: Silence {
                first: 8,
                stride: 8,
                ..silence
            },
            rejection: RejectionConfig::default(),
            precision: Precision::default(),
            beam: 5,
            language_model: None,
        }
    }
}

/// Whisper, one for each inference thread. Clones share weights and tables.
#[derive(Clone, Debug)]
pub struct Whisper {
    net: Net,
    mel: MelFrontEnd,
    tokens: Arc<Tokens>,
    hotwords: HotwordCache,
    judge: Judge,
    silence: Silence,
    interim: Silence,
    closer: Silence,
    beam: usize,
    language_model: Option<Arc<LanguageModel>>,
    emotion: Option<Arc<EmotionReader>>,
}

/// Encoding waits for decoding that is due this much sooner. With less, texts would be decoded
/// alone more often, which costs each of them nearly as much as all together.
const GIVES_WAY: Duration = Duration::from_millis(200);

/// What became of a job at once.
#[derive(Debug)]
pub enum Begun {
    /// It needs no more work.
    Done(Hypothesis),
    /// It does.
    Underway(Box<Underway>),
}

/// A job on its way to its answer.
#[derive(Debug)]
pub struct Underway {
    ticket: Ticket,
    job: Job,
    effort: Effort,
    /// Whether its words are nearly due.
    hurried: bool,
    stage: Stage,
    /// What was heard first, while it is heard once more.
    first: Option<FirstHearing>,
    /// What the encoder made of the voice, if that is asked for.
    voice: Option<Vec<f32>>,
    /// What the next look at the utterance need not encode again.
    settled: Option<Arc<Settled>>,
    /// What the decoder read in front of the text.
    before: Vec<u32>,
    outcome: Option<Result<Hypothesis, RecogniseError>>,
}

/// What an utterance gave that is heard once more.
#[derive(Debug)]
struct FirstHearing {
    answer: Answer,
    /// Whether it repeats what was said before the utterance.
    repeats: bool,
}

#[derive(Debug)]
enum Stage {
    Encode(Encoding),
    Decode(Decoding),
}

impl Underway {
    /// Whether its sound is still being encoded, which others may have to wait for.
    pub fn is_being_encoded(&self) -> bool {
        matches!(self.stage, Stage::Encode(_))
    }

    /// Whether it is a second pass, which waits for whatever else there is.
    fn is_for_record(&self) -> bool {
        self.job.purpose == Purpose::Record
    }

    /// The ticket it was begun with.
    pub fn ticket(&self) -> Ticket {
        self.ticket
    }

    /// Its words are nearly due: from here on its text competes with no others.
    pub fn hurry(&mut self) {
        self.hurried = true;
    }

    /// When its answer should be there.
    pub fn due(&self) -> Instant {
        self.job.due
    }

    /// Whether `decoding` has written down what it was told was said before, behind the words that
    /// are confirmed.
    fn repeats_what_was_said_before(&self, decoding: &Decoding) -> bool {
        let confirmed = self.job.confirmed.as_ref();
        let confirmed = confirmed.map_or(0, |confirmed| confirmed.tokens.len());
        let text = decoding.best().text().get(confirmed..).unwrap_or_default();
        context::is_repeated(&self.before, text)
    }

    /// Its text, which competes with no others any more once it is hurried.
    fn decoding(&mut self) -> Option<&mut Decoding> {
        let Stage::Decode(decoding) = &mut self.stage else {
            return None;
        };
        if self.hurried {
            decoding.settle();
        }
        Some(decoding)
    }
}

impl Whisper {
    /// Loads a multilingual checkpoint.
    pub fn load(files: &WhisperFiles, options: WhisperOptions) -> Result<Self, LoadError> {
        let (net, tokens) = load(files, options.precision)?;
        Self::new(net, tokens, options)
    }

    fn new(net: Net, tokens: Tokens, options: WhisperOptions) -> Result<Self, LoadError> {
        let language_model = match &options.language_model {
            None => None,
            Some(LanguageModelOptions { file, weight }) => Some(Arc::new(match file {
                Some(path) => LanguageModel::read(path, &tokens, *weight)?,
                None => LanguageModel::built_in(&tokens, *weight),
            })),
        };
        let tokens = Arc::new(tokens);
        let judge = Judge {
            tokens: Arc::clone(&tokens),
            scripts: Arc::new(Scripts::new()?),
            rejection: options.rejection,
        };
        let mel = MelFrontEnd::new(net.encoder.bands());
        Ok(Self {
            net,
            mel,
            tokens,
            hotwords: HotwordCache::default(),
            judge,
            silence: options.silence,
            interim: options.interim,
            closer: options.closer,
            beam: options.beam,
            language_model,
            emotion: None,
        })
    }

    /// Has it read the emotion of voices, where jobs ask for that.
    #[must_use]
    pub fn with_emotion(self, reader: EmotionReader) -> Self {
        Self {
            emotion: Some(Arc::new(reader)),
            ..self
        }
    }

    /// Whether the network was trained on `lang`.
    pub fn knows(&self, lang: Lang) -> bool {
        self.tokens.language(lang).is_some()
    }

    /// Begins `job`, unless it is too quiet to bother.
    pub fn begin(
        &mut self,
        ticket: Ticket,
        mut job: Job,
        effort: Effort,
    ) -> Result<Begun, RecogniseError> {
        check(&job, &self.tokens, self.longest())?;
        if job.confirmed.is_none() && self.judge.rejection.too_quiet(&job.audio) {
            let lang = job.languages[0];
            return Ok(Begun::Done(Hypothesis::silence(lang, Rejection::NoSpeech)));
        }
        job.left_context = context::left_context(&job, effort, &self.tokens);
        // What earlier looks at it have settled is not encoded again, unless its words are to stay: they
        // alone have a left context.
        let whole = job.purpose.may_be_last() && effort == Effort::Full;
        let settled = job.kept.as_ref().filter(|_| !whole);
        let settled = settled.and_then(KeptSound::get::<Settled>);
        let settled = settled.filter(|settled| settled.is_of(&job.audio));
        let silence = match job.purpose {
            Purpose::Partial => self.interim,
            _ => self.silence,
        };
        let mut encoding = self.encoding(&context::joined(&job), silence, settled)?;
        if is_kept(&job) && self.net.encoder.settles() {
            encoding.keep_settled().map_err(failed)?;
        }
        let stage = self.listen(&job, encoding)?;
        Ok(Begun::Underway(Box::new(Underway {
            ticket,
            job,
            effort,
            hurried: false,
            stage,
            first: None,
            voice: None,
            settled: None,
            before: Vec::new(),
            outcome: None,
        })))
    }

    /// Goes on with all of `group`: by one layer with what is due first of what is still being
    /// encoded, and by the next tokens with all that is being decoded; a second pass stands still
    /// while there is anything else. So a long utterance holds up no other for longer than a layer
    /// takes. Gives the answers of those that are done, and leaves
    /// them out of `group`.
    pub fn go_on(&mut self, group: &mut Vec<Underway>) -> Vec<transcriber::Answer> {
        // To go on with a text takes little from the others. To encode does, so it waits for texts
        // that are due much sooner.
        let live = group.iter().any(|one| !one.is_for_record());
        let goes_on = |one: &Underway| !live || !one.is_for_record();
        let texts = group
            .iter()
            .filter(|one| goes_on(one) && !one.is_being_encoded());
        let soonest_text = texts.map(|one| one.job.due).min();
        let sounds = group.iter_mut();
        let sounds = sounds.filter(|one| goes_on(one) && one.is_being_encoded());
        if let Some(one) = sounds.min_by_key(|one| one.job.due)
            && soonest_text.is_none_or(|due| one.job.due <= due + GIVES_WAY)
            && let Err(error) = self.encode(one)
        {
            one.outcome = Some(Err(error));
        }
        let texts = group.iter_mut().filter(|one| goes_on(one));
        let texts = texts.filter_map(Underway::decoding);
        let mut texts: Vec<&mut Decoding> = texts.filter(|text| !text.is_done()).collect();
        if !texts.is_empty()
            && let Err(error) = step(&self.net.decoder, &self.tokens, &mut texts)
        {
            let error = failed(error);
            for one in group.iter_mut().filter(|one| !one.is_being_encoded()) {
                one.outcome = Some(Err(error.clone()));
            }
        }
        for one in group.iter_mut().filter(|one| one.outcome.is_none()) {
            one.outcome = self.conclude(one);
        }
        let done = group.extract_if(.., |one| one.outcome.is_some());
        done.filter_map(|one| Some((one.ticket, one.outcome?)))
            .collect()
    }

    /// How [`Self::voice`] is laid out.
    pub fn voice_layout(&self) -> Layout {
        self.net.encoder.voice_layout()
    }

    /// What the encoder makes of the voice in the samples `stretch` of `pcm` (mono, 16 kHz, in [-1,
    /// 1], at most 30 s): before its first layer and after each, the mean of every value over the
    /// positions of that stretch, and then its deviation. Laid out as [`Self::voice_layout`] tells:
    /// `[layers, 2, width]`.
    pub fn voice(&self, pcm: &[f32], stretch: Range<usize>) -> Result<Vec<f32>, RecogniseError> {
        let mut encoding = self.encoding(pcm, self.silence, None)?;
        encoding.keep_voice(stretch).map_err(failed)?;
        while self
            .net
            .encoder
            .advance(&mut encoding)
            .map_err(failed)?
            .is_none()
        {}
        Ok(encoding.take_voice().unwrap_or_default())
    }

    /// Has the sound of `job` encoded, and its voice kept where that is asked for.
    fn listen(&self, job: &Job, mut encoding: Encoding) -> Result<Stage, RecogniseError> {
        if let Some(stretch) = job.voice.clone().filter(|_| self.emotion.is_some()) {
            let own = context::left_samples(job);
            encoding
                .keep_voice(own + stretch.start..own + stretch.end)
                .map_err(failed)?;
        }
        Ok(Stage::Encode(encoding))
    }

    fn encoding(
        &self,
        pcm: &[f32],
        silence: Silence,
        settled: Option<Arc<Settled>>,
    ) -> Result<Encoding, RecogniseError> {
        let window = Window::new(pcm.len(), silence, self.net.encoder.positions());
        let mel = match &settled {
            Some(settled) => {
                let first = first_frame(settled.positions());
                self.mel.log_mel_from(pcm, first, settled.loudest())
            }
            None => self.mel.log_mel(pcm),
        };
        let begun = self.net.encoder.begin(&mel, window, settled);
        begun.map_err(failed)
    }

    /// Takes the sound one layer further, and begins the text once it is through.
    fn encode(&mut self, one: &mut Underway) -> Result<(), RecogniseError> {
        let Stage::Encode(encoding) = &mut one.stage else {
            return Ok(());
        };
        if let Some(encoded) = self.net.encoder.advance(encoding).map_err(failed)? {
            let (sequence, cross) = self.net.decoder.begin(&encoded, encoding).map_err(failed)?;
            // The voice is the same when it is heard once more.
            one.voice = encoding.take_voice().or(one.voice.take());
            if is_kept(&one.job) && one.first.is_none() {
                one.settled = encoding.settle(cross, &one.job.audio);
            }
            let request = self.request(&one.job, one.effort);
            let mut decoding = Decoding::new(sequence, request);
            let (decoder, tokens) = (&self.net.decoder, &self.tokens);
            let (before, read) = match &one.job.left_context {
                Some(context) => {
                    let read = decoding.read_left_context(decoder, tokens);
                    (Some(context.words.tokens.clone()), read)
                }
                // Who has no time to hear it once more had better not be misled by it.
                None if one.first.is_none() && one.effort > Effort::Least => {
                    let before = context::before(&one.job, tokens);
                    let read = before.as_ref();
                    let read = read.map(|before| decoding.read_before(before, decoder, tokens));
                    (before, read.unwrap_or(Ok(())))
                }
                None => (None, Ok(())),
            };
            read.map_err(failed)?;
            one.before = before.unwrap_or_default();
            one.stage = Stage::Decode(decoding);
        }
        Ok(())
    }

    fn request(&mut self, job: &Job, effort: Effort) -> Request {
        let context = job.left_context.as_ref().map(|context| &context.words);
        let (languages, confirmed) = match &job.confirmed {
            Some(confirmed) => (Arc::from([confirmed.lang]), confirmed.tokens.clone()),
            None if let Some(context) = context => (Arc::from([context.lang]), Vec::new()),
            None => (Arc::clone(&job.languages), Vec::new()),
        };
        // Only what may stay is worth more than one text, and not while others wait.
        let competes = job.purpose.may_be_last() && effort > Effort::Least;
        Request {
            expected: job.expected.clone().filter(|expected| {
                languages.contains(&expected.lang) && self.tokens.are_text(&expected.tokens)
            }),
            languages,
            confirmed,
            left_context: context.map_or_else(Vec::new, |words| words.tokens.clone()),
            hotwords: self.hotwords.get(&job.vocabulary, &self.tokens),
            language_model: self.language_model.clone(),
            limit: self
                .judge
                .rejection
                .most_tokens(seconds(job))
                .min(self.longest()),
            beam: if competes { self.beam } else { 1 },
        }
    }

    /// The answer, if the text of `one` has come to its end and need not be heard once more.
    fn conclude(&self, one: &mut Underway) -> Option<Result<Hypothesis, RecogniseError>> {
        let (answer, repeats) = match &one.stage {
            Stage::Decode(decoding) if decoding.is_done() => (
                self.judge.answer(&one.job, decoding),
                one.repeats_what_was_said_before(decoding),
            ),
            _ => return None,
        };
        let answer = match one.first.take() {
            None if repeats || self.is_doubtful(one, &answer) => {
                one.job.left_context = None;
                match self.listen_closely(&one.job) {
                    Ok(stage) => {
                        one.stage = stage;
                        one.first = Some(FirstHearing { answer, repeats });
                        return None;
                    }
                    Err(_) => answer,
                }
            }
            // Whoever says the same again is heard to do so without being told.
            None | Some(FirstHearing { repeats: true, .. }) => answer,
            // Noise has two chances to pass for speech now, so the second result must be
            // convincing.
            Some(first)
                if answer.mean_log_prob >= self.judge.rejection.doubtful
                    && answer.is_better_than(&first.answer) =>
            {
                answer
            }
            Some(first) => first.answer,
        };
        let mut hypothesis = answer.hypothesis;
        hypothesis.kept = one.settled.take().map(KeptSound::new);
        if let (Some(reader), Some(states), Some(stretch)) =
            (&self.emotion, one.voice.take(), one.job.voice.clone())
            && !hypothesis.words.is_empty()
        {
            match reader.read(states, &one.job.audio[stretch]) {
                Ok(voice) => hypothesis.voice = Some(voice),
                Err(error) => return Some(Err(error)),
            }
        }
        Some(Ok(hypothesis))
    }

    /// Begins to encode all of its sound again, with more of the silence around it.
    fn listen_closely(&self, job: &Job) -> Result<Stage, RecogniseError> {
        let encoding = self.encoding(&job.audio, self.closer, None)?;
        self.listen(job, encoding)
    }

    /// Most tokens a text may have.
    fn longest(&self) -> usize {
        self.net.decoder.capacity() / 2
    }

    /// Whether `answer` is to be heard once more: it is a final, and likely to be wrong.
    fn is_doubtful(&self, one: &Underway, answer: &Answer) -> bool {
        let Answer {
            hypothesis,
            mean_log_prob,
        } = answer;
        one.effort > Effort::Least
            && one.job.purpose.may_be_last()
            && !self.judge.rejection.too_quiet(&one.job.audio)
            && hypothesis.rejected != Some(Rejection::OtherLanguage)
            && (hypothesis.rejected.is_some()
                || hypothesis.looped
                || !hypothesis.unrecognised.is_empty()
                || *mean_log_prob < self.judge.rejection.doubtful)
    }
}

/// Whether what can be settled in the sound of `job` is kept for the next look. After a pause there seldom is one; and
/// Mandarin loses words by it (AISHELL with looks every 0.9 s: 13.1 % of characters wrong without, 13.6 to 13.9 % with it)
/// where English does not.
fn is_kept(job: &Job) -> bool {
    matches!(job.purpose, Purpose::Partial | Purpose::First)
        && job.languages.iter().all(|lang| !lang.is_unspaced())
}

fn failed(error: candle_core::Error) -> RecogniseError {
    RecogniseError(error.to_string())
}

#[cfg(test)]
mod tests;
