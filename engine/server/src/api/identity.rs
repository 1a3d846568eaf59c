//! Whom an open call is with, as its agent knows it.

use std::sync::Arc;

use sidetone_access::Right;
use sidetone_core::agent_work::{Order, Wish};
use sidetone_core::identity::{Clue, ClueKind, name, reference};
use sidetone_core::phone;
use sidetone_types::class::Classed as _;
use sidetone_types::customer::{Candidate, Customer};
use sidetone_types::id::CallId;
use tracing::warn;

use super::supervision::named;
use super::{Api, ApiError, Principal};
use crate::calls::CallUpdate;
use crate::crm::{Crm, CrmError};

/// Longest text that is looked for, in bytes, and longest id.
const LONGEST: usize = 200;
/// Most that are found.
const MOST: usize = 20;

impl Api {
    /// Somebody says whom an open call is with, by the CRM's own id. It is learned for later calls with that number.
    ///
    /// # Errors
    ///
    /// Somebody may not, no such call is open, the CRM knows no such customer, or it is away.
    pub async fn choose_customer(
        &self,
        principal: &Principal,
        id: &CallId,
        customer_id: &str,
        by: &str,
    ) -> Result<(), ApiError> {
        let asked = ("choose_customer", id);
        self.permit_live_as(principal, Right::ReviewNotes, asked)
            .await?;
        check(customer_id, "customer_id")?;
        let wanted = customer_id.to_owned();
        let found = self.with_crm(move |crm| crm.get(&wanted)).await?;
        let found = found.ok_or_else(|| {
            ApiError::NotFound(format!("the CRM knows no customer `{customer_id}`"))
        })?;
        let phone = self.number_of(id);
        let customer = Customer {
            phone: phone.clone().unwrap_or(found.phone),
            ..found
        };
        let wish = Wish::Choose(Box::new(customer));
        self.identify(principal, id, wish, by).await?;
        if let Some(phone) = phone {
            let (choices, chosen) = (self.0.services.choices.clone(), customer_id.to_owned());
            self.learn(move || choices.learn(&phone, &chosen)).await;
        }
        Ok(())
    }

    /// An open call is not with whom it is shown to be. That they were chosen for its number is forgotten.
    ///
    /// # Errors
    ///
    /// Somebody may not, no such call is open, or it is not known whom it is with.
    pub async fn undo_customer(
        &self,
        principal: &Principal,
        id: &CallId,
        by: &str,
    ) -> Result<(), ApiError> {
        let asked = ("undo_customer", id);
        self.permit_live_as(principal, Right::ReviewNotes, asked)
            .await?;
        let call = self.0.calls.find(id);
        let shown = call.and_then(|call| call.current.customer_id());
        self.identify(principal, id, Wish::NotThem, by).await?;
        if let (Some(phone), Some(shown)) = (self.number_of(id), shown) {
            let choices = self.0.services.choices.clone();
            self.learn(move || choices.unlearn(&phone, &shown).map(drop))
                .await;
        }
        Ok(())
    }

    /// Customers of whom `text` is a number, a name, or a number of an order, a contract or a ticket: for the agent of
    /// an open call to choose from.
    ///
    /// # Errors
    ///
    /// Somebody may not, no such call is open, or the CRM is away.
    pub async fn look_for_customers(
        &self,
        principal: &Principal,
        id: &CallId,
        text: &str,
    ) -> Result<Vec<Candidate>, ApiError> {
        let asked = ("look_for_customers", id);
        let sees = self
            .permit_live_as(principal, Right::ReviewNotes, asked)
            .await?;
        check(text, "q")?;
        if !self.0.calls.is_open(id) {
            return Err(ApiError::NotFound(format!("no call `{id}` is open")));
        }
        let text = text.trim().to_owned();
        let number = phone::parse(&text, &self.0.config.defaults.region).e164;
        let found = self.with_crm(move |crm| look_for(crm, &text, number));
        let mut found = found.await?;
        for candidate in &mut found {
            candidate.mask(sees);
        }
        Ok(found)
    }

