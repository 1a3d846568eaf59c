//! A whole provider on loopback, as small as the standard allows.

use std::collections::HashMap;
use std::net::Ipv4Addr;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sidetone_access::{Identified, Known, Principal};

use super::signer::{Signer, now};
use super::*;
use crate::access::{AccessConfig, Credentials, Directory, Guard, Mode, Unknown};
use crate::config::StoreConfig;
use crate::storage::now_ms;

/// What the provider has and is asked.
#[derive(Clone)]
struct Peer(Arc<Mutex<Inner>>);

struct Inner {
    issuer: String,
    keys: Vec<Value>,
    id_token: String,
    /// How often its keys were fetched, and what was sent for tokens.
    fetches: usize,
    forms: Vec<HashMap<String, String>>,
}

impl Peer {
    async fn start(key: &Signer) -> Self {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a free port");
        let issuer = format!("http://{}", listener.local_addr().expect("bound"));
        let peer = Self(Arc::new(Mutex::new(Inner {
            issuer,
            keys: vec![key.public()],
            id_token: String::new(),
            fetches: 0,
            forms: Vec::new(),
        })));
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(peer.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        peer
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().expect("nobody panics")
    }

    fn config(&self) -> OidcConfig {
        OidcConfig {
            issuer: self.inner().issuer.clone(),
            client_id: "desk".to_owned(),
            audience: "sidetone".to_owned(),
            url: "https://desk.example/".to_owned(),
            ..OidcConfig::default()
        }
    }

    fn oidc(&self) -> Arc<Oidc> {
        let config = self.config();
        assert_eq!(config.problems(), []);
        Oidc::of(&config).expect("no files").expect("set")
    }

    /// What a good token for `audience` says, with other claims in the place of its own.
    fn said(&self, audience: &str, other: Value) -> Value {
        let mut claims = json!({
            "iss": self.inner().issuer,
            "aud": audience,
            "sub": "7",
            "preferred_username": "ann",
            "iat": now(),
            "exp": now() + 300,
            "roles": ["agent"],
        });
        for (name, value) in other.as_object().expect("an object") {
            claims[name] = value.clone();
        }
        claims
    }
}

async fn metadata(State(peer): State<Peer>) -> Json<Value> {
    let issuer = peer.inner().issuer.clone();
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/auth?tenant=1"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
    }))
}

async fn keys(State(peer): State<Peer>) -> Json<Value> {
    let mut inner = peer.inner();
    inner.fetches += 1;
    Json(json!({ "keys": inner.keys }))
}

async fn token(State(peer): State<Peer>, Form(form): Form<HashMap<String, String>>) -> Json<Value> {
    let mut inner = peer.inner();
    inner.forms.push(form);
    Json(json!({ "id_token": inner.id_token, "access_token": "opaque" }))
}

/// What the address says that somebody is sent to.
fn asked(begun: &Begun) -> HashMap<String, String> {
    let (_, query) = begun.location.split_once('?').expect("a query");
    form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

/// Comes back with a token of those claims.
async fn back(
    peer: &Peer,
    oidc: &Arc<Oidc>,
    signer: &Signer,
    other: Value,
) -> Result<Subject, OidcError> {
    let begun = oidc.begin().await.expect("the provider is up");
    let asked = asked(&begun);
    let mut said = json!({"nonce": asked["nonce"]});
    for (name, value) in other.as_object().expect("an object") {
        said[name] = value.clone();
    }
    let token = signer.sign(&peer.said("desk", said));
    peer.inner().id_token = token;
    oidc.finish(answer(&asked["state"]), Some(&begun.browser.reveal()))
        .await
}

fn answer(state: &str) -> Answer {
    Answer {
        state: Some(state.to_owned()),
        code: Some("c0de".to_owned()),
        ..Answer::default()
    }
}

/// As if the last fetch were long ago.
async fn later(oidc: &Oidc) {
    *oidc.turn.lock().await = None;
}

#[tokio::test]
async fn somebody_goes_to_the_provider_and_comes_back_as_who_it_says() {
    let signer = Signer::p256("a");
    let peer = Peer::start(&signer).await;
    let oidc = peer.oidc();
    let begun = oidc.begin().await.expect("the provider is up");
    let asked = asked(&begun);
    assert_eq!(asked["tenant"], "1");
    assert_eq!(
        asked["redirect_uri"],
        "https://desk.example/v1/oidc/callback"
    );
    assert_eq!(
        (asked["scope"].as_str(), asked["response_type"].as_str()),
        ("openid profile", "code")
    );
    let token = signer.sign(&peer.said(
        "desk",
        json!({"nonce": asked["nonce"], "agent_id": "agent-7"}),
    ));
    peer.inner().id_token = token;
    let browser = begun.browser.reveal();
    let who = oidc.finish(answer(&asked["state"]), Some(&browser)).await;
    let who = who.expect("good");
    assert_eq!(
        (who.name.as_str(), who.agent_id.as_deref()),
        ("ann", Some("agent-7"))
    );
    assert_eq!(who.roles, ["agent"]);
    {
        let inner = peer.inner();
        let form = &inner.forms[0];
        assert_eq!(
            (form["code"].as_str(), form["client_id"].as_str()),
            ("c0de", "desk")
        );
        // RFC 7636 §4.6: it is what the challenge was made of.
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(form["code_verifier"].as_bytes()));
        assert_eq!(challenge, asked["code_challenge"]);
        assert_eq!(asked["code_challenge_method"], "S256");
    }
    let again = oidc.finish(answer(&asked["state"]), Some(&browser)).await;
    assert!(matches!(again, Err(OidcError::NotWaiting)), "{again:?}");
    assert_eq!(
        peer.inner().forms.len(),
        1,
        "nothing is asked for a state that is gone"
    );
}

