//! Whom a call is with: what the CRM says, what people say of themselves, and whom an agent chooses.

use sidetone_types::customer::{Candidate, Customer as Whom, KnownBy};

use super::*;
use crate::agent_work::{Order, Wish, WorkError};

fn whom(id: &str, name: &str) -> Whom {
    Whom {
        customer_id: id.to_owned(),
        name: name.to_owned(),
        phone: "+14155550117".to_owned(),
        ..Whom::default()
    }
}

fn order(wish: Wish) -> Order {
    Order {
        wish,
        by: "ann".to_owned(),
    }
}

fn shown(stage: &Stage) -> Vec<(String, Option<KnownBy>, usize)> {
    let kinds = stage.events.iter().map(|event| &event.kind);
    kinds
        .filter_map(|kind| match kind {
            EventKind::CustomerIdentified(shown) => Some((
                shown.customer_id.clone(),
                shown.known_by,
                shown.candidates.len(),
            )),
            _ => None,
        })
        .collect()
}

#[test]
fn an_agent_undoes_whom_the_number_says_and_chooses_another() {
    let mut stage = Stage::assisted([(Customer, stream())], Some(context()));
    let nobody = stage.call.worked(order(Wish::NotThem));
    assert!(matches!(nobody, Err(WorkError::NobodyKnown)));
    stage.handle(Input::Customer(whom("a", "Ann Lee")));
    stage.handle(Input::Work(order(Wish::NotThem)));
    stage.handle(Input::Work(order(Wish::Choose(Box::new(whom("b", "Bo"))))));
    let said = Whom {
        candidates: vec![Candidate {
            customer_id: "c".to_owned(),
            known_by: KnownBy::Said,
            clue: "48291".to_owned(),
            ..Candidate::default()
        }],
        ..Whom::default()
    };
    stage.handle(Input::Customer(said));
    assert_eq!(
        shown(&stage),
        [
            ("a".to_owned(), Some(KnownBy::Number), 0),
            (String::new(), None, 0),
            ("b".to_owned(), Some(KnownBy::Chosen), 0),
        ],
        "what comes late changes nothing"
    );
}

#[test]
fn a_number_that_a_caller_types_is_looked_for_while_nobody_knows_who_they_are() {
    for (known, expected) in [
        (false, vec![("48291".to_owned(), KnownBy::Typed)]),
        (true, vec![]),
    ] {
        let mut stage = Stage::assisted([(Customer, stream())], Some(context()));
        if known {
            stage.handle(Input::Customer(whom("a", "Ann Lee")));
        }
        for key in "48291#".chars() {
            let duration = Duration::from_millis(100);
            stage.stream(200, &[(Customer, false)]);
            stage.control(Customer, Control::Dtmf { key, duration });
        }
        assert_eq!(stage.looked_for, expected);
    }
}