    /// Has open calls follow what changes in the CRM.
    pub(crate) fn keep_customers_current(&self) {
        if let Some(sync) = &self.0.services.sync {
            // It goes with the services, which are of the API.
            let api = Arc::downgrade(&self.0);
            sync.tell(move |changed| {
                if let Some(api) = api.upgrade() {
                    api.calls.customers_changed(changed);
                }
            });
            sync.look();
        }
    }

    /// Customers have changed in the CRM: they are read at once.
    ///
    /// # Errors
    ///
    /// Somebody may not, or customers are not kept here.
    pub async fn look_for_changes(&self, principal: &Principal) -> Result<(), ApiError> {
        let asked = ("look_for_changes", "");
        self.permit_asked(principal, Right::EditCustomers, asked)
            .await?;
        match &self.0.services.sync {
            Some(sync) => {
                sync.look();
                Ok(())
            }
            None => Err(ApiError::NotFound(
                "no customers of a CRM elsewhere are kept here: see `[sync]` in its description"
                    .to_owned(),
            )),
        }
    }

    async fn identify(
        &self,
        who: &Principal,
        id: &CallId,
        wish: Wish,
        by: &str,
    ) -> Result<(), ApiError> {
        let order = Order {
            wish,
            by: named(who, by)?,
        };
        let update = CallUpdate {
            work: Some(order),
            ..CallUpdate::default()
        };
        self.0.calls.update(id, update).await?;
        Ok(())
    }

    /// The customer's number in a call, in E.164.
    fn number_of(&self, id: &CallId) -> Option<String> {
        let call = self.0.calls.find(id)?;
        call.current.known().customer().e164.clone()
    }

    /// What cannot be learned is told to whoever runs the engine: the call itself is as it was wanted.
    async fn learn(
        &self,
        learn: impl FnOnce() -> Result<(), crate::storage::StoreError> + Send + 'static,
    ) {
        let learned = tokio::task::spawn_blocking(learn).await;
        match learned {
            Ok(Ok(())) => {}
            Ok(Err(error)) => warn!(%error, "whom somebody has chosen was not learned"),
            Err(error) => warn!(%error, "whom somebody has chosen was not learned"),
        }
    }

    async fn with_crm<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Crm) -> Result<T, CrmError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let crm: Arc<dyn Crm> = self.0.services.crm.clone();
        let done = tokio::task::spawn_blocking(move || work(&*crm)).await;
        done.map_err(ApiError::internal)?.map_err(|error| {
            warn!(%error, "the CRM could not tell who somebody is");
            ApiError::Unavailable("the CRM does not answer: try again in a moment".to_owned())
        })
    }
}

fn check(text: &str, field: &str) -> Result<(), ApiError> {
    match text.trim().is_empty() || text.len() > LONGEST {
        true => Err(ApiError::Invalid(format!(
            "`{field}` is a text of 1 to {LONGEST} bytes"
        ))),
        false => Ok(()),
    }
}

fn look_for(crm: &dyn Crm, text: &str, number: Option<String>) -> Result<Vec<Candidate>, CrmError> {
    let by_number = number.map(|number| crm.find(&number)).transpose()?;
    let mut found: Vec<Candidate> = Vec::new();
    if let Some(customer) = by_number.flatten() {
        let one = Candidate {
            customer_id: customer.customer_id,
            name: customer.name,
            tier: customer.tier,
            ..Candidate::default()
        };
        found.extend(Some(one).filter(|one| !one.customer_id.is_empty()));
        found.extend(customer.candidates);
    }
    let references = reference(text).map(|text| (ClueKind::Reference, text));
    let clues = references.into_iter().chain([(ClueKind::Name, name(text))]);
    for (kind, text) in clues {
        found.extend(crm.look_for(&Clue { kind, text })?);
    }
    if let Some(own) = crm.own() {
        let kept = own.list_customers(text, "", MOST);
        let kept = kept.map_err(|error| CrmError::rejected(error.to_string()))?;
        found.extend(kept.into_iter().map(|kept| Candidate {
            customer_id: kept.customer_id,
            name: kept.record.name,
            tier: kept.record.tier,
            ..Candidate::default()
        }));
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|one| seen.insert(one.customer_id.clone()));
    found.truncate(MOST);
    Ok(found)
}
