//! Voice decisions in, talk spurts out: where speech begins, pauses and ends.
//!
//! The detector's frames flicker. Hysteresis calms them: a talk spurt begins with enough voice in a
//! short window, ends after enough silence, keeps a little sound before and after, and a long one is
//! cut at its best pause.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::time::{MediaTime, SAMPLE_RATE};
use crate::vad::FRAME;

/// How talk spurts are cut. All lengths are multiples of 20 ms; others are rounded down.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SegmentConfig {
    /// Voice within the last [`ONSET_WINDOW`] that begins a talk spurt. Lower hears shorter words, and
    /// more clicks.
    pub onset_ms: u32,
    /// Sound kept from before the first voice. Lower loses soft first consonants.
    pub pre_roll_ms: u32,
    /// Sound kept from after the last voice, and the silence after which a first look is taken.
    pub post_roll_ms: u32,
    /// Silence that ends an utterance (endpointing). Lower gives finals sooner and cuts sentences at
    /// shorter pauses.
    pub end_silence_ms: u32,
    /// Voice in all below which a talk spurt is taken for noise.
    pub min_voice_ms: u32,
    /// From this length on, any pause of `post_roll_ms` ends the utterance.
    pub soft_max_ms: u32,
    /// At this length the utterance is cut at its best pause. At most 28,000: the recogniser hears 30 s.
    pub hard_max_ms: u32,
}

