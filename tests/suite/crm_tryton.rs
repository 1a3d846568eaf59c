//! A real CRM, both ways: whom it knows, what changes there, and what a call leaves in it.

use std::path::Path;

use serde_json::{Value, json};
use sidetone::crm::embedded::Changed;
use sidetone::crm::{Crm as _, IdempotencyKey, Rest, What, Writing};
use sidetone::records::Step;
use sidetone_core::identity::{Clue, ClueKind};
use sidetone_tests::kit::{Tryton, note, skip};

fn described(tryton: &Tryton) -> Rest {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/server/crm/tryton.toml");
    let text = std::fs::read_to_string(&file).expect("it comes with the program");
    let text = text.replace("http://127.0.0.1:8000/crm", tryton.url());
    let login = tryton.login();
    Rest::parse(&file, &text, move |_| Some(login.clone())).expect("well formed")
}

fn customer(name: &str, code: &str, phone: &str) -> Value {
    let mechanism = json!({"type": "phone", "value": phone});
    json!({"name": name, "code": code, "contact_mechanisms": [["create", [mechanism]]]})
}

#[test]
fn tryton_tells_whom_it_knows_and_takes_what_a_call_leaves() {
    let Some(tryton) = Tryton::start() else {
        return skip("Tryton is not installed in ~/.cache/sidetone/tryton");
    };
    let crm = described(&tryton);
    let ann = tryton.add("party.party", &customer("Ann Lee", "C17", "+14155550117"));
    tryton.add("party.party", &customer("Bo Chen", "C18", "+14155550118"));

    // In.
    let found = crm.find("+14155550117").expect("answered").expect("there");
    assert_eq!(
        (found.customer_id, found.name),
        (ann.to_string(), "Ann Lee".to_owned())
    );
    assert_eq!(crm.find("+14155550199").expect("answered"), None);
    tryton.add("party.party", &customer("Cy Lee", "C19", "+14155550117"));
    let household = crm.find("+14155550117").expect("answered").expect("there");
    assert_eq!(household.candidates.len(), 2);
    for (kind, text) in [(ClueKind::Reference, "C17"), (ClueKind::Name, "ann lee")] {
        let text = text.to_owned();
        let candidates = crm.look_for(&Clue { kind, text }).expect("answered");
        assert_eq!(candidates.len(), 1);
        assert_eq!(candidates[0].customer_id, ann.to_string());
    }
    let names = || -> Vec<(String, bool)> {
        let page = crm.page(("", ""), "US").expect("answered");
        let named = page.changed.into_iter().map(
            |Changed {
                 customer_id,
                 record,
             }| {
                (
                    record
                        .as_ref()
                        .map_or(customer_id, |record| record.name.clone()),
                    record.is_some(),
                )
            },
        );
        named.collect()
    };
    assert!(names().contains(&("Bo Chen".to_owned(), true)));
    let changed = json!([[ann], {"name": "Ann Smith"}, {}]);
    tryton.call("model.party.party.write", &changed);
    assert!(names().contains(&("Ann Smith".to_owned(), true)));
    let gone = json!([[ann], {"active": false}, {}]);
    tryton.call("model.party.party.write", &gone);
    assert!(names().contains(&(ann.to_string(), false)));

    let back = json!([[ann], {"active": true}, {}]);
    tryton.call("model.party.party.write", &back);

    // Out, and not twice where an answer was lost.
    let note = note("call-1");
    let customer_id = ann.to_string();
    let write = |step, what, repeated| {
        crm.write(&Writing {
            key: &IdempotencyKey::new("call-1", step),
            repeated,
            note: &note,
            customer_id: Some(&customer_id),
            what,
        })
        .unwrap_or_else(|error| panic!("{step}: {error:?}"))
    };
    let ticket_id = &write(Step::Ticket, What::Ticket, false);
    assert_eq!(&write(Step::Ticket, What::Ticket, true), ticket_id);
    let task = &note.summary.follow_ups[0];
    write(Step::Task(0), What::Task { ticket_id, task }, false);
    let asked = json!([[], 0, 10, [["id", "ASC"]], ["name", "type", "party"], {"company": 1}]);
    let work = tryton.call("model.project.work.search_read", &asked);
    let told: Vec<(&str, &str)> = work
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| {
            (
                one["type"].as_str().unwrap_or_default(),
                one["name"].as_str().unwrap_or_default(),
            )
        })
        .collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[0], ("project", note.summary.reason.as_str()));
    assert_eq!(told[1].0, "task");
}
