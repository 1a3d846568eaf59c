//! Customers, tickets and tasks of the CRM that comes with the program.

use serde::Serialize;
use sidetone_access::Right;
use sidetone_core::phone;
use sidetone_types::class::{Classed, Clearance};
use sidetone_types::customer::Contact;

use super::{Api, ApiError, Principal};
use crate::crm::Embedded;
use crate::crm::embedded::{
    EmbeddedError, Kept, Record, STATUSES, Task, TaskQuery, Ticket, TicketQuery,
};
use crate::storage::now_ms;

/// Most that a list has.
const MOST: u32 = 200;
/// As many as a list has if nothing is said.
const AS_A_RULE: u32 = 50;
/// Longest id, in bytes.
const LONGEST_ID: usize = 100;

/// A customer with all that is known of them.
#[derive(Clone, Debug, Serialize)]
pub struct CustomerView {
    /// Who they are.
    #[serde(flatten)]
    pub customer: Kept,
    /// Their tickets, the newest first.
    pub tickets: Vec<Ticket>,
    /// What is to be done for them, what is due first at the top.
    pub tasks: Vec<Task>,
    /// When and why they were in touch, the newest first.
    pub contacts: Vec<Contact>,
}

sidetone_types::classes!(CustomerView {
    customer: within,
    tickets: within,
    tasks: within,
    contacts: within,
});
sidetone_types::classes!(Kept {
    customer_id: personal,
    revision: basic,
    changed_ms: basic,
    record: within,
});
sidetone_types::classes!(Record {
    name: personal,
    phones: personal,
    email: personal,
    tier: basic,
    preferences: personal,
});
sidetone_types::classes!(Ticket {
    ticket_id: basic,
    customer_id: personal,
    title: sensitive,
    body: sensitive,
    status: basic,
    urgent: basic,
    agent_id: basic,
    opened: basic,
    disposition: basic,
});
sidetone_types::classes!(Task {
    task_id: basic,
    ticket_id: basic,
    customer_id: personal,
    kind: basic,
    title: sensitive,
    due: basic,
    done_ms: basic,
});

/// Which customers.
#[derive(Clone, Debug, Default)]
pub struct CustomersQuery {
    /// Those with this in their name, number, e-mail or id; empty for all.
    pub text: String,
    /// Behind this id.
    pub after: String,
    /// At most so many; 50 if it does not say, 200 at most.
    pub limit: Option<u32>,
}

impl Api {
    /// Customers, in the order of their ids.
    pub async fn customers(
        &self,
        principal: &Principal,
        query: CustomersQuery,
    ) -> Result<Vec<Kept>, ApiError> {
        let asked = ("list_customers", "");
        let sees = self
            .permit_asked(principal, Right::ReadCustomers, asked)
            .await?;
        let most = limit(query.limit)? as usize;
        let text = query.text;
        let found = self.with_own_crm(move |crm| crm.list_customers(&text, &query.after, most));
        Ok(shown(found.await?, sees))
    }

    /// One customer.
    pub async fn customer(
        &self,
        principal: &Principal,
        id: &str,
    ) -> Result<CustomerView, ApiError> {
        let asked = ("read_customer", id);
        let sees = self
            .permit_asked(principal, Right::ReadCustomers, asked)
            .await?;
        Ok(shown(self.whole(id).await?, sees))
    }

    /// Adds a customer, whose id is the next if `id` is empty, or changes the one of revision `over`. Numbers without a
    /// country are taken to be of `defaults.region`.
    ///
    /// # Errors
    ///
    /// Somebody may not, it cannot be kept as it is, or it was changed since.
    pub async fn put_customer(
        &self,
        principal: &Principal,
        (id, mut record, over): (String, Record, u64),
    ) -> Result<CustomerView, ApiError> {
        let action = match over {
            0 => "add_customer",
            _ => "change_customer",
        };
        let sees = self
            .permit_asked(principal, Right::EditCustomers, (action, &id))
            .await?;
        if id.len() > LONGEST_ID || id.chars().any(sidetone_types::controls::controls) {
            return Err(ApiError::Invalid(format!(
                "an id of a customer has at most {LONGEST_ID} bytes, on a line"
            )));
        }
        for given in &mut record.phones {
            if let Some(number) = phone::parse(given, &self.0.config.defaults.region).e164 {
                *given = number;
            }
        }
        record.check().map_err(ApiError::Invalid)?;
        let kept = self.with_own_crm(move |crm| {
            let id = match id.trim() {
                "" => crm.next_id()?,
                id => id.to_owned(),
            };
            let kept = crm.put_customers([(id.as_str(), &record, over)])?;
            Ok(kept.map(|_| id))
        });
        let id = kept.await?.map_err(|id| match over {
            0 => ApiError::Conflict(format!("there is a customer `{id}` already")),
            _ => ApiError::Conflict(format!(
                "customer `{id}` was changed or removed since it was read: read it again"
            )),
        })?;
        Ok(shown(self.whole(&id).await?, sees))
    }

