//! Any CRM with an HTTP interface that speaks JSON or SOAP, described in one TOML file.
//!
//! The file says for each step which request is sent and where in the answer things stand; see
//! `engine/server/crm/generic-rest.toml` for one with every key explained, and `generic-soap.toml` for one of
//! SOAP. A step has a transport; nothing else differs: what SOAP sends is JSON by template until its WSDL says
//! how that is written, and what it answers is JSON once it was read. Templates are
//! minijinja's (Jinja2), with a twist that makes them safe: in a body every value is written as
//! JSON, quotes included, and in a path it is percent-encoded.

mod auth;
mod description;
mod http;
mod oauth2;
mod pages;
mod soap;
mod templates;
#[cfg(test)]
mod tests;
mod time;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use minijinja::value::Serde;
use minijinja::{Value as Values, context};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sidetone_core::identity::{Clue, ClueKind};
use sidetone_types::customer::{Candidate, Contact, Customer, TicketRef};
use sidetone_types::lang::Lang;
use sidetone_types::party::Direction;
use sidetone_types::summary::{FollowUp, FollowUpKind, Summary};

use self::auth::Auth;
use self::description::{
    Create, CustomerField, Description, Fields, Listing, LostAnswer, Pointer, Source,
};
use self::http::{Answer, Client};
use self::pages::Pages;
use self::soap::Service;
use self::templates::{Prepared, Templates, Transport};
use super::{Crm, CrmError, IdempotencyKey, Note, Step, What, Writing};

pub use self::description::DescriptionFileError;
pub use self::pages::Page;

/// A CRM behind an HTTP interface.
pub struct Rest {
    name: String,
    client: Client,
    service: Option<Service>,
    templates: Templates,
    vars: Values,
    concurrency: usize,
    timeout: Duration,
    find: Prepared,
    find_by_id: Option<Prepared>,
    find_by_clue: Option<Prepared>,
    find_list: Pointer,
    pages: Option<Pages>,
    customer: Fields<CustomerField>,
    preferences: BTreeMap<String, Pointer>,
    tickets: Option<ReadList>,
    contacts: Option<ReadList>,
    ticket: Writes,
    task: Writes,
    interaction: Option<Writes>,
}

/// How a list is read.
/// Candidates that are shown of one clue.
const MOST: usize = 20;

struct ReadList {
    request: Prepared,
    list: Pointer,
    fields: BTreeMap<String, Pointer>,
}

/// How a record is written.
struct Writes {
    request: Prepared,
    id: Pointer,
    lost_answer: LostAnswer,
    look_up: Option<FindAgain>,
}

/// How a record is found by the key it was written with.
struct FindAgain {
    request: Prepared,
    list: Pointer,
    id: Pointer,
}

/// A note as templates see it.
#[derive(Serialize)]
struct NoteView<'a> {
    #[serde(flatten)]
    note: &'a Note,
    /// RFC 3339, UTC.
    started: String,
    ended: String,
    duration_s: u64,
}

impl<'a> NoteView<'a> {
    fn of(note: &'a Note) -> Values {
        Values::from(Serde(Self {
            note,
            started: time::rfc3339(note.started_ms),
            ended: time::rfc3339(note.ended_ms),
            duration_s: note.ended_ms.saturating_sub(note.started_ms) / 1_000,
        }))
    }
}

