//! Voice decisions in, talk spurts out: where speech begins, pauses and ends.
//!
//! The detector's frames flicker. Hysteresis calms them: a talk spurt begins with enough voice in a
//! short window, ends after enough silence, keeps a little sound before and after, and a long one
//! is cut at its best pause.

mod config;

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use sidetone_types::time::{MediaTime, SAMPLE_RATE};
use sidetone_types::vad::FRAME;

pub use config::SegmentConfig;

/// Frames looked at for the onset of speech: 140 ms.
pub const ONSET_WINDOW: usize = 7;
/// Frames over which a pause is judged when a long utterance is cut: 100 ms.
const PAUSE_WINDOW: usize = 5;
/// The share of a long utterance, from its end, in which the best pause is looked for.
const CUT_SHARE: usize = 2;

/// A stretch of one leg's sound in which somebody may speak.
#[derive(Clone, Debug)]
pub struct Spurt {
    /// Where `audio` begins.
    pub audio_start: MediaTime,
    /// Where voice begins.
    pub start: MediaTime,
    /// Where voice ends.
    pub end: MediaTime,
    /// Mono, 16 kHz: the voice, and a little before and after it.
    pub audio: Arc<[f32]>,
}

/// Silence behind the last voice in which no sound of it is left. A look that has heard this much
/// has heard it all.
pub const FADED: Duration = Duration::from_millis(140);

impl Spurt {
    /// Where the voice lies in `audio`.
    pub fn voice(&self) -> Range<usize> {
        let place = |at: MediaTime| at.index_from(self.audio_start, self.audio.len());
        place(self.start)..place(self.end)
    }

    /// Whether a look at the first `samples` of an utterance that turned out to be this one has
    /// heard all of its voice, and nothing else.
    pub fn is_heard_in(&self, samples: usize) -> bool {
        let until = MediaTime::from_samples(self.audio_start.samples() + samples as u64);
        samples == self.audio.len() || (samples < self.audio.len() && until >= self.end + FADED)
    }
}

/// What the segmenter noticed.
#[derive(Clone, Debug)]
pub enum Cue {
    /// Voice began here.
    Begin(MediaTime),
    /// Voice has paused: if nothing more comes, this spurt is the utterance.
    Pause,
    /// The utterance is over.
    End(Spurt),
    /// What had begun was too short for speech.
    Dropped(MediaTime),
}

enum State {
    /// Nobody speaks. The last frames are kept, one might turn out to be the first of a word.
    Quiet,
    /// Somebody does.
    Speaking {
        start: MediaTime,
        /// End of the last voiced frame.
        last_voice: MediaTime,
        voiced_frames: usize,
        /// Silence after which it ends, as far as is known of this pause.
        end_after: Duration,
    },
}

/// Cuts one leg's sound into talk spurts.
pub struct Segmenter {
    config: SegmentConfig,
    state: State,
    /// Where the next frame begins.
    position: MediaTime,
    /// Sound since `audio_start`: of the open spurt, or what may become its pre-roll.
    audio: VecDeque<f32>,
    /// Per frame of `audio`: voiced or not, and its energy.
    frames: VecDeque<FrameMark>,
}

#[derive(Clone, Copy)]
struct FrameMark {
    voiced: bool,
    energy: f32,
}

impl Segmenter {
    /// Starts in silence.
    pub fn new(config: SegmentConfig) -> Self {
        Self {
            config,
            state: State::Quiet,
            position: MediaTime::ZERO,
            audio: VecDeque::new(),
            frames: VecDeque::new(),
        }
    }

    /// Where the next frame is expected.
    pub fn position(&self) -> MediaTime {
        self.position
    }

    /// End of the last voice of the utterance that is open, if one is.
    pub fn speaking_until(&self) -> Option<MediaTime> {
        match self.state {
            State::Quiet => None,
            State::Speaking { last_voice, .. } => Some(last_voice),
        }
    }

    /// How long the voice of the utterance that is open has paused by now.
    pub fn silence(&self) -> Duration {
        let since = |until| self.position.since(until);
        self.speaking_until().map_or(Duration::ZERO, since)
    }

