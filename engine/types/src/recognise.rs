//! What a call asks of the recogniser, and what it is told. The network itself lives elsewhere.
//!
//! An utterance is recognised in steps, each of them a [`Job`] with all of its sound so far:
//!
//! | step | job | what it is for |
//! |---|---|---|
//! | begin | [`Purpose::First`], nothing kept | the first words, as soon as there are any |
//! | hear more | [`Purpose::Partial`], [`Purpose::Pause`], with what the last answer kept | the words so far |
//! | settle | [`Purpose::Final`], or a pause behind which nothing follows, likewise | the last word |
//! | hear again | [`Purpose::Record`], of several utterances, nothing kept | words for the record |
//!
//! A recogniser that streams keeps its state in [`Hypothesis::kept`], hears the samples it has not had
//! yet, and says which words it will not change ([`Hypothesis::stable`]). One that hears all anew, as
//! Whisper does, keeps what it likes. Since a job has all it takes, any thread may do it, it may fail,
//! and under load it may be left out: no later step depends on it.

use std::any::Any;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::emotion::Impression;
use crate::lang::{ChineseScript, Lang};

/// A word or name to listen for, and how much to favour it.
#[derive(Clone, PartialEq)]
pub struct Phrase {
    /// As it should be written.
    pub text: String,
    /// Added to the log-probability of each of its tokens, half of it in languages written without
    /// spaces; 0 does nothing, 4 is strong.
    pub boost: f32,
}

/// What a job is listened to for.
#[derive(Clone, Default)]
pub struct Vocabulary {
    /// What is listened for in every call: one list for all of them, of which the recogniser makes
    /// what it needs once.
    pub shared: Arc<[Phrase]>,
    /// What people have corrected of late: one list for all calls that were opened since.
    pub learnt: Arc<[Phrase]>,
    /// What a call adds: its own words, the customer's name, what was corrected in it.
    pub own: Arc<[Phrase]>,
}

impl Vocabulary {
    /// All phrases, a call's own first.
    pub fn phrases(&self) -> impl Iterator<Item = &Phrase> {
        let others = self.learnt.iter().chain(&*self.shared);
        self.own.iter().chain(others)
    }
}

/// Why a job is wanted, which decides what gives way under load.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Purpose {
    /// The last word on an utterance. Never shed.
    Final,
    /// A look at an utterance whose speaker pauses: its last word, if nothing follows. May be shed,
    /// but is given as much care as a final.
    Pause,
    /// A look at an utterance that still goes on. May be shed.
    Partial,
    /// The same while no words of it are shown yet, which are waited for most. May be shed.
    First,
    /// A second pass over utterances whose words have been told, for the record. It goes last, and
    /// is never shed.
    Record,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Final,
        Self::Pause,
        Self::Partial,
        Self::First,
        Self::Record,
    ];

    /// Whether the answer may be the last word on an utterance.
    pub fn may_be_last(self) -> bool {
        matches!(self, Self::Final | Self::Pause | Self::Record)
    }
}

/// How much care the recogniser may take.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Effort {
    /// As little as it can: others wait.
    Least,
    /// As much as is of use to its own sound: there is somebody beside it.
    Fair,
    /// As much as it is made for.
    #[default]
    Full,
}

/// What a recogniser keeps of the sound of an utterance from one job about it to the next, so that
/// it hears each part once. Only the recogniser that made it can tell what it is; one that streams
/// keeps its state in it.
#[derive(Clone)]
pub struct KeptSound(Arc<dyn Any + Send + Sync>);

impl KeptSound {
    /// Keeps `state`.
    pub fn new<T: Any + Send + Sync>(state: Arc<T>) -> Self {
        Self(state)
    }

    /// What was kept; `None` if it was another type.
    pub fn get<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        Arc::clone(&self.0).downcast().ok()
    }
}

impl fmt::Debug for KeptSound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeptSound")
    }
}

impl PartialEq for KeptSound {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// One utterance, or the part of it heard so far, to turn into words.
#[derive(Clone)]
pub struct Job {
    /// Decides what gives way under load.
    pub purpose: Purpose,
    /// When the words should be there. The oldest goes first among equals.
    pub due: Instant,
    /// Mono, 16 kHz, in [-1, 1]; at most 30 s.
    pub audio: Arc<[f32]>,
    /// Languages the call allows; the recogniser chooses among them. Never empty.
    pub languages: Arc<[Lang]>,
    /// How Chinese is to be written.
    pub script: ChineseScript,
    /// What the words must begin with, because it was shown as confirmed. `None` while nothing is.
    pub confirmed: Option<Beginning>,
    /// What they are likely to begin with: what the last look heard, that which is confirmed
    /// included. It saves work where it is right, and changes nothing where it is not.
    pub expected: Option<Beginning>,
    /// What the same party said right before: its words may follow from that. A recogniser need not
    /// listen to it.
    pub before: Option<Beginning>,
    /// The same with its sound, if it is so close that both may be one sentence: they are heard
    /// together, and only the words of `audio` are told. A recogniser need not listen to it.
    pub left_context: Option<LeftContext>,
    /// Words and names to favour.
    pub vocabulary: Vocabulary,
    /// What an earlier job about this utterance kept. It need not be of the same sound: the
    /// recogniser finds out.
    pub kept: Option<KeptSound>,
    /// The part of the audio whose voice is to be listened to for its mood, in samples. `None`
    /// where nobody asks.
    pub voice: Option<Range<usize>>,
}

impl fmt::Debug for Job {
    /// Tells sizes, never sound or words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Job({:?}, {} samples)", self.purpose, self.audio.len())
    }
}