impl Rest {
    /// Reads a description, and takes the secret it names from the environment.
    pub fn load(path: &Path) -> Result<Self, DescriptionFileError> {
        let text = std::fs::read_to_string(path).map_err(|source| DescriptionFileError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(path, &text, |variable| std::env::var(variable).ok())
    }

    /// Reads the description `text`; `path` is for messages, `env` looks a variable up.
    pub fn parse(
        path: &Path,
        text: &str,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, DescriptionFileError> {
        let source = Source { path, text };
        let description = source.parse()?;
        let auth = description.auth.as_ref();
        let auth = auth.map(|auth| Auth::of(auth, &env)).transpose();
        let auth = auth.map_err(|why| source.no_secret("auth", why))?;
        Self::compile(&source, description, (auth, env))
    }

    fn compile(
        source: &Source<'_>,
        description: Description,
        (auth, env): (Option<Auth>, impl Fn(&str) -> Option<String>),
    ) -> Result<Self, DescriptionFileError> {
        let soap = description.soap;
        let service = soap
            .map(|soap| Service::load(source, soap, env))
            .transpose()?;
        let vars = Values::from(Serde(&description.vars));
        let mut compiler = Compiler {
            source,
            templates: Templates::new(),
            headers: &description.headers,
            vars: &vars,
            service: service.as_ref(),
            has_base_url: description.base_url.is_some(),
        };
        let find = compiler.prepare(
            "find",
            &description.find.request,
            &[context! {
                phone => "+14155550117",
            }],
        )?;
        let by_id = description.find_by_id.as_ref();
        let by_id = by_id.map(|request| {
            let known = [context! { customer_id => "17" }];
            compiler.prepare("find_by_id", request, &known)
        });
        let find_by_id = by_id.transpose()?;
        let by_clue = description.find_by_clue.as_ref();
        let by_clue = by_clue.map(|request| {
            let known = [ClueKind::Reference, ClueKind::Name];
            let known = known.map(|kind| context! { kind => kind.as_str(), text => "48291" });
            compiler.prepare("find_by_clue", request, &known)
        });
        let find_by_clue = by_clue.transpose()?;
        let pages = description.sync.map(|sync| {
            let known = [["", ""], ["2026-05-04T10:20:30Z", "2"]];
            let known = known.map(|[since, cursor]| context! { since, cursor });
            Ok::<_, DescriptionFileError>(Pages {
                request: compiler.prepare("sync", &sync.request, &known)?,
                list: sync.list,
                order: sync.order,
                next: sync.next,
                last: sync.last,
                size: sync.size,
                cursor: sync.cursor,
                since: sync.since,
                changed: sync.changed,
                deleted: sync.deleted,
                there: sync.there,
                phones: sync.phones,
            })
        });
        let pages = pages.transpose()?;
        let tickets = compiler.listing("find_tickets", description.find_tickets.as_ref())?;
        let contacts = compiler.listing("find_contacts", description.find_contacts.as_ref())?;
        let ticket = compiler.writes(
            ["create_ticket", "create_ticket.look_up"],
            &description.create_ticket,
            Step::Ticket,
        )?;
        let task = compiler.writes(
            ["create_task", "create_task.look_up"],
            &description.create_task,
            Step::Task(0),
        )?;
        let interaction = description.create_interaction.as_ref().map(|create| {
            let names = ["create_interaction", "create_interaction.look_up"];
            compiler.writes(names, create, Step::Interaction)
        });
        let interaction = interaction.transpose()?;
        let templates = compiler.templates;
        let timeout = Duration::from_millis(description.timeout_ms.max(1));
        Ok(Self {
            name: description.name,
            client: Client::new(
                description
                    .base_url
                    .as_ref()
                    .map_or("", |url| url.get_ref()),
                timeout,
                auth,
                description.retry_statuses,
                description.error,
            ),
            service,
            templates,
            vars,
            concurrency: description.concurrency.max(1),
            timeout,
            find,
            find_by_id,
            find_by_clue,
            pages,
            find_list: description.find.list,
            customer: description.find.fields,
            preferences: description.find.preferences,
            tickets,
            contacts,
            ticket,
            task,
            interaction,
        })
    }

    fn ask(&self, request: &Prepared, values: Values) -> Result<Answer, CrmError> {
        let values = context! { vars => self.vars.clone(), ..values };
        let filled = self.templates.fill(request, &values).map_err(|error| {
            let what = request.what;
            CrmError::rejected(format!(
                "the description's `{what}` cannot be filled in: {error}"
            ))
        })?;
        match (&request.transport, &self.service) {
            (Transport::Soap(operation), Some(service)) => {
                service.send(&self.client, operation, &filled)
            }
            (Transport::Http(method), _) => self.client.send(method, &filled),
            (Transport::Soap(_), None) => unreachable!("an operation is of a service"),
        }
    }

    fn read_list<T: DeserializeOwned>(
        &self,
        list: Option<&ReadList>,
        values: Values,
    ) -> Result<Vec<T>, CrmError> {
        let Some(list) = list else {
            return Ok(Vec::new());
        };
        let answer = self.ask(&list.request, values)?.json()?;
        let rows = records(&answer, &list.list).into_iter().map(|record| {
            let fields = list.fields.iter();
            let row: Map<String, Value> = fields
                .filter_map(|(name, at)| Some((name.clone(), text(record, at)?.into())))
                .collect();
            serde_json::from_value(row.into())
        });
        rows.collect::<Result<_, _>>().map_err(|error| {
            CrmError::rejected(format!(
                "the description's `{}`: {error}",
                list.request.what
            ))
        })
    }

    /// One of the contacts that `find` found.
    fn candidate(&self, record: &Value) -> Result<Candidate, CrmError> {
        let customer_id = self.field(record, CustomerField::CustomerId);
        if customer_id.is_empty() {
            return Err(CrmError::not_itself("`find` found a contact without an id"));
        }
        Ok(Candidate {
            customer_id,
            name: self.field(record, CustomerField::Name),
            tier: self.field(record, CustomerField::Tier),
            ..Candidate::default()
        })
    }

    fn field(&self, record: &Value, field: CustomerField) -> String {
        let places = self.customer.get(&field);
        let texts = places.map(|places| places.0.iter().filter_map(|at| text(record, at)));
        let texts: Vec<String> = texts.into_iter().flatten().collect();
        texts.join(" ").trim().to_owned()
    }

    /// The id of what an earlier try has written, if it has.
    fn look_up(&self, again: &FindAgain, values: Values) -> Result<Option<String>, CrmError> {
        let answer = match self.ask(&again.request, values).map_err(still_unknown)? {
            Answer::Json(answer) => answer,
            Answer::NotFound(_) => return Ok(None),
        };
        let first = records(&answer, &again.list).into_iter().next();
        let Some(record) = first else {
            return Ok(None);
        };
        let id = text(record, &again.id);
        id.map(Some).ok_or_else(|| {
            CrmError::not_itself(format!(
                "`{}` found a record without an id at `{}`",
                again.request.what, again.id.0
            ))
        })
    }
}

/// Makes requests of a description ready.
struct Compiler<'a> {
    source: &'a Source<'a>,
    templates: Templates,
    headers: &'a BTreeMap<String, toml::Spanned<String>>,
    vars: &'a Values,
    service: Option<&'a Service>,
    has_base_url: bool,
}

impl Compiler<'_> {
    fn prepare(
        &mut self,
        what: &'static str,
        request: &description::Request,
        samples: &[Values],
    ) -> Result<Prepared, DescriptionFileError> {
        let with_vars = |sample: &Values| context! { vars => self.vars.clone(), ..sample.clone() };
        let samples: Vec<Values> = samples.iter().map(with_vars).collect();
        if let (Some(path), false) = (&request.path, self.has_base_url) {
            let why = format!("{what}: a `path` needs `base_url`, which is not there");
            return Err(self.source.error(path.span().start, 0, why));
        }
        let common = (self.headers, self.service);
        self.templates
            .prepare(self.source, what, request, common, &samples)
    }

