//! What follows from whom people have chosen for a number before.

use sidetone_types::customer::{Candidate, Customer, KnownBy};

/// So many of the last choices count.
const LAST: usize = 5;
/// More share no telephone of a household: the number is that of a switchboard, behind which it may be anybody.
const HOUSEHOLD: usize = 5;

/// What the CRM's answer comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Weighed {
    /// It is as the CRM says, or one of several in this order.
    As(Option<Customer>),
    /// It is the customer of this id, whom everybody has chosen.
    Whoever(String),
}

/// Weighs whom the CRM has `found` for `phone` against whom people have `chosen` there, the last one first. Whoever
/// was chosen again and again is who it is; where others were chosen, or the CRM knows somebody else, it is asked.
pub fn weigh(found: Option<Customer>, phone: &str, chosen: &[String]) -> Weighed {
    let chosen = &chosen[..chosen.len().min(LAST)];
    let Some(last) = chosen.first() else {
        return Weighed::As(found);
    };
    let found = found.unwrap_or_default();
    let is_household = found.candidates.len() <= HOUSEHOLD;
    let is_one = is_household && chosen.iter().all(|id| id == last);
    if found.customer_id == *last {
        return Weighed::As(Some(found));
    }
    if is_one && found.customer_id.is_empty() {
        return Weighed::Whoever(last.clone());
    }
    let mut candidates = match found.customer_id.is_empty() {
        true => found.candidates,
        false => vec![Candidate {
            customer_id: found.customer_id,
            name: found.name,
            tier: found.tier,
            ..Candidate::default()
        }],
    };
    for id in chosen {
        if !candidates.iter().any(|one| one.customer_id == *id) {
            candidates.push(Candidate {
                customer_id: id.clone(),
                ..Candidate::default()
            });
        }
    }
    let place = |one: &Candidate| chosen.iter().position(|id| *id == one.customer_id);
    candidates.sort_by_key(|one| place(one).unwrap_or(usize::MAX));
    for one in &mut candidates {
        if chosen.contains(&one.customer_id) {
            one.known_by = KnownBy::ChosenBefore;
        }
    }
    Weighed::As(Some(Customer {
        phone: phone.to_owned(),
        candidates,
        ..Customer::default()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: &str = "+14155550117";

    fn one(id: &str) -> Customer {
        Customer {
            customer_id: id.to_owned(),
            phone: PHONE.to_owned(),
            ..Customer::default()
        }
    }

    fn several(ids: &[&str]) -> Customer {
        let candidate = |id: &&str| Candidate {
            customer_id: (*id).to_owned(),
            ..Candidate::default()
        };
        Customer {
            phone: PHONE.to_owned(),
            candidates: ids.iter().map(candidate).collect(),
            ..Customer::default()
        }
    }

    fn weighed(found: Option<Customer>, chosen: &[&str]) -> Weighed {
        let chosen: Vec<String> = chosen.iter().map(|id| (*id).to_owned()).collect();
        weigh(found, PHONE, &chosen)
    }

    fn order(weighed: Weighed) -> Vec<(String, KnownBy)> {
        let Weighed::As(Some(customer)) = weighed else {
            panic!("{weighed:?}");
        };
        let told = customer.candidates.into_iter();
        told.map(|one| (one.customer_id, one.known_by)).collect()
    }

    #[test]
    fn without_choices_it_is_as_the_crm_says() {
        assert_eq!(weighed(None, &[]), Weighed::As(None));
        assert_eq!(weighed(Some(one("a")), &[]), Weighed::As(Some(one("a"))));
        assert_eq!(weighed(Some(one("a")), &["a"]), Weighed::As(Some(one("a"))));
    }

    #[test]
    fn whoever_was_always_chosen_is_who_it_is() {
        let whoever = Weighed::Whoever("b".to_owned());
        assert_eq!(weighed(Some(several(&["a", "b"])), &["b"]), whoever);
        assert_eq!(
            weighed(None, &["b", "b"]),
            whoever,
            "the CRM does not know that number"
        );
    }

    #[test]
    fn a_number_of_many_is_asked_about_with_the_last_ones_first() {
        let told = order(weighed(Some(several(&["a", "b", "c"])), &["c", "b"]));
        let by = [
            ("c", KnownBy::ChosenBefore),
            ("b", KnownBy::ChosenBefore),
            ("a", KnownBy::Number),
        ];
        assert_eq!(told, by.map(|(id, by)| (id.to_owned(), by)));
        let many: Vec<String> = (0..9).map(|id| id.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let told = order(weighed(Some(several(&many)), &["7", "7"]));
        assert_eq!((told.len(), told[0].0.as_str()), (9, "7"), "a switchboard");
        let told = order(weighed(Some(one("a")), &["b"]));
        let by = [("b", KnownBy::ChosenBefore), ("a", KnownBy::Number)];
        assert_eq!(
            told,
            by.map(|(id, by)| (id.to_owned(), by)),
            "the CRM knows somebody else"
        );
    }
}
