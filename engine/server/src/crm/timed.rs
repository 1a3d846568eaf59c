//! A CRM of which it is counted how it answers, and how soon.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sidetone_types::customer::Customer;

use super::{Crm, CrmError, Embedded, Writing};
use crate::telemetry::Metrics;

/// The CRM behind it, counted in metrics.
pub struct Timed {
    crm: Arc<dyn Crm>,
    metrics: Arc<Metrics>,
}

impl Timed {
    /// Counts what `crm` does in `metrics`.
    pub fn new(crm: Arc<dyn Crm>, metrics: Arc<Metrics>) -> Self {
        Self { crm, metrics }
    }
}

const fn failed(error: &CrmError) -> &'static str {
    match error {
        CrmError::Unavailable { .. } => "unavailable",
        CrmError::Rejected { .. } => "rejected",
    }
}

impl Crm for Timed {
    fn name(&self) -> &str {
        self.crm.name()
    }

    fn find(&self, phone: &str) -> Result<Option<Customer>, CrmError> {
        let began = Instant::now();
        let found = self.crm.find(phone);
        let outcome = match &found {
            Ok(Some(_)) => "found",
            Ok(None) => "unknown",
            Err(error) => failed(error),
        };
        self.metrics.crm_looked_up(outcome, began.elapsed());
        found
    }

    fn write(&self, writing: &Writing<'_>) -> Result<String, CrmError> {
        let began = Instant::now();
        let written = self.crm.write(writing);
        let outcome = match &written {
            Ok(_) => "written",
            Err(error) => failed(error),
        };
        self.metrics.crm_wrote(outcome, began.elapsed());
        written
    }

    fn own(&self) -> Option<&Embedded> {
        self.crm.own()
    }

    fn concurrency(&self) -> usize {
        self.crm.concurrency()
    }

    fn settles_within(&self) -> Duration {
        self.crm.settles_within()
    }
}
