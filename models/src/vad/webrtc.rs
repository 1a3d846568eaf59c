//! The detector that cuts calls into utterances: WebRTC's, behind an energy gate.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sidetone_types::vad::{FRAME, VoiceDetector};
use webrtc_vad::{SampleRate, Vad, VadMode};

use super::energy::EnergyGate;

/// How readily WebRTC's detector calls something voice.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aggressiveness {
    /// Misses the least and takes the most noise for voice.
    Quality,
    /// A little stricter. Behind the energy gate this misses fewest words for the noise it lets by.
    #[default]
    LowBitrate,
    /// Stricter still.
    Aggressive,
    /// Takes the least noise for voice and clips quiet words.
    VeryAggressive,
}

/// What [`WebRtc`] takes for voice.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebRtcConfig {
    /// How readily noise is taken for voice. Stricter saves work on noise and clips quiet words.
    pub aggressiveness: Aggressiveness,
    /// Nothing below this level is voice. Higher ignores more line noise and more quiet speakers.
    #[schemars(range(min = -90.0, max = -20.0))]
    pub quietest_dbfs: f32,
    /// Voice is at least this much above the noise of its line. Higher ignores more of a noisy
    /// line, and speakers who are hardly louder than it.
    #[schemars(range(min = 0.0, max = 30.0))]
    pub above_noise_db: f32,
    /// The noise of a line is its quietest moment within this time. Shorter adapts sooner, and
    /// takes long vowels for noise.
    #[schemars(range(min = 200, max = 60_000))]
    pub noise_window_ms: u32,
}

impl Default for WebRtcConfig {
    fn default() -> Self {
        Self {
            aggressiveness: Aggressiveness::default(),
            quietest_dbfs: -57.0,
            above_noise_db: 2.0,
            noise_window_ms: 2_000,
        }
    }
}

/// Tells voice from silence and line noise, for next to nothing.
///
/// Music and tones often pass as voice: see [`SecondOpinion`](super::SecondOpinion).
pub struct WebRtc {
    gate: EnergyGate,
    detector: SendVad,
}

impl WebRtc {
    /// A detector for one leg.
    pub fn new(config: &WebRtcConfig) -> Self {
        const FRAME_MS: u32 = 20;
        let window = config.noise_window_ms.div_ceil(FRAME_MS) as usize;
        Self {
            gate: EnergyGate::new(config.quietest_dbfs, config.above_noise_db, window),
            detector: SendVad::new(config.aggressiveness),
        }
    }
}

impl VoiceDetector for WebRtc {
    fn is_voice(&mut self, frame: &[f32; FRAME]) -> bool {
        // The detector learns what noise sounds like, so it hears every frame, behind the gate or
        // not.
        let voiced = self.detector.is_voice(frame);
        self.gate.is_open(frame) && voiced
    }
}

/// WebRTC's detector, which may move to another thread.
struct SendVad(Vad);

// SAFETY: `Vad` of webrtc-vad 0.4.0 owns the C state behind its pointer, which nothing else points
// to. The C code in that version has no mutable variable outside of that state: every `static` of
// `libfvad/src` is a constant table or a function, and it sets up no function pointers at run time.
// So any one thread at a time may use it. Look again when the version changes.
#[expect(
    unsafe_code,
    reason = "the crate holds a raw pointer and does not say what it may do"
)]
unsafe impl Send for SendVad {}

impl SendVad {
    fn new(aggressiveness: Aggressiveness) -> Self {
        let mode = match aggressiveness {
            Aggressiveness::Quality => VadMode::Quality,
            Aggressiveness::LowBitrate => VadMode::LowBitrate,
            Aggressiveness::Aggressive => VadMode::Aggressive,
            Aggressiveness::VeryAggressive => VadMode::VeryAggressive,
        };
        Self(Vad::new_with_rate_and_mode(SampleRate::Rate16kHz, mode))
    }

    fn is_voice(&mut self, frame: &[f32; FRAME]) -> bool {
        let pcm = frame.map(|sample| (sample * 32_768.0) as i16); // saturates
        self.0
            .is_voice_segment(&pcm)
            .expect("20 ms at 16 kHz is a length it knows")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 20 ms of a buzz at 120 Hz with the first twelve harmonics, as vocal cords make it.
    fn buzz(at: usize, level: f32) -> [f32; FRAME] {
        std::array::from_fn(|n| {
            let t = (at * FRAME + n) as f32 / 16_000.0;
            let harmonic = |h: u8| (std::f32::consts::TAU * 120.0 * f32::from(h) * t).sin();
            level * (1..=12).map(harmonic).sum::<f32>() / 12.0
        })
    }

    /// How many of 50 frames at `level`, after a second of silence, are voice.
    fn voiced(config: &WebRtcConfig, level: f32) -> usize {
        let mut detector = WebRtc::new(config);
        for _ in 0..50 {
            assert!(!detector.is_voice(&[0.0; FRAME]), "silence is not voice");
        }
        (0..50)
            .filter(|at| detector.is_voice(&buzz(*at, level)))
            .count()
    }

    #[test]
    fn a_buzz_is_voice_at_the_loudness_of_speech_and_not_when_faint() {
        let config = WebRtcConfig::default();
        assert!(voiced(&config, 0.3) >= 45);
        assert_eq!(voiced(&config, 0.001), 0);
    }

    #[test]
    fn samples_beyond_full_scale_are_clipped_not_wrapped() {
        let mut detector = WebRtc::new(&WebRtcConfig::default());
        let loud = (0..50)
            .filter(|at| detector.is_voice(&buzz(*at, 30.0)))
            .count();
        assert!(loud >= 45);
    }

    #[test]
    fn a_detector_goes_on_where_it_was_on_another_thread() {
        let mut detector = WebRtc::new(&WebRtcConfig::default());
        let before = (0..25)
            .map(|at| detector.is_voice(&buzz(at, 0.3)))
            .collect::<Vec<_>>();
        let after = std::thread::spawn(move || {
            (25..50)
                .map(|at| detector.is_voice(&buzz(at, 0.3)))
                .collect::<Vec<_>>()
        });
        let split = [before, after.join().unwrap()].concat();

        let mut detector = WebRtc::new(&WebRtcConfig::default());
        let whole = (0..50)
            .map(|at| detector.is_voice(&buzz(at, 0.3)))
            .collect::<Vec<_>>();
        assert_eq!(split, whole);
    }

    #[test]
    fn settings_are_read_by_name_and_a_misspelt_one_is_refused() {
        let config: WebRtcConfig =
            toml::from_str("aggressiveness = 'very-aggressive'\nnoise_window_ms = 2000").unwrap();
        assert_eq!(config.aggressiveness, Aggressiveness::VeryAggressive);
        assert_eq!(config.noise_window_ms, 2_000);
        assert_eq!(config.quietest_dbfs, WebRtcConfig::default().quietest_dbfs);
        assert!(toml::from_str::<WebRtcConfig>("agressiveness = 'quality'").is_err());
    }
}
