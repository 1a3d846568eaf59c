//! Recordings as files: WAV, FLAC, MP3 and Ogg Opus, at any sample rate.
//!
//! [`AudioFile`] is what a file holds, with what is odd about it; [`Recording`] is the one or two
//! channels of it that are listened to.

mod channels;
mod container;
pub(crate) mod flac;
#[cfg(test)]
mod formats;
mod mp3;
mod ogg_opus;
mod problem;
mod room;
mod wav;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use sidetone_media::audio::resample::resample;

pub use channels::{ChannelMap, ChannelMapError, Levels};
use container::Container;
pub use problem::{AudioFileError, AudioFileProblem, AudioFileWarning};
pub use room::Room;

/// What a file holds, decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct AudioFile {
    /// Samples per second of each channel.
    pub rate_hz: u32,
    /// Any number of channels of the same length, samples in [-1, 1].
    pub channels: Vec<Vec<f32>>,
    /// What whoever uses it should know.
    pub warnings: Vec<AudioFileWarning>,
}

/// Sound to listen to.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// Samples per second of each channel.
    pub rate_hz: u32,
    /// One or two channels of the same length, samples in [-1, 1].
    pub channels: Vec<Vec<f32>>,
}

const RATES_HZ: std::ops::RangeInclusive<u32> = 4_000..=384_000;

impl AudioFile {
    /// Reads the file at `path`, if there is room for it.
    pub fn open(path: &Path, room: Room) -> Result<Self, AudioFileError> {
        read(path, room)
            .and_then(|bytes| decode(&bytes, room))
            .map_err(|problem| problem.of(path.display()))
    }

    /// The sound to listen to: the channels that are `named`, the agent's first, or the one or two
    /// that there are.
    pub fn recording(mut self, named: Option<&ChannelMap>) -> Result<Recording, AudioFileProblem> {
        let levels = || Levels::of(&self.channels);
        let channels = match named {
            Some(map) => {
                let missing = map
                    .in_order()
                    .find(|&channel| channel >= self.channels.len());
                if let Some(channel) = missing {
                    let levels = levels();
                    return Err(AudioFileProblem::NoChannel { channel, levels });
                }
                map.in_order()
                    .map(|channel| std::mem::take(&mut self.channels[channel]))
                    .collect()
            }
            None if self.channels.len() > 2 => {
                return Err(AudioFileProblem::Channels { levels: levels() });
            }
            None => self.channels,
        };
        Ok(Recording {
            rate_hz: self.rate_hz,
            channels,
        })
    }
}

impl Recording {
    /// Reads the file at `path`, of one or two channels, and leaves unsaid what is odd about it.
    pub fn open(path: &Path) -> Result<Self, AudioFileError> {
        AudioFile::open(path, Room::TOOL)?
            .recording(None)
            .map_err(|problem| problem.of(path.display()))
    }

    /// Reads a file that is in memory. Errors call it `name`.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, AudioFileError> {
        decode(bytes, Room::TOOL)
            .and_then(|file| file.recording(None))
            .map_err(|problem| problem.of(name))
    }

    /// How long it lasts.
    pub fn duration(&self) -> Duration {
        let samples = self.channels.first().map_or(0, Vec::len);
        Duration::from_secs_f64(samples as f64 / f64::from(self.rate_hz))
    }

    /// The same sound at `rate_hz`.
    #[must_use]
    pub fn at_rate(&self, rate_hz: u32) -> Self {
        let channels = self.channels.iter();
        let channels = channels.map(|samples| resample(samples, self.rate_hz, rate_hz));
        Self {
            rate_hz,
            channels: channels.collect(),
        }
    }

    /// Leaves one of two channels if both carry the same sound, and says so.
    ///
    /// One may come some ms later than the other, or be a little quieter: the louder is left.
    pub fn single_if_dual_mono(&mut self) -> Option<AudioFileWarning> {
        let [one, other] = self.channels.as_slice() else {
            return None;
        };
        let louder = channels::same_sound(one, other, self.rate_hz)?;
        self.channels = vec![self.channels.swap_remove(louder)];
        Some(AudioFileWarning::DualMono)
    }
}

/// All bytes of a file that can be read by the first of them.
fn read(path: &Path, room: Room) -> Result<Vec<u8>, AudioFileProblem> {
    let mut file = File::open(path).map_err(AudioFileProblem::Read)?;
    // A directory opens like a file, and fails only when it is read.
    if file.metadata().is_ok_and(|meta| meta.is_dir()) {
        return Err(AudioFileProblem::Read(io::ErrorKind::IsADirectory.into()));
    }
    let mut bytes = Vec::new();
    let head = file.by_ref().take(container::LOOKED_AT);
    { head }
        .read_to_end(&mut bytes)
        .map_err(AudioFileProblem::Read)?;
    container::recognise(&bytes)?;
    // One that grows meanwhile has no more room.
    let left = (room.bytes() - bytes.len()) as u64 + 1;
    file.take(left)
        .read_to_end(&mut bytes)
        .map_err(AudioFileProblem::Read)?;
    if bytes.len() > room.bytes() {
        let most = room.bytes();
        return Err(AudioFileProblem::TooLarge { most });
    }
    Ok(bytes)
}