    /// Whether voice has paused for so long that this may be the end.
    pub fn pausing(&self) -> bool {
        self.silence() >= ms(self.config.pause_ms)
    }

    /// Has the utterance that is open end after so much silence of the pause it is in. Forgotten
    /// once voice comes back.
    pub fn end_after(&mut self, silence: Duration) {
        if let State::Speaking { end_after, .. } = &mut self.state {
            *end_after = silence;
        }
    }

    /// Takes the next 20 ms. A long utterance is not cut before `confirmed_until`, since words up
    /// to there have been promised to it.
    pub fn push(
        &mut self,
        frame: &[f32; FRAME],
        voiced: bool,
        confirmed_until: MediaTime,
    ) -> Vec<Cue> {
        let energy = frame.iter().map(|s| s * s).sum::<f32>() / FRAME as f32;
        self.audio.extend(frame);
        self.frames.push_back(FrameMark { voiced, energy });
        self.position = self.position + FRAME_LENGTH;

        match &mut self.state {
            State::Quiet => self.look_for_onset(),
            State::Speaking {
                last_voice,
                voiced_frames,
                end_after,
                ..
            } => {
                if voiced {
                    *last_voice = self.position;
                    *voiced_frames += 1;
                    *end_after = ms(self.config.end_silence_ms);
                }
                self.look_for_end(confirmed_until)
            }
        }
    }

    /// Ends what is open if its pause has lasted long enough.
    pub fn end_if_due(&mut self) -> Option<Cue> {
        match self.state {
            State::Speaking { end_after, .. } if self.silence() >= end_after => Some(self.end()),
            _ => None,
        }
    }

    /// Whether a look at the first `samples` of the utterance that is open has heard all of its
    /// voice so far, and the silence behind it.
    pub fn is_heard_in(&self, samples: usize) -> bool {
        let until = MediaTime::from_samples(self.audio_start().samples() + samples as u64);
        self.speaking_until()
            .is_some_and(|end| until >= end + FADED)
    }

    /// Goes on at `to`: what lies between was never sound. Ends what is open.
    pub fn jump(&mut self, to: MediaTime) -> Vec<Cue> {
        let cues = self.flush();
        self.audio.clear();
        self.frames.clear();
        self.position = self.position.max(to);
        cues
    }

    /// Ends what is open, because nothing more comes.
    pub fn flush(&mut self) -> Vec<Cue> {
        match self.state {
            State::Quiet => Vec::new(),
            State::Speaking { .. } => vec![self.end()],
        }
    }

    /// The utterance that is open, up to now.
    pub fn so_far(&self) -> Option<Spurt> {
        let State::Speaking {
            start, last_voice, ..
        } = self.state
        else {
            return None;
        };
        let until = self.position.min(last_voice + ms(self.config.post_roll_ms));
        Some(self.spurt(start, last_voice, until))
    }

    fn look_for_onset(&mut self) -> Vec<Cue> {
        let window = self.frames.len().min(ONSET_WINDOW);
        let recent = self.frames.range(self.frames.len() - window..);
        let voiced = recent.clone().filter(|mark| mark.voiced).count();
        if voiced >= frames(self.config.onset_ms).max(1) {
            let first = recent.clone().position(|mark| mark.voiced).unwrap_or(0);
            let start = self.position.back(((window - first) * FRAME) as u64);
            self.keep_from(start - ms(self.config.pre_roll_ms));
            self.state = State::Speaking {
                start,
                last_voice: self.position,
                voiced_frames: voiced,
                end_after: ms(self.config.end_silence_ms),
            };
            return vec![Cue::Begin(start)];
        }
        let keep = frames(self.config.pre_roll_ms) + ONSET_WINDOW;
        let surplus = self.frames.len().saturating_sub(keep);
        self.frames.drain(..surplus);
        self.audio.drain(..surplus * FRAME);
        Vec::new()
    }

