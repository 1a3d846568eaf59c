//! WAV files, with headers as killed and piped recorders leave them.
//!
//! Read by hand because a reader that trusts the header (hound, Symphonia) refuses those, and
//! because Symphonia does not know µ-law in a `WAVE_FORMAT_EXTENSIBLE` header.

mod blocks;
mod samples;

use super::{AudioFile, AudioFileProblem, AudioFileWarning, Room, mp3};
use blocks::Blocks;
use samples::Samples;

/// Sizes from here on stand for a length that was not known: pipes get 2^32 - 1, 2^31 - 1 or a
/// little less.
const UNKNOWN_FROM: usize = 0x7fff_0000;
/// A header with more is damaged.
const MOST_CHANNELS: usize = 64;

/// How the sound is coded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Coding {
    /// Each sample by itself, those of all channels in turn.
    Samples(Samples),
    /// In blocks of many samples.
    Blocks(Blocks),
    /// As an MP3 file.
    Mp3,
}

/// What the chunk `fmt ` says.
#[derive(Clone, Copy, Debug)]
struct Format {
    coding: Coding,
    channels: usize,
    rate_hz: u32,
}

/// Reads a file that begins with `RIFF`, a size and `WAVE`.
pub fn read(file: &[u8], room: Room) -> Result<AudioFile, AudioFileProblem> {
    let mut format = None;
    let mut frames = None;
    let mut rest = file.get(12..).unwrap_or_default();
    while let Some(chunk) = Chunk::first(rest) {
        match chunk.id {
            b"fmt " => format = Some(Format::parse(chunk.body())?),
            b"data" => {
                let format: Format = format.ok_or(AudioFileProblem::Damaged(
                    "it has no format before its data",
                ))?;
                return format.sound(Data::of(file, &chunk), frames, room);
            }
            // Sound in blocks says in here where in the last one it ends.
            b"fact" => {
                frames = chunk
                    .body()
                    .first_chunk()
                    .map(|bytes| u32::from_le_bytes(*bytes))
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
        let (Some(tag), Some(channels), Some(rate), Some(align), Some(bits)) =
            (u16_at(0), u16_at(2), rate, u16_at(12), u16_at(14))
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
            coding: Coding::of(tag, bits, channels, align.into())?,
            channels,
            rate_hz: u32::from_le_bytes(*rate),
        })
    }

    /// Decodes the sound, of which there are so many `frames` by the header.
    fn sound(
        &self,
        data: Data<'_>,
        frames: Option<u32>,
        room: Room,
    ) -> Result<AudioFile, AudioFileProblem> {
        let (mut channels, mut warnings) = match self.coding {
            Coding::Samples(samples) => samples.decode(data.bytes, self.channels, room)?,
            Coding::Blocks(blocks) => blocks.decode(data.bytes, self.channels, room)?,
            // It says itself how many channels and samples it has.
            Coding::Mp3 => return mp3::read(data.bytes, room),
        };
        let (bytes, of_frames) = match self.coding {
            Coding::Blocks(blocks) => (blocks.bytes, blocks.frames(self.channels)),
            Coding::Samples(samples) => (samples.bytes() * self.channels, 1),
            Coding::Mp3 => unreachable!("it has been read"),
        };
        let found = (data.bytes.len() / bytes * of_frames) as u64;
        match data.claim {
            Claim::Fits => {
                let padding = frames.and_then(|frames| found.checked_sub(frames.into()));
                if let Some(padding) = padding.filter(|padding| *padding < of_frames as u64) {
                    let last = channels.iter_mut();
                    last.for_each(|all| all.truncate((found - padding) as usize));
                }
            }
            Claim::None => warnings.push(AudioFileWarning::NoLength),
            Claim::Bytes(claimed) => {
                let promised = (claimed / bytes * of_frames) as u64;
                warnings.extend(AudioFileWarning::of_length(promised, found));
            }
        }
        Ok(AudioFile {
            rate_hz: self.rate_hz,
            channels,
            warnings,
        })
    }
}

/// The tag of a header that names its coding by a GUID: two bytes of tag and [`SUBTYPE`].
const EXTENSIBLE: u16 = 0xfffe;
/// `KSDATAFORMAT_SUBTYPE` of `ksmedia.h`, less the tag.
const SUBTYPE: [u8; 14] = *b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71";

impl Coding {
    /// The coding with this tag of `mmreg.h`, so many bits in a sample, and blocks of `align` bytes.
    fn of(tag: u16, bits: u16, channels: usize, align: usize) -> Result<Self, AudioFileProblem> {
        let samples = |samples| Ok(Self::Samples(samples));
        let blocks = |coding| Blocks::new(coding, channels, align).map(Self::Blocks);
        // Fewer bits than fill a byte are the upper ones of it.
        let name = match (tag, bits.div_ceil(8)) {
            (1, 1) => return samples(Samples::Int8),
            (1, 2) => return samples(Samples::Int16),
            (1, 3) => return samples(Samples::Int24),
            (1, 4) => return samples(Samples::Int32),
            (3, 4) => return samples(Samples::Float32),
            (3, 8) => return samples(Samples::Float64),
            (6, _) => return samples(Samples::Alaw),
            (7, _) => return samples(Samples::Mulaw),
            (2, _) => return blocks(blocks::Coding::MsAdpcm),
            (0x11, _) => return blocks(blocks::Coding::ImaAdpcm),
            (0x31, _) => return blocks(blocks::Coding::Gsm),
            (0x55, _) => return Ok(Self::Mp3),
            (1, _) => "PCM of an unusual size",
            (3, _) => "floating point of an unusual size",
            (0x10, _) => "OKI ADPCM",
            (0x14 | 0x42, _) => "G.723",
            (0x22, _) => "TrueSpeech",
            (0x40 | 0x45 | 0x64, _) => "G.726 ADPCM",
            (0x50, _) => "MPEG audio",
            (0x65 | 0x028f, _) => "G.722",
            (0x83, _) => "G.729",
            (0x0160..=0x0163, _) => "WMA",
            (EXTENSIBLE, _) => "a format with a GUID of its own",
            (tag, _) => return Err(AudioFileProblem::Coding(format!("format {tag:#06x}"))),
        };
        Err(AudioFileProblem::Coding(name.to_owned()))
    }
}

#[cfg(test)]
mod tests;