fn decode(bytes: &[u8], room: Room) -> Result<AudioFile, AudioFileProblem> {
    let file = match container::recognise(bytes)? {
        Container::Wav => wav::read(bytes, room)?,
        Container::Flac => flac::read(bytes, room)?,
        Container::Mp3 => mp3::read(bytes, room)?,
        Container::OggOpus => ogg_opus::read(bytes, room)?,
    };
    if !RATES_HZ.contains(&file.rate_hz) {
        return Err(AudioFileProblem::Rate(file.rate_hz));
    }
    if file.channels.first().is_none_or(Vec::is_empty) {
        return Err(AudioFileProblem::Empty);
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use hound::{SampleFormat, WavSpec, WavWriter};
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// A quarter of full scale, then half of it, with the sign turned on every second channel.
    const LEVELS: [f32; 2] = [0.25, 0.5];
    const SAMPLES: usize = 4_000;

    fn level(i: usize, channel: u16) -> f32 {
        let sign = if channel.is_multiple_of(2) { 1.0 } else { -1.0 };
        sign * LEVELS[i * 2 / SAMPLES]
    }

    fn wav(channels: u16, rate: u32, bits: u16, format: SampleFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let spec = WavSpec {
            channels,
            sample_rate: rate,
            bits_per_sample: bits,
            sample_format: format,
        };
        let mut file = WavWriter::new(&mut bytes, spec).expect("a valid header");
        for (i, channel) in (0..SAMPLES).flat_map(|i| (0..channels).map(move |c| (i, c))) {
            let written = match format {
                SampleFormat::Float => file.write_sample(level(i, channel)),
                SampleFormat::Int => {
                    let scale = f64::from(1_u32 << (bits - 1));
                    file.write_sample((f64::from(level(i, channel)) * scale) as i32)
                }
            };
            written.expect("memory takes all");
        }
        file.finalize().expect("memory takes all");
        bytes.into_inner()
    }

    /// Four channels, of which the second and the fourth are silent.
    fn four_channels() -> AudioFile {
        let mut file =
            decode(&wav(4, 8_000, 16, SampleFormat::Int), Room::TOOL).expect("a recording");
        file.channels[1].fill(0.0);
        file.channels[3].fill(0.0);
        file
    }

    #[test]
    fn wav_of_any_format_reads_back() {
        for (channels, rate, bits, format, exact_to) in [
            (1, 8_000, 16, SampleFormat::Int, 1e-6),
            (2, 8_000, 16, SampleFormat::Int, 1e-6),
            (1, 16_000, 8, SampleFormat::Int, 1e-2),
            (2, 44_100, 24, SampleFormat::Int, 1e-6),
            (1, 48_000, 32, SampleFormat::Int, 1e-6),
            (2, 11_025, 32, SampleFormat::Float, 1e-6),
        ] {
            let case = format!("{channels} channels of {bits} bit {format:?}");
            let file = decode(&wav(channels, rate, bits, format), Room::TOOL).expect(&case);
            assert_eq!((file.rate_hz, file.warnings), (rate, vec![]), "{case}");
            assert_eq!(file.channels.len(), usize::from(channels), "{case}");
            for (channel, samples) in (0..channels).zip(&file.channels) {
                assert_eq!(samples.len(), SAMPLES, "{case}");
                for (i, sample) in samples.iter().enumerate() {
                    let off = (sample - level(i, channel)).abs();
                    assert!(off <= exact_to, "{case}: sample {i} is off by {off}");
                }
            }
        }
    }

    #[test]
    fn channels_of_a_media_server_are_used_by_the_names_they_are_given() {
        let file = four_channels();
        for (named, channels) in [
            ("agent=0,customer=2", vec![0, 2]),
            ("customer=0,agent=2", vec![2, 0]),
            ("customer=2", vec![2]),
        ] {
            let map = named.parse().expect(named);
            let recording = file.clone().recording(Some(&map)).expect(named);
            let expected: Vec<&Vec<f32>> = channels.iter().map(|&c| &file.channels[c]).collect();
            assert_eq!(recording.channels.iter().collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn channels_that_nobody_named_are_listed_with_how_loud_they_are() {
        let problem = four_channels().recording(None).expect_err("four channels");
        let message = problem.to_string();
        let levels = "has 4 channels (0: -8 dB, 1: silent, 2: -8 dB, 3: silent)";
        assert!(message.starts_with(levels), "{message}");
        assert!(message.contains("`--channels agent=0,customer=1`"));
        let map = "agent=0,customer=4".parse().expect("a map");
        let problem = four_channels().recording(Some(&map)).expect_err("no fifth");
        let message = problem.to_string();
        assert!(message.starts_with("has no channel 4: "), "{message}");
        assert!(message.ends_with("3: silent"), "{message}");
    }

    #[test]
    fn a_channel_that_was_saved_twice_is_heard_once() {
        let mut recording = decode(&wav(1, 8_000, 16, SampleFormat::Int), Room::TOOL)
            .and_then(|file| file.recording(None))
            .expect("a recording");
        assert_eq!(recording.single_if_dual_mono(), None);
        let single = recording.clone();
        recording.channels.push(single.channels[0].clone());
        let warning = recording.single_if_dual_mono();
        assert_eq!(warning, Some(AudioFileWarning::DualMono));
        assert_eq!(recording, single);
    }

    #[test]
    fn what_is_no_recording_is_told_apart() {
        let slow = wav(1, 100, 16, SampleFormat::Int);
        let empty = wav(1, 8_000, 16, SampleFormat::Int)[..44].to_vec();
        for (case, bytes, expected) in [
            ("text", b"Dear Sir or Madam".repeat(40), "is not a WAV"),
            ("nothing", Vec::new(), "is not a WAV"),
            ("an empty WAV", empty, "holds no sound"),
            ("slow motion", slow, "100 Hz"),
        ] {
            let problem = decode(&bytes, Room::TOOL).expect_err(case).to_string();
            assert!(problem.contains(expected), "{case}: {problem}");
        }
    }

    #[test]
    fn a_file_is_given_up_once_it_has_no_more_room() {
        let flac: &[u8] = include_bytes!("../../../../tests/calls/en-billing-dispute.flac");
        let wav = wav(1, 8_000, 16, SampleFormat::Int);
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("call");
        for (case, file, samples, expected) in [
            ("wav", &*wav, SAMPLES - 1, Some("lasts too long")),
            ("wav", &wav, SAMPLES, None),
            ("flac", flac, 700_000, Some("lasts too long")),
            ("flac", flac, 900_000, None),
            ("not even decoded", flac, 10_000, Some("is larger than")),
        ] {
            std::fs::write(&path, file).expect("writable");
            let read = AudioFile::open(&path, Room::of(samples));
            let problem = read.err().map(|error| error.problem.to_string());
            let fits = match (&problem, expected) {
                (Some(problem), Some(expected)) => problem.starts_with(expected),
                (problem, expected) => problem.is_none() && expected.is_none(),
            };
            assert!(fits, "{case}: {problem:?}");
        }
    }

    #[test]
    fn errors_name_the_file_once() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let text = dir.path().join("notes.mp3");
        std::fs::write(&text, "hello").expect("writable");
        for path in [text, dir.path().join("missing.wav"), dir.path().to_owned()] {
            let error = Recording::open(&path).expect_err("no recording");
            let named = error.to_string();
            assert!(
                named.starts_with(&format!("{}: ", path.display())),
                "{named}"
            );
            let source = std::error::Error::source(&error);
            assert!(source.is_none(), "it would be told twice: {source:?}");
        }
    }

    #[test]
    fn another_rate_keeps_the_length_in_time() {
        let recording = decode(&wav(2, 44_100, 16, SampleFormat::Int), Room::TOOL)
            .and_then(|file| file.recording(None))
            .expect("a recording");
        let narrow = recording.at_rate(8_000);
        assert_eq!((narrow.rate_hz, narrow.channels.len()), (8_000, 2));
        let apart = narrow.duration().abs_diff(recording.duration());
        assert!(apart < Duration::from_millis(1), "{apart:?}");
    }

    /// Sizes, tags and counts that have been seen in headers, and any other number.
    fn number() -> impl Strategy<Value = u32> {
        prop_oneof![
            proptest::sample::select(vec![
                0,
                1,
                2,
                7,
                16,
                18,
                40,
                0x31,
                0xfffe,
                0x7fff_f000,
                0x7fff_ffff,
                0x8000_0000,
                0xffff_fffe,
                u32::MAX,
            ]),
            any::<u32>(),
        ]
    }

    proptest! {
        #[test]
        fn a_header_with_any_numbers_is_refused_or_leaves_no_more_sound_than_its_bytes_hold(
            channels in 1_u16..5,
            numbers in vec((0_usize..17, any::<bool>(), number()), 0..5),
            chunks in vec((0_usize..2, proptest::sample::select(vec![*b"LIST", *b"fact", *b"fmt ", *b"data", *b"\0\0\0\0"]), number()), 0..3),
            cut in proptest::option::of(0_usize..200),
        ) {
            let mut bytes = wav(channels, 8_000, 16, SampleFormat::Int);
            bytes.truncate(400);
            for (at, id, size) in chunks {
                // Before or behind the format, which takes 24 bytes.
                let at = 12 + 24 * at;
                let size = size.to_le_bytes();
                bytes.splice(at..at, id.into_iter().chain(size));
            }
            for (field, narrow, number) in numbers {
                let number = number.to_le_bytes();
                let number = if narrow { &number[..2] } else { &number[..] };
                bytes[4 * field..][..number.len()].copy_from_slice(number);
            }
            bytes.truncate(cut.unwrap_or(usize::MAX));
            if let Ok(file) = decode(&bytes, Room::TOOL) {
                let lengths: Vec<usize> = file.channels.iter().map(Vec::len).collect();
                prop_assert!(lengths.iter().all(|&length| length == lengths[0] && length > 0));
                // The most that MP3 makes of a byte.
                prop_assert!(lengths.iter().sum::<usize>() <= bytes.len() * 48);
            }
        }
    }
}
