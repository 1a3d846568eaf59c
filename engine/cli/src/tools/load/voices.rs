//! Recordings as coded utterances, ready to be sent.

use std::path::PathBuf;

use anyhow::ensure;
use sidetone::audio_file::Recording;
use sidetone::config::Config;
use sidetone::recognition::model_loader;
use sidetone::samples::{SampleCall, utterances};
use sidetone_core::segment::Spurt;
use sidetone_media::audio::{Codec, encode};
use sidetone_types::time::SAMPLE_RATE;

use super::turns::Length;
use crate::tools::recordings;

/// Samples in a packet of 20 ms at 8 kHz.
const PACKET: usize = 160;
/// The same at the engine's own rate.
const PACKET_INSIDE: u64 = SAMPLE_RATE as u64 / 50;

/// What one call may say, by side: agent, customer.
pub struct Voices {
    /// Languages the call is opened with.
    pub languages: Vec<String>,
    /// Each side's utterances; at least one.
    pub sides: [Vec<Utterance>; 2],
}

/// An utterance in mu-law.
pub struct Utterance {
    /// Where its voice is.
    pub length: Length,
    coded: Vec<u8>,
}

impl Utterance {
    /// The sound of its packet `n`.
    pub fn packet(&self, n: usize) -> &[u8] {
        &self.coded[n * PACKET..(n + 1) * PACKET]
    }
}

/// A packet without any sound: mu-law codes zero like this.
pub const SILENCE: [u8; PACKET] = [0xff; PACKET];

/// Those of `files`, or of the program's own calls if none is given.
pub fn gather(files: &[PathBuf], config: &Config) -> anyhow::Result<Vec<Voices>> {
    if files.is_empty() {
        let own = [SampleCall::EN, SampleCall::ZH];
        return own
            .iter()
            .map(|call| {
                voices(
                    call.name,
                    &call.recording()?,
                    vec![call.lang.to_owned()],
                    config,
                )
            })
            .collect();
    }
    let languages = || config.defaults.languages.iter().map(ToString::to_string);
    files
        .iter()
        .map(|file| {
            let recording = recordings::open(file)?;
            voices(
                &file.display().to_string(),
                &recording,
                languages().collect(),
                config,
            )
        })
        .collect()
}

/// Left is the agent and right the customer; of one channel, both say the same.
fn voices(
    name: &str,
    recording: &Recording,
    languages: Vec<String>,
    config: &Config,
) -> anyhow::Result<Voices> {
    let spurts = utterances(
        recording,
        &model_loader::detectors(config),
        &config.call.segment,
    );
    let line = recording.at_rate(Codec::Pcmu.rate().hz());
    let side = |i: usize| -> Vec<Utterance> {
        let channel = i.min(spurts.len() - 1);
        let spurts = spurts[channel].iter();
        spurts
            .map(|spurt| utterance(spurt, &line.channels[channel]))
            .collect()
    };
    let sides = [side(0), side(1)];
    ensure!(
        sides.iter().all(|side| !side.is_empty()),
        "{name}: nobody speaks on one of its channels"
    );
    Ok(Voices { languages, sides })
}

/// Cuts out whole packets; the last is filled up with silence.
fn utterance(spurt: &Spurt, line: &[f32]) -> Utterance {
    let packets = (spurt.audio.len() as u64).div_ceil(PACKET_INSIDE) as usize;
    let before = (spurt.start.since(spurt.audio_start).as_millis() / 20) as usize;
    let voice = (spurt.end.since(spurt.start).as_millis() / 20) as usize;
    // Twice as many samples inside as on the line.
    let from = (spurt.audio_start.samples() / 2) as usize;
    let mut samples: Vec<f32> = line
        .iter()
        .skip(from)
        .take(packets * PACKET)
        .copied()
        .collect();
    samples.resize(packets * PACKET, 0.0);
    let before = before.min(packets);
    let voice = voice.min(packets - before);
    Utterance {
        length: Length {
            before,
            voice,
            after: packets - before - voice,
        },
        coded: encode(Codec::Pcmu, &samples),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utterances_are_whole_packets_with_their_voice_inside() {
        for voices in gather(&[], &Config::default()).expect("the program's own") {
            for utterance in voices.sides.iter().flatten() {
                let packets = utterance.length.packets();
                assert!(utterance.length.voice > 0 && packets > utterance.length.voice);
                assert_eq!(utterance.packet(packets - 1).len(), SILENCE.len());
                assert_eq!(utterance.coded.len(), packets * PACKET);
            }
        }
    }

    #[test]
    fn of_one_channel_both_sides_say_the_same() {
        let mut recording = SampleCall::EN.recording().expect("of ours");
        recording.channels.truncate(1);
        let voices = voices("mono", &recording, Vec::new(), &Config::default()).expect("speech");
        assert_eq!(voices.sides[0].len(), voices.sides[1].len());
        recording.channels[0].fill(0.0);
        let error = super::voices("mono", &recording, Vec::new(), &Config::default());
        assert!(
            error
                .err()
                .is_some_and(|error| error.to_string().contains("nobody speaks"))
        );
    }
}
