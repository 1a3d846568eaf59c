//! Whose voice it is that a leg carries: its own party's, or another leg's that comes back.
//!
//! A handset, a loudspeaker or a bad hybrid gives the other side's voice back, some time later and
//! weaker. It is found by what explains it: a filter of 8 ms at a lag of up to 350 ms that makes 85
//! % of 300 ms of one leg out of the other one's earlier sound. Two people who speak at once
//! explain next to nothing of each other, whatever they say.
//!
//! ```text
//! frame ─► history (8 kHz) ─► window of 300 ms, each 100 ms ─► path: lag, filter ─► what is left ─► own or echo
//! ```
//!
//! | question | file |
//! |---|---|
//! | what a leg sounded like of late | `history.rs` |
//! | how late a sound is in another, and what filter makes it | `least_squares.rs` |
//! | whether one leg's voice comes back on another, and how | `path.rs` |

mod history;
mod least_squares;
mod path;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use sidetone_types::time::MediaTime;
use sidetone_types::vad::FRAME;

use crate::segment::Spurt;
use history::{History, SHORT};
use least_squares::energy;
use path::{Path, Twin, WINDOW};

/// Frames that are remembered: 40 s, more than the longest utterance and the wait for its words.
const REMEMBERED: usize = 2_000;
/// Frames after which a window is judged: 100 ms.
const STEP: usize = 5;
/// Frames of a window.
const FRAMES: usize = WINDOW as usize / SHORT;
/// Frames of voice in a window in which an echo that is not known yet is looked for: 200 ms.
const WHOLE: usize = 10;
/// Frames that are judged once a way is found: 3 s. Short words may come before it is.
const BEFORE: usize = 150;
/// A frame is an echo where less than this share of the 300 ms around it is left.
const LEFT: f32 = 0.25;
/// Whatever noise there is: where more than this is left, somebody may speak.
const MOST_LEFT: f32 = 0.5;
/// Louder is no noise: mean square, -50 dB of full scale.
const LOUDEST_NOISE: f32 = 1e-5;
/// A single frame of which less is left, by what is known so far, begins no utterance.
const LEFT_OF_FRAME: f32 = 0.3;
/// Frames of voice of its own without which nothing of an utterance remains: 160 ms.
const LEAST: usize = 8;
/// Quieter frames are silent: mean square, -65 dB of full scale.
const SILENCE: f32 = 3e-7;
/// Frames over which the noise of a leg is sought: 2 s.
const NOISE_FRAMES: usize = 100;
/// Frames of a copy's voice after which two legs are known to carry one sound: 5 s.
const COPY: u32 = 250;

/// Tells echoes from voices, for all legs of a call.
pub struct EchoDetector {
    legs: Vec<Track>,
    on: bool,
}

#[derive(Default)]
struct Track {
    history: History,
    marks: VecDeque<Mark>,
    /// How many of the marks have been judged.
    judged: usize,
    /// From each other leg to this one.
    paths: Vec<Path>,
    /// Frames of voice, one after another, that are as loud on another leg.
    same: u32,
    copy: bool,
}

/// A frame, as it was heard.
#[derive(Clone, Copy)]
struct Mark {
    /// Where it begins, at 8 kHz.
    start: u64,
    energy: f32,
    /// What no other leg explains of that.
    left: f32,
    voiced: bool,
}

impl EchoDetector {
    /// For a call that begins. Off, each sound is its leg's own.
    pub fn new(on: bool) -> Self {
        let legs = Vec::new();
        Self { legs, on }
    }

    /// Takes a frame of a leg that begins at `at`. Whether it is a voice of its own, as far as is
    /// known yet.
    pub fn push(&mut self, leg: usize, at: MediaTime, frame: &[f32; FRAME], voiced: bool) -> bool {
        if !self.on {
            return voiced;
        }
        if self.legs.len() <= leg {
            self.legs.resize_with(leg + 1, Track::default);
        }
        let track = &mut self.legs[leg];
        let start = track.history.push(at, frame);
        let end = start + SHORT as u64;
        let energy = track.history.between(start, end).map_or(0.0, energy);
        if track.marks.len() == REMEMBERED {
            track.marks.pop_front();
            track.judged = track.judged.saturating_sub(1);
        }
        track.marks.push_back(Mark {
            start,
            energy,
            left: energy,
            voiced,
        });
        self.judge(leg);
        voiced && !self.is_echo_so_far(leg, start)
    }

