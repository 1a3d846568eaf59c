//! What operations ask for.

use sidetone_core::reception::{Facts, Report};
use sidetone_types::class::Classed as _;

use sidetone_access::Right;

use super::{Api, ApiError, Principal};

impl Api {
    /// What the engine counts, in the OpenMetrics text format.
    pub async fn metrics(&self, principal: &Principal) -> Result<String, ApiError> {
        self.permit(principal, Right::ReadMetrics, ("", None))
            .await?;
        self.bring_up_to_date().await;
        Ok(self.0.metrics.render())
    }

    /// Has the metrics say what others know. Gives the notes that wait for the CRM, and the dead, unless
    /// the store does not say.
    pub(super) async fn bring_up_to_date(&self) -> Option<(u64, u64)> {
        let metrics = &self.0.metrics;
        metrics.store(&self.0.services.store.health());
        metrics.recordings(self.0.services.recordings.figures());
        if let Some(audit) = &self.0.services.audit {
            metrics.audit(&audit.health());
        }
        let report = self.0.calls.admission().report();
        metrics.fit(&report, self.0.config.max_calls());
        // Last: the store may keep whoever asks waiting.
        let counts = self.with_store(|store| store.reader().note_counts()).await;
        if let Ok(counts) = &counts {
            metrics.outbox([counts.in_review, counts.waiting, counts.dead]);
        }
        counts.ok().map(|counts| (counts.waiting, counts.dead))
    }

    /// What has come in at each door, and what is likely wrong there.
    pub async fn doors(&self, principal: &Principal) -> Result<Report, ApiError> {
        let sees = self.permit(principal, Right::ReadDoors, ("", None)).await?;
        let (config, calls) = (&self.0.config, &self.0.calls);
        let facts = Facts {
            sends_to: &config.media.sends_to(),
            pairs: config.doors.audio_socket.pairs,
            now_ms: 0,
            since_ms: 0,
        };
        let mut report = calls.receptions().report(&facts);
        let calls = report
            .doors
            .iter_mut()
            .flat_map(|door| &mut door.reception.calls);
        calls.for_each(|call| call.legs.mask(sees));
        Ok(report)
    }

    /// Why no calls are taken, if so. Anybody may ask.
    pub fn ready(&self) -> Result<(), String> {
        self.0.readiness.check()?;
        let audit = self.0.services.audit.as_ref();
        if audit.is_some_and(|audit| audit.health().failing) {
            return Err(
                "the audit cannot be written, and nobody is answered without it".to_owned(),
            );
        }
        self.0.services.check_store()
    }

    /// Whether the engine goes down. Anybody may ask.
    pub fn is_draining(&self) -> bool {
        self.0.readiness.is_draining()
    }
}
