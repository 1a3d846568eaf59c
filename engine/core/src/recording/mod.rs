//! What is kept of the sound of a call, and what is not.
//!
//! Sound waits here until everything is known of it that decides whether it may be kept: [`Recorder`]
//! holds it back until the words of whatever was said in it have been looked through for secrets, puts
//! silence in their place, and gives the rest away, both sides aligned. It does no I/O: what it gives is
//! written by whoever carries out [`Output::Record`](crate::call::Output::Record).
//!
//! | module | its one reason to exist |
//! |---|---|
//! | here | whether sound is kept, and why |
//! | `delay` | sound that waits, and what of it is to be silent |
//! | `tones` | keys that are heard |

mod delay;
#[cfg(test)]
mod tests;
mod tones;

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use sidetone_types::event::{Consent, EventKind, Recording, RecordingReason, RecordingState};
use sidetone_types::party::Side;
use sidetone_types::secret::SecretKind;
use sidetone_types::time::{MediaTime, duration_to_samples};

use delay::Delay;
use tones::Tones;

/// Sound that has been looked through is given away in pieces of at least this length.
const PIECE: Duration = Duration::from_millis(256);
/// A secret that was asked for has to be said within this time, or its next part.
const HUSHED: Duration = Duration::from_secs(60);
/// Keys of a command follow each other within this time.
const KEYS_WITHIN: Duration = Duration::from_secs(3);

/// What holds for the recording of one call.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RecordingPolicy {
    /// It is recorded from its beginning, unless consent is missing. Else once somebody asks for it.
    pub from_the_start: bool,
    /// Nothing is kept before those who are recorded agree.
    pub needs_consent: bool,
    /// While one of these is asked for or said, silence is kept of both sides.
    pub pause_for: Arc<[SecretKind]>,
    /// What an agent keys in to pause; empty for nothing.
    pub pause_key: Arc<str>,
    /// What an agent keys in to go on; empty for nothing.
    pub resume_key: Arc<str>,
}

/// What somebody wants of a recording.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RecordingOrder {
    /// It is to be recorded.
    Start,
    /// It is to be recorded no more.
    Stop,
    /// Silence is to be kept for a while.
    Pause,
    /// That is over.
    Resume,
    /// Those who are recorded agree, or do not.
    Consent(bool),
}

/// What whoever opens a call wants of its recording.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RecordingWish {
    /// Whether it is to be recorded, where that is left to them.
    pub record: Option<bool>,
    /// The class of recordings it belongs to; empty where its queue tells, or the configuration.
    pub class: String,
    /// Whether those who are recorded agree, if they have been asked already.
    pub consent: Option<bool>,
}

/// What is to be written of a call's sound.
#[derive(Clone, Eq, PartialEq)]
pub enum Recorded {
    /// The next of it, from where the last has ended: samples of the agent's side and of the customer's
    /// in turn, 16 kHz. The first begins with the call.
    Sound(Box<[i16]>),
    /// So many samples of each side are silent next.
    Nothing(u64),
    /// Samples since the beginning of the call, which have been given away and turned out to hold a
    /// secret: they are to be silent.
    Silence(Range<u64>),
}

impl std::fmt::Debug for Recorded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sound(samples) => write!(f, "Sound({} samples)", samples.len() / 2),
            Self::Nothing(samples) => write!(f, "Nothing({samples} samples)"),
            Self::Silence(range) => write!(f, "Silence({range:?})"),
        }
    }
}

/// Something to be told of a recording, and from where on it holds.
pub type Change = (EventKind, MediaTime);

