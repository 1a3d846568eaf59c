//! A CRM of which it is counted how it answers, and how soon.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sidetone_core::identity::Clue;
use sidetone_types::customer::{Candidate, Customer};

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

    fn looked_up<T>(
        &self,
        ask: impl FnOnce(&dyn Crm) -> Result<T, CrmError>,
        is_known: impl FnOnce(&T) -> bool,
    ) -> Result<T, CrmError> {
        let began = Instant::now();
        let found = ask(&*self.crm);
        let outcome = match &found {
            Ok(found) if is_known(found) => "found",
            Ok(_) => "unknown",
            Err(error) => failed(error),
        };
        self.metrics.crm_looked_up(outcome, began.elapsed());
        found
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
        self.looked_up(|crm| crm.find(phone), Option::is_some)
    }

    fn get(&self, customer_id: &str) -> Result<Option<Customer>, CrmError> {
        self.looked_up(|crm| crm.get(customer_id), Option::is_some)
    }

    fn look_for(&self, clue: &Clue) -> Result<Vec<Candidate>, CrmError> {
        self.looked_up(|crm| crm.look_for(clue), |found| !found.is_empty())
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

    fn has_details(&self) -> bool {
        self.crm.has_details()
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
