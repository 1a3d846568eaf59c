//! FLAC files.

use std::io::{self, Cursor};

use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::errors::Error as Symphonia;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

use super::{AudioFile, AudioFileProblem, AudioFileWarning, Room};

/// Reads a file that begins with `fLaC`: all samples up to its end, even one that comes early.
pub fn read(file: &[u8], room: Room) -> Result<AudioFile, AudioFileProblem> {
    let stream = MediaSourceStream::new(Box::new(Cursor::new(file)), Default::default());
    let mut file = symphonia::default::get_probe().probe(
        &Hint::new(),
        stream,
        FormatOptions::default(),
        MetadataOptions::default(),
    )?;
    let track = file
        .default_track(TrackType::Audio)
        .ok_or(AudioFileProblem::Empty)?;
    let promised = track.num_frames;
    let params = track
        .codec_params
        .as_ref()
        .and_then(|params| params.audio())
        .ok_or(AudioFileProblem::Damaged("it does not say how it is coded"))?
        .clone();
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(&params, &AudioDecoderOptions::default().verify(true))?;
    let channels = params.channels.as_ref().map_or(0, |layout| layout.count());
    let mut sound = vec![Vec::new(); channels];
    let mut piece = Vec::new();
    let mut found = 0;
    loop {
        let packet = match file.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            Err(Symphonia::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(error.into()),
        };
        // Frames that cannot be read are left out, and what follows them would come too early.
        if packet.pts.get() as u64 != found {
            return Err(AudioFileProblem::Damaged("some of it cannot be read"));
        }
        let decoded = decoder.decode(&packet)?;
        if decoded.num_planes() != channels {
            return Err(AudioFileProblem::Damaged("the number of channels changes"));
        }
        decoded.copy_to_vecs_planar::<f32>(&mut piece);
        for (all, new) in sound.iter_mut().zip(&piece) {
            all.extend_from_slice(new);
        }
        found += decoded.frames() as u64;
        room.check(channels, found as usize)?;
    }
    let warning = promised.and_then(|promised| AudioFileWarning::of_length(promised, found));
    if warning.is_none() && decoder.finalize().verify_ok == Some(false) {
        return Err(AudioFileProblem::Damaged("its checksum does not fit"));
    }
    Ok(AudioFile {
        rate_hz: params.sample_rate.unwrap_or(0),
        channels: sound,
        warnings: warning.into_iter().collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: &[u8] = include_bytes!("../../../../tests/calls/en-billing-dispute.flac");

    #[test]
    fn both_channels_are_read_apart() {
        let file = read(CALL, Room::TOOL).expect("a recording of ours");
        assert_eq!((file.rate_hz, file.warnings), (8_000, vec![]));
        let [agent, customer] = &file.channels[..] else {
            panic!("the call has two channels");
        };
        assert_eq!(agent.len(), customer.len());
        assert!((agent.len() as f32 / 8_000.0 - 50.5).abs() < 0.1);
        // The agent speaks first: see the call's description.
        let energy = |samples: &[f32]| samples[8_000..32_000].iter().map(|s| s * s).sum::<f32>();
        assert!(energy(agent) > 100.0 * energy(customer));
    }

    #[test]
    fn a_file_whose_end_is_missing_is_used_up_to_there() {
        let whole = read(CALL, Room::TOOL)
            .expect("a recording of ours")
            .channels;
        let cut = read(&CALL[..CALL.len() / 2], Room::TOOL).expect("half of it");
        let found = cut.channels[0].len();
        assert!(found > 8_000 * 10, "{found}");
        assert_eq!(cut.channels[1], whole[1][..found]);
        let promised = whole[0].len() as u64;
        let found = found as u64;
        assert_eq!(
            cut.warnings,
            [AudioFileWarning::CutShort { promised, found }]
        );
    }

    #[test]
    fn a_file_that_lacks_something_within_is_damaged() {
        let mut broken = CALL.to_vec();
        let middle = broken.len() / 2;
        broken[middle..middle + 64].fill(0x55);
        // The last 16 bytes of the first block are a checksum over all samples (RFC 9639 §8.2).
        let mut altered = CALL.to_vec();
        altered[4 + 4 + 34 - 1] ^= 1;
        for (case, file, expected) in [
            ("broken", &broken[..], "some of it"),
            ("altered", &altered, "checksum"),
            ("cut in its header", &CALL[..20], "header"),
        ] {
            let problem = read(file, Room::TOOL).expect_err(case).to_string();
            assert!(problem.contains(expected), "{case}: {problem}");
        }
    }
}