/// Follows the recording of one call.
pub struct Recorder {
    policy: RecordingPolicy,
    /// Somebody wants it to be recorded, and nothing has kept it from that for good.
    wanted: bool,
    /// Whether they agree, if it is known.
    consent: Option<bool>,
    /// Paused by an order, a key or a rule.
    paused: bool,
    /// Paused since a secret is expected: from where on, or when one was said last.
    hushed: Option<MediaTime>,
    /// A secret is expected still, and it was not said within a time, or somebody wanted to go on.
    waited: bool,
    told: RecordingState,
    /// Something has been kept of it.
    begun: bool,
    /// It can be kept no more.
    failed: bool,
    /// From where on the last order holds, and the last change.
    ordered: MediaTime,
    changed: MediaTime,
    /// What was given away before it was known that it is to be silent.
    late: VecDeque<Range<u64>>,
    /// Keys that agents have pressed of late.
    keys: String,
    last_key: MediaTime,
    /// Of each leg, keys that are heard.
    tones: BTreeMap<usize, Tones>,
    delay: Delay,
}

impl Recorder {
    /// Where a secret begins and ends is known to a word's length at best: so much more is silent on
    /// either side of it.
    pub const AROUND: Duration = Duration::from_millis(400);

    /// Of a call that begins.
    pub fn new(policy: RecordingPolicy) -> Self {
        Self {
            wanted: policy.from_the_start,
            policy,
            consent: None,
            paused: false,
            hushed: None,
            waited: false,
            told: RecordingState::Off,
            begun: false,
            failed: false,
            ordered: MediaTime::ZERO,
            changed: MediaTime::ZERO,
            late: VecDeque::new(),
            keys: String::new(),
            last_key: MediaTime::ZERO,
            tones: BTreeMap::new(),
            delay: Delay::default(),
        }
    }

    /// Whether it can be recorded still.
    pub const fn can_record(&self) -> bool {
        !self.failed
    }

    /// What is to be told of how it begins.
    pub fn begin(&mut self) -> Option<Change> {
        let waits = self.wanted && self.policy.needs_consent;
        match waits {
            true => {
                let told = told(RecordingState::Off, RecordingReason::Consent, "");
                Some((told, MediaTime::ZERO))
            }
            false => self.stand(MediaTime::ZERO, RecordingReason::Configured, ""),
        }
    }

    /// Does what `by` wants at `at`, and tells what has changed.
    pub fn order(
        &mut self,
        order: RecordingOrder,
        why: RecordingReason,
        by: &str,
        at: MediaTime,
    ) -> Vec<Change> {
        let mut events = Vec::new();
        let mut why = why;
        // What was wanted later holds.
        if at < self.ordered {
            return events;
        }
        self.ordered = at;
        match order {
            RecordingOrder::Start => self.wanted = true,
            RecordingOrder::Stop => self.wanted = false,
            RecordingOrder::Pause => self.paused = true,
            RecordingOrder::Resume => {
                self.paused = false;
                self.waited |= self.hushed.take().is_some();
            }
            RecordingOrder::Consent(given) => {
                self.consent = Some(given);
                why = RecordingReason::Consent;
                let consent = Consent {
                    given,
                    by: by.to_owned(),
                };
                events.push((EventKind::Consent(consent), at));
            }
        }
        events.extend(self.stand(at, why, by));
        events
    }

    /// Takes a key that an agent has pressed at `at`, and tells what has changed by it.
    pub fn key(&mut self, key: char, at: MediaTime) -> Option<Change> {
        if at.since(self.last_key) > KEYS_WITHIN {
            self.keys.clear();
        }
        self.last_key = at;
        self.keys.push(key);
        let pressed = |wanted: &str| !wanted.is_empty() && self.keys.ends_with(wanted);
        let order = match self.paused {
            false if pressed(&self.policy.pause_key) => RecordingOrder::Pause,
            true if pressed(&self.policy.resume_key) => RecordingOrder::Resume,
            _ => return None,
        };
        self.keys.clear();
        self.order(order, RecordingReason::Key, "", at).pop()
    }

    /// It cannot be kept any more. Tells what has changed, and from where on.
    pub fn fail(&mut self) -> Option<Change> {
        self.failed = true;
        let at = MediaTime::from_samples(self.delay.given());
        self.stand(at, RecordingReason::Failed, "")
    }

