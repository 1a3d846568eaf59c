//! The energy gate in front of the WebRTC detector: what is quiet, or no louder than the line, is
//! not voice.

use std::collections::VecDeque;

use ndarray::ArrayView1;
use sidetone_types::vad::FRAME;

/// Passes frames that are loud enough in themselves and stand out from the noise of their line.
///
/// The noise is the quietest frame within a window (minimum statistics, Martin 2001, without his
/// smoothing): even fluent speech pauses within a second or two, and noise does not. Until the
/// window has filled nothing is known of the noise, so that a call's first words get through.
///
/// Levels are taken above 250 Hz. Below, noise comes in slow waves that look like words to a gate,
/// and voices lose little there: on a telephone they begin at 300 Hz.
#[derive(Clone, Debug)]
pub(super) struct EnergyGate {
    /// dBFS.
    floor: f32,
    /// dB.
    margin: f32,
    /// Frames.
    window: usize,
    high_pass: HighPass,
    /// The window's running minimum: frames that are quieter than all after them, oldest first,
    /// each with its number.
    minima: VecDeque<(u64, f32)>,
    seen: u64,
}

impl EnergyGate {
    /// Passes frames of `floor` dBFS and more that are `margin` dB above the quietest of the last
    /// `window` frames.
    pub fn new(floor: f32, margin: f32, window: usize) -> Self {
        Self {
            floor,
            margin,
            window,
            high_pass: HighPass::default(),
            minima: VecDeque::new(),
            seen: 0,
        }
    }

    /// Whether the next frame may be voice.
    pub fn is_open(&mut self, frame: &[f32; FRAME]) -> bool {
        let level = dbfs(&frame.map(|sample| self.high_pass.next(sample)));
        let noise = self.noise();
        self.learn(level);
        level >= self.floor && noise.is_none_or(|noise| level >= noise + self.margin)
    }

    /// Level of the line without speech in dBFS, once the window is full.
    fn noise(&self) -> Option<f32> {
        let (_, quietest) = self.minima.front()?;
        (self.seen >= self.window as u64).then_some(*quietest)
    }

    fn learn(&mut self, level: f32) {
        while self
            .minima
            .back()
            .is_some_and(|(_, quietest)| *quietest >= level)
        {
            self.minima.pop_back();
        }
        self.minima.push_back((self.seen, level));
        self.seen += 1;
        let oldest = self.seen.saturating_sub(self.window as u64);
        while self
            .minima
            .front()
            .is_some_and(|(number, _)| *number < oldest)
        {
            self.minima.pop_front();
        }
    }
}

/// A first-order filter, 3 dB down at 250 Hz.
#[derive(Clone, Debug, Default)]
struct HighPass {
    input: f32,
    output: f32,
}

impl HighPass {
    fn next(&mut self, sample: f32) -> f32 {
        const POLE: f32 = 0.9;
        // In silence the output would sink into the numbers next to zero, which are slow to reckon
        // with.
        const TINY: f32 = 1e-20;
        self.output = POLE * self.output + (1.0 + POLE) / 2.0 * (sample - self.input) + TINY;
        self.input = sample;
        self.output
    }
}

/// Level of `frame` relative to a full-scale square wave, at least -100 dB.
fn dbfs(frame: &[f32; FRAME]) -> f32 {
    let frame = ArrayView1::from(frame.as_slice());
    let power = frame.dot(&frame) / FRAME as f32;
    10.0 * power.max(1e-10).log10()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// The highest tone there is, which the filter lets pass whole.
    fn frame_at(dbfs: f32) -> [f32; FRAME] {
        let level = 10_f32.powf(dbfs / 20.0);
        std::array::from_fn(|at| if at % 2 == 0 { level } else { -level })
    }

    /// Feeds `count` frames of one level; whether the last one passed.
    fn feed(gate: &mut EnergyGate, dbfs: f32, count: usize) -> bool {
        (0..count).fold(false, |_, _| gate.is_open(&frame_at(dbfs)))
    }

    #[test]
    fn quiet_frames_never_pass_and_loud_ones_do() {
        for (dbfs, passes) in [(-90.0, false), (-56.0, false), (-54.0, true), (-20.0, true)] {
            let mut gate = EnergyGate::new(-55.0, 3.0, 75);
            assert_eq!(feed(&mut gate, dbfs, 1), passes, "{dbfs} dBFS");
        }
    }

    #[test]
    fn a_steady_noise_is_learnt_and_a_voice_above_it_passes() {
        let mut gate = EnergyGate::new(-55.0, 3.0, 75);
        assert!(feed(&mut gate, -40.0, 75), "nothing is known yet");
        assert!(!feed(&mut gate, -40.0, 1));
        assert!(feed(&mut gate, -30.0, 20));
        assert!(
            !feed(&mut gate, -40.0, 1),
            "the voice did not raise the floor"
        );
    }

    #[test]
    fn noise_that_falls_silent_is_forgotten_after_one_window() {
        let mut gate = EnergyGate::new(-55.0, 3.0, 10);
        feed(&mut gate, -60.0, 10);
        assert!(
            feed(&mut gate, -40.0, 10),
            "louder than what the window remembers"
        );
        assert!(!feed(&mut gate, -40.0, 1), "a window later it is the noise");
    }

    #[test]
    fn rumble_is_heard_fainter_than_a_voice() {
        for (hz, loss) in [(50.0, 13.0..16.0), (250.0, 2.5..3.5), (1_000.0, 0.0..0.5)] {
            let mut filter = HighPass::default();
            let mut tone = (0..50 * FRAME)
                .map(|at| filter.next((std::f32::consts::TAU * hz * at as f32 / 16_000.0).sin()));
            tone.nth(48 * FRAME);
            let level = dbfs(&std::array::from_fn(|_| tone.next().unwrap()));
            assert!(loss.contains(&(-3.0 - level)), "{hz} Hz: {level} dBFS");
        }
    }

    proptest! {
        #[test]
        fn the_noise_is_the_quietest_frame_of_the_window(levels in vec(-90_f32..0.0, 8..100)) {
            let mut gate = EnergyGate::new(-100.0, 0.0, 8);
            for level in &levels {
                gate.learn(*level);
            }
            let quietest = levels[levels.len() - 8..].iter().copied().fold(0.0, f32::min);
            prop_assert_eq!(gate.noise(), Some(quietest));
        }
    }
}
