//! Recognition: what waits, what was done and how long it took.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::{Registry, Unit};
use sidetone_core::board::Spread;
use sidetone_core::capacity::Run;
use sidetone_types::recognise::{Purpose, Rejection};

use super::{Metrics, Seconds};
use crate::telemetry::labelled::{Counters, Gauges, Labelled};
use crate::telemetry::timing::Timing;

const fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Final => "final",
        Purpose::Pause => "pause",
        Purpose::Partial => "partial",
        Purpose::First => "first",
        Purpose::Record => "record",
    }
}

/// What is counted of recognition.
#[derive(Debug)]
pub struct RecognitionMetrics {
    /// Partials given up because they would have come too late.
    pub partials_shed: Counter,
    rejected: Counters,
    jobs: Counters,
    jobs_waiting: Gauges,
    waits: Labelled<Timing>,
    runs: Labelled<Timing>,
    run_seconds: Seconds,
    audio_seconds: Seconds,
}

impl Default for RecognitionMetrics {
    fn default() -> Self {
        Self {
            partials_shed: Counter::default(),
            rejected: Counters::new("reason", Rejection::ALL.map(Rejection::as_str)),
            jobs: Counters::new("purpose", Purpose::ALL.map(purpose)),
            jobs_waiting: Gauges::new("purpose", [Purpose::Final, Purpose::Partial].map(purpose)),
            waits: Labelled::new("purpose", Purpose::ALL.map(purpose)),
            runs: Labelled::new("purpose", Purpose::ALL.map(purpose)),
            run_seconds: Seconds::default(),
            audio_seconds: Seconds::default(),
        }
    }
}

impl RecognitionMetrics {
    pub(super) fn register(&self, r: &mut Registry) {
        r.register(
            "rejected",
            "Sound that was not taken for speech, by reason",
            self.rejected.family(),
        );
        r.register(
            "jobs",
            "Utterances recognised, by purpose",
            self.jobs.family(),
        );
        r.register(
            "jobs_waiting",
            "Utterances that wait for the recogniser, by purpose",
            self.jobs_waiting.family(),
        );
        r.register_with_unit(
            "recognition_wait",
            "From the time an utterance is to be recognised to the beginning of that, by purpose",
            Unit::Seconds,
            self.waits.family(),
        );
        r.register_with_unit(
            "recognition_run",
            "From the beginning of the recognition of an utterance to its end, by purpose",
            Unit::Seconds,
            self.runs.family(),
        );
        r.register_with_unit(
            "run",
            "Time the inference threads were busy",
            Unit::Seconds,
            self.run_seconds.clone(),
        );
        r.register_with_unit(
            "recognised",
            "Audio the recogniser heard",
            Unit::Seconds,
            self.audio_seconds.clone(),
        );
        r.register(
            "partials_shed",
            "Partials given up for lack of time",
            self.partials_shed.clone(),
        );
    }

    /// How long live utterances waited, and how long they took. What is heard again for the record may
    /// wait for as long as it likes.
    pub(super) fn stages(&self) -> (Spread, Spread) {
        let live = Purpose::ALL.into_iter();
        let live = live.filter(|one| !matches!(one, Purpose::Record));
        live.fold(
            Default::default(),
            |(waits, runs): (Spread, Spread), one| {
                let of = |timing: &Labelled<Timing>| timing.get(purpose(one)).spread();
                (waits.and(&of(&self.waits)), runs.and(&of(&self.runs)))
            },
        )
    }
}

impl Metrics {
    pub(crate) fn rejected(&self, rejection: Rejection) {
        self.recognition.rejected.get(rejection.as_str()).inc();
    }

    /// An utterance was recognised, after it had waited and while that took so long.
    pub(crate) fn ran(&self, run: &Run, [waited, took]: [Duration; 2]) {
        let (of, purpose) = (&self.recognition, purpose(run.purpose));
        of.jobs.get(purpose).inc();
        of.waits.get(purpose).observe(waited);
        of.runs.get(purpose).observe(took);
        of.run_seconds.inc_by(run.busy.as_secs_f64());
        of.audio_seconds.inc_by(run.audio.as_secs_f64());
    }

    pub(crate) fn waiting(&self, of: Purpose, jobs: usize) {
        let waiting = self.recognition.jobs_waiting.get(purpose(of));
        waiting.set(jobs as i64);
    }

    #[cfg(test)]
    pub(crate) fn waiting_so_far(&self, of: Purpose) -> i64 {
        self.recognition.jobs_waiting.get(purpose(of)).get()
    }
}
