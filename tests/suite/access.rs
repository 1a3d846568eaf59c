//! An engine that asks who it is: nobody gets in without showing it, and those who do see what is
//! theirs to see; all of it is in the audit.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use sidetone::access::{Directory, Mode, Subject};
use sidetone::app::Engine;
use sidetone::config::{ClientCertificates, Config};
use sidetone::services::Services;
use sidetone::transport::{Needs, listed, methods};
use sidetone_access::{PasswordHash, Reach, Right, Roles};
use sidetone_audit::{Filter, PublicKey, Search, public_path, verify};
use sidetone_proto::v1;
use sidetone_proto::v1::Role::{Agent, Customer};
use sidetone_proto::v1::call_event::Detail;
use sidetone_proto::v1::streaming_analyze_request::Request;
use sidetone_tests::kit::{
    Browser, Client, Script, connect, scripted_with, skip, stream_from, stream_leg,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tonic::metadata::MetadataValue;
use tonic::{Code, Status};

use crate::tls::{Authority, grpc};

pub const PASSWORD: &str = "correct horse battery";
const POLICY: &str = r#"
[peers.pbx]
certificate = ["pbx"]
roles = ["media"]
"#;

/// An engine that asks who it is, its folder, and what its tools change.
pub struct Secure {
    pub engine: Engine,
    pub config: Config,
    directory: Directory,
    _folder: tempfile::TempDir,
}

impl Secure {
    pub async fn start(script: Script, adapt: impl FnOnce(&mut Config, &Path)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = Config::default();
        adapt(&mut config, folder.path());
        config.access.mode = Mode::Secure;
        config.access.policy = folder.path().join("policy.toml");
        std::fs::write(&config.access.policy, POLICY).expect("written");
        config.store.dir = folder.path().join("store");
        let opened = config.clone();
        let services = tokio::task::spawn_blocking(move || Services::open(&opened)).await;
        let services = services.expect("no panic").expect("a new store");
        let directory = Directory::open(&config.store).expect("beside the engine");
        let engine = scripted_with(services, script, config.clone()).await;
        Self {
            engine,
            directory,
            config,
            _folder: folder,
        }
    }

    /// Lets a person log in with [`PASSWORD`].
    pub fn add_user(&self, name: &str, role: &str, agent_id: &str, team: &str) {
        let password = PasswordHash::of(PASSWORD).expect("hashed");
        let who = subject(name, &[role], Some(agent_id), &[team]);
        self.directory.add_user(&who, &password).expect("added");
    }

    pub fn token(
        &self,
        name: &str,
        roles: &[&str],
        agent_id: Option<&str>,
        teams: &[&str],
    ) -> String {
        let made = self
            .directory
            .make_token(&subject(name, roles, agent_id, teams), None);
        made.expect("made").reveal()
    }

    /// Waits until the engine knows of what was changed beside it.
    pub async fn known(&self, token: &str) {
        let end = Instant::now() + Duration::from_secs(10);
        while self.ask("GET", "/v1/me", Some(token)).await.0 != 200 {
            assert!(Instant::now() < end, "the engine does not know of it");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn ask(&self, method: &'static str, path: &str, token: Option<&str>) -> (u16, String) {
        asked(self.engine.address(), method, path, token).await
    }
}

fn subject(name: &str, roles: &[&str], agent_id: Option<&str>, teams: &[&str]) -> Subject {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Subject {
        name: name.to_owned(),
        roles: owned(roles),
        agent_id: agent_id.map(str::to_owned),
        teams: owned(teams),
    }
}

/// Status and body.
async fn asked(
    address: SocketAddr,
    method: &'static str,
    path: &str,
    token: Option<&str>,
) -> (u16, String) {
    let url = format!("http://{address}{path}");
    let bearer = token.map(|token| format!("Bearer {token}"));
    let asked = tokio::task::spawn_blocking(move || {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .build();
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        if let Some(bearer) = bearer {
            request = request.header("authorization", bearer);
        }
        let request = request.body(()).expect("a request");
        let mut answer = ureq::Agent::new_with_config(agent)
            .run(request)
            .expect("served");
        let text = answer.body_mut().read_to_string().unwrap_or_default();
        (answer.status().as_u16(), text)
    });
    asked.await.expect("asked")
}

/// A client that shows a token with each request.
pub struct WithToken {
    pub client: Client,
    pub token: String,
}

impl WithToken {
    pub fn ask<T>(&self, message: T) -> tonic::Request<T> {
        let mut request = tonic::Request::new(message);
        let bearer = format!("Bearer {}", self.token);
        let bearer: MetadataValue<_> = bearer.parse().expect("a value");
        request.metadata_mut().insert("authorization", bearer);
        request
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_anything_but_health_without_showing_who_they_are() {
    let secure = Secure::start(Script::default(), |_, _| ()).await;
    let revoked = secure.token("old", &["admin"], None, &[]);
    secure.known(&revoked).await;
    let id = revoked.split('_').nth(1).expect("its id");
    secure.directory.revoke_token(id).expect("there");
    let end = Instant::now() + Duration::from_secs(10);
    while secure.ask("GET", "/v1/me", Some(&revoked)).await.0 == 200 {
        assert!(Instant::now() < end, "it goes on to open");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let made_up = format!("sidetone_{id}_{}", "0".repeat(64));
    let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4iLCJyb2xlcyI6WyJhZG1pbiJdfQ.";
    let long = "x".repeat(8_000);
    let shown = [
        None,
        Some(revoked.as_str()),
        Some(&made_up),
        Some(unsigned),
        Some(&long),
        Some(""),
    ];
    let mut routes = 0;
    for (method, path, needs) in listed() {
        let path = path
            .replace("{id}", "a")
            .replace("{alert}", "1")
            .replace("{message}", "1")
            .replace("{number}", "1")
            .replace("{part}", "main.js");
        for token in shown {
            let (status, body) = secure.ask(method, &path, token).await;
            match needs {
                Needs::Nothing if path == "/v1/session" => assert_eq!(status, 400, "{body}"),
                // There is no provider.
                Needs::Nothing if path.starts_with("/v1/oidc/") => {
                    assert_eq!(status, 404, "{body}");
                }
                // What can be asked for over SOAP is the same for everybody.
                Needs::Nothing if path == "/soap" => {
                    assert_eq!(status, 200, "{method} {path}");
                    assert!(body.contains("definitions"), "{body}");
                }
                Needs::Nothing => {
                    assert_eq!(status, 200, "{method} {path}");
                    assert!(["ok\n", "ready\n"].contains(&body.as_str()), "{body}");
                }
                Needs::Login | Needs::Right(_) | Needs::Either(..) => {
                    assert_eq!(status, 401, "{method} {path} {token:?}: {body}");
                    assert!(!body.contains("agent"), "{body}");
                }
            }
        }
        routes += 1;
    }
    assert!(routes > 20, "{routes}");
    for path in [
        "/nothing",
        "/v1/calls/../metrics",
        "//metrics",
        "/metrics/",
        "/desk/../v1/calls",
    ] {
        let (status, body) = secure.ask("GET", path, None).await;
        assert_eq!(status, 401, "{path}: {body}");
    }
    let methods = methods();
    assert!(methods.len() > 12, "{methods:?}");
    for (method, needs) in methods {
        let status = grpc_status(secure.engine.address(), &method, None).await;
        let is_open = needs == Needs::Nothing;
        assert_eq!(
            status == Some(UNAUTHENTICATED),
            !is_open,
            "{method} {status:?}"
        );
    }
    // Whoever is known is told that they may not, which is another thing.
    let token = secure.token("prometheus", &["operations"], None, &[]);
    secure.known(&token).await;
    assert_eq!(secure.ask("GET", "/metrics", Some(&token)).await.0, 200);
    assert_eq!(secure.ask("GET", "/v1/calls", Some(&token)).await.0, 403);
    for (query, expected) in [("", 200), ("?call_id=a", 403), ("?agent_id=a", 403)] {
        let (address, path) = (secure.engine.address(), format!("/v1/events{query}"));
        let status = status(address, "GET", &path, (&token, "")).await;
        assert_eq!(status, expected, "{query}");
    }
    let client = connect(secure.engine.address()).await;
    let mut shown = WithToken { client, token };
    let request = shown.ask(v1::ListCallsRequest::default());
    let refused = shown
        .client
        .list_calls(request)
        .await
        .expect_err("forbidden");
    assert_eq!(refused.code(), Code::PermissionDenied);
    let request = v1::ListCallsRequest::default();
    let refused: Status = shown.client.list_calls(request).await.expect_err("unknown");
    assert_eq!(refused.code(), Code::Unauthenticated);
    secure.engine.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_revoked_ends_what_it_has_opened() {
    let secure = Secure::start(Script::default(), |_, _| ()).await;
    let service = secure.token("crm", &["service"], None, &[]);
    let watcher = secure.token("watcher", &["quality"], None, &[]);
    secure.known(&watcher).await;
    let client = connect(secure.engine.address()).await;
    let (mut opens, mut follows) = (
        WithToken {
            client: client.clone(),
            token: service,
        },
        WithToken {
            client,
            token: watcher.clone(),
        },
    );
    let request = follows.ask(v1::SubscribeRequest::default());
    let mut events = follows
        .client
        .subscribe(request)
        .await
        .expect("may")
        .into_inner();
    let open = |id: &str| {
        sidetone_tests::kit::two_legs(v1::CallConfig {
            call_id: id.to_owned(),
            ..Default::default()
        })
    };
    let request = opens.ask(open("a"));
    opens.client.open_call(request).await.expect("may");
    let event = events.message().await.expect("served").expect("told");
    assert_eq!(event.call_id, "a");
    let listed = events.message().await.expect("served").expect("told");
    assert!(
        matches!(listed.detail, Some(Detail::Checklist(_))),
        "{listed:?}"
    );
    let id = watcher.split('_').nth(1).expect("its id");
    secure.directory.revoke_token(id).expect("there");
    // Another connection's change is seen within a second; the next event then ends the stream.
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    let request = opens.ask(open("b"));
    opens.client.open_call(request).await.expect("may");
    let told = events.message().await.expect("ended in order");
    assert!(told.is_none(), "{told:?}");
    secure.engine.stop().await.expect("stopped");
}

/// The status of the answer to a method of gRPC with an empty message, as gRPC-Web has it; `None` if it
/// answers and goes on.
async fn grpc_status(address: SocketAddr, method: &str, token: Option<&str>) -> Option<u32> {
    let bearer = token.map(|token| format!("Authorization: Bearer {token}\r\n"));
    let head = format!(
        "POST {method} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{}Content-Type: \
         application/grpc-web+proto\r\nX-Grpc-Web: 1\r\nContent-Length: 5\r\n\r\n",
        bearer.unwrap_or_default()
    );
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let request = [head.as_bytes(), &[0; 5]].concat();
    stream.write_all(&request).await.expect("sent");
    let mut answer = Vec::new();
    // Some streams go on for as long as somebody listens.
    let read = stream.read_to_end(&mut answer);
    let _ = tokio::time::timeout(Duration::from_millis(500), read).await;
    let answer = String::from_utf8_lossy(&answer).to_ascii_lowercase();
    let (_, status) = answer.split_once("grpc-status:")?;
    let digits = status.trim_start().chars();
    let digits: String = digits.take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

const UNAUTHENTICATED: u32 = 16;
const PERMISSION_DENIED: u32 = 7;

/// The status alone: some answers go on for as long as somebody listens.
async fn status(
    address: SocketAddr,
    method: &'static str,
    path: &str,
    (token, body): (&str, &str),
) -> u16 {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: Bearer \
         {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut head = [0; 12];
    stream.read_exact(&mut head).await.expect("answered");
    let head = std::str::from_utf8(&head).expect("ASCII");
    head[9..].parse().expect("a status")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_route_and_method_answers_the_roles_that_have_its_right() {
    let secure = Secure::start(Script::default(), |_, _| ()).await;
    let address = secure.engine.address();
    let roles = Roles::built_in();
    let mut checked = 0;
    for role in roles.all() {
        let token = secure.token(&role.name, &[&role.name], Some("agent-7"), &[]);
        secure.known(&token).await;
        // A call that is not there is as one of others to whoever may not see those.
        let may = |right: Right, names_call: bool| {
            role.may.contains(&right)
                && !(names_call && right.is_of_calls() && !role.calls.contains(&Reach::All))
        };
        for (method, path, needs) in listed() {
            let rights = match needs {
                Needs::Right(right) => vec![right],
                Needs::Either(one, other) => vec![one, other],
                Needs::Nothing | Needs::Login => continue,
            };
            let names_call = path.contains("{id}");
            let path = path.replace("{id}", "missing").replace("{alert}", "1");
            let path = path.replace("{message}", "1").replace("{number}", "1");
            let path = path.replace("{kind}/{name}", "articles/missing.md");
            let path = path.replace("{version}", "1").replace("{customer}", "x");
            let path = path.replace("{pin}", "utterance-1");
            let path = path.replace("{report}", "1");
            let path = path.replace("{ticket}", "T-99").replace("{task}", "A-99");
            let path = match path.as_str() {
                "/v1/search" | "/v1/knowledge/search" => format!("{path}?q=x"),
                "/v1/calls/missing/customers" => format!("{path}?q=x"),
                path if method == "DELETE" && path.ends_with(".md") => format!("{path}?digest=x"),
                path => path.to_owned(),
            };
            let body = match path.as_str() {
                "/v1/calls" if method == "POST" => r#"{"legs": [{"role": "agent"}]}"#,
                "/v1/taps" => r#"{"rtpengine_call_id": "x"}"#,
                path if path.ends_with("/feedback") => {
                    r#"{"article_id": "x", "utterance": 1, "useful": true}"#
                }
                path if path.ends_with("/messages") => r#"{"text": "x"}"#,
                path if path.ends_with("/memo") => r#"{"text": "x"}"#,
                path if path.ends_with("/customer") => r#"{"customer_id": "x"}"#,
                path if method == "PUT" && path.ends_with("/promises/1") => r#"{"text": "x"}"#,
                "/v1/knowledge/checks" | "/v1/knowledge/trials" => {
                    r#"{"kind": "articles", "name": "missing.md", "text": ""}"#
                }
                path if method == "PUT" && path.ends_with(".md") => r#"{"text": ""}"#,
                "/v1/customers" if method == "POST" => r#"{"name": "x"}"#,
                path if method == "PUT" && path.starts_with("/v1/customers") => r#"{"name": "x"}"#,
                "/v1/tickets/T-99" => r#"{"status": "open"}"#,
                "/v1/tasks/A-99" => r#"{"done": true}"#,
                _ if method == "PATCH" => r#"{"metadata": {"a": "b"}}"#,
                "/v1/board/thresholds" if method == "PUT" => r#"{"revision": 0, "thresholds": []}"#,
                _ if method == "PUT" => r#"{"revision": 0}"#,
                _ => "",
            };
            let status = status(address, method, &path, (&token, body)).await;
            let expected = rights.iter().any(|right| may(*right, names_call));
            assert_eq!(
                status != 403,
                expected,
                "{} {method} {path}: {status}",
                role.name
            );
            assert!(status < 500 || status == 503, "{method} {path}: {status}");
            checked += 1;
        }
        for (method, needs) in methods() {
            let Needs::Right(right) = needs else { continue };
            // An empty message is not one that can be meant, which may be told first.
            let unmeant = ["OpenCall", "TapCall", "StreamingAnalyze", "UpdateCall"];
            if unmeant.iter().any(|name| method.ends_with(name)) {
                continue;
            }
            let names_call = ![
                "ListCalls",
                "ListPastCalls",
                "Subscribe",
                "SearchTranscripts",
            ]
            .iter()
            .any(|name| method.ends_with(name));
            let status = grpc_status(address, &method, Some(&token)).await;
            let expected = may(right, names_call);
            assert_eq!(
                status != Some(PERMISSION_DENIED),
                expected,
                "{} {method} {status:?}",
                role.name
            );
            checked += 1;
        }
    }
    println!("{checked} answers are as the table says");
    assert!(checked > 170, "{checked}");
    secure.engine.stop().await.expect("stopped");
}

pub const LINES: [&str; 2] = [
    "I was charged twice on my invoice this month.",
    "The parcel for Ines never came to my house.",
];

/// Says a line of the script in a call of an agent, which goes on until it is dropped.
pub struct Speaking {
    requests: UnboundedSender<Request>,
    events: JoinHandle<Vec<v1::CallEvent>>,
}

impl Speaking {
    pub fn begin(client: Client, script: &Script, agent: &str, line: usize) -> Self {
        let leg = |role| stream_leg(role, v1::AudioEncoding::Linear16);
        let config = v1::StreamingAnalyzeConfig {
            config: Some(v1::CallConfig {
                call_id: format!("of-{agent}"),
                caller: "+14155550117".to_owned(),
                agent_id: agent.to_owned(),
                direction: v1::Direction::Inbound.into(),
                languages: vec!["en".to_owned()],
                ..Default::default()
            }),
            legs: vec![leg(Agent), leg(Customer)],
            ..Default::default()
        };
        let (requests, asked) = unbounded_channel();
        requests.send(Request::Config(config)).expect("it is open");
        let events = tokio::spawn(stream_from(client, asked));
        let sound = [script.sound(line), vec![0.0; 16_000]].concat();
        for piece in sound.chunks(160) {
            for role in [Agent, Customer] {
                let sample = |s: &f32| {
                    if role == Customer {
                        (s * 32_767.0) as i16
                    } else {
                        0
                    }
                };
                let content = piece.iter().flat_map(|s| sample(s).to_le_bytes());
                let audio = Request::Audio(v1::AudioFrame {
                    role: role.into(),
                    content: content.collect(),
                    ..Default::default()
                });
                requests.send(audio).expect("the call is open");
            }
        }
        Self { requests, events }
    }

    pub async fn end(self) -> Vec<v1::CallEvent> {
        drop(self.requests);
        self.events.await.expect("the call ends")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_sees_the_own_call_alone_a_supervisor_both_and_the_audit_tells_it() {
    let Some(browser) = Browser::start("en-US") else {
        return skip("chromium or chromium-driver is not installed");
    };
    let authority = Authority::new();
    let script = Script::of(&LINES);
    let secure = Secure::start(script.clone(), |config, folder| {
        *config = authority.config(folder);
        config.server.tls.client_certificates = ClientCertificates::Optional;
    })
    .await;
    let people = [
        ("ann", "agent", Some("agent-7")),
        ("bob", "agent", Some("agent-9")),
        ("sue", "supervisor", None),
    ];
    let password = PasswordHash::of(PASSWORD).expect("hashed");
    for (name, role, agent_id) in people {
        let added = secure
            .directory
            .add_user(&subject(name, &[role], agent_id, &["billing"]), &password);
        added.expect("added");
    }

    // The media server shows its certificate, and hears nothing of what is said.
    let pbx = authority.signed("pbx");
    let calls = [("agent-7", 0), ("agent-9", 1)];
    let mut speaking = Vec::new();
    for (agent, line) in calls {
        let client = grpc(&authority, &pbx, &secure.engine).await;
        speaking.push(Speaking::begin(client, &script, agent, line));
    }
    let stranger = authority.signed("stranger");
    let mut stranger = grpc(&authority, &stranger, &secure.engine).await;
    let refused = stranger.list_calls(v1::ListCallsRequest::default()).await;
    assert_eq!(refused.expect_err("unknown").code(), Code::Unauthenticated);

    let desk = secure.engine.address();
    let url = format!("https://localhost:{}/", desk.port());
    let log_in = |name: &str, password: &str| {
        // The page takes the focus there once it is drawn, also from somebody who types already.
        browser.wait_for("input[name=name]:focus", "");
        browser.type_into("input[name=name]", name);
        browser.type_into("input[name=password]", password);
        browser.click("button[type=submit]");
    };
    browser.open(&url);
    browser.wait_for("h1", "Sidetone");
    log_in("ann", "wrong password");
    browser.wait_for("[role=alert]", "wrong");
    log_in("ann", PASSWORD);
    browser.wait_for("#connection", "Connected");
    browser.wait_for("#who", "ann");
    browser.wait_for("#live .call", "agent-7");
    browser.click("#live .call");
    browser.wait_for("#captions", "charged twice");
    assert_eq!(browser.texts("#live .call").len(), 1, "the own call alone");
    let other = format!("{url}?call=of-agent-9");
    browser.open(&other);
    browser.wait_for("#live .call", "agent-7");
    assert!(
        !browser.texts("body").concat().contains("Ines"),
        "another's words"
    );
    browser.click("#log-out");
    browser.wait_for("button[type=submit]", "Log in");

    log_in("sue", PASSWORD);
    browser.wait_for("#who", "sue");
    browser.wait_for("#live .call", "agent-9");
    assert_eq!(
        browser.texts("#live .call").len(),
        2,
        "the calls of the team"
    );
    browser.open(&other);
    browser.wait_for("#captions", "Ines");

    for speaking in speaking {
        let told = speaking.end().await;
        let finals = told.iter().filter_map(|event| match &event.detail {
            Some(Detail::Transcript(transcript)) => Some((event, transcript)),
            _ => None,
        });
        let finals: Vec<_> = finals.collect();
        assert!(!finals.is_empty(), "that something was said is told");
        for (event, transcript) in finals {
            assert!(
                transcript
                    .alternatives
                    .iter()
                    .all(|best| best.transcript.is_empty())
            );
            assert_eq!(event.hidden, ["personal", "sensitive", "secret"]);
        }
    }
    let complaints = browser.complaints();
    let complaints: Vec<_> = complaints
        .iter()
        // That a wrong password is refused, and a call of somebody else, is as it should be.
        .filter(|text| !text.contains("401") && !text.contains("403"))
        .collect();
    assert_eq!(complaints, [""; 0]);
    secure.engine.stop().await.expect("stopped");

    let dir = secure.config.store.dir.join("audit");
    let key = PublicKey::load(&public_path(&secure.config.store.dir.join("audit.key")));
    let report = verify(&dir, &key.expect("readable")).expect("readable");
    assert!(report.is_whole(), "{:?}", report.damage);
    let mut search = Search::new(&dir, Filter::default()).expect("readable");
    let mut lines = Vec::new();
    while let Some(line) = search.next() {
        let (_, bytes) = line.expect("whole");
        let line: Value = serde_json::from_slice(bytes).expect("JSON");
        let of = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        lines.push([of("who"), of("action"), of("what"), of("outcome")]);
    }
    for (who, action, what, outcome) in [
        ("pbx", "open_calls", "of-agent-7", "done"),
        ("", "identify", "/sidetone.v1.Sidetone/ListCalls", "refused"),
        ("ann", "log_in", "", "refused"),
        ("ann", "log_in", "", "done"),
        ("ann", "follow", "", "done"),
        ("ann", "read_calls", "of-agent-7", "done"),
        ("ann", "read_calls", "of-agent-9", "refused"),
        ("ann", "log_out", "", "done"),
        ("sue", "read_calls", "of-agent-9", "done"),
    ] {
        let wanted = [who, action, what, outcome].map(str::to_owned);
        assert!(lines.contains(&wanted), "{wanted:?} is not in {lines:#?}");
    }
}