    fn listing(
        &mut self,
        what: &'static str,
        listing: Option<&Listing>,
    ) -> Result<Option<ReadList>, DescriptionFileError> {
        let Some(listing) = listing else {
            return Ok(None);
        };
        let sample = context! { customer_id => "1", phone => "+14155550117" };
        Ok(Some(ReadList {
            request: self.prepare(what, &listing.request, &[sample])?,
            list: listing.list.clone(),
            fields: listing.fields.clone(),
        }))
    }

    fn writes(
        &mut self,
        [what, look_up]: [&'static str; 2],
        create: &Create,
        step: Step,
    ) -> Result<Writes, DescriptionFileError> {
        let samples = [true, false].map(|known| sample(step, known));
        let lost_answer = *create.lost_answer.get_ref();
        if (lost_answer == LostAnswer::LookUp) != create.look_up.is_some() {
            let message = format!(
                "`lost_answer = \"look_up\"` and a section [{look_up}] go together: write both or neither"
            );
            let at = create.lost_answer.span().start;
            return Err(self.source.error(at, 0, message));
        }
        let again = create.look_up.as_ref().map(|again| {
            Ok(FindAgain {
                request: self.prepare(look_up, &again.request, &samples)?,
                list: again.list.clone(),
                id: again.id.clone(),
            })
        });
        Ok(Writes {
            look_up: again.transpose()?,
            request: self.prepare(what, &create.request, &samples)?,
            id: create.id.clone(),
            lost_answer,
        })
    }
}

/// What templates see of `writing`.
fn values(writing: &Writing<'_>) -> Values {
    let note = NoteView::of(writing.note);
    let common = context! {
        key => writing.key.as_str(),
        note,
        customer_id => writing.customer_id,
    };
    match writing.what {
        What::Ticket => common,
        What::Task { ticket_id, task } => {
            // All of its fields are there, so that a template may ask whether one says anything.
            let task = context! {
                kind => task.kind.as_str(),
                title => &task.title,
                due => &task.due,
                due_time => &task.due_time,
                when_said => &task.when_said,
            };
            context! { ticket_id, task, ..common }
        }
        What::Interaction { ticket_id } => context! { ticket_id, ..common },
    }
}

/// A note to try templates with: one task of it has a day, the other has none that anybody can tell.
fn note_of_a_sample() -> Note {
    let task = |due: Option<&str>, said: Option<&str>| FollowUp {
        kind: FollowUpKind::Callback,
        title: "Callback: \"refund\"".to_owned(),
        due: due.map(str::to_owned),
        due_time: None,
        when_said: said.map(str::to_owned),
    };
    Note {
        call_id: "sample".to_owned(),
        agent_id: "agent-7".to_owned(),
        direction: Direction::Inbound,
        phone: Some("+14155550117".to_owned()),
        customer_id: None,
        customer_unknown: false,
        started_ms: 1_777_890_030_000,
        ended_ms: 1_777_890_080_000,
        summary: Summary {
            lang: Lang::EN,
            reason: "Charged twice".to_owned(),
            actions: vec!["Started a refund".to_owned()],
            promises: Vec::new(),
            risks: vec!["churn".to_owned()],
            keywords: vec!["refund".to_owned()],
            follow_ups: vec![
                task(Some("2026-05-07"), None),
                task(None, Some("the week after next")),
            ],
            urgent: true,
            disposition: "resolved".to_owned(),
            reviewed_by: Some("agent-7".to_owned()),
            missed: Vec::new(),
            memo: String::new(),
            agent_talk_ms: 20_000,
            customer_talk_ms: 20_000,
            mood: Vec::new(),
            text: "Charged twice.\nCall back on Thursday.".to_owned(),
        },
    }
}

/// Values to try the templates of `step` with, once with a customer that is `known`, a reviewer and a
/// task with a day, and once without.
fn sample(step: Step, known: bool) -> Values {
    let mut note = note_of_a_sample();
    note.phone = note.phone.filter(|_| known);
    note.summary.reviewed_by = note.summary.reviewed_by.filter(|_| known);
    values(&Writing {
        key: &IdempotencyKey::new(&note.call_id, step),
        repeated: false,
        note: &note,
        customer_id: known.then_some("1"),
        what: match step {
            Step::Contact | Step::Ticket => What::Ticket,
            Step::Task(_) => What::Task {
                ticket_id: "1",
                task: &note.summary.follow_ups[usize::from(!known)],
            },
            Step::Interaction => What::Interaction { ticket_id: "1" },
        },
    })
}

/// The records of an answer: those of a list, or the one that stands there itself.
fn records<'a>(answer: &'a Value, list: &Pointer) -> Vec<&'a Value> {
    match answer.pointer(&list.0) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(records)) => records.iter().collect(),
        Some(record) => vec![record],
    }
}