    /// Follows what is expected to be said behind an utterance that has ended at `end`.
    pub fn expect(&mut self, expected: Option<SecretKind>, end: MediaTime) -> Option<Change> {
        let secret = expected.filter(|kind| self.policy.pause_for.contains(kind));
        match secret {
            None => {
                self.hushed = None;
                self.waited = false;
            }
            Some(_) if self.waited => {}
            Some(_) => {
                self.hushed.get_or_insert(end);
            }
        }
        self.stand(end, RecordingReason::Secret, "")
    }

    /// Sound has come as far as `now`: a secret that nobody says is not waited for any longer. What is
    /// said of it later is silent by itself.
    pub fn pass(&mut self, now: MediaTime) -> Option<Change> {
        let since = self.hushed.filter(|since| now.since(*since) > HUSHED)?;
        self.hushed = None;
        self.waited = true;
        self.stand(since + HUSHED, RecordingReason::Secret, "")
    }

    /// Takes 20 ms of a leg's sound that begin at `at`.
    pub fn hear(&mut self, (leg, side): (usize, Side), at: MediaTime, sound: &[f32]) {
        // What is not to be kept is not held either.
        if !self.begun {
            return;
        }
        let length = sound.len() as u64;
        let at = at.samples();
        self.delay.push(side, at, sound);
        if self.tones.entry(leg).or_default().push(sound) {
            let heard = at.saturating_sub(2 * length)..at + 2 * length;
            self.late.extend(self.delay.silence(heard));
        }
    }

    /// A secret was said from `start` to `end`: neither side is kept of that, since one may come back on
    /// the other.
    pub fn mute(&mut self, start: MediaTime, end: MediaTime) {
        let around = duration_to_samples(Self::AROUND);
        let range = start.back(around).samples()..end.samples() + around;
        if let Some(since) = &mut self.hushed {
            *since = end.max(*since);
        }
        let late = self.delay.silence(range);
        self.late.extend(late.filter(|_| self.begun));
    }

    /// What may be written once all is known of what was said before `until`; at the `end` of a call, the
    /// last of it too.
    pub fn take(&mut self, until: MediaTime, end: bool) -> Option<Recorded> {
        if !self.begun {
            return None;
        }
        let least = match end {
            true => 1,
            false => duration_to_samples(PIECE),
        };
        if let Some(late) = self.late.pop_front() {
            return Some(Recorded::Silence(late));
        }
        self.delay.take(until.samples(), least)
    }

    /// Tells how it stands from `at` on if that has changed.
    fn stand(&mut self, at: MediaTime, why: RecordingReason, by: &str) -> Option<Change> {
        let mut at = at;
        let agreed = self.consent != Some(false)
            && (!self.policy.needs_consent || self.consent == Some(true));
        let wanted = self.wanted && !self.failed;
        let state = match (wanted && agreed, self.paused || self.hushed.is_some()) {
            (false, _) => RecordingState::Off,
            (true, true) => RecordingState::Paused,
            (true, false) => RecordingState::On,
        };
        if state == self.told {
            return None;
        }
        match state {
            // What somebody has wanted meanwhile is not undone by what was known later.
            RecordingState::On => {
                at = at.max(self.ordered).max(self.changed);
                self.delay.sound_from(at.samples());
                self.changed = at;
            }
            RecordingState::Paused | RecordingState::Off => {
                let late = self.delay.silence_from(at.samples());
                self.late.extend(late.filter(|_| self.begun));
                self.changed = self.changed.max(at);
            }
        }
        self.begun |= state != RecordingState::Off;
        self.told = state;
        Some((told(state, why, by), at))
    }
}

fn told(state: RecordingState, why: RecordingReason, by: &str) -> EventKind {
    EventKind::Recording(Recording {
        state,
        why,
        by: by.to_owned(),
    })
}