    /// Removes a customer; their tickets stay, as nobody's.
    pub async fn remove_customer(&self, principal: &Principal, id: &str) -> Result<(), ApiError> {
        let asked = ("remove_customer", id);
        self.permit_asked(principal, Right::EditCustomers, asked)
            .await?;
        let gone = id.to_owned();
        match self
            .with_own_crm(move |crm| crm.remove_customer(&gone))
            .await?
        {
            true => Ok(()),
            false => Err(no_customer(id)),
        }
    }

    /// Tickets, the newest first.
    pub async fn tickets(
        &self,
        principal: &Principal,
        (query, most): (TicketQuery, Option<u32>),
    ) -> Result<Vec<Ticket>, ApiError> {
        let asked = ("list_tickets", "");
        let sees = self
            .permit_asked(principal, Right::ReadCustomers, asked)
            .await?;
        let most = limit(most)?;
        let found = self.with_own_crm(move |crm| crm.tickets(&TicketQuery { most, ..query }));
        Ok(shown(found.await?, sees))
    }

    /// Has a ticket stand otherwise.
    pub async fn set_ticket(
        &self,
        principal: &Principal,
        (id, status): (&str, String),
    ) -> Result<Ticket, ApiError> {
        let asked = ("change_ticket", id);
        let sees = self
            .permit_asked(principal, Right::EditCustomers, asked)
            .await?;
        if !STATUSES.contains(&status.as_str()) {
            let known = STATUSES.join(", ");
            return Err(ApiError::Invalid(format!("`status` is one of {known}")));
        }
        let of = id.to_owned();
        let ticket = self.with_own_crm(move |crm| {
            crm.set_status(&of, &status)?;
            crm.ticket(&of)
        });
        let missing = || ApiError::NotFound(format!("there is no ticket `{id}`"));
        Ok(shown(ticket.await?.ok_or_else(missing)?, sees))
    }

    /// What is to be done, what is due first at the top.
    pub async fn tasks(
        &self,
        principal: &Principal,
        (query, most): (TaskQuery, Option<u32>),
    ) -> Result<Vec<Task>, ApiError> {
        let asked = ("list_tasks", "");
        let sees = self
            .permit_asked(principal, Right::ReadCustomers, asked)
            .await?;
        let most = limit(most)?;
        let found = self.with_own_crm(move |crm| crm.tasks(&TaskQuery { most, ..query }));
        Ok(shown(found.await?, sees))
    }

    /// Ticks a task off, or has it to be done again.
    pub async fn set_task(
        &self,
        principal: &Principal,
        (id, done): (&str, bool),
    ) -> Result<(), ApiError> {
        let asked = ("change_task", id);
        self.permit_asked(principal, Right::EditCustomers, asked)
            .await?;
        let (of, done_ms) = (id.to_owned(), done.then(now_ms));
        match self
            .with_own_crm(move |crm| crm.set_done(&of, done_ms))
            .await?
        {
            true => Ok(()),
            false => Err(ApiError::NotFound(format!("there is no task `{id}`"))),
        }
    }

    async fn whole(&self, id: &str) -> Result<CustomerView, ApiError> {
        let of = id.to_owned();
        let found = self.with_own_crm(move |crm| {
            let Some((customer, contacts)) = crm.customer(&of)? else {
                return Ok(None);
            };
            let customer_id = Some(of);
            let tickets = crm.tickets(&TicketQuery {
                customer_id: customer_id.clone(),
                most: AS_A_RULE,
                ..TicketQuery::default()
            })?;
            let tasks = crm.tasks(&TaskQuery {
                customer_id,
                most: AS_A_RULE,
                ..TaskQuery::default()
            })?;
            Ok(Some(CustomerView {
                customer,
                tickets,
                tasks,
                contacts,
            }))
        });
        found.await?.ok_or_else(|| no_customer(id))
    }

    /// Asks the CRM that comes with the program, where it keeps nobody else waiting.
    async fn with_own_crm<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Embedded) -> Result<T, EmbeddedError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let crm = self.0.services.crm.clone();
        let done = tokio::task::spawn_blocking(move || crm.own().map(work)).await;
        match done.map_err(ApiError::internal)? {
            Some(done) => done.map_err(ApiError::internal),
            None => Err(ApiError::NotFound(
                "the customers are in the CRM that `crm.description` names: look for them there"
                    .to_owned(),
            )),
        }
    }
}

fn shown<T: Classed>(mut found: T, sees: Clearance) -> T {
    found.mask(sees);
    found
}

fn no_customer(id: &str) -> ApiError {
    ApiError::NotFound(format!("there is no customer `{id}`"))
}

fn limit(given: Option<u32>) -> Result<u32, ApiError> {
    match given.unwrap_or(AS_A_RULE) {
        most @ 1..=MOST => Ok(most),
        _ => Err(ApiError::Invalid(format!("`limit` is from 1 to {MOST}"))),
    }
}
