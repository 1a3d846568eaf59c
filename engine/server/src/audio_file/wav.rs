//! WAV files, with headers as killed and piped recorders leave them.
//!
//! Read by hand because a reader that trusts the header (hound, Symphonia) refuses those, and
//! because Symphonia does not know µ-law in a `WAVE_FORMAT_EXTENSIBLE` header.

use sidetone_media::audio::{Codec, decode, pcm};

use super::{AudioFile, AudioFileProblem, AudioFileWarning};

/// Sizes from here on stand for a length that was not known: pipes get 2^32 - 1, 2^31 - 1 or a
/// little less.
const UNKNOWN_FROM: usize = 0x7fff_0000;
/// A header with more is damaged.
const MOST_CHANNELS: usize = 64;

/// How a sample is coded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Coding {
    /// Unsigned.
    Int8,
    Int16,
    Int24,
    Int32,
    Float32,
    Float64,
    Mulaw,
    Alaw,
}

/// What the chunk `fmt ` says.
#[derive(Clone, Copy, Debug)]
struct Format {
    coding: Coding,
    channels: usize,
    rate_hz: u32,
}

/// Reads a file that begins with `RIFF`, a size and `WAVE`.
pub fn read(file: &[u8]) -> Result<AudioFile, AudioFileProblem> {
    let mut format = None;
    let mut rest = file.get(12..).unwrap_or_default();
    while let Some(chunk) = Chunk::first(rest) {
        match chunk.id {
            b"fmt " => format = Some(Format::parse(chunk.body())?),
            b"data" => {
                let format: Format = format.ok_or(AudioFileProblem::Damaged(
                    "it has no format before its data",
                ))?;
                return Ok(format.sound(Data::of(file, &chunk)));
            }
            _ => {}
        }
        rest = chunk.next();
    }
    Err(AudioFileProblem::Damaged("it has no chunk of data"))
}

/// A piece of the file: four letters, a size, and so many bytes. Its end may be missing.
struct Chunk<'a> {
    id: &'a [u8; 4],
    size: usize,
    /// From its body to the end of the file.
    from_body: &'a [u8],
}

impl<'a> Chunk<'a> {
    fn first(bytes: &'a [u8]) -> Option<Self> {
        let (id, rest) = bytes.split_first_chunk()?;
        let (size, from_body) = rest.split_first_chunk()?;
        Some(Self {
            id,
            size: u32::from_le_bytes(*size) as usize,
            from_body,
        })
    }

    fn body(&self) -> &'a [u8] {
        &self.from_body[..self.size.min(self.from_body.len())]
    }

    /// What follows it. After an odd size comes a byte of padding, unless the writer forgot it.
    fn next(&self) -> &'a [u8] {
        let rest = &self.from_body[self.body().len()..];
        match rest {
            [padding, others @ ..] if self.size % 2 == 1 && !is_of_an_id(*padding) => others,
            _ => rest,
        }
    }

    /// Whether it can be one: letters, and no more bytes than there are, unless the end of the file
    /// is cut off.
    fn is_plausible(&self, is_cut: bool) -> bool {
        self.id.iter().all(|byte| is_of_an_id(*byte))
            && (is_cut || self.size <= self.from_body.len())
    }
}

/// Whether an id may begin with it.
fn is_of_an_id(byte: u8) -> bool {
    byte.is_ascii_graphic() || byte == b' '
}

/// The coded sound of a file, and what its header says of its size.
struct Data<'a> {
    bytes: &'a [u8],
    claim: Claim,
}

enum Claim {
    /// All that the header says is there.
    Fits,
    /// It was never written, or not known.
    None,
    /// So many bytes should be there, and more or fewer are.
    Bytes(usize),
}

