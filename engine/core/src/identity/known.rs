//! Whom a call is with, as far as that is known at a moment.

use std::collections::HashSet;

use sidetone_types::customer::{Candidate, Customer, KnownBy};

use super::Clue;

/// Most candidates that are shown.
const MOST: usize = 20;
/// Most clues that are followed in a call.
const MOST_CLUES: usize = 20;

/// Whom a call is with.
#[derive(Debug, Default)]
pub struct Identity {
    /// What is shown now.
    shown: Option<Customer>,
    /// Who it may be, whoever it is thought to be now.
    candidates: Vec<Candidate>,
    followed: HashSet<Clue>,
}

impl Identity {
    /// Whether it is known who it is.
    pub fn is_known(&self) -> bool {
        self.shown
            .as_ref()
            .is_some_and(|one| !one.customer_id.is_empty())
    }

    /// Whether a clue is worth following: it is not known who it is, and the clue is new.
    pub fn follows(&mut self, clue: &Clue) -> bool {
        !self.is_known() && self.followed.len() < MOST_CLUES && self.followed.insert(clue.clone())
    }

    /// Whom the CRM has found. What is shown then, if that changes.
    pub fn found(&mut self, mut customer: Customer) -> Option<Customer> {
        let is_one = !customer.customer_id.is_empty();
        for candidate in customer.candidates.drain(..) {
            self.add(candidate);
        }
        let shown = self.shown.as_ref();
        if let Some(shown) =
            shown.filter(|shown| is_one && shown.customer_id == customer.customer_id)
        {
            // More of whom is shown, or what they are now.
            customer.known_by = shown.known_by;
            customer.phone.clone_from(&shown.phone);
            return self.show(customer);
        }
        if self.is_known() || (!is_one && self.candidates.is_empty()) {
            return None;
        }
        let shown = match is_one {
            true => {
                customer.known_by.get_or_insert_default();
                customer
            }
            false => self.several(customer.phone),
        };
        self.show(shown)
    }

    /// A person has chosen `customer`.
    pub fn choose(&mut self, mut customer: Customer) -> Option<Customer> {
        customer.known_by = Some(KnownBy::Chosen);
        if customer.phone.is_empty() {
            customer.phone = self.phone();
        }
        self.show(customer)
    }

    /// It is not who was shown. Who else it may be is shown again.
    pub fn undo(&mut self) -> Option<Customer> {
        let was = self
            .shown
            .take()
            .filter(|one| !one.customer_id.is_empty())?;
        self.candidates
            .retain(|one| one.customer_id != was.customer_id);
        self.followed.clear();
        let shown = self.several(was.phone);
        self.show(shown)
    }

    /// Who is shown, by the CRM's own id.
    pub fn customer_id(&self) -> Option<&str> {
        let shown = self.shown.as_ref()?;
        Some(shown.customer_id.as_str()).filter(|id| !id.is_empty())
    }

    /// Those that it may be.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    fn add(&mut self, candidate: Candidate) {
        let has_room = self.candidates.len() < MOST;
        let mut known = self.candidates.iter_mut();
        match known.find(|one| one.customer_id == candidate.customer_id) {
            // What they say themselves tells more than their number.
            Some(known) if known.clue.is_empty() => *known = candidate,
            None if has_room => self.candidates.push(candidate),
            Some(_) | None => {}
        }
        self.candidates.sort_by_key(|one| one.clue.is_empty());
    }

    fn several(&self, phone: String) -> Customer {
        Customer {
            phone,
            candidates: self.candidates.clone(),
            ..Customer::default()
        }
    }

    fn phone(&self) -> String {
        let shown = self.shown.as_ref();
        shown.map_or_else(String::new, |shown| shown.phone.clone())
    }

    fn show(&mut self, customer: Customer) -> Option<Customer> {
        let is_new = self.shown.as_ref() != Some(&customer);
        self.shown = Some(customer);
        self.shown.clone().filter(|_| is_new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::ClueKind;

    fn one(id: &str) -> Customer {
        Customer {
            customer_id: id.to_owned(),
            phone: "+14155550117".to_owned(),
            ..Customer::default()
        }
    }

    fn said(ids: &[&str]) -> Customer {
        let candidate = |id: &&str| Candidate {
            customer_id: (*id).to_owned(),
            known_by: KnownBy::Said,
            clue: "48291".to_owned(),
            ..Candidate::default()
        };
        Customer {
            candidates: ids.iter().map(candidate).collect(),
            ..Customer::default()
        }
    }

    fn ids(shown: &Customer) -> Vec<&str> {
        shown
            .candidates
            .iter()
            .map(|one| one.customer_id.as_str())
            .collect()
    }

    #[test]
    fn what_is_said_makes_candidates_until_it_is_known_who_it_is() {
        let mut identity = Identity::default();
        let clue = Clue {
            kind: ClueKind::Reference,
            text: "48291".to_owned(),
        };
        assert!(identity.follows(&clue));
        assert!(!identity.follows(&clue), "it was followed");
        let shown = identity.found(said(&["a"])).expect("new");
        assert_eq!(ids(&shown), ["a"]);
        let shown = identity.choose(one("a")).expect("new");
        assert_eq!(
            (shown.customer_id.as_str(), shown.known_by),
            ("a", Some(KnownBy::Chosen))
        );
        assert_eq!(identity.found(said(&["b"])), None, "it is known");
        let shown = identity.undo().expect("new");
        assert_eq!(
            (shown.customer_id.as_str(), ids(&shown)),
            ("", vec!["b"]),
            "not the one that it was not"
        );
        assert_eq!(identity.undo(), None, "nobody is shown");
    }

    #[test]
    fn what_else_is_known_of_whom_is_shown_is_told_and_of_nobody_else() {
        let mut identity = Identity::default();
        identity.choose(one("a")).expect("new");
        let more = |id: &str| Customer {
            name: "Ann Lee".to_owned(),
            phone: String::new(),
            ..one(id)
        };
        let shown = identity.found(more("a")).expect("more");
        assert_eq!(
            (shown.name.as_str(), shown.known_by),
            ("Ann Lee", Some(KnownBy::Chosen))
        );
        assert_eq!(shown.phone, "+14155550117");
        assert_eq!(identity.found(more("a")), None, "nothing new");
        assert_eq!(identity.found(more("b")), None, "somebody else");
    }

    #[test]
    fn a_number_tells_who_it_is_and_that_can_be_undone() {
        let mut identity = Identity::default();
        let shown = identity.found(one("a")).expect("new");
        assert_eq!(shown.known_by, Some(KnownBy::Number));
        let shown = identity.undo().expect("new");
        assert_eq!(
            (shown.phone.as_str(), shown.known_by, ids(&shown)),
            ("+14155550117", None, vec![])
        );
        let clue = Clue {
            kind: ClueKind::Name,
            text: "ann lee".to_owned(),
        };
        assert!(identity.follows(&clue));
    }
}
