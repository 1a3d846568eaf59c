//! Answers of CRMs that are well, and of some that are not.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use super::*;

/// An HTTP server that gives `answers` in turn, one per connection, and remembers what it was
/// asked.
pub(super) fn serve(answers: Vec<Vec<u8>>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&asked);
    std::thread::spawn(move || {
        for answer in answers {
            let (stream, _) = listener.accept().expect("a client");
            let mut reader = BufReader::new(stream);
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).expect("a request");
                let lower = line.to_lowercase();
                if let Some(value) = lower.strip_prefix("content-length:") {
                    length = value.trim().parse().expect("a length");
                }
                if line.trim().is_empty() {
                    break;
                }
                head.push_str(&line);
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).expect("a body");
            let body = String::from_utf8(body).expect("UTF-8");
            seen.lock().expect("nobody panics here").push(head + &body);
            let mut stream = reader.into_inner();
            // Whoever has read enough hangs up.
            let _ = stream.write_all(&answer);
        }
    });
    (url, asked)
}

pub(super) fn answer(status: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn description(url: &str, auth: &str) -> String {
    format!(
        r#"
        name = "Test"
        base_url = "{url}"
        {auth}
        [find]
        request = {{ path = "/contacts?phone={{{{ phone }}}}" }}
        list = "/items"
        fields = {{ customer_id = "/id", name = "/name", tier = "/tier" }}
        [create_ticket]
        id = "/id"
        lost_answer = "repeat"
        request = {{ path = "/tickets", body = "{{ \"key\": {{{{ key }}}} }}" }}
        [create_task]
        id = "/id"
        lost_answer = "repeat"
        request = {{ path = "/tasks", body = "{{ \"key\": {{{{ key }}}} }}" }}
        "#
    )
}

fn rest(url: &str, auth: &str) -> Rest {
    Rest::parse("test.toml".as_ref(), &description(url, auth), |_| None).expect("well formed")
}

pub(super) fn write_ticket(rest: &Rest) -> Result<String, CrmError> {
    let values = note_of_a_sample();
    rest.write(&Writing {
        key: &IdempotencyKey::new("sample", Step::Ticket),
        repeated: false,
        note: &values,
        customer_id: None,
        what: What::Ticket,
    })
}

#[test]
fn a_crm_that_is_not_itself_makes_notes_wait_and_its_refusals_do_not() {
    for (case, raw, waits, maybe_written) in [
        ("maintenance page", answer("200 OK", "<html>back soon</html>"), true, true),
        (
            "login page",
            b"HTTP/1.1 302 Found\r\nLocation: /login\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".to_vec(),
            true,
            true,
        ),
        ("no id", answer("200 OK", r#"{"ok": true}"#), true, true),
        ("nested rubbish", answer("200 OK", "[".repeat(5_000)), true, true),
        ("another encoding", answer("200 OK", b"{\"id\": \"\xfc\"}"), true, true),
        ("ten megabytes", answer("200 OK", format!("\"{}\"", "x".repeat(10_000_000))), true, true),
        ("a proxy's refusal", answer("403 Forbidden", "<html>no</html>"), true, false),
        ("a proxy's 404", answer("404 Not Found", "<html>no</html>"), true, false),
        ("its own refusal", answer("422 Unprocessable", r#"{"error": "too long"}"#), false, false),
    ] {
        let (url, _) = serve(vec![raw]);
        let failure = write_ticket(&rest(&url, "")).expect_err(case);
        assert_eq!(matches!(failure, CrmError::Unavailable { .. }), waits, "{case}: {failure}");
        assert_eq!(failure.maybe_written(), maybe_written, "{case}: {failure}");
    }
}

#[test]
fn a_contact_without_an_id_makes_the_note_wait() {
    let (url, _) = serve(vec![answer("200 OK", r#"{"items": [{"name": "Ann"}]}"#)]);
    let failure = rest(&url, "").find("+14155550117").expect_err("no id");
    assert!(matches!(failure, CrmError::Unavailable { .. }), "{failure}");
}

#[test]
fn two_contacts_with_one_number_are_told_and_neither_is_taken_for_the_caller() {
    let two = r#"{"items": [{"id": 1, "name": "Ann", "tier": "gold"}, {"id": 2, "name": "Ben"}]}"#;
    let (url, _) = serve(vec![answer("200 OK", two)]);
    let found = rest(&url, "").find("+14155550117").expect("answered");
    let found = found.expect("somebody");
    let candidate = |customer_id: &str, name: &str, tier: &str| Candidate {
        customer_id: customer_id.to_owned(),
        name: name.to_owned(),
        tier: tier.to_owned(),
        ..Candidate::default()
    };
    let expected = Customer {
        phone: "+14155550117".to_owned(),
        candidates: vec![candidate("1", "Ann", "gold"), candidate("2", "Ben", "")],
        ..Customer::default()
    };
    assert_eq!(found, expected);
}

#[test]
fn a_secret_that_was_renewed_in_its_file_needs_no_restart() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("token");
    std::fs::write(&file, "old\n").expect("writable");
    let (url, asked) = serve(vec![
        answer("401 Unauthorized", "{}"),
        answer("401 Unauthorized", "{}"),
        answer("200 OK", r#"{"id": 7}"#),
    ]);
    let auth = format!(
        "auth = {{ prefix = \"Bearer \", file = {:?} }}",
        file.display().to_string()
    );
    let rest = rest(&url, &auth);
    write_ticket(&rest).expect_err("the secret is not known, and there is no other");
    std::fs::write(&file, "new\n").expect("writable");
    assert_eq!(write_ticket(&rest).expect("with the new one"), "7");
    let asked = asked.lock().expect("nobody panics here");
    for (request, secret) in asked.iter().zip(["Bearer old", "Bearer old", "Bearer new"]) {
        assert!(request.contains(secret), "{request}");
    }
}

#[test]
fn an_undefined_value_is_named() {
    let text =
        description("http://localhost", "").replace("{{ phone }}", "{{ phone }}{{ note.fone }}");
    let error = Rest::parse("test.toml".as_ref(), &text, |_| None);
    let error = error.err().expect("there is no such value").to_string();
    assert!(error.contains("undefined value: `note.fone`"), "{error}");
}

#[test]
fn a_text_can_be_cut_where_the_crm_has_a_limit() {
    let cut = "{{ note.summary.reason | truncate(4) }}";
    let text = description("http://localhost", "").replace("{{ key }}", cut);
    Rest::parse("test.toml".as_ref(), &text, |_| None).expect("a filter that is known");
}

#[test]
fn what_became_of_the_call_and_who_reviewed_it_can_be_written_to_the_crm() {
    let with = |key: &str| {
        let text = description("http://localhost", "").replace("{{ key }}", key);
        Rest::parse("test.toml".as_ref(), &text, |_| None).map(drop)
    };
    for key in [
        "{{ note.summary.disposition }}",
        "{{ note.summary.reviewed_by | default('') }}",
    ] {
        with(key).expect("it is there, or has another");
    }
    // Most notes are written as they are.
    let error = with("{{ note.summary.reviewed_by }}").expect_err("not always there");
    assert!(error.to_string().contains("reviewed_by"), "{error}");
}

/// What comes with the program, and what is written in README, has to be understood.
#[test]
fn the_sample_descriptions_are_understood() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("crm");
    let mut read = 0;
    for entry in std::fs::read_dir(dir).expect("it is there") {
        let path = entry.expect("readable").path();
        if path.extension().is_some_and(|e| e == "toml") && !path.ends_with("samples.toml") {
            let text = std::fs::read_to_string(&path).expect("readable");
            if let Err(error) = Rest::parse(&path, &text, |_| Some("secret".to_owned())) {
                panic!("{error}");
            }
            read += 1;
        }
    }
    assert!(read > 0);
}

#[test]
fn a_mistake_in_a_description_is_named_with_its_line() {
    let good = include_str!("../../../crm/generic-rest.toml");
    let secret = |_: &str| Some("secret".to_owned());
    for (right, wrong, message) in [
        (
            "timeout_ms = 10000",
            "timeout = 10",
            "unknown field `timeout`",
        ),
        (
            "{{ note.phone }}",
            "{{ note.fone }}",
            "create_ticket body: undefined value",
        ),
        (
            "{{ vars.pool }}",
            "{{ vars.pool",
            "create_ticket body: syntax error",
        ),
        (
            "{{ note.summary.text }}",
            "\"{{ note.summary.text }}\"",
            "values bring their quotes along",
        ),
        (
            "tasks?external_id={{ key }}",
            "tasks?key={{ kee }}",
            "create_task.look_up path",
        ),
        ("id = \"/id\"", "id = \"id\"", "is no JSON pointer"),
        (
            "base_url = \"https:",
            "base_url = \"ftp:",
            "neither http:// nor https://",
        ),
        ("429, \"5xx\"", "429, \"9xx\"", "\"5xx\""),
        (
            "lost_answer = \"repeat\"",
            "lost_answer = \"look_up\"",
            "go together",
        ),
        (
            "path = \"/interactions\"",
            "method = \"EAT\"\npath = \"/\"",
            "`EAT`",
        ),
    ] {
        // Comments stay as they are.
        let at = good.match_indices(right).map(|(at, _)| at).find(|at| {
            !good[..*at]
                .rsplit('\n')
                .next()
                .is_some_and(|line| line.starts_with('#'))
        });
        let at = at.unwrap_or_else(|| panic!("{right} is in the sample"));
        let text = format!("{}{wrong}{}", &good[..at], &good[at + right.len()..]);
        let line = 1 + text[..at].matches('\n').count();
        let error = Rest::parse(Path::new("my.toml"), &text, secret);
        let error = error
            .err()
            .unwrap_or_else(|| panic!("{wrong} is wrong"))
            .to_string();
        assert!(error.contains(message), "{wrong}: {error}");
        assert!(
            error.starts_with(&format!("my.toml:{line}: ")),
            "{wrong}, line {line}: {error}"
        );
    }
    let error = Rest::parse(Path::new("my.toml"), good, |_| None);
    let error = error.err().expect("there is no secret").to_string();
    assert!(error.contains("CRM_TOKEN"), "{error}");
}
