//! The descriptions of CRMs that come with the program, each against a stand-in that speaks what its maker documents: it
//! refuses what the real one would, and answers in its shapes. They are no real CRMs.

mod standins;

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use sidetone::crm::{Crm as _, IdempotencyKey, Rest, What, Writing};
use sidetone::records::Step;
use sidetone_core::identity::{Clue, ClueKind};
use sidetone_tests::kit::note;

/// A request as a stand-in sees it.
struct Asked {
    method: String,
    path: String,
    /// Decoded.
    query: String,
    authorization: String,
    /// JSON, or what a form says as a text.
    body: Value,
}

/// What a stand-in makes of requests: a status, and what it answers.
trait StandIn: Send {
    fn answer(&mut self, asked: &Asked) -> (u16, Value);
}

/// A stand-in at an address of its own, for as long as the test runs.
fn serve(standin: impl StandIn + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    let standin = Arc::new(Mutex::new(standin));
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let standin = Arc::clone(&standin);
            std::thread::spawn(move || exchange(stream, &*standin).ok());
        }
    });
    address
}

fn exchange(stream: TcpStream, standin: &Mutex<impl StandIn>) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split(' ');
    let method = words.next().unwrap_or_default().to_owned();
    let target = words.next().unwrap_or_default().to_owned();
    let (mut authorization, mut length) = (String::new(), 0);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.trim().split_once(':') else {
            break;
        };
        match name.to_lowercase().as_str() {
            "authorization" | "x-api-key" => authorization = value.trim().to_owned(),
            "content-length" => length = value.trim().parse().unwrap_or(0),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let text = String::from_utf8_lossy(&body).into_owned();
    let asked = Asked {
        method,
        path: decoded(path),
        query: decoded(query),
        authorization,
        body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
    };
    let (status, answer) = standin.lock().expect("no request panics").answer(&asked);
    let answer = answer.to_string();
    write!(
        reader.into_inner(),
        "HTTP/1.1 {status} As Asked\r\nContent-Type: application/json\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{answer}",
        answer.len()
    )
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let hex: Vec<u8> = match byte {
            b'%' => rest.by_ref().take(2).collect(),
            _ => Vec::new(),
        };
        let hex = std::str::from_utf8(&hex).ok();
        let coded = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(coded.unwrap_or(byte));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The description of that name, of a CRM at `address`.
fn described(name: &str, address: SocketAddr) -> Rest {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../engine/server/crm/{name}.toml"));
    let text = std::fs::read_to_string(&file).expect("it comes with the program");
    // Everything up to the path of the API is somebody's own.
    let lines = text.lines().map(|line| {
        let is_address = line.starts_with("base_url") || line.starts_with("token_url");
        let host = line
            .split("//")
            .nth(1)
            .and_then(|rest| rest.split(['/', '"']).next());
        match host.filter(|_| is_address) {
            Some(host) => line.replace(&format!("https://{host}"), &format!("http://{address}")),
            None => line.to_owned(),
        }
    });
    let text: Vec<String> = lines.collect();
    Rest::parse(&file, &text.join("\n"), |_| Some("secret".to_owned())).expect("well formed")
}

/// Finds Ann in all ways, reads everybody, and writes what a call leaves; what was written is found again.
fn check(name: &str, standin: impl StandIn + 'static) {
    let crm = described(name, serve(standin));
    let found = crm
        .find("+14155550117")
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let ann = found.unwrap_or_else(|| panic!("{name} knows nobody"));
    assert_eq!(
        (ann.name.as_str(), ann.email.as_str()),
        ("Ann Lee", "ann@example.org"),
        "{name}"
    );
    assert_eq!(crm.find("+14155550199").expect("answered"), None, "{name}");
    let by_id = crm.get(&ann.customer_id).expect("answered").expect("there");
    assert_eq!(
        (by_id.name.as_str(), by_id.email.as_str()),
        ("Ann Lee", "ann@example.org"),
        "{name}"
    );
    let clue = Clue {
        kind: ClueKind::Name,
        text: "ann lee".to_owned(),
    };
    let candidates = crm.look_for(&clue).expect("answered");
    assert_eq!(candidates.len(), 1, "{name}");

    let page = crm
        .page(("", ""), "US")
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let records: Vec<_> = page
        .changed
        .iter()
        .filter_map(|one| one.record.as_ref())
        .collect();
    assert_eq!(records[0].name, "Ann Lee", "{name}");
    assert_eq!(records[0].phones, ["+14155550117"], "{name}");
    let (_, since) = page.read.newest.clone().expect("a change");
    let later = crm.page((&since, ""), "US").expect("answered");
    assert!(later.changed.len() <= page.changed.len(), "{name}");

    let note = note("call-1");
    let write = |step, what, repeated| {
        crm.write(&Writing {
            key: &IdempotencyKey::new("call-1", step),
            repeated,
            note: &note,
            customer_id: Some(&ann.customer_id),
            what,
        })
        .unwrap_or_else(|error| panic!("{name} {step}: {error}"))
    };
    let ticket_id = &write(Step::Ticket, What::Ticket, false);
    assert_eq!(
        &write(Step::Ticket, What::Ticket, true),
        ticket_id,
        "{name}: the answer was lost"
    );
    let task = &note.summary.follow_ups[0];
    let task_id = write(Step::Task(0), What::Task { ticket_id, task }, false);
    let again = write(Step::Task(0), What::Task { ticket_id, task }, true);
    assert_eq!(again, task_id, "{name}: the answer was lost");
    write(Step::Interaction, What::Interaction { ticket_id }, false);
}

#[test]
fn hubspot_is_spoken_to_as_it_documents() {
    check("hubspot", standins::HubSpot::default());
}

#[test]
fn zendesk_is_spoken_to_as_it_documents() {
    check("zendesk", standins::Zendesk::default());
}

#[test]
fn espocrm_is_spoken_to_as_it_documents() {
    check("espocrm", standins::EspoCrm::default());
}

#[test]
fn odoo_is_spoken_to_as_it_documents() {
    check("odoo", standins::Odoo::default());
}

#[test]
fn salesforce_is_spoken_to_as_it_documents() {
    check("salesforce", standins::Salesforce::default());
}

#[test]
fn dynamics_365_is_spoken_to_as_it_documents() {
    check("dynamics365", standins::Dynamics::default());
}

#[test]
fn a_token_that_has_ended_is_asked_for_anew_and_a_refused_secret_is_told() {
    let crm = described("salesforce", serve(standins::Salesforce::default()));
    // It gives out tokens for a request each.
    for _ in 0..3 {
        crm.find("+14155550117").expect("answered").expect("there");
    }
    let crm = described("salesforce", serve(standins::Salesforce::refusing()));
    let error = crm.find("+14155550117").expect_err("no token").to_string();
    assert!(
        error.contains("gave no token") && error.contains("invalid_client"),
        "{error}"
    );
    assert!(!error.contains("secret\""), "{error}");
}