impl<'a> Data<'a> {
    fn of(file: &'a [u8], chunk: &Chunk<'a>) -> Self {
        let there = chunk.from_body;
        let riff_size = Chunk::first(file).map_or(0, |riff| riff.size);
        let is_cut = riff_size + 8 > file.len();
        // Less than the head of a chunk is padding.
        let sound_follows =
            Chunk::first(chunk.next()).is_some_and(|next| !next.is_plausible(is_cut));
        let (bytes, claim) = match chunk.size {
            0 if sound_follows => (there, Claim::None),
            size @ UNKNOWN_FROM.. if size > there.len() => (there, Claim::None),
            size if size > there.len() => (there, Claim::Bytes(size)),
            // The recorder was killed after it had last brought the sizes up to date.
            size if sound_follows => (there, Claim::Bytes(size)),
            _ => (chunk.body(), Claim::Fits),
        };
        Self { bytes, claim }
    }
}

impl Format {
    fn parse(chunk: &[u8]) -> Result<Self, AudioFileProblem> {
        const CUT: AudioFileProblem = AudioFileProblem::Damaged("its format is cut short");
        let u16_at = |at: usize| {
            let bytes = chunk.get(at..)?.first_chunk()?;
            Some(u16::from_le_bytes(*bytes))
        };
        let rate = chunk.get(4..).and_then(|bytes| bytes.first_chunk());
        let (Some(tag), Some(channels), Some(rate), Some(bits)) =
            (u16_at(0), u16_at(2), rate, u16_at(14))
        else {
            return Err(CUT);
        };
        let tag = match tag {
            EXTENSIBLE => {
                let guid = chunk.get(24..40).ok_or(CUT)?;
                match guid.strip_suffix(&SUBTYPE) {
                    Some(&[low, high]) => u16::from_le_bytes([low, high]),
                    _ => EXTENSIBLE,
                }
            }
            tag => tag,
        };
        let channels = usize::from(channels);
        if !(1..=MOST_CHANNELS).contains(&channels) {
            return Err(AudioFileProblem::Damaged(
                "its number of channels makes no sense",
            ));
        }
        Ok(Self {
            coding: Coding::of(tag, bits)?,
            channels,
            rate_hz: u32::from_le_bytes(*rate),
        })
    }

    fn sound(&self, data: Data<'_>) -> AudioFile {
        let sample = self.coding.bytes();
        let frame = sample * self.channels;
        let channels: Vec<Vec<f32>> = (0..self.channels)
            .map(|channel| {
                let frames = data.bytes.chunks_exact(frame);
                let samples = frames.flat_map(|frame| &frame[channel * sample..][..sample]);
                self.coding.decode(&samples.copied().collect::<Vec<u8>>())
            })
            .collect();
        let found = (data.bytes.len() / frame) as u64;
        let warning = match data.claim {
            Claim::Fits => None,
            Claim::None => Some(AudioFileWarning::NoLength),
            Claim::Bytes(bytes) => AudioFileWarning::of_length((bytes / frame) as u64, found),
        };
        AudioFile {
            rate_hz: self.rate_hz,
            channels,
            warnings: warning.into_iter().collect(),
        }
    }
}

/// The tag of a header that names its coding by a GUID: two bytes of tag and [`SUBTYPE`].
const EXTENSIBLE: u16 = 0xfffe;
/// `KSDATAFORMAT_SUBTYPE` of `ksmedia.h`, less the tag.
const SUBTYPE: [u8; 14] = *b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71";

impl Coding {
    /// The coding with this tag of `mmreg.h` and so many bits in a sample.
    fn of(tag: u16, bits: u16) -> Result<Self, AudioFileProblem> {
        // Fewer bits than fill a byte are the upper ones of it.
        let name = match (tag, bits.div_ceil(8)) {
            (1, 1) => return Ok(Self::Int8),
            (1, 2) => return Ok(Self::Int16),
            (1, 3) => return Ok(Self::Int24),
            (1, 4) => return Ok(Self::Int32),
            (3, 4) => return Ok(Self::Float32),
            (3, 8) => return Ok(Self::Float64),
            (6, _) => return Ok(Self::Alaw),
            (7, _) => return Ok(Self::Mulaw),
            (1, _) => "PCM of an unusual size",
            (2, _) => "Microsoft ADPCM",
            (3, _) => "floating point of an unusual size",
            (0x10, _) => "OKI ADPCM",
            (0x11, _) => "IMA ADPCM",
            (0x14 | 0x42, _) => "G.723",
            (0x22, _) => "TrueSpeech",
            (0x31, _) => "GSM 6.10",
            (0x40 | 0x45 | 0x64, _) => "G.726 ADPCM",
            (0x50, _) => "MPEG audio",
            (0x55, _) => "MP3",
            (0x65 | 0x028f, _) => "G.722",
            (0x83, _) => "G.729",
            (0x0160..=0x0163, _) => "WMA",
            (EXTENSIBLE, _) => "a format with a GUID of its own",
            (tag, _) => return Err(AudioFileProblem::Coding(format!("format {tag:#06x}"))),
        };
        Err(AudioFileProblem::Coding(name.to_owned()))
    }