    /// What of an utterance is its party's own: echoes in it are silenced, and it begins and ends
    /// with its own voice. `None` where nothing is left.
    pub fn own_part(&mut self, leg: usize, mut spurt: Spurt) -> Option<Spurt> {
        if leg < self.legs.len() {
            self.judge(leg);
            self.judge_last(leg);
        }
        let Some(track) = self.legs.get(leg) else {
            return Some(spurt);
        };
        let first = spurt.audio_start.samples() / 2;
        let until = first + spurt.audio.len() as u64 / 2;
        let from = track.marks.partition_point(|mark| mark.start < first);
        let to = track.marks.partition_point(|mark| mark.start < until);
        let echoes: Vec<bool> = (from..to).map(|i| track.is_echo(i)).collect();
        if !echoes.contains(&true) {
            return Some(spurt);
        }
        let (start, end) = (spurt.start.samples() / 2, spurt.end.samples() / 2);
        let own = (from..to).zip(&echoes).filter(|(i, echo)| {
            let mark = track.marks[*i];
            !**echo && mark.voiced && mark.start >= start && mark.start < end
        });
        let own: Vec<u64> = own.map(|(i, _)| track.marks[i].start).collect();
        if own.len() < LEAST {
            return None;
        }
        let mut audio = spurt.audio.to_vec();
        for (i, _) in (from..to).zip(&echoes).filter(|(_, echo)| **echo) {
            let at = 2 * (track.marks[i].start - first) as usize;
            let silenced = at.min(audio.len())..(at + FRAME).min(audio.len());
            audio[silenced].fill(0.0);
        }
        spurt.audio = audio.into();
        spurt.start = MediaTime::from_samples(2 * own[0]).max(spurt.start);
        let last = own[own.len() - 1] + SHORT as u64;
        spurt.end = MediaTime::from_samples(2 * last).min(spurt.end);
        Some(spurt)
    }

    /// Whether the leg's sound has turned out to be another leg's, or no longer is; told once each
    /// time.
    pub fn copy_changed(&mut self, leg: usize) -> Option<bool> {
        let track = self.legs.get_mut(leg)?;
        let copy = match track.same {
            COPY.. => true,
            0 => false,
            _ => track.copy,
        };
        (std::mem::replace(&mut track.copy, copy) != copy).then_some(copy)
    }

    /// Judges what has been heard of a leg, as far as the others have come.
    fn judge(&mut self, leg: usize) {
        let others = self.legs.len();
        if others < 2 {
            return;
        }
        self.legs[leg].paths.resize_with(others, Path::default);
        let mut track = std::mem::take(&mut self.legs[leg]);
        while track.judged + STEP <= track.marks.len() {
            let last = track.judged + STEP - 1;
            let end = track.marks[last].start + SHORT as u64;
            let step = track.marks.range(track.judged..=last);
            let voiced = step.filter(|mark| mark.voiced && mark.energy > SILENCE * SHORT as f32);
            if voiced.count() > 0 {
                let legs = self.legs.iter().enumerate();
                let legs = legs.filter(|(other, _)| *other != leg);
                let mut late = legs.clone().filter(|(other, there)| {
                    // Who has sent nothing for long is not waited for.
                    let needed = track.paths[*other].needs(end);
                    there.history.end() < needed
                        && there.history.end() + history::REMEMBERED as u64 / 2 > needed
                });
                if late.next().is_some() {
                    break;
                }
                for (other, there) in legs {
                    let twin = match there.paths.get(leg).is_some_and(Path::is_found) {
                        true => Twin::Other,
                        false if other < leg => Twin::This,
                        false => Twin::Later,
                    };
                    track.compare(other, &there.history, (last, end), twin);
                }
            }
            track.judged += STEP;
        }
        self.legs[leg] = track;
    }