/// A text or number of a record; `None` if there is nothing.
fn text(record: &Value, at: &Pointer) -> Option<String> {
    match record.pointer(&at.0)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A look-up that failed leaves open whether there is something to be found.
fn still_unknown(error: CrmError) -> CrmError {
    match error {
        CrmError::Unavailable {
            reason,
            answer,
            retry_after,
            ..
        } => CrmError::Unavailable {
            reason,
            answer,
            retry_after,
            maybe_written: true,
        },
        CrmError::Rejected { reason, answer, .. } => CrmError::Rejected {
            reason,
            answer,
            maybe_written: true,
        },
    }
}

impl Rest {
    /// What an agent is shown of a customer, in a call with `phone`.
    fn whole(&self, record: &Value, phone: &str) -> Result<Customer, CrmError> {
        let customer_id = self.candidate(record)?.customer_id;
        let field = |field| self.field(record, field);
        let of_customer = context! { customer_id => &customer_id, phone };
        let preferences = self.preferences.iter();
        Ok(Customer {
            open_tickets: self
                .read_list::<TicketRef>(self.tickets.as_ref(), of_customer.clone())?,
            last_contacts: self.read_list::<Contact>(self.contacts.as_ref(), of_customer)?,
            name: field(CustomerField::Name),
            tier: field(CustomerField::Tier),
            // The number that was asked for, in the form the rest of the engine knows it by.
            phone: phone.to_owned(),
            email: field(CustomerField::Email),
            preferences: preferences
                .filter_map(|(name, at)| Some((name.clone(), text(record, at)?)))
                .collect(),
            customer_id,
            known_by: None,
            candidates: Vec::new(),
        })
    }
}

impl Crm for Rest {
    fn name(&self) -> &str {
        &self.name
    }

    fn find(&self, phone: &str) -> Result<Option<Customer>, CrmError> {
        let answer = match self.ask(&self.find, context! { phone })? {
            Answer::Json(answer) => answer,
            Answer::NotFound(_) => return Ok(None),
        };
        match &records(&answer, &self.find_list)[..] {
            [] => Ok(None),
            [one] => self.whole(one, phone).map(Some),
            several => {
                let candidates = several.iter().map(|record| self.candidate(record));
                Ok(Some(Customer {
                    phone: phone.to_owned(),
                    candidates: candidates.collect::<Result<_, _>>()?,
                    ..Customer::default()
                }))
            }
        }
    }

    fn get(&self, customer_id: &str) -> Result<Option<Customer>, CrmError> {
        let Some(request) = &self.find_by_id else {
            return Ok(None);
        };
        let answer = match self.ask(request, context! { customer_id })? {
            Answer::Json(answer) => answer,
            Answer::NotFound(_) => return Ok(None),
        };
        let found = records(&answer, &self.find_list);
        let found = found.first().map(|record| self.whole(record, ""));
        found.transpose()
    }

    fn look_for(&self, clue: &Clue) -> Result<Vec<Candidate>, CrmError> {
        let Some(request) = &self.find_by_clue else {
            return Ok(Vec::new());
        };
        let values = context! { kind => clue.kind.as_str(), text => &clue.text };
        let answer = match self.ask(request, values)? {
            Answer::Json(answer) => answer,
            Answer::NotFound(_) => return Ok(Vec::new()),
        };
        let found = records(&answer, &self.find_list).into_iter().take(MOST);
        found.map(|record| self.candidate(record)).collect()
    }

    fn write(&self, writing: &Writing<'_>) -> Result<String, CrmError> {
        let writes = match writing.what {
            What::Ticket => &self.ticket,
            What::Task { .. } => &self.task,
            What::Interaction { .. } => match &self.interaction {
                Some(writes) => writes,
                None => return Ok(String::new()),
            },
        };
        let values = values(writing);
        if writing.repeated {
            match (&writes.look_up, writes.lost_answer) {
                (Some(again), _) => {
                    if let Some(id) = self.look_up(again, values.clone())? {
                        return Ok(id);
                    }
                }
                (None, LostAnswer::Stop) => {
                    return Err(CrmError::rejected(format!(
                        "the answer to an earlier try was lost, so this may be in {} already: look for {} \
                         there; if it is missing, `sidetone crm retry` writes it, otherwise \
                         `sidetone crm discard` drops the note",
                        self.name, writing.key
                    )));
                }
                (None, LostAnswer::Repeat | LostAnswer::LookUp) => {}
            }
        }
        let answer = self.ask(&writes.request, values)?.json()?;
        text(&answer, &writes.id).ok_or_else(|| {
            CrmError::not_itself(format!(
                "the answer to `{}` has no id at `{}`: is `id` right in the description?",
                writes.request.what, writes.id.0
            ))
        })
    }

    fn concurrency(&self) -> usize {
        self.concurrency
    }

    /// A request that was not answered within the time limit may be at work for as long again.
    fn settles_within(&self) -> Duration {
        let all = [
            Some(&self.ticket),
            Some(&self.task),
            self.interaction.as_ref(),
        ];
        let looks = all
            .into_iter()
            .flatten()
            .any(|writes| writes.look_up.is_some());
        if looks {
            2 * self.timeout
        } else {
            Duration::ZERO
        }
    }
}
