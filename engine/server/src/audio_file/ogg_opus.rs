//! Ogg Opus files (RFC 7845).

use std::io::{self, Cursor};

use opus_rs::OpusDecoder;
use symphonia::core::errors::Error as Symphonia;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::default::formats::OggReader;

use super::{AudioFile, AudioFileProblem, AudioFileWarning, Room};

/// Ticks per second of its timestamps, at any rate of its sound.
const CLOCK_HZ: u32 = 48_000;
/// Longest sound of a packet (RFC 6716 §2.1.4).
const LONGEST_PACKET_MS: u32 = 120;

/// What the first packet says (RFC 7845 §5.1).
struct Head {
    channels: usize,
    /// What coding has put in front, in ticks.
    pre_skip: u16,
    /// Half of it is the highest tone that the original had.
    original_hz: u32,
    /// What each sample is to be multiplied with.
    gain: f32,
}

/// Reads all packets up to the end. One that cannot be read is silence.
pub fn read(file: &[u8], room: Room) -> Result<AudioFile, AudioFileProblem> {
    let stream = MediaSourceStream::new(Box::new(Cursor::new(file)), Default::default());
    let mut file = OggReader::try_new(stream, FormatOptions::default())?;
    let track = file
        .default_track(TrackType::Audio)
        .ok_or(AudioFileProblem::Empty)?;
    let head = track
        .codec_params
        .as_ref()
        .and_then(|params| params.audio())
        .and_then(|params| params.extra_data.as_deref());
    let head = Head::parse(head.unwrap_or_default())?;
    // The decoder gives any of its rates: the engine hears nothing above 8 kHz.
    let rate_hz = match head.original_hz {
        1..=8_000 => 8_000,
        _ => 16_000,
    };
    let of_ticks = |ticks: u64| (ticks / u64::from(CLOCK_HZ / rate_hz)) as usize;
    let mut decoder = OpusDecoder::new(rate_hz as i32, head.channels)
        .map_err(|_| AudioFileProblem::Damaged("its header makes no sense"))?;
    let longest = (rate_hz / 1_000 * LONGEST_PACKET_MS) as usize;
    let mut decoded = vec![0.0; longest * head.channels];
    let mut sound = vec![Vec::new(); head.channels];
    let (mut found, mut silent, mut is_cut) = (0, 0, false);
    let mut skip = of_ticks(head.pre_skip.into());
    loop {
        let packet = match file.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            Err(Symphonia::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                is_cut = true;
                break;
            }
            Err(error) => return Err(error.into()),
        };
        let frames = match decoder.decode(&packet.data, longest, &mut decoded) {
            Ok(frames) if packet.data.len() > 1 => frames,
            // Of silence that is not sent, as much as the packet stands for.
            Ok(_) => of_ticks(packet.block_dur().get()).min(longest),
            Err(_) => {
                let frames = of_ticks(packet.block_dur().get()).min(longest);
                decoded[..frames * head.channels].fill(0.0);
                silent += frames as u64;
                frames
            }
        };
        let from = skip.min(frames);
        skip -= from;
        let until = frames - of_ticks(packet.trim_end.get()).min(frames - from);
        for frame in decoded[from * head.channels..until * head.channels].chunks(head.channels) {
            for (all, sample) in sound.iter_mut().zip(frame) {
                all.push((sample * head.gain).clamp(-1.0, 1.0));
            }
        }
        found += (until - from) as u64;
        room.check(head.channels, found as usize)?;
    }
    let mut warnings: Vec<_> = AudioFileWarning::of_silence(silent, found)?
        .into_iter()
        .collect();
    if is_cut {
        warnings.push(AudioFileWarning::NoLength);
    }
    Ok(AudioFile {
        rate_hz,
        channels: sound,
        warnings,
    })
}

impl Head {
    fn parse(packet: &[u8]) -> Result<Self, AudioFileProblem> {
        let &[
            b'O',
            b'p',
            b'u',
            b's',
            b'H',
            b'e',
            b'a',
            b'd',
            _version,
            channels,
            skip0,
            skip1,
            hz0,
            hz1,
            hz2,
            hz3,
            gain0,
            gain1,
            family,
            ..,
        ] = packet
        else {
            return Err(AudioFileProblem::Damaged("its header is cut short"));
        };
        // Other families have several streams for the channels.
        if family != 0 || !(1..=2).contains(&channels) {
            let what = format!("Opus of {channels} channels in an arrangement of its own");
            return Err(AudioFileProblem::Coding(what));
        }
        let gain_db = f32::from(i16::from_le_bytes([gain0, gain1])) / 256.0;
        Ok(Self {
            channels: channels.into(),
            pre_skip: u16::from_le_bytes([skip0, skip1]),
            original_hz: u32::from_le_bytes([hz0, hz1, hz2, hz3]),
            gain: 10_f32.powf(gain_db / 20.0),
        })
    }
}
