//! People and programs that a provider of the site's own knows (OpenID Connect Core 1.0, with PKCE).
//!
//! ```text
//! browser ─► begin ─► provider ─► finish: code ─► ID token ─┐
//!                                                           ├─► Keys::check ─► claims ─► Subject
//! program ─────────────────────────────► bearer: JWT ───────┘
//! ```
//!
//! | file | its one reason to exist |
//! |---|---|
//! | `config` | what can be set |
//! | `claims` | what a token says, to what somebody is here |
//! | `keys` | what makes a token good |
//! | `signatures` | `ring` behind the library that reads tokens |
//! | `pending` | log-ins that wait for the provider's answer |
//! | `provider` | what is asked of it over HTTP |
//!
//! The provider need not be up when the engine starts: it is asked when somebody comes, at most every
//! [`AGAIN_AFTER`], and its keys are fetched anew where a token names one that is not there, and every
//! [`KEYS_LAST`].

mod claims;
mod config;
mod keys;
mod pending;
mod provider;
mod signatures;
#[cfg(test)]
mod signer;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use form_urlencoded::Serializer;
use serde::Deserialize;
use sidetone_access::Token;
use tokio::sync::{Mutex as Turn, Semaphore};
use tokio::time::timeout;
use tracing::{debug, warn};

use super::directory::DirectoryError;
use super::subject::Subject;
use claims::{Claims, text};
pub use config::OidcConfig;
pub use keys::TokenProblem;
use keys::{Expected, Keys};
pub(crate) use pending::PATIENCE as LOGIN_PATIENCE;
use pending::Pending;
pub use provider::FileProblem;
use provider::{Metadata, Provider};

/// The provider is asked for its keys no more often than this.
const AGAIN_AFTER: Duration = Duration::from_secs(10);
/// Keys that it has taken back are known here for no longer than this, while it answers.
const KEYS_LAST: Duration = Duration::from_secs(10 * 60);
/// A request waits so long for keys that are not there.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// Codes that are exchanged for tokens at once.
const EXCHANGES: usize = 8;

/// What tokens of people call themselves, and those of programs (RFC 9068).
const ID_TOKEN: &[&str] = &["JWT"];
const ACCESS_TOKEN: &[&str] = &["JWT", "at+jwt", "application/at+jwt"];

/// The provider, and who is on the way to it.
pub struct Oidc {
    config: OidcConfig,
    provider: Provider,
    fetched: RwLock<Option<Arc<Fetched>>>,
    /// Who fetches: one at a time. When it was last tried, and what came of it.
    turn: Turn<Option<(Instant, String)>>,
    pending: Mutex<Pending>,
    exchanges: Semaphore,
}

struct Fetched {
    metadata: Metadata,
    keys: Keys,
    at: Instant,
}

/// What has to have been fetched.
enum Wanted {
    Anything,
    KeyFor(Box<jsonwebtoken::Header>),
    Fresh,
}

/// Somebody goes to the provider.
pub(crate) struct Begun {
    /// Where to.
    pub location: String,
    /// What their browser brings back.
    pub browser: Token,
}

/// With what somebody comes back from the provider.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Answer {
    pub state: Option<String>,
    pub code: Option<String>,
    pub error: Option<String>,
    pub error_description: Option<String>,
    pub iss: Option<String>,
}

/// Whose token a program has brought.
#[derive(Debug)]
pub(super) struct Bearer {
    pub subject: Subject,
    /// As the provider calls it.
    pub sub: String,
    /// When it ends, in milliseconds since 1970.
    pub until: i64,
}

/// Somebody cannot be let in by the provider.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// There is none, or it is for programs alone.
    #[error("nobody logs in by a provider here: `access.oidc` is not set")]
    Off,
    /// It does not answer, or not as it should.
    #[error("{0}")]
    Unavailable(String),
    /// Nobody in this browser has begun, or it was too long ago.
    #[error("no log-in waits for this answer, or no longer: begin again")]
    NotWaiting,
    /// The provider has not let them in.
    #[error("the provider says `{0}`")]
    Denied(String),
    /// Its token cannot be taken.
    #[error("the token cannot be taken: {0}")]
    Token(#[from] TokenProblem),
    /// The token names nobody.
    #[error(
        "the token has no name that could be told on a line: choose another claim (`access.oidc.name_claim`)"
    )]
    Nameless,
    /// They have nothing to do here.
    #[error("`{0}` has no role here: `access.oidc.roles_claim` names none")]
    NoRole(String),
    /// Whose actions would be whose could not be told.
    #[error(
        "a user, a token or a peer of our own is called `{0}`: remove that, or choose another \
         `access.oidc.name_claim`"
    )]
    Taken(String),
    /// The session cannot be kept.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The system gives no random numbers.
    #[error("the system has no random numbers: {0}")]
    Random(#[from] getrandom::Error),
}

