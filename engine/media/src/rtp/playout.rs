//! The sound of one leg, put together without holes: what was received, made up, or silent.

use std::collections::VecDeque;
use std::time::Duration;

use super::media_event::MediaEvent;
use crate::audio::codec::ClockRate;
use crate::audio::conceal::{Concealer, LONGEST_MS};
use crate::audio::resample::Upsampler;
use sidetone_types::time::{MediaTime, samples_to_duration};

/// Writes down what is heard, each piece beginning where the last one ended.
#[derive(Default)]
pub struct Playout {
    voice: Option<Voice>,
    /// Where all that was taken in ends; `None` until something was.
    end: Option<MediaTime>,
    /// Where all that was written down ends: the upsampler keeps up to 30 ms back.
    written: MediaTime,
    heard: VecDeque<MediaEvent>,
}

/// Sound at one rate, without a break.
struct Voice {
    rate: ClockRate,
    upsampler: Upsampler,
    concealer: Concealer,
}

impl Playout {
    /// The next of what was written down.
    pub fn pop(&mut self) -> Option<MediaEvent> {
        self.heard.pop_front()
    }

    /// Where all sound and silence so far ends.
    pub fn end(&self) -> Option<MediaTime> {
        self.end
    }

    /// Whether silence came last, or nothing at all.
    pub fn is_silent(&self) -> bool {
        self.voice.is_none()
    }

    /// Writes down what is no sound.
    pub fn emit(&mut self, heard: MediaEvent) {
        self.heard.push_back(heard);
    }

    /// Sound goes on, with samples at `rate`.
    pub fn sound(&mut self, rate: ClockRate, mut samples: Vec<f32>) {
        if self.voice.as_ref().is_some_and(|voice| voice.rate != rate) {
            self.flush();
        }
        let voice = self.voice.get_or_insert_with(|| Voice {
            rate,
            upsampler: Upsampler::new(rate),
            concealer: Concealer::new(rate),
        });
        voice.concealer.hear(&mut samples);
        let wide = voice.upsampler.push(&samples);
        self.write(wide, samples.len() as u64 * rate.samples_per_tick());
    }

    /// Nothing is heard until `to`. The first time, it begins there.
    pub fn silence(&mut self, to: MediaTime) {
        if let Some(from) = self.end {
            if to <= from {
                return;
            }
            self.flush();
            self.emit(MediaEvent::Silence { from, to });
        }
        self.end = Some(to);
        self.written = to;
    }

    /// Packets were lost until `to`. Tells how long the sound is that was made up for them.
    pub fn lost(&mut self, to: MediaTime, packets: u32) -> Duration {
        let Some(from) = self.end.filter(|&from| from < to) else {
            return Duration::ZERO;
        };
        self.emit(MediaEvent::Lost { from, to, packets });
        let made = self.conceal((to.samples() - from.samples()).min(LONGEST));
        self.silence(to);
        samples_to_duration(made)
    }

    /// Ends the sound: what was kept back is written down, and the next begins afresh.
    pub fn flush(&mut self) {
        if let Some(mut voice) = self.voice.take() {
            let rest = voice.upsampler.flush();
            self.write(rest, 0);
        }
    }

    /// Makes up to `longest` samples up, and tells how many. Both are at 16 kHz.
    fn conceal(&mut self, longest: u64) -> u64 {
        let Some(voice) = &mut self.voice else {
            return 0;
        };
        let per_tick = voice.rate.samples_per_tick();
        let samples = voice.concealer.conceal((longest / per_tick) as usize);
        let wide = voice.upsampler.push(&samples);
        let made = samples.len() as u64 * per_tick;
        self.write(wide, made);
        made
    }

    /// Writes `wide` down, after `taken` samples at 16 kHz were taken in.
    fn write(&mut self, wide: Vec<f32>, taken: u64) {
        let end = self.end.expect("a place comes before its sound");
        self.end = Some(later(end, taken));
        if wide.is_empty() {
            return;
        }
        let at = self.written;
        self.written = later(at, wide.len() as u64);
        self.emit(MediaEvent::Sound { at, samples: wide });
    }
}

/// Longest sound that stands for a loss.
const LONGEST: u64 = MediaTime::from_millis(LONGEST_MS as u64).samples();

fn later(at: MediaTime, samples: u64) -> MediaTime {
    MediaTime::from_samples(at.samples() + samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> MediaTime = MediaTime::from_millis;

    fn all(mut playout: Playout) -> Vec<(&'static str, u64, u64)> {
        playout.flush();
        std::iter::from_fn(|| playout.pop())
            .map(|heard| match heard {
                MediaEvent::Sound { at, samples } => {
                    ("sound", at.samples(), at.samples() + samples.len() as u64)
                }
                MediaEvent::Silence { from, to } => ("silence", from.samples(), to.samples()),
                MediaEvent::Lost { from, to, .. } => ("lost", from.samples(), to.samples()),
                MediaEvent::Dtmf { .. }
                | MediaEvent::Restarted { .. }
                | MediaEvent::NewSource { .. } => unreachable!("no test emits these"),
            })
            .collect()
    }

    fn at(ms: u64) -> Playout {
        let mut playout = Playout::default();
        playout.silence(MS(ms));
        playout
    }

    #[test]
    fn pieces_begin_where_the_last_one_ended_at_either_rate() {
        let mut playout = at(100);
        playout.sound(ClockRate::Hz8000, vec![0.1; 240]);
        playout.sound(ClockRate::Hz16000, vec![0.1; 320]);
        playout.silence(MS(1_000));
        playout.sound(ClockRate::Hz16000, vec![0.1; 16]);
        assert_eq!(playout.end(), Some(MS(1_001)));
        assert_eq!(
            all(playout),
            [
                ("sound", 1_600, 1_760), // a block, less the filter's delay
                ("sound", 1_760, 2_080), // the rest of it, before the rate changes
                ("sound", 2_080, 2_400),
                ("silence", 2_400, 16_000),
                ("sound", 16_000, 16_016),
            ]
        );
    }

    #[test]
    fn a_short_loss_is_concealed_and_a_long_one_ends_in_silence() {
        for (case, lost_ms, expected) in [
            (
                "short",
                20,
                vec![("lost", 2_400, 2_720), ("sound", 2_400, 2_720)],
            ),
            (
                "long",
                500,
                vec![
                    ("lost", 2_400, 10_400),
                    ("sound", 2_400, 3_360),
                    ("silence", 3_360, 10_400),
                ],
            ),
        ] {
            let mut playout = at(100);
            playout.sound(ClockRate::Hz16000, vec![0.1; 800]);
            playout.lost(MS(150 + lost_ms), 1);
            assert_eq!(all(playout)[1..], expected, "{case}");
        }
    }

    #[test]
    fn nothing_is_made_up_after_silence() {
        let mut playout = at(100);
        assert_eq!(playout.lost(MS(150), 2), Duration::ZERO);
        assert_eq!(
            all(playout),
            [("lost", 1_600, 2_400), ("silence", 1_600, 2_400)]
        );
    }
}
