//! Whom a call is with, as the CRM knows it and as people have chosen.

use sidetone_core::identity::{Clue, Weighed, weigh};
use sidetone_types::customer::{Candidate, Customer, KnownBy};
use tracing::warn;

use super::{Crm, CrmError};
use crate::storage::Choices;

/// What is asked.
#[derive(Clone, Debug)]
pub enum Question {
    /// Who has this number (E.164)?
    Number(String),
    /// What else is known of the customer of this id?
    Details(String),
    /// Who may that be, who has said or typed this?
    Clue(Clue, KnownBy),
}

/// The CRM's answer. `None` if it knows nobody.
pub(super) fn answer(
    crm: &dyn Crm,
    choices: &dyn Choices,
    question: &Question,
) -> Result<Option<Customer>, CrmError> {
    match question {
        Question::Number(phone) => with_number(crm, choices, phone),
        Question::Details(id) => crm.get(id),
        Question::Clue(clue, by) => {
            let found = crm.look_for(clue)?.into_iter();
            let candidates: Vec<Candidate> = found
                .map(|candidate| Candidate {
                    known_by: *by,
                    clue: clue.text.clone(),
                    ..candidate
                })
                .collect();
            Ok((!candidates.is_empty()).then(|| Customer {
                candidates,
                ..Customer::default()
            }))
        }
    }
}

fn with_number(
    crm: &dyn Crm,
    choices: &dyn Choices,
    phone: &str,
) -> Result<Option<Customer>, CrmError> {
    let found = crm.find(phone)?;
    let chosen = choices.chosen(phone).unwrap_or_else(|error| {
        warn!(%error, "whom people have chosen before cannot be read");
        Vec::new()
    });
    match weigh(found.clone(), phone, &chosen) {
        Weighed::Whoever(id) => Ok(match crm.get(&id)? {
            Some(customer) => Some(Customer {
                phone: phone.to_owned(),
                known_by: Some(KnownBy::ChosenBefore),
                // Who else it may be, if it is not them.
                candidates: found.map_or_else(Vec::new, |found| found.candidates),
                ..customer
            }),
            None => found,
        }),
        Weighed::As(Some(mut customer)) => {
            // Of whom nothing but the id is known.
            let mut candidates = Vec::with_capacity(customer.candidates.len());
            for candidate in customer.candidates {
                match candidate.name.is_empty() && candidate.known_by == KnownBy::ChosenBefore {
                    true => {
                        candidates.extend(crm.get(&candidate.customer_id)?.map(|known| Candidate {
                            name: known.name,
                            tier: known.tier,
                            ..candidate
                        }))
                    }
                    false => candidates.push(candidate),
                }
            }
            customer.candidates = candidates;
            Ok(Some(customer))
        }
        Weighed::As(None) => Ok(None),
    }
}
