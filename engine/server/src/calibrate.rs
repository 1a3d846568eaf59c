//! What recognition costs on this machine, measured before the first call.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use sidetone_core::lang::{ChineseScript, Lang};
use sidetone_core::recognise::{Job, Purpose};
use sidetone_core::time::samples_to_duration;
use sidetone_models::transcriber::{Transcriber, transcribe};
use tracing::info;

use crate::audio_file::AudioFileError;
use crate::config::Config;
use crate::engine::Models;
use crate::samples::{SampleCall, utterances};

/// Has every transcriber of `models` recognise real speech for `time`, all at once as under load, and
/// notes what a second of audio costs in them.
///
/// Each recognises at least two utterances, of which the first only warms it up.
pub fn calibrate(
    models: &mut Models,
    config: &Config,
    time: Duration,
) -> Result<(), AudioFileError> {
    let recording = SampleCall::EN.recording()?;
    let sides = utterances(&recording, &models.detectors, &config.call.segment);
    let languages: Arc<[Lang]> = config
        .defaults
        .languages
        .iter()
        .map(|tag| tag.lang)
        .collect();
    let job = |audio| Job {
        purpose: Purpose::Final,
        due: Instant::now(),
        audio,
        languages: languages.clone(),
        script: ChineseScript::Simplified,
        confirmed: None,
        expected: None,
        vocabulary: Arc::new([]),
    };
    let jobs: Vec<Job> = sides
        .into_iter()
        .flatten()
        .map(|spurt| job(spurt.audio))
        .collect();
    let until = Instant::now() + time;
    let (busy, audio) = thread::scope(|scope| {
        let threads: Vec<_> = models
            .transcribers
            .iter_mut()
            .map(|transcriber| scope.spawn(|| work(transcriber.as_mut(), &jobs, until)))
            .collect();
        let done = threads.into_iter().map(|thread| thread.join());
        done.fold((0.0, 0.0), |(busy, audio), done| {
            let (more_busy, more_audio) = done.expect("recognising samples does not panic");
            (busy + more_busy, audio + more_audio)
        })
    });
    if audio > 0.0 {
        let cost = busy / audio;
        info!(cost, seconds = audio, "measured what recognition costs");
        models.cost = Some(cost);
    }
    Ok(())
}

/// Seconds that recognising took, and seconds of audio that were recognised.
fn work(transcriber: &mut dyn Transcriber, jobs: &[Job], until: Instant) -> (f64, f64) {
    let (mut busy, mut audio) = (0.0, 0.0);
    for (n, job) in jobs.iter().cycle().enumerate() {
        if jobs.is_empty() || (n >= 2 && Instant::now() >= until) {
            break;
        }
        let began = Instant::now();
        let answers = transcribe(transcriber, [job.clone()]);
        // One that fails has not done the work.
        if n > 0 && answers.iter().all(Result::is_ok) {
            busy += began.elapsed().as_secs_f64();
            audio += samples_to_duration(job.audio.len() as u64).as_secs_f64();
        }
    }
    (busy, audio)
}

#[cfg(test)]
mod tests {
    use sidetone_core::recognise::{Hypothesis, RecogniseError, Rejection};
    use sidetone_models::transcriber::OneByOne;

    use super::*;
    use crate::load;

    /// Takes 2 ms for each second, or fails.
    fn slow(works: bool) -> Box<dyn Transcriber> {
        Box::new(OneByOne::new(move |job: &Job| {
            thread::sleep(samples_to_duration(job.audio.len() as u64) / 500);
            match works {
                true => Ok(Hypothesis::silence(Lang::EN, Rejection::Empty)),
                false => Err(RecogniseError("always".to_owned())),
            }
        }))
    }

    #[test]
    fn a_second_of_audio_costs_what_it_takes_and_failures_tell_nothing() {
        let config = Config::default();
        let cost = |works| {
            let mut models = Models {
                transcribers: vec![slow(works), slow(works)],
                detectors: load::detectors(&config),
                cost: None,
            };
            calibrate(&mut models, &config, Duration::from_millis(30)).expect("a sample");
            models.cost
        };
        assert_eq!(cost(false), None);
        let cost = cost(true).expect("measured");
        // A machine that does other things as well may sleep longer.
        assert!((0.002..0.1).contains(&cost), "{cost}");
    }
}
