use hound::{SampleFormat, WavSpec, WavWriter};
use std::io::Cursor;

use sidetone_media::audio::pcm;

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
    let expected = read(&sound(), Room::TOOL).expect("a whole file");
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
        let read = read(&file, Room::TOOL).expect(case);
        assert_eq!(read.channels, expected.channels, "{case}");
        assert_eq!(read.warnings, warnings, "{case}");
    }
}

#[test]
fn a_file_that_ends_within_a_frame_leaves_out_the_rest_of_it() {
    let file = sound();
    let expected = read(&file, Room::TOOL).expect("a whole file").channels;
    let cut = read(&file[..44 + 4 * 300 + 3], Room::TOOL).expect("a part of it");
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
        let file = read(&riff(&chunks), Room::TOOL).expect(case);
        assert_eq!(file.channels, expected, "{case}");
        assert_eq!(file.warnings, [], "{case}");
    }
    let whole = riff(&[fmt(), data(), padded]);
    let cut = read(&whole[..whole.len() - 8], Room::TOOL).expect("the sound is there");
    assert_eq!((cut.channels, cut.warnings), (expected, vec![]));
}

#[test]
fn an_empty_recording_that_was_closed_stays_empty() {
    let list = chunk(b"LIST", b"INFOISFT\x04\0\0\0Lavf");
    let file = riff(&[format(7, 8, false), chunk(b"data", b""), list]);
    let file = read(&file, Room::TOOL).expect("a file without sound");
    assert_eq!((file.channels, file.warnings), (vec![vec![]], vec![]));
}

#[test]
fn both_laws_of_g711_are_understood_under_either_header() {
    // ITU-T G.711, tables 1 and 2: the loudest positive code words.
    for (tag, word, expected) in [(7, 0x80, 32_124.0), (6, 0xaa, 32_256.0)] {
        for extensible in [false, true] {
            let file = riff(&[format(tag, 8, extensible), chunk(b"data", &[word; 160])]);
            let file = read(&file, Room::TOOL).expect("G.711");
            assert_eq!(file.channels, [[expected / 32_768.0; 160]], "{tag}");
        }
    }
}

#[test]
fn codings_that_are_not_read_are_refused_by_name_and_with_what_to_do() {
    for (tag, bits, name) in [
        (0x45, 4, "G.726 ADPCM"),
        (0x83, 0, "G.729"),
        (0x1234, 0, "format 0x1234"),
        (1, 0, "PCM of an unusual size"),
    ] {
        for extensible in [false, true] {
            let file = riff(&[format(tag, bits, extensible), chunk(b"data", &[0; 65])]);
            let problem = read(&file, Room::TOOL).expect_err(name).to_string();
            assert!(problem.contains(&format!("coded as {name}")), "{problem}");
            assert!(problem.contains("sox "), "{problem}");
        }
    }
}

#[test]
fn numbers_that_are_none_are_silence_and_told() {
    let samples: Vec<u8> = [f32::NAN, f32::INFINITY, 0.5, 1e30]
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect();
    let file = riff(&[format(3, 32, false), chunk(b"data", &samples)]);
    let file = read(&file, Room::TOOL).expect("floating point");
    assert_eq!(file.channels, [[0.0, 0.0, 0.5, 1.0]]);
    assert_eq!(file.warnings, [AudioFileWarning::NoNumbers { samples: 2 }]);
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
        let problem = read(&file, Room::TOOL).expect_err(case);
        assert!(
            matches!(problem, AudioFileProblem::Damaged(_)),
            "{case}: {problem}"
        );
    }
}