#[tokio::test]
async fn a_token_that_was_made_for_another_log_in_lets_nobody_in() {
    let signer = Signer::p256("a");
    let peer = Peer::start(&signer).await;
    let oidc = peer.oidc();
    assert!(back(&peer, &oidc, &signer, json!({})).await.is_ok());
    for (case, other) in [
        ("another nonce", json!({"nonce": "other"})),
        ("no nonce", json!({"nonce": null})),
        ("another client", json!({"aud": "crm"})),
        ("several, for nobody", json!({"aud": ["desk", "crm"]})),
        (
            "several, for another",
            json!({"aud": ["desk", "crm"], "azp": "crm"}),
        ),
        ("another issuer", json!({"iss": "https://evil.example"})),
        ("expired", json!({"exp": now() - 61})),
        ("made at no time", json!({"iat": null})),
    ] {
        let refused = back(&peer, &oidc, &signer, other).await;
        assert!(
            matches!(refused, Err(OidcError::Token(_))),
            "{case}: {refused:?}"
        );
    }
    let nameless = back(&peer, &oidc, &signer, json!({"preferred_username": "a b"})).await;
    assert!(matches!(nameless, Err(OidcError::Nameless)), "{nameless:?}");
    let impostor = back(&peer, &oidc, &Signer::p256("a"), json!({})).await;
    assert!(matches!(impostor, Err(OidcError::Token(_))), "{impostor:?}");
    // What the provider has refused, and another provider's answer.
    for (answer, denied) in [
        (
            Answer {
                error: Some("access_denied".to_owned()),
                ..Answer::default()
            },
            true,
        ),
        (
            Answer {
                iss: Some("https://evil.example".to_owned()),
                code: Some("c0de".to_owned()),
                ..Answer::default()
            },
            false,
        ),
        (Answer::default(), false),
    ] {
        let begun = oidc.begin().await.expect("the provider is up");
        let state = Some(asked(&begun)["state"].clone());
        let browser = begun.browser.reveal();
        let refused = oidc
            .finish(Answer { state, ..answer }, Some(&browser))
            .await;
        match denied {
            true => assert!(matches!(refused, Err(OidcError::Denied(_))), "{refused:?}"),
            false => assert!(matches!(refused, Err(OidcError::NotWaiting)), "{refused:?}"),
        }
    }
}

#[tokio::test]
async fn a_programs_token_is_taken_with_keys_that_were_fetched_when_it_came() {
    let signer = Signer::ed25519("a");
    let peer = Peer::start(&signer).await;
    let oidc = peer.oidc();
    let token = signer.sign(&peer.said("sidetone", json!({})));
    assert!(oidc.takes(&token) && !oidc.takes("sidetone_7f3a91c2_00"));
    let early = oidc.bearer(&token);
    assert!(
        matches!(early, Err(OidcError::Token(TokenProblem::NoKeys))),
        "{early:?}"
    );
    oidc.prepare(&token).await;
    let bearer = oidc.bearer(&token).expect("good");
    assert_eq!(
        (bearer.sub.as_str(), bearer.subject.name.as_str()),
        ("7", "ann")
    );
    let ends = i64::try_from((now() + 300 + 60) * 1_000).expect("soon");
    assert!((ends - bearer.until).abs() <= 2_000, "{}", bearer.until);
    // That of a person opens nothing here.
    let of_person = signer.sign(&peer.said("desk", json!({})));
    assert!(oidc.bearer(&of_person).is_err());
    let header = json!({"alg": "EdDSA", "kid": "a", "typ": "at+jwt"});
    let typed = signer.with_header(&header, &peer.said("sidetone", json!({})));
    assert!(oidc.bearer(&typed).is_ok());
}