impl Oidc {
    /// That of `config`; `None` if there is no provider.
    pub fn of(config: &OidcConfig) -> Result<Option<Arc<Self>>, FileProblem> {
        if !config.is_on() {
            return Ok(None);
        }
        Ok(Some(Arc::new(Self {
            provider: Provider::new(config)?,
            config: config.clone(),
            fetched: RwLock::default(),
            turn: Turn::default(),
            pending: Mutex::default(),
            exchanges: Semaphore::new(EXCHANGES),
        })))
    }

    /// Whether people log in by it.
    pub fn lets_people_in(&self) -> bool {
        !self.config.client_id.is_empty()
    }

    /// Whether browsers reach the engine over TLS, whoever ends that.
    pub(crate) fn is_secure(&self) -> bool {
        self.config.url.starts_with("https://")
    }

    /// Sends somebody to the provider.
    pub(crate) async fn begin(self: &Arc<Self>) -> Result<Begun, OidcError> {
        if !self.lets_people_in() {
            return Err(OidcError::Off);
        }
        let fetched = self.wait_for(Wanted::Anything).await?;
        let begun = {
            let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
            pending.begin(Instant::now())?
        };
        let mut query = Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.config.client_id)
            .append_pair("redirect_uri", &self.redirect())
            .append_pair("scope", &self.config.scopes.join(" "))
            .append_pair("state", &begun.state)
            .append_pair("nonce", &begun.nonce)
            .append_pair("code_challenge", &begun.challenge)
            .append_pair("code_challenge_method", "S256");
        let at = &fetched.metadata.authorization_endpoint;
        let joint = if at.contains('?') { '&' } else { '?' };
        Ok(Begun {
            location: format!("{at}{joint}{}", query.finish()),
            browser: begun.browser,
        })
    }

    /// Who it is that comes back from there, in a browser that was given `browser`.
    pub(crate) async fn finish(
        self: &Arc<Self>,
        answer: Answer,
        browser: Option<&str>,
    ) -> Result<Subject, OidcError> {
        if !self.lets_people_in() {
            return Err(OidcError::Off);
        }
        let login = {
            let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
            let state = answer.state.as_deref().unwrap_or_default();
            pending.take(state, browser, Instant::now())
        };
        let login = login.ok_or(OidcError::NotWaiting)?;
        let fetched = self.wait_for(Wanted::Anything).await?;
        // Another provider's answer would be exchanged at this one otherwise (RFC 9207).
        match answer.iss {
            Some(iss) if iss != self.config.issuer => return Err(OidcError::NotWaiting),
            None if fetched.metadata.says_issuer => return Err(OidcError::NotWaiting),
            _ => (),
        }
        if let Some(error) = answer.error {
            let more = answer.error_description.unwrap_or_default();
            let told: String = format!("{error} {more}").trim().chars().take(200).collect();
            return Err(OidcError::Denied(told));
        }
        let code = answer.code.ok_or(OidcError::NotWaiting)?;
        let nonce = login.nonce.clone();
        let token = {
            let _turn = self.exchanges.acquire().await;
            let (this, redirect) = (self.clone(), self.redirect());
            let exchange = move || {
                let metadata = &fetched.metadata;
                this.provider.exchange(metadata, &code, &redirect, &login)
            };
            let exchanged = tokio::task::spawn_blocking(exchange).await;
            let exchanged = exchanged.map_err(|error| OidcError::Unavailable(error.to_string()))?;
            exchanged.map_err(OidcError::Unavailable)?
        };
        self.prepare(&token).await;
        let claims = self.check(&token, &self.config.client_id, ID_TOKEN)?;
        person(&claims, &self.config.client_id, &nonce)?;
        let subject = claims::subject(&self.config, &claims);
        subject.ok_or(OidcError::Nameless)
    }

    /// Whether that looks like a token of a provider, and such are taken.
    pub(super) fn takes(&self, bearer: &str) -> bool {
        !self.config.audience.is_empty() && bearer.bytes().filter(|byte| *byte == b'.').count() == 2
    }

    /// Waits until it can be said whether a token is good, for as long as that is worth it.
    pub(super) async fn prepare(self: &Arc<Self>, token: &str) {
        let Ok(header) = keys::header(token) else {
            return;
        };
        let problem = match self.wait_for(Wanted::KeyFor(Box::new(header))).await {
            Ok(fetched) if fetched.at.elapsed() > KEYS_LAST => {
                // What is there is good for now.
                tokio::spawn(self.clone().fetch(Wanted::Fresh));
                return;
            }
            Ok(_) => return,
            Err(problem) => problem,
        };
        debug!(%problem, "a token cannot be checked");
    }

    /// Whose token that is. Waits for nothing.
    pub(super) fn bearer(&self, token: &str) -> Result<Bearer, OidcError> {
        let claims = self.check(token, &self.config.audience, ACCESS_TOKEN)?;
        let subject = claims::subject(&self.config, &claims).ok_or(OidcError::Nameless)?;
        // The check has found that it is a number.
        let ends = claims.get("exp").and_then(serde_json::Value::as_f64);
        let ends = ends.unwrap_or_default() + f64::from(self.config.skew_s);
        Ok(Bearer {
            sub: text(&claims, "sub").unwrap_or_else(|| subject.name.clone()),
            until: (ends * 1_000.0) as i64,
            subject,
        })
    }

    fn check(&self, token: &str, audience: &str, kinds: &[&str]) -> Result<Claims, TokenProblem> {
        let fetched = self.fetched().ok_or(TokenProblem::NoKeys)?;
        let expected = Expected {
            issuer: &self.config.issuer,
            audience,
            kinds,
            skew_s: self.config.skew_s,
        };
        fetched.keys.check(token, &expected)
    }

    fn redirect(&self) -> String {
        format!("{}/v1/oidc/callback", self.config.url.trim_end_matches('/'))
    }

    fn fetched(&self) -> Option<Arc<Fetched>> {
        let fetched = self.fetched.read().unwrap_or_else(PoisonError::into_inner);
        fetched.clone()
    }

    /// What is wanted, fetched if it is not there. The fetch goes on if nobody waits for it any more.
    async fn wait_for(self: &Arc<Self>, wanted: Wanted) -> Result<Arc<Fetched>, OidcError> {
        if let Some(fetched) = self.fetched().filter(|fetched| fetched.has(&wanted)) {
            return Ok(fetched);
        }
        let fetch = tokio::spawn(self.clone().fetch(wanted));
        let late = || OidcError::Unavailable("the provider has not answered in time".to_owned());
        let fetched = timeout(LONGEST_WAIT, fetch).await.map_err(|_| late())?;
        fetched.map_err(|_| late())?.map_err(OidcError::Unavailable)
    }

    async fn fetch(self: Arc<Self>, wanted: Wanted) -> Result<Arc<Fetched>, String> {
        let mut last = self.turn.lock().await;
        // Who was before may have fetched it.
        if let Some(fetched) = self.fetched().filter(|fetched| fetched.has(&wanted)) {
            return Ok(fetched);
        }
        if let Some((at, came)) = &*last
            && at.elapsed() < AGAIN_AFTER
        {
            return Err(came.clone());
        }
        let this = self.clone();
        let fetched = tokio::task::spawn_blocking(move || this.provider.fetch()).await;
        let fetched = fetched
            .map_err(|error| error.to_string())
            .and_then(|fetched| fetched);
        let came = match fetched {
            Ok((metadata, keys)) => {
                let fetched = Arc::new(Fetched {
                    metadata,
                    keys,
                    at: Instant::now(),
                });
                *self.fetched.write().unwrap_or_else(PoisonError::into_inner) =
                    Some(fetched.clone());
                match fetched.has(&wanted) {
                    true => Ok(fetched),
                    false => Err("the provider has no such key".to_owned()),
                }
            }
            Err(problem) => {
                warn!(%problem, "the provider of `access.oidc` cannot be used");
                Err(problem)
            }
        };
        let told = came.as_ref().err().cloned();
        let told = told.unwrap_or_else(|| "the provider was asked just now".to_owned());
        *last = Some((Instant::now(), told));
        came
    }
}

impl Fetched {
    fn has(&self, wanted: &Wanted) -> bool {
        match wanted {
            Wanted::Anything => true,
            Wanted::KeyFor(header) => self.keys.have(header),
            Wanted::Fresh => self.at.elapsed() <= KEYS_LAST,
        }
    }
}

/// What a token of a person has to say beside (OpenID Connect Core 1.0 §3.1.3.7).
fn person(claims: &Claims, client_id: &str, nonce: &str) -> Result<(), TokenProblem> {
    let refused = |why: &str| Err(TokenProblem::Invalid(why.to_owned()));
    if text(claims, "nonce").as_deref() != Some(nonce) {
        return refused("it was made for another log-in");
    }
    let others = claims.get("aud").and_then(serde_json::Value::as_array);
    let for_others = others.is_some_and(|audience| audience.len() > 1);
    match text(claims, "azp") {
        Some(azp) if azp != client_id => refused("it was made for another client"),
        None if for_others => {
            refused("it was made for several clients, and says not for which (`azp`)")
        }
        _ if !claims.contains_key("iat") => refused("it does not say when it was made"),
        _ => Ok(()),
    }
}
