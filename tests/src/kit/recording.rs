//! The scripted calls of `tests/calls`.

use std::path::{Path, PathBuf};

use sidetone::audio_file::Recording;

/// The call of this name: 8 kHz, left the agent, right the customer.
pub fn recording(name: &str) -> Recording {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("calls")
        .join(format!("{name}.flac"));
    Recording::open(&path).expect("the repository has it")
}

/// Some seconds of one channel.
pub fn leg(recording: &Recording, channel: usize, from_s: f32, to_s: f32) -> Vec<f32> {
    let at = |s: f32| (s * recording.rate_hz as f32) as usize;
    let samples = &recording.channels[channel];
    samples[at(from_s).min(samples.len())..at(to_s).min(samples.len())].to_vec()
}
