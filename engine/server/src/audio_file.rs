//! Recordings as files: WAV and FLAC, one or two channels, any sample rate and format.

use std::fs::File;
use std::io::{self, Cursor};
use std::path::Path;
use std::time::Duration;

use sidetone_core::audio::resample::resample;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoderOptions};
use symphonia::core::errors::Error as Symphonia;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::meta::MetadataOptions;

/// A recording, decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// Samples per second of each channel.
    pub rate_hz: u32,
    /// One or two channels of the same length, samples in [-1, 1].
    pub channels: Vec<Vec<f32>>,
}

/// A file that cannot be used as a recording: which, and why.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {problem}")]
pub struct AudioFileError {
    /// The file, as it was named.
    pub name: String,
    /// What is wrong with it.
    #[source]
    pub problem: AudioFileProblem,
}

/// What keeps a file from being used as a recording.
#[derive(Debug, thiserror::Error)]
pub enum AudioFileProblem {
    /// It cannot be opened or read.
    #[error("cannot be read: {0}")]
    Read(io::Error),
    /// It is something else than WAV or FLAC.
    #[error("is not a WAV or FLAC file")]
    NotAudio,
    /// It is a WAV or FLAC file, coded in a way that is not understood.
    #[error("is coded in a way that is not supported ({0}); convert it to 16-bit PCM")]
    Unsupported(&'static str),
    /// Its content contradicts itself.
    #[error("is damaged ({0})")]
    Damaged(&'static str),
    /// It ends before its header says, or some of it cannot be decoded.
    #[error("is incomplete: {found} of {promised} samples are there")]
    Incomplete {
        /// Samples per channel, by the header.
        promised: u64,
        /// Samples per channel that could be decoded.
        found: u64,
    },
    /// There is no telling who speaks on which channel.
    #[error("has {0} channels; give it one or two")]
    Channels(usize),
    /// No recording is made at such a rate.
    #[error("has a sample rate of {0} Hz; it should be between 4000 and 384000")]
    Rate(u32),
    /// There is no sound in it.
    #[error("holds no sound")]
    Empty,
}

const RATES_HZ: std::ops::RangeInclusive<u32> = 4_000..=384_000;

impl Recording {
    /// Reads the file at `path`.
    pub fn open(path: &Path) -> Result<Self, AudioFileError> {
        let name = path.display().to_string();
        match File::open(path) {
            // A directory opens like a file, and fails only when it is read.
            Ok(file) if file.metadata().is_ok_and(|meta| meta.is_dir()) => {
                let problem = AudioFileProblem::Read(io::ErrorKind::IsADirectory.into());
                Err(AudioFileError { name, problem })
            }
            Ok(file) => Self::read(name, Box::new(file)),
            Err(error) => Err(AudioFileError {
                name,
                problem: AudioFileProblem::Read(error),
            }),
        }
    }

    /// Reads a file that is in memory. Errors call it `name`.
    pub fn from_bytes(name: &str, bytes: &'static [u8]) -> Result<Self, AudioFileError> {
        Self::read(name.to_owned(), Box::new(Cursor::new(bytes)))
    }

    fn read(name: String, source: Box<dyn MediaSource>) -> Result<Self, AudioFileError> {
        decode(source).map_err(|problem| AudioFileError { name, problem })
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
}

fn decode(source: Box<dyn MediaSource>) -> Result<Recording, AudioFileProblem> {
    let stream = MediaSourceStream::new(source, Default::default());
    let mut file = symphonia::default::get_probe()
        .probe(
            &Hint::new(),
            stream,
            FormatOptions::default(),
            MetadataOptions::default(),
        )
        .map_err(not_audio)?;
    let track = file
        .default_track(TrackType::Audio)
        .ok_or(AudioFileProblem::Empty)?;
    let promised = track.num_frames;
    let params = track
        .codec_params
        .as_ref()
        .and_then(|params| params.audio())
        .ok_or(AudioFileProblem::Unsupported("no codec is named"))?
        .clone();
    let channels = params.channels.as_ref().map_or(0, |layout| layout.count());
    if !(1..=2).contains(&channels) {
        return Err(AudioFileProblem::Channels(channels));
    }
    let rate_hz = params.sample_rate.unwrap_or(0);
    if !RATES_HZ.contains(&rate_hz) {
        return Err(AudioFileProblem::Rate(rate_hz));
    }
    let channels = samples(file.as_mut(), &params, channels, promised)?;
    let found = channels[0].len() as u64;
    match promised {
        Some(promised) if found < promised => Err(AudioFileProblem::Incomplete { promised, found }),
        _ if found == 0 => Err(AudioFileProblem::Empty),
        _ => Ok(Recording { rate_hz, channels }),
    }
}

/// All samples up to the end of the file, even one that comes early.
fn samples(
    file: &mut dyn FormatReader,
    params: &AudioCodecParameters,
    channels: usize,
    promised: Option<u64>,
) -> Result<Vec<Vec<f32>>, AudioFileProblem> {
    let options = AudioDecoderOptions::default().verify(true);
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(params, &options)
        .map_err(problem)?;
    let mut sound = vec![Vec::new(); channels];
    let mut piece = Vec::new();
    loop {
        let packet = match file.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            Err(Symphonia::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(problem(error)),
        };
        let decoded = decoder.decode(&packet).map_err(problem)?;
        if decoded.num_planes() != channels {
            return Err(AudioFileProblem::Damaged("the number of channels changes"));
        }
        decoded.copy_to_vecs_planar::<f32>(&mut piece);
        for (all, new) in sound.iter_mut().zip(&piece) {
            all.extend_from_slice(new);
        }
    }
    let complete = promised.is_none_or(|promised| sound[0].len() as u64 >= promised);
    if complete && decoder.finalize().verify_ok == Some(false) {
        return Err(AudioFileProblem::Damaged("its checksum does not fit"));
    }
    Ok(sound)
}

/// A file that cannot be made sense of from its first bytes is no audio file to us.
fn not_audio(error: Symphonia) -> AudioFileProblem {
    match error {
        Symphonia::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            AudioFileProblem::NotAudio
        }
        Symphonia::Unsupported(_) => AudioFileProblem::NotAudio,
        error => problem(error),
    }
}

fn problem(error: Symphonia) -> AudioFileProblem {
    match error {
        Symphonia::IoError(error) => AudioFileProblem::Read(error),
        Symphonia::DecodeError(what) | Symphonia::LimitError(what) => {
            AudioFileProblem::Damaged(what)
        }
        Symphonia::Unsupported(what) => AudioFileProblem::Unsupported(what),
        Symphonia::SeekError(_) | Symphonia::ResetRequired => {
            AudioFileProblem::Damaged("its parts do not fit together")
        }
        _ => AudioFileProblem::Damaged("it makes no sense"),
    }
}

#[cfg(test)]
mod tests {
    use hound::{SampleFormat, WavSpec, WavWriter};

    use super::*;

    /// A quarter of full scale, then half of it, with the sign turned on the second channel.
    const LEVELS: [f32; 2] = [0.25, 0.5];
    const SAMPLES: usize = 4_000;

    fn level(i: usize, channel: u16) -> f32 {
        let sign = if channel == 0 { 1.0 } else { -1.0 };
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

    /// A WAV file of one channel in G.711, which hound does not write. `law` is 6 (A) or 7 (µ).
    fn g711(law: u16, samples: &[u8]) -> Vec<u8> {
        let mut fmt = Vec::new();
        fmt.extend(law.to_le_bytes());
        fmt.extend(1_u16.to_le_bytes());
        fmt.extend(8_000_u32.to_le_bytes());
        fmt.extend(8_000_u32.to_le_bytes());
        fmt.extend(1_u16.to_le_bytes());
        fmt.extend(8_u16.to_le_bytes());
        fmt.extend(0_u16.to_le_bytes());
        let mut chunks = b"WAVEfmt ".to_vec();
        chunks.extend((fmt.len() as u32).to_le_bytes());
        chunks.extend(fmt);
        chunks.extend(b"data");
        chunks.extend((samples.len() as u32).to_le_bytes());
        chunks.extend(samples);
        let mut file = b"RIFF".to_vec();
        file.extend((chunks.len() as u32).to_le_bytes());
        file.extend(chunks);
        file
    }

    fn read(bytes: Vec<u8>) -> Result<Recording, AudioFileProblem> {
        decode(Box::new(Cursor::new(bytes)))
    }

    const FLAC: &[u8] = include_bytes!("../../../tests/calls/en-billing-dispute.flac");

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
            let recording = read(wav(channels, rate, bits, format)).expect(&case);
            assert_eq!(recording.rate_hz, rate, "{case}");
            assert_eq!(recording.channels.len(), usize::from(channels), "{case}");
            for (channel, samples) in (0..channels).zip(&recording.channels) {
                assert_eq!(samples.len(), SAMPLES, "{case}");
                for (i, sample) in samples.iter().enumerate() {
                    let off = (sample - level(i, channel)).abs();
                    assert!(off <= exact_to, "{case}: sample {i} is off by {off}");
                }
            }
        }
    }

    #[test]
    fn both_laws_of_g711_are_understood() {
        // ITU-T G.711, tables 1 and 2: the loudest positive code words.
        for (law, word, expected) in [(7, 0x80, 32_124.0), (6, 0xaa, 32_256.0)] {
            let recording = read(g711(law, &[word; 160])).expect("G.711");
            assert_eq!(recording.channels, [[expected / 32_768.0; 160]], "{law}");
        }
    }

    #[test]
    fn flac_reads_with_both_channels_apart() {
        let recording = Recording::from_bytes("call.flac", FLAC).expect("a recording of ours");
        assert_eq!(recording.rate_hz, 8_000);
        let [agent, customer] = &recording.channels[..] else {
            panic!("the call has two channels");
        };
        assert_eq!(agent.len(), customer.len());
        assert!((recording.duration().as_secs_f32() - 50.5).abs() < 0.1);
        // The agent speaks first: see the call's description.
        let energy = |samples: &[f32]| samples[8_000..32_000].iter().map(|s| s * s).sum::<f32>();
        assert!(energy(agent) > 100.0 * energy(customer));
    }

    #[test]
    fn what_is_no_recording_is_told_apart() {
        let sound = wav(1, 8_000, 16, SampleFormat::Int);
        let cut = sound[..sound.len() / 2].to_vec();
        let silent = g711(7, &[]);
        let mut broken = FLAC.to_vec();
        let middle = broken.len() / 2;
        broken[middle..middle + 64].fill(0x55);
        // The last 16 bytes of the first block are a checksum over all samples (RFC 9639 §8.2).
        let mut altered = FLAC.to_vec();
        altered[4 + 4 + 34 - 1] ^= 1;
        for (case, bytes, expected) in [
            (
                "text",
                b"Dear Sir or Madam".repeat(40),
                "is not a WAV or FLAC",
            ),
            ("nothing", Vec::new(), "is not a WAV or FLAC"),
            ("a cut WAV", cut, "is incomplete"),
            (
                "a cut FLAC",
                FLAC[..FLAC.len() / 2].to_vec(),
                "is incomplete",
            ),
            ("a broken FLAC", broken, "is incomplete"),
            ("an altered FLAC", altered, "is damaged"),
            ("an empty WAV", silent, "holds no sound"),
            (
                "surround",
                wav(6, 8_000, 16, SampleFormat::Int),
                "6 channels",
            ),
            ("slow motion", wav(1, 100, 16, SampleFormat::Int), "100 Hz"),
        ] {
            match read(bytes) {
                Ok(recording) => panic!("{case} was read: {:?}", recording.duration()),
                Err(problem) => {
                    assert!(problem.to_string().contains(expected), "{case}: {problem}");
                }
            }
        }
    }

    #[test]
    fn errors_name_the_file() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let text = dir.path().join("notes.txt");
        std::fs::write(&text, "hello").expect("writable");
        for path in [text, dir.path().join("missing.wav"), dir.path().to_owned()] {
            let error = Recording::open(&path)
                .expect_err("no recording")
                .to_string();
            assert!(error.starts_with(&path.display().to_string()), "{error}");
        }
    }

    #[test]
    fn another_rate_keeps_the_length_in_time() {
        let recording = read(wav(2, 44_100, 16, SampleFormat::Int)).expect("a recording");
        let narrow = recording.at_rate(8_000);
        assert_eq!((narrow.rate_hz, narrow.channels.len()), (8_000, 2));
        let apart = narrow.duration().abs_diff(recording.duration());
        assert!(apart < Duration::from_millis(1), "{apart:?}");
    }
}
