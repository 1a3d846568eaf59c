//! The columns whose values are sealed, each by its name: what was sealed for one opens in no other.

pub(crate) const CALLER: &str = "calls.caller";
pub(crate) const CALLEE: &str = "calls.callee";
pub(crate) const METADATA: &str = "calls.metadata";
pub(crate) const CUSTOMER_ID: &str = "calls.customer_id";
pub(crate) const CUSTOMER: &str = "calls.customer";
pub(crate) const SUMMARY: &str = "calls.summary";
pub(crate) const EVENT: &str = "events.json";
pub(crate) const HEARD: &str = "corrections.heard";
pub(crate) const MEANT: &str = "corrections.meant";
pub(crate) const BY_WHO: &str = "acknowledgements.by_who";
pub(crate) const HOLD_BY: &str = "holds.by_who";
pub(crate) const HOLD_REASON: &str = "holds.reason";
pub(crate) const POINTS: &str = "recordings.points";
pub(crate) const SILENT: &str = "recordings.silent";
pub(crate) const NOTE: &str = "outbox.note";
pub(crate) const REASON: &str = "outbox.reason";
pub(crate) const CHOSEN: &str = "choices.customer";
pub(crate) const COMMENT: &str = "friction.comment";
// Those of the CRM that comes with the program.
pub(crate) const CONTACT: &str = "crm_contacts.record";
// As its customers were kept before they were records.
pub(crate) const NAME: &str = "crm_contacts.name";
pub(crate) const EMAIL: &str = "crm_contacts.email";
pub(crate) const PREFERENCES: &str = "crm_contacts.preferences";
// Tickets, tasks and interactions.
pub(crate) const TICKET_PHONE: &str = "crm_tickets.phone";
pub(crate) const TICKET_TITLE: &str = "crm_tickets.title";
pub(crate) const TICKET_BODY: &str = "crm_tickets.body";
pub(crate) const TASK_TITLE: &str = "crm_tasks.title";
pub(crate) const ABOUT: &str = "crm_interactions.about";