    fn look_for_end(&mut self, confirmed_until: MediaTime) -> Vec<Cue> {
        let State::Speaking {
            start,
            last_voice,
            end_after,
            ..
        } = self.state
        else {
            return Vec::new();
        };
        let silence = self.position.since(last_voice);
        let length = self.position.since(start);
        if silence >= end_after {
            return vec![self.end()];
        }
        if silence >= ms(self.config.post_roll_ms) && length >= ms(self.config.soft_max_ms) {
            return vec![self.end()];
        }
        if length >= ms(self.config.hard_max_ms) {
            return self.cut(confirmed_until);
        }
        let pause = ms(self.config.pause_ms);
        if silence >= pause && silence < pause + FRAME_LENGTH {
            return vec![Cue::Pause];
        }
        Vec::new()
    }

    /// Ends the utterance where the last voice was.
    fn end(&mut self) -> Cue {
        let State::Speaking {
            start,
            last_voice,
            voiced_frames,
            ..
        } = self.state
        else {
            unreachable!("only an open utterance is ended")
        };
        self.state = State::Quiet;
        let until = self.position.min(last_voice + ms(self.config.post_roll_ms));
        let cue = if voiced_frames < frames(self.config.min_voice_ms) {
            Cue::Dropped(last_voice)
        } else {
            Cue::End(self.spurt(start, last_voice, until))
        };
        self.keep_from(until);
        cue
    }

    /// Ends a long utterance at its quietest 100 ms, and begins the next one there.
    fn cut(&mut self, confirmed_until: MediaTime) -> Vec<Cue> {
        let State::Speaking { start, .. } = self.state else {
            return Vec::new();
        };
        let first = self.audio_start();
        let promised = confirmed_until.since(first).as_millis() as usize / 20 + 1;
        let from = (self.frames.len() / CUT_SHARE)
            .max(promised)
            .min(self.frames.len());
        let quietest = (from..self.frames.len().saturating_sub(PAUSE_WINDOW)).min_by(|a, b| {
            let energy = |i: usize| {
                self.frames
                    .range(i..i + PAUSE_WINDOW)
                    .map(|mark| mark.energy)
                    .sum::<f32>()
            };
            energy(*a).total_cmp(&energy(*b))
        });
        let at = match quietest {
            Some(i) => first + FRAME_LENGTH * (i + PAUSE_WINDOW / 2) as u32,
            None => self.position,
        };
        let spurt = self.spurt(start, at, at);
        self.keep_from(at);
        let voiced_frames = self.frames.iter().filter(|mark| mark.voiced).count();
        // Should the rest hold no voice at all, it ends as any pause does, and is dropped.
        self.state = State::Speaking {
            start: at,
            last_voice: self.position,
            voiced_frames,
            end_after: ms(self.config.end_silence_ms),
        };
        vec![Cue::End(spurt), Cue::Begin(at)]
    }

    /// Where the sound kept begins: that of the open utterance, if one is.
    pub fn audio_start(&self) -> MediaTime {
        self.position.back(self.audio.len() as u64)
    }

    fn keep_from(&mut self, from: MediaTime) {
        let surplus = (from.samples().saturating_sub(self.audio_start().samples()) as usize
            / FRAME)
            .min(self.frames.len());
        self.frames.drain(..surplus);
        self.audio.drain(..surplus * FRAME);
    }

    fn spurt(&self, start: MediaTime, end: MediaTime, until: MediaTime) -> Spurt {
        let audio_start = self.audio_start();
        let length = (until.samples() - audio_start.samples()) as usize;
        Spurt {
            audio_start,
            start,
            end,
            audio: self
                .audio
                .range(..length.min(self.audio.len()))
                .copied()
                .collect(),
        }
    }
}

const FRAME_LENGTH: Duration = Duration::from_millis(20);

const fn ms(ms: u32) -> Duration {
    Duration::from_millis(ms as u64)
}

const fn frames(ms: u32) -> usize {
    (ms * (SAMPLE_RATE / 1000)) as usize / FRAME
}

#[cfg(test)]
mod tests;
