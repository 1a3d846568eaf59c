//! A CRM elsewhere whose customers are kept here as well: who is calling is known at once, and while it is away.

use std::sync::Arc;
use std::time::Duration;

use sidetone_core::identity::Clue;
use sidetone_types::customer::{Candidate, Customer};

use super::{Crm, CrmError, Embedded, Rest, Writing};

/// The CRM, and its customers here.
pub struct Mirrored {
    crm: Arc<Rest>,
    mirror: Arc<Embedded>,
}

impl Mirrored {
    /// `mirror` is kept current by [`super::CustomerSync`].
    pub fn new(crm: Arc<Rest>, mirror: Arc<Embedded>) -> Self {
        Self { crm, mirror }
    }
}

impl Crm for Mirrored {
    fn name(&self) -> &str {
        self.crm.name()
    }

    /// From here; one who is not here yet may be new over there.
    fn find(&self, phone: &str) -> Result<Option<Customer>, CrmError> {
        match self.mirror.find(phone)? {
            Some(customer) => Ok(Some(customer)),
            None => self.crm.find(phone),
        }
    }

    /// From there, with tickets and contacts; while it is away from here.
    fn get(&self, customer_id: &str) -> Result<Option<Customer>, CrmError> {
        match self.crm.get(customer_id) {
            Ok(None) | Err(CrmError::Unavailable { .. }) => self.mirror.get(customer_id),
            answer => answer,
        }
    }

    fn look_for(&self, clue: &Clue) -> Result<Vec<Candidate>, CrmError> {
        let here = self.mirror.look_for(clue)?;
        match here.is_empty() {
            true => self.crm.look_for(clue),
            false => Ok(here),
        }
    }

    fn has_details(&self) -> bool {
        true
    }

    fn write(&self, writing: &Writing<'_>) -> Result<String, CrmError> {
        self.crm.write(writing)
    }

    fn concurrency(&self) -> usize {
        self.crm.concurrency()
    }

    fn settles_within(&self) -> Duration {
        self.crm.settles_within()
    }
}
