//! People and programs of a provider that is not ours: persons log in at the desk by single sign-on while a
//! media server shows its certificate, a program brings a token of the provider, and all get what their
//! roles say; all of it is in the audit.

use std::net::TcpListener;

use serde_json::Value;
use sidetone::access::OidcConfig;
use sidetone::config::ClientCertificates;
use sidetone_audit::{Filter, Search};
use sidetone_proto::v1;
use sidetone_tests::kit::{Browser, OidcProvider, Script, skip};
use tonic::Code;

use crate::access::{LINES, Secure, Speaking, WithToken};
use crate::tls::{Authority, grpc};

const OURS: &str = "https://sidetone.example/";
const ANOTHERS: &str = "https://crm.example/";

/// A port that is free: its number stands in the provider's configuration before the engine starts.
fn free_port() -> u16 {
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
    free.local_addr().expect("bound").port()
}

fn at_the_provider(browser: &Browser, name: &str) {
    browser.type_into("input[name=login]", name);
    browser.type_into("input[name=password]", "whatever");
    browser.click("button[type=submit]");
    // What the desk asks for.
    browser.wait_for("ul", "profile");
    browser.click("button[type=submit]");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_logs_in_by_single_sign_on_and_a_program_brings_the_providers_token() {
    let Some(browser) = Browser::start("en-US") else {
        return skip("chromium or chromium-driver is not installed");
    };
    let port = free_port();
    let url = format!("https://localhost:{port}");
    let Some(provider) = OidcProvider::start(&format!("{url}/v1/oidc/callback")) else {
        return skip("oidc-provider or Node.js is not installed: .ci/run says how");
    };
    let authority = Authority::new();
    let script = Script::of(&LINES);
    let secure = Secure::start(script.clone(), |config, folder| {
        *config = authority.config(folder);
        config.server.listen.set_port(port);
        config.server.tls.client_certificates = ClientCertificates::Optional;
        let secret = folder.join("secret");
        std::fs::write(&secret, OidcProvider::SECRET).expect("written");
        config.access.oidc = OidcConfig {
            issuer: provider.issuer().to_owned(),
            client_id: "desk".to_owned(),
            client_secret_file: secret,
            url: url.clone(),
            audience: "sidetone".to_owned(),
            roles_claim: "realm_access.roles".to_owned(),
            teams_claim: "groups".to_owned(),
            roles: [
                "desk-agents=agent",
                "desk-leads=supervisor",
                "desk-programs=service",
            ]
            .map(str::to_owned)
            .into(),
            ..OidcConfig::default()
        };
    })
    .await;
    let pbx = authority.signed("pbx");
    let mut speaking = Vec::new();
    for (agent, line) in [("agent-7", 0), ("agent-9", 1)] {
        let client = grpc(&authority, &pbx, &secure.engine).await;
        speaking.push(Speaking::begin(client, &script, agent, line));
    }

    // Whoever has not begun is told so, and may begin from there.
    browser.open(&format!("{url}/v1/oidc/callback?state=made-up&code=c0de"));
    browser.wait_for("[role=alert]", "begin again");
    browser.click("a");
    at_the_provider(&browser, "ann");
    browser.wait_for("#who", "ann");
    browser.wait_for("#live .call", "agent-7");
    browser.click("#live button.call");
    browser.wait_for("#captions", "charged twice");
    assert_eq!(browser.texts("#live .call").len(), 1, "the own call alone");
    browser.open(&format!("{url}/?call=of-agent-9"));
    browser.wait_for("#live .call", "agent-7");
    assert!(
        !browser.texts("body").concat().contains("Ines"),
        "another's words"
    );
    browser.click("#log-out");
    browser.wait_for("button[type=submit]", "Log in");
    browser.wait_for("a", "single sign-on");

    // A supervisor, who sees the calls of the team: its agents are those that have logged in.
    let supervisor = Browser::start("en-US").expect("another one");
    let bob = Browser::start("en-US").expect("another one");
    for (browser, name) in [(&bob, "bob"), (&supervisor, "sue")] {
        browser.open(&url);
        browser.click("a");
        at_the_provider(browser, name);
        browser.wait_for("#who", name);
    }
    supervisor.wait_for("#live .call", "agent-9");
    supervisor.open(&format!("{url}/?call=of-agent-9"));
    supervisor.wait_for("#captions", "Ines");
    drop((supervisor, bob));

    // Somebody whom the provider knows, and who has nothing to do here.
    let other = Browser::start("zh-CN").expect("another one");
    other.open(&url);
    other.click("a");
    at_the_provider(&other, "zoe");
    other.wait_for("[role=alert]", "zoe 在此没有角色");
    drop(other);

    // A program, over gRPC.
    let client = grpc(&authority, &authority.signed("stranger"), &secure.engine).await;
    let [ours, anothers] = [OURS, ANOTHERS].map(|resource| provider.access_token(resource));
    let shows = |token: &str| WithToken {
        client: client.clone(),
        token: token.to_owned(),
    };
    let mut program = shows(&ours);
    let request = program.ask(v1::ListCallsRequest::default());
    let calls = program
        .client
        .list_calls(request)
        .await
        .expect("let in")
        .into_inner();
    assert_eq!(calls.calls.len(), 2, "{calls:?}");
    let flipped = match ours.rsplit_once('.') {
        Some((said, signature)) => {
            format!("{said}.{}", signature.chars().rev().collect::<String>())
        }
        None => panic!("a JWT has dots: {ours}"),
    };
    for wrong in [anothers, flipped] {
        let mut stranger = shows(&wrong);
        let request = stranger.ask(v1::ListCallsRequest::default());
        let refused = stranger.client.list_calls(request).await;
        assert_eq!(
            refused.expect_err("unknown").code(),
            Code::Unauthenticated,
            "{wrong}"
        );
    }

    for speaking in speaking {
        speaking.end().await;
    }
    let complaints = browser.complaints();
    let complaints: Vec<_> = complaints
        .iter()
        .filter(|text| text.contains(&url))
        // The answer that nobody waited for, another's call, and the desk after log-out.
        .filter(|text| {
            !["400", "401", "403"]
                .iter()
                .any(|status| text.contains(&format!("status of {status}")))
        })
        .collect();
    assert_eq!(complaints, [""; 0]);
    secure.engine.stop().await.expect("stopped");

    let dir = secure.config.store.dir.join("audit");
    let mut search = Search::new(&dir, Filter::default()).expect("readable");
    let mut lines = Vec::new();
    while let Some(line) = search.next() {
        let (_, bytes) = line.expect("whole");
        let line: Value = serde_json::from_slice(bytes).expect("JSON");
        let of = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        lines.push([of("who"), of("action"), of("what"), of("outcome")]);
    }
    for (who, action, what, outcome) in [
        ("pbx", "open_calls", "of-agent-9", "done"),
        ("", "log_in", "", "refused"),
        ("ann", "log_in", "", "done"),
        ("ann", "read_calls", "of-agent-7", "done"),
        ("ann", "read_calls", "of-agent-9", "refused"),
        ("sue", "read_calls", "of-agent-9", "done"),
        ("zoe", "log_in", "", "refused"),
        ("crm-sync", "list_calls", "", "done"),
    ] {
        let wanted = [who, action, what, outcome].map(str::to_owned);
        assert!(lines.contains(&wanted), "{wanted:?} is not in {lines:#?}");
    }
}
