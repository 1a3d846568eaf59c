//! What is read, against what ffmpeg wrote: each coding as one and two channels, narrow and wide.

use std::path::Path;
use std::process::Command;

use super::*;

/// Four seconds of each side of a call in which they speak, as if both did at once.
fn call() -> Recording {
    const CALL: &[u8] = include_bytes!("../../../../tests/calls/en-billing-dispute.flac");
    const LENGTH: usize = 32_000;
    let mut call = Recording::from_bytes("call.flac", CALL).expect("a recording of ours");
    for samples in &mut call.channels {
        let energy = |from: usize| -> f32 {
            let window = &samples[from..from + LENGTH];
            window.iter().map(|sample| sample * sample).sum()
        };
        let starts = (0..samples.len() - LENGTH).step_by(4_000);
        let loudest = starts.max_by(|one, other| energy(*one).total_cmp(&energy(*other)));
        *samples = samples[loudest.expect("the call is longer")..][..LENGTH].to_vec();
    }
    call
}

/// As 16 bit in a WAV file.
fn write(recording: &Recording, path: &Path) {
    let spec = hound::WavSpec {
        channels: recording.channels.len() as u16,
        sample_rate: recording.rate_hz,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(path, spec).expect("writable");
    for i in 0..recording.channels[0].len() {
        for samples in &recording.channels {
            let sample = sidetone_media::audio::pcm::to_i16(samples[i]);
            file.write_sample(sample).expect("writable");
        }
    }
    file.finalize().expect("writable");
}

/// How well `heard` fits `original` at the best of lags, as a correlation over 1 s at 8 kHz.
fn likeness(original: &[f32], heard: &[f32]) -> f64 {
    /// MP3 within WAV does not say how much its coder has put in front.
    const LAGS: std::ops::Range<usize> = 0..1_600;
    const EARLIEST: usize = 160;
    let original = &original[EARLIEST..8_000];
    let at = |lag: usize| {
        let pairs = original.iter().zip(heard.get(lag..).unwrap_or_default());
        let [product, one, other] = pairs.fold([0.0; 3], |[product, one, other], (&a, &b)| {
            [product + a * b, one + a * a, other + b * b]
        });
        f64::from(product / (one * other).sqrt().max(f32::MIN_POSITIVE))
    };
    LAGS.map(at).fold(0.0, f64::max)
}

fn ffmpeg(from: &Path, options: &str, to: &Path) {
    let status = Command::new("ffmpeg")
        .args(["-hide_banner", "-loglevel", "error", "-y", "-i"])
        .arg(from)
        .args(options.split_whitespace())
        .arg(to)
        .status();
    assert!(status.expect("ffmpeg starts").success(), "{options}");
}

/// Whether ffmpeg is there. Where everything has to be tested, it has to be.
fn has_ffmpeg() -> bool {
    let found = Command::new("ffmpeg").arg("-version").output().is_ok();
    assert!(
        found || std::env::var_os("SIDETONE_CI").is_none(),
        "ffmpeg is not installed"
    );
    if !found {
        eprintln!("SKIPPED: ffmpeg is not installed");
    }
    found
}

#[test]
fn every_format_sounds_as_what_was_coded() {
    if !has_ffmpeg() {
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    let original = dir.path().join("original.wav");
    let mut unlike = Vec::new();
    for (options, ending, channels, least) in [
        ("-c:a pcm_u8", "wav", 2, 0.96),
        ("-c:a pcm_s16le", "wav", 2, 0.999),
        ("-c:a pcm_s24le", "wav", 2, 0.999),
        ("-c:a pcm_s32le", "wav", 2, 0.999),
        ("-c:a pcm_f32le", "wav", 2, 0.999),
        ("-c:a pcm_f64le", "wav", 2, 0.999),
        ("-c:a pcm_mulaw", "wav", 2, 0.99),
        ("-c:a pcm_alaw", "wav", 2, 0.99),
        ("-c:a adpcm_ima_wav", "wav", 2, 0.97),
        ("-c:a adpcm_ms", "wav", 2, 0.98),
        ("-c:a libgsm_ms", "wav", 1, 0.9),
        ("-c:a libmp3lame", "wav", 2, 0.93),
        ("-c:a flac", "flac", 2, 0.999),
        ("-c:a libmp3lame", "mp3", 2, 0.98),
        ("-c:a libmp3lame -q:a 5 -write_xing 0", "mp3", 2, 0.93),
        ("-c:a libopus -b:a 24k -application voip", "opus", 2, 0.85),
        ("-c:a libopus -b:a 24k -ar 8000", "ogg", 2, 0.85),
        ("-c:a libopus -b:a 64k -frame_duration 60", "opus", 2, 0.9),
    ] {
        for (rate_hz, channels) in [(8_000, 1), (8_000, channels), (44_100, channels)] {
            if options.contains("gsm") && rate_hz != 8_000 {
                continue;
            }
            let case = format!("{options}, {channels} of {rate_hz} Hz, {ending}");
            let mut call = call().at_rate(rate_hz);
            call.channels.truncate(channels);
            write(&call, &original);
            let coded = dir.path().join("coded").with_extension(ending);
            ffmpeg(&original, options, &coded);
            let file = AudioFile::open(&coded, Room::TOOL).expect(&case);
            assert_eq!(
                (file.channels.len(), &file.warnings[..]),
                (channels, &[][..]),
                "{case}"
            );
            let heard = file.recording(None).expect(&case);
            let apart = heard.duration().abs_diff(call.duration());
            assert!(apart < Duration::from_millis(200), "{case}: {apart:?}");
            let (call, heard) = (call.at_rate(8_000), heard.at_rate(8_000));
            for (original, heard) in call.channels.iter().zip(&heard.channels) {
                let likeness = likeness(original, heard);
                if likeness < least {
                    unlike.push(format!("{case}: {likeness}"));
                }
            }
        }
    }
    assert_eq!(unlike, Vec::<String>::new());
}

#[test]
fn a_coded_file_that_ends_early_is_used_up_to_there_and_one_of_noise_does_no_harm() {
    if !has_ffmpeg() {
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    let original = dir.path().join("original.wav");
    write(&call(), &original);
    for (options, ending) in [
        ("-c:a adpcm_ima_wav", "wav"),
        ("-c:a adpcm_ms", "wav"),
        ("-c:a libgsm_ms -ac 1", "wav"),
        ("-c:a libmp3lame", "mp3"),
        ("-c:a libopus", "opus"),
    ] {
        let coded = dir.path().join("coded").with_extension(ending);
        ffmpeg(&original, options, &coded);
        let whole = std::fs::read(&coded).expect("readable");
        let cut = decode(&whole[..whole.len() * 2 / 3], Room::TOOL).expect(options);
        let length = cut.channels[0].len() as f32 / cut.rate_hz as f32;
        assert!((1.5..3.5).contains(&length), "{options}: {length} s");
        assert_eq!(cut.warnings.len(), 1, "{options}: {:?}", cut.warnings);
        // The sound alone, so that the file is still one by its head.
        let mut noise = whole.clone();
        let mut random = sidetone_types::prng::SplitMix64::new(7);
        let head = 1_000.min(noise.len() / 4);
        noise[head..].fill_with(|| random.next_u64() as u8);
        match decode(&noise, Room::TOOL) {
            Ok(file) => {
                let samples = file.channels.iter().flatten();
                assert!(
                    samples.into_iter().all(|sample| sample.is_finite()),
                    "{options}"
                );
            }
            Err(problem) => {
                let problem = problem.to_string();
                assert!(!problem.is_empty(), "{options}: {problem}");
            }
        }
        for length in 0..head.min(400) {
            // None of them panics.
            let _ = decode(&whole[..length], Room::TOOL);
        }
    }
}
