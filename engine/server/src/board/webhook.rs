//! Tells a program over HTTP.

use std::path::Path;
use std::time::Duration;

use ureq::Agent;

use super::config::WebhookConfig;
use super::hmac::signature;
use super::notice::Notice;
use crate::storage::now_ms;

/// The time that a request may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where notices are sent.
pub(super) struct Webhook {
    agent: Agent,
    url: String,
    secret: String,
}

impl Webhook {
    /// That of `config`, if it names one.
    pub fn of(config: &WebhookConfig) -> Option<Result<Self, String>> {
        (!config.url.is_empty()).then(|| {
            Ok(Self {
                agent: Agent::config_builder()
                    .timeout_global(Some(PATIENCE))
                    .max_redirects(0)
                    .max_idle_connections(0)
                    .user_agent(concat!("sidetone/", env!("CARGO_PKG_VERSION")))
                    .build()
                    .new_agent(),
                url: config.url.clone(),
                secret: secret(&config.secret_file)?,
            })
        })
    }

    /// Sends one. A redirect has told nobody: only a status from 200 to 299 will do.
    pub fn send(&self, notice: &Notice) -> Result<(), String> {
        let (body, time) = (notice.json(), (now_ms() / 1_000).to_string());
        let mut request = self
            .agent
            .post(&self.url)
            .header("content-type", "application/json")
            .header("idempotency-key", notice.key())
            .header("x-sidetone-timestamp", &time);
        if !self.secret.is_empty() {
            let signature = signature(&self.secret, &time, &body);
            request = request.header("x-sidetone-signature", signature);
        }
        let sent = request.send(body);
        let answer = sent.map_err(|error| error.to_string())?;
        match answer.status().is_success() {
            true => Ok(()),
            false => Err(format!("it answered {}", answer.status())),
        }
    }
}

/// A secret in a file, without the end of its line; none where no file is named.
pub(super) fn secret(file: &Path) -> Result<String, String> {
    if file.as_os_str().is_empty() {
        return Ok(String::new());
    }
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    match text.trim() {
        "" => Err("the file is empty".to_owned()),
        secret => Ok(secret.to_owned()),
    }
}
