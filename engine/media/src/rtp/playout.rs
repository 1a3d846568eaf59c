//! The sound of one leg, put together without holes: what was received, made up, or silent.

use std::collections::VecDeque;
use std::time::Duration;

use super::media_event::MediaEvent;
use crate::audio::conceal::{Concealer, LONGEST_MS};
use crate::audio::decoder::Decoder;
use crate::audio::rate::SampleRate;
use crate::audio::resample::StreamResampler;
use sidetone_types::time::{MediaTime, samples_to_duration};

/// Writes down what is heard, each piece beginning where the last one ended.
#[derive(Default)]
pub struct Playout {
    voice: Option<Voice>,
    /// Where all that was taken in ends; `None` until something was.
    end: Option<MediaTime>,
    /// Where all that was written down ends: the resampler keeps some ms back.
    written: MediaTime,
    heard: VecDeque<MediaEvent>,
}

/// Sound at one rate, without a break.
struct Voice {
    rate: SampleRate,
    /// Where it began.
    begin: MediaTime,
    resampler: StreamResampler,
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

    /// Sound goes on, with samples at `rate`. They are blended with what was made up before them.
    pub fn sound(&mut self, rate: SampleRate, samples: &mut [f32]) {
        if self.voice.as_ref().is_some_and(|voice| voice.rate != rate) {
            self.flush();
        }
        let begin = self.end.expect("a place comes before its sound");
        let voice = self.voice.get_or_insert_with(|| Voice {
            rate,
            begin,
            resampler: StreamResampler::new(rate),
            concealer: Concealer::new(rate),
        });
        voice.concealer.hear(samples);
        let (wide, end) = voice.push(samples);
        self.write(wide, end);
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

    /// Packets were lost until `to`. Tells how long the sound is that was made up for them, by the
    /// `decoder` of what came before them if it knows how.
    pub fn lost(
        &mut self,
        to: MediaTime,
        packets: u32,
        decoder: Option<&mut dyn Decoder>,
    ) -> Duration {
        let Some(from) = self.end.filter(|&from| from < to) else {
            return Duration::ZERO;
        };
        self.emit(MediaEvent::Lost { from, to, packets });
        let made = self.conceal((to.samples() - from.samples()).min(LONGEST), decoder);
        self.silence(to);
        samples_to_duration(made)
    }

    /// Ends the sound: what was kept back is written down, and the next begins afresh.
    pub fn flush(&mut self) {
        if let Some(mut voice) = self.voice.take() {
            let rest = voice.resampler.flush();
            let end = self.end.expect("a place comes before its sound");
            self.write(rest, end);
        }
    }

    /// Makes up to `longest` samples up, and tells how many. Both are at 16 kHz.
    fn conceal(&mut self, longest: u64, decoder: Option<&mut dyn Decoder>) -> u64 {
        let (Some(voice), Some(from)) = (&mut self.voice, self.end) else {
            return 0;
        };
        let most = voice.rate.from_16_khz(longest) as usize;
        let mut samples = Vec::new();
        if decoder.is_some_and(|decoder| decoder.conceal(most, &mut samples)) {
            samples.truncate(most);
            voice.concealer.hear(&mut samples);
        } else {
            samples = voice.concealer.conceal(most);
        }
        let (wide, end) = voice.push(&samples);
        self.write(wide, end);
        end.samples() - from.samples()
    }

    /// Writes `wide` down, after all that was taken in has come to end at `end`.
    fn write(&mut self, wide: Vec<f32>, end: MediaTime) {
        self.end = Some(end);
        if wide.is_empty() {
            return;
        }
        let at = self.written;
        self.written = later(at, wide.len() as u64);
        self.emit(MediaEvent::Sound { at, samples: wide });
    }
}

impl Voice {
    /// Takes samples in: what is ready of them, and where all sound so far ends.
    fn push(&mut self, samples: &[f32]) -> (Vec<f32>, MediaTime) {
        let wide = self.resampler.push(samples);
        (wide, later(self.begin, self.resampler.due()))
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

    const NARROW: SampleRate = SampleRate::from_hz(8_000);
    const WIDE: SampleRate = SampleRate::from_hz(16_000);
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
        playout.sound(NARROW, &mut [0.1; 240]);
        playout.sound(WIDE, &mut [0.1; 320]);
        playout.silence(MS(1_000));
        playout.sound(WIDE, &mut [0.1; 16]);
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
            playout.sound(WIDE, &mut [0.1; 800]);
            playout.lost(MS(150 + lost_ms), 1, None);
            assert_eq!(all(playout)[1..], expected, "{case}");
        }
    }

    #[test]
    fn nothing_is_made_up_after_silence() {
        let mut playout = at(100);
        assert_eq!(playout.lost(MS(150), 2, None), Duration::ZERO);
        assert_eq!(
            all(playout),
            [("lost", 1_600, 2_400), ("silence", 1_600, 2_400)]
        );
    }
}
