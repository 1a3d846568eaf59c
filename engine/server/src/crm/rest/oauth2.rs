//! Tokens that a CRM's authorisation server gives out for a while (OAuth 2.0, RFC 6749 §4.4 and §6).

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;
use ureq::Agent;

use super::auth::{NoSecret, Secret};
use super::description;
use crate::crm::CrmError;

/// A token is given back so long before it ends: a request may take a while.
const BEFORE_END: Duration = Duration::from_secs(30);

/// Where tokens come from. It has no `Debug`, so that no log can show one.
pub(super) struct OAuth2 {
    described: description::OAuth2,
    secret: Secret,
    refresh: Option<Secret>,
    held: Mutex<Option<Held>>,
}

struct Held {
    token: String,
    /// Nothing where the server does not say.
    until: Option<Instant>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: Option<u64>,
}

impl OAuth2 {
    /// Takes the secrets from where the description says. `env` looks a variable up.
    pub fn of(
        auth: &description::Auth,
        described: &description::OAuth2,
        env: &impl Fn(&str) -> Option<String>,
    ) -> Result<Self, NoSecret> {
        let refresh = (&described.refresh_env, &described.refresh_file);
        let refreshes = refresh.0.is_some() || refresh.1.is_some();
        Ok(Self {
            described: described.clone(),
            secret: Secret::of((&auth.env, &auth.file), env)?,
            refresh: refreshes.then(|| Secret::of(refresh, env)).transpose()?,
            held: Mutex::default(),
        })
    }

    /// A token that is good for a while. Asks for one if there is none: one asks, and the others wait.
    pub fn token(&self, agent: &Agent) -> Result<String, CrmError> {
        // It is one value, so a panic elsewhere leaves it whole.
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if let Some(held) = held.as_ref()
            && held.until.is_none_or(|until| until > now)
        {
            return Ok(held.token.clone());
        }
        let granted = self.ask(agent)?;
        let lasts = granted.expires_in.map(Duration::from_secs);
        *held = Some(Held {
            token: granted.access_token.clone(),
            until: lasts.map(|lasts| now + lasts.saturating_sub(BEFORE_END)),
        });
        Ok(granted.access_token)
    }

    /// The CRM has refused the token. Whether it is worth asking with another one.
    pub fn forget(&self) -> bool {
        self.secret.renew();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.take().is_some()
    }

    fn ask(&self, agent: &Agent) -> Result<Granted, CrmError> {
        let OAuth2Fields { form, url } = self.fields();
        let form = form.iter().map(|(name, value)| (*name, value.as_str()));
        let away = |reason: String| CrmError::Unavailable {
            reason,
            answer: String::new(),
            retry_after: None,
            maybe_written: false,
        };
        let answer = agent.post(url).send_form(form);
        let mut answer = answer.map_err(|error| away(format!("no token from {url}: {error}")))?;
        let status = answer.status();
        let body = answer.body_mut().with_config().limit(MOST).read_to_vec();
        let body = body.map_err(|error| away(format!("no token from {url}: {error}")))?;
        let granted = serde_json::from_slice::<Granted>(&body).ok();
        let granted = granted.filter(|_| status.is_success());
        // What it says of a refusal names no secret (RFC 6749 §5.2).
        granted.ok_or_else(|| {
            let why = serde_json::from_slice::<Refused>(&body).unwrap_or_default();
            let why = [why.error, why.error_description].join(" ");
            away(format!(
                "{url} gave no token: {status} {}; is the secret that `auth` names still right?",
                why.trim()
            ))
        })
    }

    fn fields(&self) -> OAuth2Fields<'_> {
        let described = &self.described;
        let mut form = vec![
            ("client_id", described.client_id.clone()),
            ("client_secret", self.secret.value()),
        ];
        match &self.refresh {
            Some(refresh) => form.extend([
                ("grant_type", "refresh_token".to_owned()),
                ("refresh_token", refresh.value()),
            ]),
            None => form.push(("grant_type", "client_credentials".to_owned())),
        }
        let scope = described.scope.clone();
        form.extend(scope.map(|scope| ("scope", scope)));
        OAuth2Fields {
            form,
            url: &described.token_url,
        }
    }
}

/// The longest answer that is read.
const MOST: u64 = 64 * 1024;

struct OAuth2Fields<'a> {
    form: Vec<(&'static str, String)>,
    url: &'a str,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refused {
    error: String,
    error_description: String,
}