impl Default for SegmentConfig {
    fn default() -> Self {
        Self {
            onset_ms: 60,
            pre_roll_ms: 240,
            post_roll_ms: 200,
            end_silence_ms: 500,
            min_voice_ms: 100,
            soft_max_ms: 12_000,
            hard_max_ms: 20_000,
        }
    }
}

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

    /// Whether voice has paused for long enough to take a look: if nothing more comes, all is heard.
    pub fn pausing(&self) -> bool {
        self.speaking_until()
            .is_some_and(|until| self.position >= until + ms(self.config.post_roll_ms))
    }

    /// Takes the next 20 ms. A long utterance is not cut before `confirmed_until`, since words up to there
    /// have been promised to it.
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
                ..
            } => {
                if voiced {
                    *last_voice = self.position;
                    *voiced_frames += 1;
                }
                self.look_for_end(confirmed_until)
            }
        }
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
            start, last_voice, ..
        } = self.state
        else {
            return Vec::new();
        };
        let silence = self.position.since(last_voice);
        let length = self.position.since(start);
        if silence >= ms(self.config.end_silence_ms) {
            return vec![self.end()];
        }
        let paused = silence >= ms(self.config.post_roll_ms);
        if paused && length >= ms(self.config.soft_max_ms) {
            return vec![self.end()];
        }
        if length >= ms(self.config.hard_max_ms) {
            return self.cut(confirmed_until);
        }
        if paused && silence < ms(self.config.post_roll_ms) + FRAME_LENGTH {
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

const FRAME_LENGTH: std::time::Duration = std::time::Duration::from_millis(20);

const fn ms(ms: u32) -> std::time::Duration {
    std::time::Duration::from_millis(ms as u64)
}

const fn frames(ms: u32) -> usize {
    (ms * (SAMPLE_RATE / 1000)) as usize / FRAME
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(config: &SegmentConfig, voice: impl IntoIterator<Item = bool>) -> Vec<Cue> {
        let mut segmenter = Segmenter::new(config.clone());
        let mut cues: Vec<Cue> = voice
            .into_iter()
            .enumerate()
            .flat_map(|(i, voiced)| {
                // Each frame carries its own number, so that a test can tell what was kept.
                segmenter.push(&[i as f32 / 1e6; FRAME], voiced, MediaTime::ZERO)
            })
            .collect();
        cues.extend(segmenter.flush());
        cues
    }

    fn ends(cues: &[Cue]) -> Vec<(u64, u64)> {
        cues.iter()
            .filter_map(|cue| match cue {
                Cue::End(spurt) => Some((spurt.start.as_millis(), spurt.end.as_millis())),
                _ => None,
            })
            .collect()
    }

    fn voice(pattern: &[(bool, usize)]) -> Vec<bool> {
        pattern
            .iter()
            .flat_map(|&(voiced, ms)| vec![voiced; ms / 20])
            .collect()
    }

    #[test]
    fn spurts_begin_and_end_where_voice_does() {
        let config = SegmentConfig::default();
        for (case, pattern, expected) in [
            (
                "one word",
                vec![(false, 1000), (true, 400), (false, 1000)],
                vec![(1000, 1400)],
            ),
            (
                "a short pause stays inside",
                vec![(true, 400), (false, 300), (true, 400), (false, 800)],
                vec![(0, 1100)],
            ),
            (
                "a long pause splits",
                vec![(true, 400), (false, 700), (true, 400)],
                vec![(0, 400), (1100, 1500)],
            ),
            (
                "a click is nothing",
                vec![(false, 500), (true, 40), (false, 1000)],
                vec![],
            ),
            (
                "a blip is dropped",
                vec![(false, 500), (true, 80), (false, 1000)],
                vec![],
            ),
            (
                "call ends while speaking",
                vec![(false, 200), (true, 600)],
                vec![(200, 800)],
            ),
        ] {
            assert_eq!(ends(&run(&config, voice(&pattern))), expected, "{case}");
        }
    }

    #[test]
    fn sound_before_and_after_the_voice_is_kept() {
        let config = SegmentConfig::default();
        let cues = run(&config, voice(&[(false, 1000), (true, 400), (false, 1000)]));
        let Some(Cue::End(spurt)) = cues.last() else {
            panic!("no utterance")
        };
        assert_eq!(spurt.audio_start.as_millis(), 1000 - 240);
        assert_eq!(spurt.audio.len(), (240 + 400 + 200) * 16);
        assert_eq!(spurt.audio[0], 38.0 / 1e6, "the frame at 760 ms");
    }

    #[test]
    fn a_look_at_the_pause_hears_exactly_what_the_final_does() {
        let config = SegmentConfig::default();
        let mut segmenter = Segmenter::new(config);
        let mut looked = None;
        for (i, voiced) in voice(&[(false, 400), (true, 600), (false, 800)])
            .into_iter()
            .enumerate()
        {
            for cue in segmenter.push(&[i as f32 / 1e6; FRAME], voiced, MediaTime::ZERO) {
                match cue {
                    Cue::Pause => looked = segmenter.so_far(),
                    Cue::End(spurt) => {
                        let look = looked.take().expect("a pause comes before the end");
                        assert_eq!(look.audio, spurt.audio);
                        return;
                    }
                    _ => {}
                }
            }
        }
        panic!("no end");
    }

    #[test]
    fn endless_speech_is_cut_at_its_quietest_place_and_not_in_promised_words() {
        let config = SegmentConfig::default();
        for (confirmed_s, expected_cut_ms) in [(0, 13_000), (15, 17_000)] {
            let mut segmenter = Segmenter::new(config.clone());
            let mut cut = None;
            for i in 0..2000_u64 {
                let quiet = (13_000 / 20 - 2..13_000 / 20 + 3).contains(&i)
                    || (17_000 / 20 - 2..17_000 / 20 + 3).contains(&i);
                let level = match (quiet, i < 700) {
                    (true, true) => 0.001,
                    (true, false) => 0.002,
                    (false, _) => 0.1,
                };
                let cues = segmenter.push(
                    &[level; FRAME],
                    true,
                    MediaTime::from_millis(confirmed_s * 1000),
                );
                if let Some(Cue::End(spurt)) =
                    cues.into_iter().find(|cue| matches!(cue, Cue::End(_)))
                {
                    cut = Some(spurt);
                    break;
                }
            }
            let end = cut.expect("a cut").end.as_millis();
            assert!(
                end.abs_diff(expected_cut_ms) <= 40,
                "cut at {end} ms, expected {expected_cut_ms}"
            );
        }
    }

    #[test]
    fn a_long_speech_ends_at_the_first_pause_past_the_soft_limit() {
        let config = SegmentConfig::default();
        let cues = run(
            &config,
            voice(&[(true, 13_000), (false, 220), (true, 1000), (false, 1000)]),
        );
        assert_eq!(ends(&cues), [(0, 13_000), (13_220, 14_220)]);
    }

    proptest! {
        #[test]
        fn spurts_are_in_order_bounded_and_begin_before_they_end(
            voice in prop::collection::vec(prop::bool::weighted(0.6), 0..4000),
        ) {
            let config = SegmentConfig::default();
            let mut open = false;
            let mut last_end = MediaTime::ZERO;
            for cue in run(&config, voice) {
                match cue {
                    Cue::Begin(_) => { prop_assert!(!open); open = true; }
                    Cue::Pause => prop_assert!(open),
                    Cue::Dropped(_) => { prop_assert!(open); open = false; }
                    Cue::End(spurt) => {
                        prop_assert!(open);
                        open = false;
                        prop_assert!(spurt.audio_start <= spurt.start && spurt.start < spurt.end);
                        prop_assert!(last_end <= spurt.start);
                        prop_assert!(spurt.audio.len() <= 28 * SAMPLE_RATE as usize);
                        last_end = spurt.end;
                    }
                }
            }
            prop_assert!(!open);
        }
    }
}