    /// How many bytes a sample takes.
    const fn bytes(self) -> usize {
        match self {
            Self::Int8 | Self::Mulaw | Self::Alaw => 1,
            Self::Int16 => 2,
            Self::Int24 => 3,
            Self::Int32 | Self::Float32 => 4,
            Self::Float64 => 8,
        }
    }

    /// Whole samples of one channel, in [-1, 1].
    fn decode(self, bytes: &[u8]) -> Vec<f32> {
        /// The largest whole number of 32 bits, and one.
        const FULL_SCALE: f64 = (1_u64 << 31) as f64;
        let scaled = |sample: i32| (f64::from(sample) / FULL_SCALE) as f32;
        // What is no number at all is silence.
        let finite = |sample: f32| if sample.is_finite() { sample } else { 0.0 };
        match self {
            Self::Int8 => bytes
                .iter()
                .map(|&byte| (f32::from(byte) - 128.0) / 128.0)
                .collect(),
            Self::Int16 => pcm::from_le_bytes(bytes),
            Self::Int24 => each(bytes, |&[a, b, c]| scaled(i32::from_le_bytes([0, a, b, c]))),
            Self::Int32 => each(bytes, |&sample| scaled(i32::from_le_bytes(sample))),
            Self::Float32 => each(bytes, |&sample| finite(f32::from_le_bytes(sample))),
            Self::Float64 => each(bytes, |&sample| finite(f64::from_le_bytes(sample) as f32)),
            Self::Mulaw => decode(Codec::Pcmu, bytes),
            Self::Alaw => decode(Codec::Pcma, bytes),
        }
    }
}

fn each<const N: usize>(bytes: &[u8], sample: impl Fn(&[u8; N]) -> f32) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(sample).collect()
}

#[cfg(test)]
mod tests {
    use hound::{SampleFormat, WavSpec, WavWriter};
    use std::io::Cursor;

    use super::*;

    /// 100 ms of two channels in 16 bit at 8 kHz, with an even header of 44 bytes.
    fn sound() -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let spec = WavSpec {
            channels: 2,
            sample_rate: 8_000,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let mut file = WavWriter::new(&mut bytes, spec).expect("a valid header");
        // Voices are quiet: their samples are no letters.
        for i in 0..1_600_i16 {
            file.write_sample(i % 100 - 50).expect("memory takes all");
        }
        file.finalize().expect("memory takes all");
        let bytes = bytes.into_inner();
        assert_eq!(&bytes[36..40], b"data");
        bytes
    }

    fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let mut chunk = id.to_vec();
        chunk.extend((body.len() as u32).to_le_bytes());
        chunk.extend(body);
        chunk
    }

    fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
        let mut body = b"WAVE".to_vec();
        body.extend(chunks.concat());
        chunk(b"RIFF", &body)
    }

    /// A header of `WAVE_FORMAT_EXTENSIBLE`, or of 16 bytes, of one channel at 8 kHz.
    fn format(tag: u16, bits: u16, extensible: bool) -> Vec<u8> {
        let mut fmt = if extensible { EXTENSIBLE } else { tag }
            .to_le_bytes()
            .to_vec();
        fmt.extend(1_u16.to_le_bytes());
        fmt.extend(8_000_u32.to_le_bytes());
        fmt.extend((1_000 * u32::from(bits)).to_le_bytes());
        fmt.extend((bits / 8).to_le_bytes());
        fmt.extend(bits.to_le_bytes());
        if extensible {
            fmt.extend(22_u16.to_le_bytes());
            fmt.extend(bits.to_le_bytes());
            fmt.extend(4_u32.to_le_bytes());
            fmt.extend(tag.to_le_bytes());
            fmt.extend(SUBTYPE);
        }
        chunk(b"fmt ", &fmt)
    }

    /// The file with other sizes in its header: that of RIFF and that of the data.
    fn with_sizes(riff: u32, data: u32) -> Vec<u8> {
        let mut file = sound();
        file[4..8].copy_from_slice(&riff.to_le_bytes());
        file[40..44].copy_from_slice(&data.to_le_bytes());
        file
    }

    #[test]
    fn the_sound_that_is_there_is_used_whatever_a_killed_or_piped_recorder_left_as_sizes() {
        let (riff, data) = (36 + 3_200, 3_200);
        let expected = read(&sound()).expect("a whole file");
        assert_eq!(expected.warnings, []);
        let unknown = || vec![AudioFileWarning::NoLength];
        for (case, file, warnings) in [
            ("ffmpeg's pipe", with_sizes(u32::MAX, u32::MAX), unknown()),
            ("never closed", with_sizes(0, 0), unknown()),
            ("opened as empty", with_sizes(36, 0), unknown()),
            ("closed by RIFF alone", with_sizes(riff, 0), unknown()),
            (
                "sox's pipe",
                with_sizes(0x7fff_f024, 0x7fff_f000),
                unknown(),
            ),
            (
                "a pipe of 2 GiB",
                with_sizes(0x7fff_ffff, 0x7fff_ffff - 36),
                unknown(),
            ),
            (
                "16 bytes too many",
                with_sizes(riff + 16, data + 16),
                vec![AudioFileWarning::CutShort {
                    promised: 804,
                    found: 800,
                }],
            ),
            ("RIFF too small", with_sizes(riff - 8, data), Vec::new()),
            ("RIFF of nothing", with_sizes(0, data), Vec::new()),
            ("RIFF too large", with_sizes(riff + 1_000, data), Vec::new()),
            (
                "data alone too small",
                with_sizes(riff, 1_600),
                vec![AudioFileWarning::GoesOn {
                    promised: 400,
                    found: 800,
                }],
            ),
            (
                "killed half-way after an update",
                with_sizes(36 + 1_600, 1_600),
                vec![AudioFileWarning::GoesOn {
                    promised: 400,
                    found: 800,
                }],
            ),
        ] {
            let read = read(&file).expect(case);
            assert_eq!(read.channels, expected.channels, "{case}");
            assert_eq!(read.warnings, warnings, "{case}");
        }
    }

    #[test]
    fn a_file_that_ends_within_a_frame_leaves_out_the_rest_of_it() {
        let file = sound();
        let expected = read(&file).expect("a whole file").channels;
        let cut = read(&file[..44 + 4 * 300 + 3]).expect("a part of it");
        for (cut, whole) in cut.channels.iter().zip(&expected) {
            assert_eq!(cut, &whole[..300]);
        }
        let (promised, found) = (800, 300);
        assert_eq!(
            cut.warnings,
            [AudioFileWarning::CutShort { promised, found }]
        );
    }

    #[test]
    fn odd_and_unknown_chunks_around_the_sound_are_skipped() {
        let samples = [0x12_u8; 160];
        let list = chunk(b"LIST", b"INFOISFT\x05\0\0\0Lavf5");
        assert_eq!(list.len() % 2, 1);
        let padded = [list.clone(), vec![0]].concat();
        let expected = vec![pcm::from_le_bytes(&samples)];
        let (fmt, data) = (|| format(1, 16, false), || chunk(b"data", &samples));
        for (case, chunks) in [
            ("before", vec![padded.clone(), fmt(), data()]),
            ("between", vec![fmt(), padded.clone(), data()]),
            ("without padding", vec![fmt(), list.clone(), data()]),
            ("of no bytes", vec![fmt(), chunk(b"LIST", b""), data()]),
            (
                "of nonsense",
                vec![fmt(), chunk(b"LIST", b"x\0y"), vec![0], data()],
            ),
            ("behind", vec![fmt(), data(), padded.clone()]),
            (
                "others",
                vec![
                    chunk(b"JUNK", &[0; 28]),
                    fmt(),
                    chunk(b"fact", b"\x01"),
                    vec![0],
                    data(),
                ],
            ),
        ] {
            let file = read(&riff(&chunks)).expect(case);
            assert_eq!(file.channels, expected, "{case}");
            assert_eq!(file.warnings, [], "{case}");
        }
        let whole = riff(&[fmt(), data(), padded]);
        let cut = read(&whole[..whole.len() - 8]).expect("the sound is there");
        assert_eq!((cut.channels, cut.warnings), (expected, vec![]));
    }

    #[test]
    fn an_empty_recording_that_was_closed_stays_empty() {
        let list = chunk(b"LIST", b"INFOISFT\x04\0\0\0Lavf");
        let file = riff(&[format(7, 8, false), chunk(b"data", b""), list]);
        let file = read(&file).expect("a file without sound");
        assert_eq!((file.channels, file.warnings), (vec![vec![]], vec![]));
    }

    #[test]
    fn both_laws_of_g711_are_understood_under_either_header() {
        // ITU-T G.711, tables 1 and 2: the loudest positive code words.
        for (tag, word, expected) in [(7, 0x80, 32_124.0), (6, 0xaa, 32_256.0)] {
            for extensible in [false, true] {
                let file = riff(&[format(tag, 8, extensible), chunk(b"data", &[word; 160])]);
                let file = read(&file).expect("G.711");
                assert_eq!(file.channels, [[expected / 32_768.0; 160]], "{tag}");
            }
        }
    }

    #[test]
    fn codings_that_are_not_read_are_refused_by_name_and_with_what_to_do() {
        for (tag, bits, name) in [
            (0x31, 0, "GSM 6.10"),
            (0x02, 4, "Microsoft ADPCM"),
            (0x11, 4, "IMA ADPCM"),
            (0x45, 4, "G.726 ADPCM"),
            (0x55, 0, "MP3"),
            (0x1234, 0, "format 0x1234"),
            (1, 0, "PCM of an unusual size"),
        ] {
            for extensible in [false, true] {
                let file = riff(&[format(tag, bits, extensible), chunk(b"data", &[0; 65])]);
                let problem = read(&file).expect_err(name).to_string();
                assert!(problem.contains(&format!("coded as {name}")), "{problem}");
                assert!(problem.contains("sox "), "{problem}");
            }
        }
    }

    #[test]
    fn numbers_that_are_none_are_silence() {
        let samples: Vec<u8> = [f32::NAN, f32::INFINITY, 0.5]
            .iter()
            .flat_map(|sample| sample.to_le_bytes())
            .collect();
        let file = riff(&[format(3, 32, false), chunk(b"data", &samples)]);
        let file = read(&file).expect("floating point");
        assert_eq!(file.channels, [[0.0, 0.0, 0.5]]);
    }

    #[test]
    fn headers_that_make_no_sense_are_damaged() {
        let sound = chunk(b"data", &[0; 64]);
        let mut silent = format(7, 8, false);
        silent[10] = 0;
        for (case, file) in [
            ("nothing", b"RIFF\x04\0\0\0WAVE".to_vec()),
            ("no data", riff(&[format(7, 8, false)])),
            ("no format", riff(std::slice::from_ref(&sound))),
            (
                "half a format",
                riff(&[chunk(b"fmt ", &[7, 0, 1, 0]), sound.clone()]),
            ),
            ("no channels", riff(&[silent, sound])),
        ] {
            let problem = read(&file).expect_err(case);
            assert!(
                matches!(problem, AudioFileProblem::Damaged(_)),
                "{case}: {problem}"
            );
        }
    }
}
