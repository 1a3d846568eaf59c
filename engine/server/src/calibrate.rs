//! What recognition costs on this machine, measured before the first call.

use std::thread;
use std::time::{Duration, Instant};

use sidetone_types::event::EventKind;
use sidetone_types::id::CallId;
use sidetone_types::party::Role;
use tracing::info;

use crate::audio_file::{AudioFileError, Recording};
use crate::config::Config;
use crate::offline::{Listening, Offline};
use crate::recognition::Recogniser;
use crate::samples::SampleCall;

/// Recordings are heard in pieces of this length, so that measuring ends about when it should.
const PIECE: Duration = Duration::from_secs(10);

/// Has `recogniser` hear the calls that are part of the program for `time`, so that its admission
/// knows what calls cost.
///
/// What it counts meanwhile stands in the metrics like any other work.
pub fn calibrate(
    recogniser: &Recogniser,
    config: &Config,
    time: Duration,
) -> Result<(), AudioFileError> {
    let recordings = [SampleCall::EN.recording()?, SampleCall::ZH.recording()?];
    measure(recogniser, &recordings, config, time);
    let report = recogniser.admission.report();
    info!(
        finals = report.finals,
        partials = report.partials,
        calls = report.carries,
        "measured what recognition costs"
    );
    Ok(())
}

/// Has `recogniser` hear `recordings` over and over for `time`, as calls with partials whose words
/// are waited for, with one call more than it has threads so that none is ever idle. Its admission
/// learns from it.
pub fn measure(recogniser: &Recogniser, recordings: &[Recording], config: &Config, time: Duration) {
    let until = Instant::now() + time;
    let pieces: Vec<Recording> = recordings.iter().flat_map(pieces).collect();
    let how = Listening {
        languages: config.defaults.languages.clone(),
        vocabulary: [].into(),
        partials: true,
        mono: Role::Customer,
    };
    thread::scope(|scope| {
        for worker in 0..=recogniser.threads {
            let (offline, how, pieces) = (recogniser.offline_in_haste(), &how, &pieces);
            scope.spawn(move || {
                for piece in pieces.iter().cycle().skip(worker * pieces.len() / 2) {
                    if Instant::now() >= until {
                        break;
                    }
                    hear(recogniser, &offline, piece, how);
                }
            });
        }
    });
}

fn hear(recogniser: &Recogniser, offline: &Offline<'_>, piece: &Recording, how: &Listening) {
    let heard = offline.run(CallId::new("capacity"), piece, how, |event| {
        if matches!(event.event.kind, EventKind::SpeechEnd { .. }) {
            let length = event.event.end.since(event.event.start);
            recogniser.admission.spoke(length);
        }
    });
    heard.expect("a recording described by itself can be served");
}

/// `recording` cut every [`PIECE`].
fn pieces(recording: &Recording) -> Vec<Recording> {
    let length = (PIECE.as_secs_f64() * f64::from(recording.rate_hz)) as usize;
    let samples = recording.channels.first().map_or(0, Vec::len);
    let piece = |from: usize| Recording {
        rate_hz: recording.rate_hz,
        channels: recording
            .channels
            .iter()
            .map(|channel| channel[from..samples.min(from + length)].to_vec())
            .collect(),
    };
    (0..samples).step_by(length).map(piece).collect()
}

#[cfg(test)]
mod tests {
    use sidetone_models::transcriber::{OneByOne, Transcriber};
    use sidetone_types::lang::Lang;
    use sidetone_types::recognise::{Hypothesis, Job, Rejection};
    use sidetone_types::time::samples_to_duration;

    use super::*;
    use crate::recognition::Models;
    use crate::recognition::model_loader;

    /// A recogniser that takes `percent` of the time that it hears.
    fn slow(percent: u32) -> Recogniser {
        let transcriber = move || {
            Box::new(OneByOne::new(move |job: &Job| {
                thread::sleep(samples_to_duration(job.audio.len() as u64) * percent / 100);
                Ok(Hypothesis::silence(Lang::EN, Rejection::Empty))
            })) as Box<dyn Transcriber>
        };
        let config = Config::default();
        let models = Models {
            transcribers: vec![transcriber(), transcriber()],
            record: None,
            detectors: model_loader::detectors(&config),
            cost: None,
        };
        Recogniser::start(&config, models)
    }

    #[test]
    fn what_recognition_costs_is_known_after_a_moment() {
        let found = |percent| {
            let recogniser = slow(percent);
            let time = Duration::from_millis(300);
            calibrate(&recogniser, &Config::default(), time).expect("samples");
            recogniser.admission.report()
        };
        let (quick, slow) = (found(1), found(8));
        assert!(quick.measured > Duration::from_secs(10), "{quick:?}");
        assert!(slow.finals > 2.0 * quick.finals, "{slow:?} {quick:?}");
        assert!(quick.carries > slow.carries, "{slow:?} {quick:?}");
    }

    #[test]
    fn pieces_are_the_whole_recording() {
        let channel: Vec<f32> = (0..25_000).map(|i| i as f32).collect();
        let recording = Recording {
            rate_hz: 1_000,
            channels: vec![channel.clone(), channel.clone()],
        };
        let pieces = pieces(&recording);
        let lengths: Vec<usize> = pieces.iter().map(|piece| piece.channels[1].len()).collect();
        assert_eq!(lengths, [10_000, 10_000, 5_000]);
        let whole: Vec<f32> = pieces
            .into_iter()
            .flat_map(|piece| piece.channels[0].clone())
            .collect();
        assert_eq!(whole, channel);
    }
}