#[tokio::test]
async fn a_guard_lets_a_programs_token_in_until_it_ends() {
    let signer = Signer::p256("a");
    let peer = Peer::start(&signer).await;
    let folder = tempfile::tempdir().expect("a folder");
    let store = StoreConfig {
        dir: folder.path().to_owned(),
        ..StoreConfig::default()
    };
    let access = AccessConfig {
        mode: Mode::Secure,
        oidc: peer.config(),
        ..AccessConfig::default()
    };
    let guard = Guard::of(&access, &store).expect("sound");
    let token = signer.sign(&peer.said("sidetone", json!({"roles": ["service", "unknown"]})));
    let shown = Credentials {
        bearer: Some(&token),
        ..Credentials::default()
    };
    assert_eq!(
        guard.identify(shown, None).err(),
        Some(Unknown::Invalid),
        "no keys yet"
    );
    guard.prepare(shown).await;
    let who = guard.identify(shown, None).expect("good");
    assert_eq!(
        (who.name(), who.role_names()),
        ("ann", vec!["service".to_owned()])
    );
    assert_eq!(who.identified().to_string(), "jwt 7");
    assert!(guard.stands(&who));
    let ended = Principal::new(Known {
        name: "ann".to_owned(),
        identified: Identified::Jwt {
            subject: "7".to_owned(),
            until: now_ms() - 1,
        },
        roles: Vec::new(),
        agent_id: None,
        team: Arc::default(),
    });
    assert!(!guard.stands(&ended));
    // It is for programs: no cookie.
    let as_cookie = Credentials {
        session: Some(&token),
        ..Credentials::default()
    };
    assert_eq!(
        guard.identify(as_cookie, None).err(),
        Some(Unknown::Invalid)
    );
    // Whose actions are whose has to be told: ours keep their names.
    let directory = Directory::open(&store).expect("beside");
    let ours = Subject {
        name: "ann".to_owned(),
        ..Subject::default()
    };
    directory.make_token(&ours, None).expect("made");
    let again = Guard::of(&access, &store).expect("sound");
    again.prepare(shown).await;
    assert_eq!(again.identify(shown, None).err(), Some(Unknown::Invalid));
    let unknown = AccessConfig {
        oidc: OidcConfig {
            roles: vec!["a=pilot".to_owned()],
            ..peer.config()
        },
        ..access
    };
    let refused = Guard::of(&unknown, &store)
        .err()
        .expect("no such role")
        .to_string();
    assert!(
        refused.contains("access.oidc.roles") && refused.contains("pilot"),
        "{refused}"
    );
}

#[tokio::test]
async fn keys_that_the_provider_changes_are_fetched_anew_but_not_for_everybody_who_names_one() {
    let (old, new) = (Signer::p256("a"), Signer::p256("b"));
    let peer = Peer::start(&old).await;
    let oidc = peer.oidc();
    let claims = peer.said("sidetone", json!({}));
    let (first, second) = (old.sign(&claims), new.sign(&claims));
    oidc.prepare(&first).await;
    assert!(oidc.bearer(&first).is_ok());
    peer.inner().keys = vec![new.public()];
    for name in ["b", "c", "d"] {
        let token = Signer::p256(name).sign(&claims);
        oidc.prepare(&token).await;
        assert!(oidc.bearer(&token).is_err(), "{name}");
    }
    assert_eq!(peer.inner().fetches, 1, "at most every ten seconds");
    later(&oidc).await;
    oidc.prepare(&second).await;
    assert!(oidc.bearer(&second).is_ok());
    assert!(oidc.bearer(&first).is_err(), "the old key is gone");
    assert_eq!(peer.inner().fetches, 2);
    // What could not be good with any key asks for nothing.
    later(&oidc).await;
    for token in [new.hmac_with_public_key(&claims), "a.b.c".to_owned()] {
        oidc.prepare(&token).await;
    }
    assert_eq!(peer.inner().fetches, 2);
}

#[tokio::test]
async fn a_provider_that_is_down_or_calls_itself_otherwise_is_asked_again_later() {
    let signer = Signer::p256("a");
    let peer = Peer::start(&signer).await;
    let oidc = peer.oidc();
    let right = std::mem::replace(&mut peer.inner().issuer, "https://other.example".to_owned());
    for _ in 0..2 {
        let problem = oidc.begin().await.err().expect("it is another").to_string();
        assert!(problem.contains("https://other.example"), "{problem}");
    }
    peer.inner().issuer = right;
    assert!(oidc.begin().await.is_err(), "not at once");
    later(&oidc).await;
    assert!(oidc.begin().await.is_ok());
    let down = OidcConfig {
        issuer: "http://127.0.0.1:9".to_owned(),
        client_id: "desk".to_owned(),
        ..OidcConfig::default()
    };
    let down = Oidc::of(&down).expect("it need not be up").expect("set");
    let problem = down.begin().await.err().expect("it is down");
    assert!(matches!(problem, OidcError::Unavailable(_)), "{problem}");
}