/// Words in the recogniser's own terms: the first ones of an utterance, or those before it.
#[derive(Clone, Eq, PartialEq)]
pub struct Beginning {
    /// The language it was recognised in.
    pub lang: Lang,
    /// Text tokens, without the start sequence.
    pub tokens: Vec<u32>,
}

/// What the same party said right before an utterance, as it sounded.
#[derive(Clone)]
pub struct LeftContext {
    /// Up to where the sound of the utterance begins. Mono, 16 kHz, in [-1, 1].
    pub sound: Arc<[f32]>,
    /// The words that were recognised in it.
    pub words: Beginning,
}

impl Beginning {
    /// Some `words` that were recognised in `lang`.
    pub fn of(lang: Lang, words: &[Word]) -> Self {
        let tokens = words.iter().flat_map(|word| word.tokens.iter().copied());
        Self {
            lang,
            tokens: tokens.collect(),
        }
    }
}

/// One word as heard. Times count from the start of the job's audio.
#[derive(Clone, PartialEq)]
pub struct Word {
    /// As written, with the space before it where its language has one.
    pub text: String,
    /// Where the word begins.
    pub start: Duration,
    /// Where it ends, not before `start`.
    pub end: Duration,
    /// How probable it is that the word is right, in [0, 1].
    pub confidence: f32,
    /// The recogniser's tokens of it, for [`Beginning::tokens`].
    pub tokens: Vec<u32>,
}

impl fmt::Debug for Word {
    /// Nobody's words in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Word({:?}..{:?})", self.start, self.end)
    }
}

/// What the recogniser made of a job.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    /// The language it was recognised in.
    pub lang: Lang,
    /// In order; empty if nobody spoke. Begins with the job's confirmed tokens, if it had any.
    pub words: Vec<Word>,
    /// Mean over the words' tokens, as a probability in [0, 1].
    pub confidence: f32,
    /// Set where the decoder began to repeat itself and was stopped.
    pub looped: bool,
    /// Why `words` is empty though there was sound, for the metrics.
    pub rejected: Option<Rejection>,
    /// What they would have been, had they not been [`Unlikely`](Rejection::Unlikely).
    pub doubted: Vec<Word>,
    /// How many of the first words no later job about this utterance changes, because the recogniser
    /// goes on from them. 0 of one that hears all of it anew each time: what two of its jobs agree on
    /// is settled then.
    pub stable: usize,
    /// Where there is voice of which it could make no words, in order. Times count from the start of
    /// the job's audio.
    pub unrecognised: Vec<Range<Duration>>,
    /// What the voice sounds like in the part that the job asked for. `None` without words: a sound
    /// that says nothing, be it laughter, music or a cough, has no mood.
    pub voice: Option<Impression>,
    /// What is to be given to the next job about this utterance, if there is one.
    pub kept: Option<KeptSound>,
}

impl Hypothesis {
    /// Nothing was said, for `why`.
    pub fn silence(lang: Lang, why: Rejection) -> Self {
        Self {
            lang,
            words: Vec::new(),
            confidence: 0.0,
            looped: false,
            rejected: Some(why),
            doubted: Vec::new(),
            stable: 0,
            unrecognised: Vec::new(),
            voice: None,
            kept: None,
        }
    }

    /// The words as one line.
    pub fn text(&self) -> String {
        join(self.words.iter().map(|word| word.text.as_str()))
    }
}

/// Joins words as [`Word::text`] writes them into one line without outer space.
pub fn join<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().collect::<String>().trim().to_owned()
}

/// Why sound was taken for something else than speech.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Rejection {
    /// The second voice detector heard no voice in it, or rather a song.
    NoVoice,
    /// The recogniser itself thinks nobody speaks.
    NoSpeech,
    /// The words were too unlikely.
    Unlikely,
    /// Nothing was left once the repetition was cut off.
    Loop,
    /// It held no words.
    Empty,
    /// It is speech of a language that the call does not allow.
    OtherLanguage,
}

impl Rejection {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::NoVoice,
        Self::NoSpeech,
        Self::Unlikely,
        Self::Loop,
        Self::Empty,
        Self::OtherLanguage,
    ];

    /// A label for metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoVoice => "no_voice",
            Self::NoSpeech => "no_speech",
            Self::Unlikely => "unlikely",
            Self::Loop => "loop",
            Self::Empty => "empty",
            Self::OtherLanguage => "other_language",
        }
    }
}

/// The recogniser could not do its work. The utterance is lost and its call is told.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("recognition failed: {0}")]
pub struct RecogniseError(pub String);

crate::private_debug!(Phrase, Beginning, LeftContext);
