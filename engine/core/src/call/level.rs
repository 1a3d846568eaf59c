//! How loud a leg is.

use std::time::Duration;

use sidetone_types::time::samples_to_duration;
use sidetone_types::vad::FRAME;

/// Mean square of what is no silence: 60 dB below full scale.
const SOUND: f32 = 1e-6;

/// Takes a leg's frames.
#[derive(Debug, Default)]
pub(super) struct Level {
    frames: u64,
    sound: u64,
    /// Mean square of the loudest frame.
    loudest: f32,
}

impl Level {
    pub fn push(&mut self, frame: &[f32; FRAME]) {
        let squares: f32 = frame.iter().map(|sample| sample * sample).sum();
        let mean = squares / FRAME as f32;
        self.frames += 1;
        self.sound += u64::from(mean > SOUND);
        self.loudest = self.loudest.max(mean);
    }

    /// How much has come, silence and sound alike.
    pub fn heard(&self) -> Duration {
        samples_to_duration(self.frames * FRAME as u64)
    }

    /// How much of that was sound.
    pub fn sound(&self) -> Duration {
        samples_to_duration(self.sound * FRAME as u64)
    }

    /// The loudest frame, in dB below full scale; `None` if there was none but digital silence.
    pub fn loudest_db(&self) -> Option<f32> {
        (self.loudest > 0.0).then(|| 10.0 * self.loudest.log10())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_and_sound_are_counted_apart() {
        let mut level = Level::default();
        level.push(&[0.0; FRAME]);
        assert_eq!((level.loudest_db(), level.sound()), (None, Duration::ZERO));
        level.push(&[0.1; FRAME]);
        level.push(&[0.000_1; FRAME]);
        assert_eq!(level.heard(), Duration::from_millis(60));
        assert_eq!(level.sound(), Duration::from_millis(20));
        let loudest = level.loudest_db().expect("there was some");
        assert!((loudest + 20.0).abs() < 0.1, "{loudest}");
    }
}