    /// Judges the last frames, which do not make a step yet, by the ways that are known.
    fn judge_last(&mut self, leg: usize) {
        let unjudged = self.legs[leg].judged..self.legs[leg].marks.len();
        for i in unjudged {
            let start = self.legs[leg].marks[i].start;
            if let Some(left) = self.left(leg, start) {
                let mark = &mut self.legs[leg].marks[i];
                mark.left = mark.left.min(left);
            }
        }
    }

    /// Whether the frame at `start` is an echo by the ways that are known.
    fn is_echo_so_far(&self, leg: usize, start: u64) -> bool {
        let own = self.legs[leg].history.between(start, start + SHORT as u64);
        let left = self.left(leg, start);
        own.zip(left)
            .is_some_and(|(own, left)| left < LEFT_OF_FRAME * energy(own))
    }

    /// The energy that the ways that are known leave of the frame at `start`.
    fn left(&self, leg: usize, start: u64) -> Option<f32> {
        let track = &self.legs[leg];
        let end = start + SHORT as u64;
        let own = track.history.between(start, end)?;
        let ways = track.paths.iter().zip(&self.legs);
        let left = ways.filter_map(|(path, there)| path.left(own, &there.history, end));
        left.min_by(f32::total_cmp)
    }
}

impl Track {
    /// Compares the window up to mark `last`, which ends at `end`, with another leg.
    fn compare(&mut self, other: usize, theirs: &History, (last, end): (usize, u64), twin: Twin) {
        let Some(from) = end.checked_sub(WINDOW) else {
            return;
        };
        let Some(own) = self.history.between(from, end) else {
            return;
        };
        let voice = |frames: usize| {
            let marks = self.marks.range((last + 1).saturating_sub(frames)..=last);
            marks.filter(|mark| mark.voiced).count()
        };
        let (voiced, whole) = (voice(STEP), voice(FRAMES) >= WHOLE);
        let judged = self.paths[other].judge(own, theirs, end, (whole, twin));
        let Some(judged) = judged else {
            if voiced == STEP {
                self.same = 0;
            }
            return;
        };
        if judged.same {
            self.same += voiced as u32;
        }
        let first = end - judged.residual.len() as u64;
        for mark in self
            .marks
            .range_mut((last + 1).saturating_sub(FRAMES)..=last)
        {
            let at = usize::try_from(mark.start.wrapping_sub(first)).unwrap_or(usize::MAX);
            if let Some(left) = judged.residual.get(at..at.saturating_add(SHORT)) {
                mark.left = mark.left.min(energy(left));
            }
        }
        if judged.new {
            // What was heard before the way was known is an echo as well.
            let before = (last + 1).saturating_sub(BEFORE)..(last + 1).saturating_sub(FRAMES);
            for mark in self.marks.range_mut(before) {
                let end = mark.start + SHORT as u64;
                let own = self.history.between(mark.start, end);
                let left = own.and_then(|own| self.paths[other].left(own, theirs, end));
                mark.left = left.map_or(mark.left, |left| left.min(mark.left));
            }
        }
    }

    /// Whether frame `i` is an echo: of the 300 ms around it most is explained, and nothing but
    /// noise is left.
    fn is_echo(&self, i: usize) -> bool {
        let reach = FRAMES / 2;
        let around = i.saturating_sub(reach)..(i + reach + 1).min(self.marks.len());
        let around = self.marks.range(around);
        let frames = around.len() as f32;
        let (all, left) = around.fold((0.0, 0.0), |(all, left), mark| {
            (all + mark.energy, left + mark.left)
        });
        if left >= MOST_LEFT * all {
            return false;
        }
        let noise = frames * self.noise(i);
        left - noise < LEFT * (all - noise)
    }

    /// The energy of the quietest frame before frame `i`, which noise has at least.
    fn noise(&self, i: usize) -> f32 {
        let before = self.marks.range(i.saturating_sub(NOISE_FRAMES)..=i);
        before
            .map(|mark| mark.energy)
            .fold(LOUDEST_NOISE * SHORT as f32, f32::min)
    }
}
