//! MP3 files, and MP3 within WAV files.

use std::io::Cursor;

use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSourceStream, ReadOnlySource};
use symphonia::default::codecs::MpaDecoder;
use symphonia::default::formats::MpaReader;

use super::{AudioFile, AudioFileProblem, AudioFileWarning, Room};

/// Samples of one frame, at most. A header may be as far off.
const FRAME: u64 = 1_152;

/// Reads all frames up to the end. One that cannot be read is silence.
pub fn read(file: &[u8], room: Room) -> Result<AudioFile, AudioFileProblem> {
    // Where one can seek, a length is guessed where none is told.
    let source = ReadOnlySource::new(Cursor::new(without_tag(file)));
    let stream = MediaSourceStream::new(Box::new(source), Default::default());
    let mut file = MpaReader::try_new(stream, FormatOptions::default())?;
    let track = file
        .default_track(TrackType::Audio)
        .ok_or(AudioFileProblem::Empty)?;
    let (promised, delay) = (track.num_frames, track.delay.unwrap_or(0));
    let padding = track.padding.unwrap_or(0);
    let params = track
        .codec_params
        .as_ref()
        .and_then(|params| params.audio())
        .ok_or(AudioFileProblem::Damaged("it does not say how it is coded"))?
        .clone();
    let options = AudioDecoderOptions::default().gapless(false);
    let mut decoder = MpaDecoder::try_new(&params, &options)?;
    let channels = params.channels.as_ref().map_or(0, |layout| layout.count());
    let mut sound = vec![Vec::new(); channels];
    let mut piece: Vec<Vec<f32>> = Vec::new();
    let (mut found, mut silent) = (0, 0);
    while let Some(packet) = file.next_packet()? {
        let frames = match decoder.decode(&packet) {
            Ok(decoded) if decoded.num_planes() == channels => {
                decoded.copy_to_vecs_planar(&mut piece);
                for (all, new) in sound.iter_mut().zip(&piece) {
                    all.extend_from_slice(new);
                }
                decoded.frames() as u64
            }
            Ok(_) | Err(_) => {
                let frames = packet.block_dur().get();
                for all in &mut sound {
                    all.resize(all.len() + frames as usize, 0.0);
                }
                silent += frames;
                frames
            }
        };
        found += frames;
        room.check(channels, found as usize)?;
    }
    let mut warnings: Vec<_> = AudioFileWarning::of_silence(silent, found)?
        .into_iter()
        .collect();
    // What coding adds at both ends.
    let found = found.saturating_sub(delay.into());
    for all in &mut sound {
        all.drain(..all.len().min(delay as usize));
    }
    match promised {
        Some(promised) if found.abs_diff(promised) > FRAME + u64::from(padding) => {
            warnings.extend(AudioFileWarning::of_length(promised, found));
        }
        Some(promised) => sound
            .iter_mut()
            .for_each(|all| all.truncate(promised as usize)),
        None => {}
    }
    Ok(AudioFile {
        rate_hz: params.sample_rate.unwrap_or(0),
        channels: sound,
        warnings,
    })
}

/// What follows the ID3v2 tags at the start: ten bytes, four of them the size of the rest, seven bits
/// each.
fn without_tag(mut file: &[u8]) -> &[u8] {
    while let [b'I', b'D', b'3', _, _, flags, a, b, c, d, ..] = *file {
        let size = [a, b, c, d]
            .into_iter()
            .fold(0, |size, byte| size << 7 | usize::from(byte & 0x7f));
        let footer = if flags & 0x10 == 0 { 0 } else { 10 };
        file = file.get(10 + size + footer..).unwrap_or_default();
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_before_the_sound_are_skipped_whatever_their_size() {
        let tag = |flags, size: usize| {
            let mut tag = vec![b'I', b'D', b'3', 4, 0, flags, 0, 0, (size >> 7) as u8];
            tag.push((size & 0x7f) as u8);
            tag.resize(10 + size + if flags == 0 { 0 } else { 10 }, 0xff);
            tag
        };
        for (case, file, left) in [
            ("none", b"\xff\xfb".to_vec(), 2),
            ("one", [tag(0, 300), vec![1; 5]].concat(), 5),
            ("with a footer", [tag(0x10, 20), vec![1; 5]].concat(), 5),
            ("two", [tag(0, 5), tag(0, 200), vec![1; 3]].concat(), 3),
            ("cut short", tag(0, 300)[..100].to_vec(), 0),
        ] {
            assert_eq!(without_tag(&file).len(), left, "{case}");
        }
    }
}
