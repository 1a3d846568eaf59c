//! SOAP, both ways, with peers that are not ours: zeep is a client of the engine, spyne a CRM that it writes to.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sidetone::config::Config;
use sidetone::crm::{Crm, CrmError, IdempotencyKey, Rest, Step, What, Writing};
use sidetone::delivery::{Delivery, Tell};
use sidetone::storage::Store;
use sidetone_core::outbox::RetryConfig;
use sidetone_tests::kit::{
    Script, SoapClient, SoapCrm, close_call, connect, note, rest, run_with_zeep, scripted,
    scripted_to_hear, skip,
};
use tokio::task::{block_in_place, spawn_blocking};

use crate::access::{LINES, Secure, Speaking};

const PORTS: [&str; 2] = ["SidetoneSoap11", "SidetoneSoap12"];
const MISSING: &str =
    "zeep and spyne are not installed: `.ci/run` puts them into ~/.cache/sidetone/soap";

fn client(address: SocketAddr, port: &str, shown: Value) -> Option<SoapClient> {
    SoapClient::start(&format!("http://{address}/soap?wsdl"), port, shown)
}

/// The answer, which has to be one.
fn answer(said: &Value) -> &Value {
    assert!(said.get("answer").is_some(), "{said}");
    &said["answer"]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_not_ours_does_all_that_can_be_asked_for() {
    let script = Script::of(&LINES);
    let engine = scripted_to_hear(script.clone(), Config::default()).await;
    let address = engine.address();
    Speaking::begin(connect(address).await, &script, "agent-7", 0)
        .end()
        .await;
    for port in PORTS {
        let Some(mut client) = block_in_place(|| client(address, port, json!({}))) else {
            return skip(MISSING);
        };
        let mut ask =
            |operation: &str, with: Value| block_in_place(|| client.call(operation, &with));
        let found = ask("FindCustomer", json!({"phone": "(415) 555-0117"}));
        let found = &answer(&found)[0];
        assert_eq!(found["name"], "Daniel Whitmore", "{found}");
        let tickets = found["tickets"].to_string();
        assert!(tickets.contains("Charged twice for April"), "{tickets}");
        assert!(
            found["preferences"].to_string().contains("best time"),
            "{found}"
        );
        let by_id = ask("FindCustomer", json!({"customer_id": found["customer_id"]}));
        assert_eq!(answer(&by_id)[0]["phones"], found["phones"]);
        let nobody = ask("FindCustomer", json!({"phone": "+14155559999"}));
        assert!(
            answer(&nobody).is_null() || answer(&nobody) == &json!([]),
            "{nobody}"
        );

        let (_, told) = rest(address, "GET", "/v1/customers/C-0", Value::Null).await;
        let fault = ask("FindCustomer", json!({"customer_id": "C-0"}));
        assert_eq!(fault["fault"]["message"], told["error"], "{fault}");

        let id = format!("of-{port}");
        let opened = ask(
            "OpenCall",
            json!({
                "call_id": id, "caller": "+14155550142", "direction": "inbound", "agent_id": "agent-7", "languages": ["en"],
                "metadata": [{"name": "queue", "value": "billing & 退款"}],
                "legs": [{"role": "agent"}, {"role": "customer", "party_id": "c-1"}],
            }),
        );
        let opened = answer(&opened);
        assert_eq!(opened["call_id"], id);
        let ports: Vec<&Value> = opened["addresses"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|one| &one["port"])
            .collect();
        assert!(ports.len() == 2 && ports[0].as_u64() > Some(0), "{opened}");

        let updated = ask(
            "UpdateCall",
            json!({"call_id": id, "metadata": [{"name": "ivr", "value": "2"}], "legs": [{"role": "supervisor", "party_id": "lead-1"}]}),
        );
        assert_eq!(
            answer(&updated)["addresses"][0]["role"],
            "supervisor",
            "{updated}"
        );
        for control in [
            json!({"role": "customer", "do": {"hold": true}}),
            json!({"role": "agent", "do": {"join": {"role": "agent", "id": "agent-9", "name": "Bob"}}}),
            json!({"role": "supervisor", "do": {"leave": "true"}}),
            json!({"role": "customer", "at_ms": 10, "do": {"dtmf": {"key": "5", "duration_ms": 80}}}),
        ] {
            let pushed = ask("PushEvent", json!({"call_id": id, "control": control}));
            assert!(pushed.get("answer").is_some(), "{control}: {pushed}");
        }
        let pushed = ask(
            "PushEvent",
            json!({"call_id": id, "metadata": [{"name": "survey", "value": "5"}]}),
        );
        assert!(pushed.get("answer").is_some(), "{pushed}");
        let (_, open) = rest(address, "GET", "/v1/calls", Value::Null).await;
        let open = open
            .as_array()
            .expect("a list")
            .iter()
            .find(|call| call["call_id"] == id.as_str());
        let open = open.expect("it is open").to_string();
        for part in ["agent-9", "held", "billing & 退款", "survey"] {
            assert!(open.contains(part), "{part}: {open}");
        }

        let going_on = ask("GetSummary", json!({"call_id": id}));
        assert_eq!(answer(&going_on)["ended"], false, "{going_on}");
        assert_eq!(answer(&going_on)["customer_name"], "Maria Lopez");
        let closed = ask("CloseCall", json!({"call_id": id}));
        assert!(closed.get("answer").is_some(), "{closed}");
        let end = Instant::now() + Duration::from_secs(20);
        while answer(&ask("GetSummary", json!({"call_id": id})))["ended"] != true {
            assert!(Instant::now() < end, "it does not end");
            tokio::task::yield_now().await;
        }

        let end = Instant::now() + Duration::from_secs(20);
        let summary = loop {
            let told = ask("GetSummary", json!({"call_id": "of-agent-7"}));
            let summary = answer(&told)["summary"].clone();
            if !summary.is_null() {
                break summary;
            }
            assert!(Instant::now() < end, "it has none: {told}");
            tokio::task::yield_now().await;
        };
        assert!(
            summary["reason"]
                .as_str()
                .is_some_and(|reason| reason.contains("charged twice")),
            "{summary}"
        );
        assert!(summary["customer_talk_ms"].as_u64() > Some(0), "{summary}");

        // What cannot be done is told in the words of REST.
        let (_, told) = rest(address, "DELETE", "/v1/calls/none", Value::Null).await;
        let fault = ask("CloseCall", json!({"call_id": "none"}));
        assert_eq!(fault["fault"]["message"], told["error"], "{fault}");
        let code = fault["fault"].to_string();
        assert!(code.contains("not_found"), "{code}");
        let fault = ask("PushEvent", json!({"call_id": "none"}));
        assert!(
            fault["fault"]["message"]
                .as_str()
                .is_some_and(|told| told.contains("`control` or `metadata`")),
            "{fault}"
        );
        let fault = ask("FindCustomer", json!({}));
        assert!(
            fault["fault"]["message"]
                .as_str()
                .is_some_and(|told| told.contains("`phone` or `customer_id`")),
            "{fault}"
        );
    }
    engine.stop().await.expect("stopped");
}

/// Status and body of what is answered to a body of that kind.
async fn posted(address: SocketAddr, kind: &'static str, body: Vec<u8>) -> (u16, String) {
    let url = format!("http://{address}/soap");
    let asked = spawn_blocking(move || {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build();
        let request = ureq::http::Request::post(url).header("content-type", kind);
        let mut answer = ureq::Agent::new_with_config(agent)
            .run(request.body(body).expect("a request"))
            .expect("served");
        let text = answer.body_mut().read_to_string().expect("text");
        (answer.status().as_u16(), text)
    });
    asked.await.expect("asked")
}

fn envelope(body: &str) -> Vec<u8> {
    let text = format!(
        "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/' xmlns:s='urn:sidetone:soap:v1'><e:Body>{body}</e:Body></e:Envelope>"
    );
    text.into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_cannot_be_read_or_meant_is_told_what_is_wrong_with_it() {
    let engine = scripted(Config::default()).await;
    let xml = "text/xml; charset=utf-8";
    let close = "<s:CloseCall><s:call_id>退</s:call_id></s:CloseCall>";
    let entities = "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>";
    let header = String::from_utf8(envelope(close)).expect("text").replace(
        "<e:Body>",
        "<e:Header><x:Pay xmlns:x='urn:x' e:mustUnderstand='1'/></e:Header><e:Body>",
    );
    let gb: Vec<u8> = [
        b"<?xml version='1.0' encoding='GB18030'?>".to_vec(),
        envelope("<s:CloseCall><s:call_id>@</s:call_id></s:CloseCall>"),
    ]
    .concat()
    .split(|byte| *byte == b'@')
    .collect::<Vec<_>>()
    .join(&[0xcd, 0xcb][..]);
    for (kind, body, status, told) in [
        (xml, envelope(close), 500, "no call `退` is open"),
        ("text/xml", gb, 500, "no call `退` is open"),
        (
            "application/json",
            b"{}".to_vec(),
            415,
            "content-type: text/xml",
        ),
        (xml, b"{}".to_vec(), 400, "it is no well-formed XML"),
        (xml, Vec::new(), 400, "it is empty"),
        (
            xml,
            b"<html/>".to_vec(),
            400,
            "it is no SOAP message but &lt;html&gt;",
        ),
        (
            xml,
            [entities.as_bytes(), &envelope(close)].concat(),
            400,
            "it has a DTD",
        ),
        (
            xml,
            "<a>".repeat(1_000).into_bytes(),
            400,
            "within each other",
        ),
        (
            xml,
            envelope(&"<b/>".repeat(110_000)),
            400,
            "more than 100000 elements",
        ),
        (
            xml,
            envelope(&"x".repeat(600_000)),
            413,
            "longer than 512 KiB",
        ),
        (
            xml,
            envelope(close)[..170].to_vec(),
            400,
            "it is no well-formed XML",
        ),
        (
            xml,
            b"<e:Envelope xmlns:e='urn:soap-3'><e:Body/></e:Envelope>".to_vec(),
            500,
            "send SOAP 1.1 or 1.2",
        ),
        (xml, envelope(""), 500, "the Body of the message is empty"),
        (
            xml,
            envelope("<s:DropTable/>"),
            500,
            "`DropTable` is no operation: there are FindCustomer, OpenCall",
        ),
        (
            xml,
            envelope("<CloseCall/>"),
            500,
            "has to be of `urn:sidetone:soap:v1`",
        ),
        (
            xml,
            envelope("<s:CloseCall/>"),
            500,
            "`CloseCall/call_id` is missing",
        ),
        (
            xml,
            envelope("<s:OpenCall><s:legs><s:role>agnet</s:role></s:legs></s:OpenCall>"),
            500,
            "`OpenCall/legs/role` is none of `agent`",
        ),
        (
            xml,
            header.into_bytes(),
            500,
            "the header {urn:x}Pay has to be understood",
        ),
    ] {
        let (code, text) = posted(engine.address(), kind, body).await;
        assert_eq!(code, status, "{told}: {text}");
        assert!(
            text.contains("Fault") && text.contains(told),
            "{told}: {text}"
        );
    }
    let (_, doors) = rest(engine.address(), "GET", "/v1/doors", Value::Null).await;
    assert!(
        doors.to_string().contains("soap"),
        "it is counted there: {doors}"
    );
    engine.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_shows_a_token_in_the_header_of_http_or_of_the_message() {
    let secure = Secure::start(Script::default(), |_, _| ()).await;
    let address = secure.engine.address();
    let token = secure.token("crm", &["service"], None, &[]);
    let other = secure.token("prometheus", &["operations"], None, &[]);
    secure.known(&token).await;
    secure.known(&other).await;
    let (status, text) = posted(address, "text/xml", envelope("<s:FindCustomer/>")).await;
    assert_eq!(status, 401, "{text}");
    assert!(
        text.contains("FailedAuthentication") && text.contains("UsernameToken"),
        "{text}"
    );
    let shows = |username: &str, password: &str, digest: bool| json!({"username": username, "password": password, "digest": digest});
    for (case, shown, told) in [
        ("nothing", json!({}), Some("UsernameToken")),
        ("a bearer", json!({"bearer": token}), None),
        ("a UsernameToken", shows("crm", &token, false), None),
        (
            "another's name",
            shows("ann", &token, false),
            Some("not valid"),
        ),
        (
            "another password",
            shows("crm", "secret", false),
            Some("not valid"),
        ),
        (
            "a digest",
            shows("crm", &token, true),
            Some("send PasswordText"),
        ),
        (
            "a bearer that is none",
            json!({"bearer": "sidetone_x"}),
            Some("not valid"),
        ),
        (
            "one who may not",
            shows("prometheus", &other, false),
            Some("`prometheus` may not do that"),
        ),
    ] {
        for port in PORTS {
            let Some(mut client) = block_in_place(|| client(address, port, shown.clone())) else {
                return skip(MISSING);
            };
            let asked = json!({"phone": "+14155550117"});
            let said = block_in_place(|| client.call("FindCustomer", &asked));
            match told {
                // Nobody is an answer, too.
                None => assert!(said.get("answer").is_some(), "{case}: {said}"),
                Some(told) => {
                    let message = said["fault"]["message"].as_str();
                    assert!(
                        message.is_some_and(|message| message.contains(told)),
                        "{case}: {said}"
                    );
                }
            }
        }
    }
    secure.engine.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_of_the_docs_runs() {
    let secure = Secure::start(Script::default(), |_, _| ()).await;
    let token = secure.token("crm", &["service"], None, &[]);
    secure.known(&token).await;
    let docs = include_str!("../../engine/docs/INTEGRATE.md");
    let (_, from) = docs.split_once("```python\n").expect("it is there");
    let (program, _) = from.split_once("```").expect("it ends");
    let address = secure.engine.address().to_string();
    let program = program
        .replace("127.0.0.1:7600", &address)
        .replace("sidetone_…", &token);
    assert!(
        program.contains(&address) && program.contains(&token),
        "{program}"
    );
    let Some(ran) = block_in_place(|| run_with_zeep(&program)) else {
        return skip(MISSING);
    };
    let told = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{told}");
    secure.engine.stop().await.expect("stopped");
}

const TIMEOUT: Duration = Duration::from_millis(700);

/// The CRM by spyne, as a description has it.
fn crm(soap: &SoapCrm, version: &str, folder: &Path) -> Arc<dyn Crm> {
    std::fs::write(folder.join("crm.wsdl"), soap.wsdl(version)).expect("written");
    let create = |section: &str, kind: &str, (operation, body): (&str, &str)| {
        format!(
            "[{section}]\nid = \"/{operation}Result\"\nlost_answer = \"look_up\"\n[{section}.request]\noperation = \"{operation}\"\n\
             body = '''{body}'''\n[{section}.look_up]\nlist = \"/FindByKeyResult/integer\"\nid = \"\"\n\
             request = {{ operation = \"FindByKey\", body = '{{\"kind\": \"{kind}\", \"key\": {{{{ key }}}}}}' }}\n"
        )
    };
    let text = format!(
        "name = \"spyne\"\ntimeout_ms = {}\n[soap]\nwsdl = \"crm.wsdl\"\naddress = \"{}\"\n[soap.security]\n\
         username = \"sidetone\"\nenv = \"PASSWORD\"\ndigest = true\n[soap.faults]\nlater = [\"RecordLocked\"]\n[find]\n\
         request = {{ operation = \"FindContacts\", body = '{{\"phone\": {{{{ phone }}}}}}' }}\n\
         list = \"/FindContactsResult/Contact\"\nfields = {{ customer_id = \"/Id\", name = \"/Name\" }}\n{}{}{}",
        TIMEOUT.as_millis(),
        soap.address(version),
        create(
            "create_ticket",
            "tickets",
            (
                "CreateTicket",
                "{\"ticket\": {\"ExternalId\": {{ key }}, \"ContactId\": {{ customer_id }}, \"Subject\": {{ note.summary.reason }}, \
             \"Text\": {{ note.summary.text }}, \"Priority\": {{ \"High\" if note.summary.urgent else \"Normal\" }}, \
             \"Tags\": {\"string\": {{ note.summary.keywords }}}}}"
            )
        ),
        create(
            "create_task",
            "tasks",
            (
                "CreateTask",
                "{\"key\": {{ key }}, \"ticket\": {{ ticket_id }}, \"title\": {{ task.title }}, \"due\": {{ task.due }}}"
            )
        ),
        create(
            "create_interaction",
            "interactions",
            (
                "CreateInteraction",
                "{\"key\": {{ key }}, \"ticket\": {{ ticket_id }}, \"at\": {{ note.started }}}"
            )
        ),
    );
    let secret = |name: &str| (name == "PASSWORD").then(|| SoapCrm::PASSWORD.to_owned());
    let path = folder.join("crm.toml");
    Arc::new(Rest::parse(&path, &text, secret).unwrap_or_else(|error| panic!("{error}")))
}

/// So many calls end while the CRM is in trouble.
const CALLS: usize = 40;

#[test]
fn every_note_arrives_once_whatever_was_wrong_with_a_crm_that_speaks_soap() {
    let troubles = [
        "trouble",
        "loses answers",
        "page",
        "gateway",
        "much",
        "slow",
        "locked",
        "stranger",
        "latin",
        "wide",
    ];
    for version in ["soap11", "soap12"] {
        let Some(soap) = SoapCrm::start() else {
            return skip(MISSING);
        };
        // The first twelve requests go wrong, then every second of the next hundred.
        let moods = (0..112).map(|at| match at {
            0..12 => troubles[at % troubles.len()],
            at if at % 2 == 0 => troubles[at / 2 % troubles.len()],
            _ => "fine",
        });
        soap.set_moods(&moods.collect::<Vec<_>>());
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::temporary().expect("a new store");
        let retry = RetryConfig {
            first_ms: 20,
            longest_ms: 200,
            ..RetryConfig::default()
        };
        let nobody: Tell = Arc::new(|_, _| {});
        let outbox = store.outbox().expect("open");
        let crm = crm(&soap, version, folder.path());
        let delivery = Delivery::start(outbox, crm, retry, nobody).expect("readable");
        for i in 0..CALLS {
            let closed = close_call(&store, &note(&format!("call-{i}")));
            closed.wait().expect("the disk takes it");
        }
        let outbox = store.outbox().expect("open");
        let until = Instant::now() + Duration::from_secs(120);
        loop {
            let counts = outbox.counts().expect("readable");
            assert_eq!(counts.dead, 0, "nothing is given up");
            if counts.delivered == CALLS as u64 {
                break;
            }
            assert!(Instant::now() < until, "{counts:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
        delivery.stop();
        let mut written: BTreeMap<(String, String), usize> = BTreeMap::new();
        let records = soap.records();
        for one in &records {
            let text = |name: &str| one[name].as_str().expect("text").to_owned();
            *written.entry((text("kind"), text("key"))).or_default() += 1;
        }
        for (kind, each) in [("tickets", 1), ("tasks", 2), ("interactions", 1)] {
            let of_kind = written.iter().filter(|((of, _), _)| of == kind);
            let lost = (CALLS * each).saturating_sub(of_kind.clone().count());
            let doubled = of_kind.filter(|(_, times)| **times > 1).count();
            println!("{version}: {kind}: {lost} lost, {doubled} doubled");
            assert_eq!((lost, doubled), (0, 0), "{version}: {kind}");
        }
        let ticket = records
            .iter()
            .find(|one| one["kind"] == "tickets")
            .expect("written");
        let expected = json!({
            "contact": 1017, "subject": "话费\"重复\"扣款", "text": "话费重复扣款。\n星期四回电。", "priority": "High", "tags": ["退款"],
        });
        assert_eq!(ticket["body"], expected);
    }
}

#[test]
fn a_crm_that_speaks_soap_is_asked_in_any_encoding_and_its_refusals_are_final() {
    for version in ["soap11", "soap12"] {
        let Some(soap) = SoapCrm::start() else {
            return skip(MISSING);
        };
        let folder = tempfile::tempdir().expect("a folder");
        let crm = crm(&soap, version, folder.path());
        for mood in ["fine", "latin", "wide"] {
            soap.set_moods(&[mood]);
            let found = crm.find("+14155550117").expect(mood).expect("somebody");
            assert_eq!(
                (&*found.customer_id, &*found.name),
                ("1017", "Ann Müller 退款"),
                "{mood}"
            );
        }
        assert!(crm.find("+14155550199").expect("answered").is_none());
        for (mood, told) in [
            ("slow", "no answer from the CRM"),
            ("much", "longer than 4 MiB"),
            ("page", "something that is no SOAP: it has a DTD"),
            ("gateway", "502"),
            ("trouble", "the CRM could not do it"),
            ("stranger", "does not take us for who we say we are"),
        ] {
            soap.set_moods(&[mood]);
            let error = crm.find("+14155550117").expect_err(mood);
            assert!(error.to_string().contains(told), "{mood}: {error}");
        }
        let mut note = note("a");
        "too long".clone_into(&mut note.summary.reason);
        let refused = crm.write(&Writing {
            key: &IdempotencyKey::new("a", Step::Ticket),
            repeated: false,
            note: &note,
            customer_id: None,
            what: What::Ticket,
        });
        let refused = refused.expect_err("it says so");
        assert!(matches!(refused, CrmError::Rejected { .. }), "{refused}");
        assert_eq!(
            refused.in_full(),
            "the CRM refused it (Client.TooLong): the subject is too long"
        );
    }
}
