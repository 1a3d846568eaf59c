//! Sound of both sides that waits until it is known what of it may be kept.

use std::collections::VecDeque;
use std::ops::Range;

use sidetone_types::party::Side;
use sidetone_types::time::SAMPLE_RATE;

use super::Recorded;

/// So much sound is given away at once at most. Silence that is longer is no sound.
const PIECE: u64 = 4 * SAMPLE_RATE as u64;
/// So much is held at most, while recognition has stalled for instance. What waits for longer is not
/// kept: nobody knows what is said in it.
const HELD: u64 = 120 * SAMPLE_RATE as u64;

/// Sound from `given` on, and where it is to be silent. Places are samples since the call began.
pub(super) struct Delay {
    /// Up to where sound has been given away.
    given: u64,
    /// Up to where sound has come.
    newest: u64,
    /// What has come since, as it came.
    frames: VecDeque<Frame>,
    /// What is to be silent and not given away yet, in no order.
    silences: Vec<Range<u64>>,
    /// Since when all is to be silent, if it is: at first, from the beginning on.
    silent_since: Option<u64>,
}

struct Frame {
    side: Side,
    at: u64,
    sound: Box<[i16]>,
}

impl Frame {
    fn end(&self) -> u64 {
        self.at + self.sound.len() as u64
    }
}

impl Default for Delay {
    fn default() -> Self {
        Self {
            given: 0,
            newest: 0,
            frames: VecDeque::new(),
            silences: Vec::new(),
            silent_since: Some(0),
        }
    }
}

impl Delay {
    /// Takes sound of a side from `at` on. What has been given away already is left out.
    pub fn push(&mut self, side: Side, at: u64, sound: &[f32]) {
        let sound = sound
            .iter()
            .map(|sample| (sample * 32_768.0).round() as i16);
        let frame = Frame {
            side,
            at,
            sound: sound.collect(),
        };
        if frame.end() > self.given {
            self.newest = self.newest.max(frame.end());
            self.frames.push_back(frame);
        }
    }

    /// All is silent from `at` on. Gives what of it was given away already.
    pub fn silence_from(&mut self, at: u64) -> Option<Range<u64>> {
        let since = self.silent_since.map_or(at, |since| since.min(at));
        self.silent_since = Some(since);
        (at < self.given).then_some(at..self.given)
    }

    /// There is sound again from `at` on.
    pub fn sound_from(&mut self, at: u64) {
        if let Some(since) = self.silent_since.take() {
            self.silences.push(since..at.max(since));
        }
    }

    /// A stretch is to be silent. Gives what of it was given away already.
    pub fn silence(&mut self, range: Range<u64>) -> Option<Range<u64>> {
        let late = range.start..range.end.min(self.given);
        if range.end > self.given {
            self.silences.push(range);
        }
        (late.start < late.end).then_some(late)
    }

    /// Up to where sound has been given away.
    pub fn given(&self) -> u64 {
        self.given
    }

    /// Gives away what comes before `until`, if that is at least so much. Legs of one side are heard
    /// together.
    pub fn take(&mut self, until: u64, least: u64) -> Option<Recorded> {
        let too_old = self.newest.saturating_sub(HELD);
        if too_old > until {
            self.silences.push(until.max(self.given)..too_old);
        }
        let until = until.max(too_old);
        if until < self.given + least.max(1) {
            return None;
        }
        let start = self.given;
        let open = self.silent_since.map(|since| since..u64::MAX);
        let silences = self.silences.iter().cloned().chain(open.clone());
        let silent = silences.filter(|silence| silence.contains(&start));
        let silent_until = silent.map(|silence| silence.end.min(until)).max();
        if let Some(end) = silent_until.filter(|end| end - start >= PIECE) {
            self.pass(end);
            return Some(Recorded::Nothing(end - start));
        }
        let length = (until - start).min(PIECE);
        let end = start + length;
        let mut sound = vec![0_i16; length as usize * 2];
        for frame in &self.frames {
            let skipped = start.saturating_sub(frame.at) as usize;
            let place = frame.at.saturating_sub(start) as usize;
            let samples = frame.sound.iter().skip(skipped);
            let there = sound.chunks_exact_mut(2).skip(place);
            for (to, sample) in there.zip(samples) {
                let to = &mut to[channel(frame.side)];
                *to = to.saturating_add(*sample);
            }
        }
        for silence in self.silences.iter().cloned().chain(open) {
            let [from, to] = [silence.start, silence.end].map(|at| at.clamp(start, end) - start);
            sound[from as usize * 2..to as usize * 2].fill(0);
        }
        self.pass(end);
        Some(Recorded::Sound(sound.into()))
    }

    fn pass(&mut self, end: u64) {
        self.frames.retain(|frame| frame.end() > end);
        self.silences.retain(|silence| silence.end > end);
        self.given = end;
    }
}

/// Where a side stands in a recording: the agent's first.
const fn channel(side: Side) -> usize {
    match side {
        Side::Agent => 0,
        Side::Customer => 1,
    }
}
