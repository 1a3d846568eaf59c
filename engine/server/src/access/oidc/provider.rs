//! What is asked of the provider over HTTP. Each answer is bounded, in time and in size. Whoever
//! calls waits: these are for threads of their own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::{Serializer, byte_serialize};
use serde::Deserialize;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, http};

use super::config::{OidcConfig, is_address};
use super::keys::{Keys, LONGEST_TOKEN};
use super::pending::Login;

/// For one answer of the provider.
const PATIENCE: Duration = Duration::from_secs(4);
const LONGEST_ANSWER: u64 = 512 * 1024;
/// Of what the provider says is wrong.
const EXCERPT: usize = 200;

/// A provider, as it is configured.
pub(super) struct Provider {
    issuer: String,
    client_id: String,
    secret_file: PathBuf,
    agent: Agent,
}

/// A file of the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("`{}`: {why}", path.display())]
pub struct FileProblem {
    path: PathBuf,
    why: String,
}

/// What a provider says of itself (OpenID Connect Discovery 1.0 §3).
#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub jwks_uri: String,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// RFC 9207.
    #[serde(default, rename = "authorization_response_iss_parameter_supported")]
    pub says_issuer: bool,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
    #[serde(default)]
    error_description: String,
}

impl Provider {
    /// The one of `config`, which need not be up.
    pub fn new(config: &OidcConfig) -> Result<Self, FileProblem> {
        let mut tls = TlsConfig::builder();
        if !config.ca.as_os_str().is_empty() {
            tls = tls.root_certs(RootCerts::from(authority(&config.ca)?));
        }
        let agent = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(0)
            .user_agent(concat!("sidetone/", env!("CARGO_PKG_VERSION")))
            .accept("application/json")
            .tls_config(tls.build());
        let provider = Self {
            issuer: config.issuer.clone(),
            client_id: config.client_id.clone(),
            secret_file: config.client_secret_file.clone(),
            agent: agent.build().new_agent(),
        };
        provider.secret()?;
        Ok(provider)
    }

    /// What it says of itself, and its keys.
    pub fn fetch(&self) -> Result<(Metadata, Keys), String> {
        let issuer = self.issuer.trim_end_matches('/');
        let metadata = self.get(&format!("{issuer}/.well-known/openid-configuration"))?;
        let metadata: Metadata = serde_json::from_str(&metadata)
            .map_err(|error| format!("what the provider says of itself cannot be read: {error}"))?;
        if metadata.issuer != self.issuer {
            return Err(format!(
                "the provider calls itself `{}`: write `access.oidc.issuer` just so",
                metadata.issuer
            ));
        }
        for address in [
            &metadata.authorization_endpoint,
            &metadata.token_endpoint,
            &metadata.jwks_uri,
        ] {
            if !is_address(address) {
                return Err(format!(
                    "the provider sends to `{address}`, which is not https"
                ));
            }
        }
        let keys = self.get(&metadata.jwks_uri)?;
        let keys = Keys::read(&keys)
            .map_err(|error| format!("the provider's keys cannot be read: {error}"))?;
        Ok((metadata, keys))
    }

    /// The token that says who has logged in, for the code with which they came back.
    pub fn exchange(
        &self,
        metadata: &Metadata,
        code: &str,
        redirect: &str,
        login: &Login,
    ) -> Result<String, String> {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", redirect)
            .append_pair("code_verifier", &login.verifier);
        let secret = self.secret().map_err(|problem| problem.to_string())?;
        let methods = metadata.token_endpoint_auth_methods_supported.as_ref();
        // What a provider takes that says nothing.
        let is_basic = methods.is_none_or(|all| all.iter().any(|one| one == "client_secret_basic"));
        let mut request = http::Request::post(&metadata.token_endpoint)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        match &secret {
            Some(secret) if is_basic => {
                request = request.header(AUTHORIZATION, basic(&self.client_id, secret));
            }
            Some(secret) => {
                form.append_pair("client_id", &self.client_id)
                    .append_pair("client_secret", secret);
            }
            None => {
                form.append_pair("client_id", &self.client_id);
            }
        }
        let request = request.body(form.finish());
        let request = request.map_err(|error| format!("the provider cannot be asked: {error}"))?;
        let answer = self.agent.run(request);
        let (status, text) = read(answer.map_err(|error| unreachable(&error))?)?;
        if status != http::StatusCode::OK {
            let why = match serde_json::from_str::<Refusal>(&text) {
                Ok(refusal) => format!("{} {}", refusal.error, refusal.error_description),
                Err(_) => text,
            };
            let why: String = why.trim().chars().take(EXCERPT).collect();
            return Err(format!("the provider gives no token ({status}): {why}"));
        }
        let tokens: Tokens = serde_json::from_str(&text)
            .map_err(|error| format!("the provider's answer cannot be read: {error}"))?;
        let token = tokens.id_token.filter(|token| token.len() <= LONGEST_TOKEN);
        token
            .ok_or_else(|| "the provider's answer has no `id_token` that could be taken".to_owned())
    }

    /// The secret of the client, where it has one.
    fn secret(&self) -> Result<Option<String>, FileProblem> {
        if self.secret_file.as_os_str().is_empty() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(&self.secret_file);
        let text = text.map_err(|error| wrong(&self.secret_file, error.to_string()))?;
        match text.trim() {
            "" => Err(wrong(&self.secret_file, "it is empty".to_owned())),
            secret => Ok(Some(secret.to_owned())),
        }
    }

    fn get(&self, url: &str) -> Result<String, String> {
        let answer = self.agent.get(url).call();
        match read(answer.map_err(|error| format!("{url}: {}", unreachable(&error)))?)? {
            (http::StatusCode::OK, text) => Ok(text),
            (status, _) => Err(format!("{url}: the provider answers {status}")),
        }
    }
}

fn read(mut answer: http::Response<Body>) -> Result<(http::StatusCode, String), String> {
    let body = answer.body_mut().with_config().limit(LONGEST_ANSWER);
    let text = body.read_to_string();
    let text = text.map_err(|error| format!("the provider's answer broke off: {error}"))?;
    Ok((answer.status(), text))
}

fn unreachable(error: &ureq::Error) -> String {
    format!("the provider cannot be reached: {error}")
}

/// Both are encoded as in a form first (RFC 6749 §2.3.1).
fn basic(id: &str, secret: &str) -> String {
    let text = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    format!(
        "Basic {}",
        STANDARD.encode(format!("{}:{}", text(id), text(secret)))
    )
}

fn authority(path: &Path) -> Result<Vec<Certificate<'static>>, FileProblem> {
    let pem = std::fs::read(path).map_err(|error| wrong(path, error.to_string()))?;
    let items: Result<Vec<_>, _> = parse_pem(&pem).collect();
    let items = items
        .map_err(|error| wrong(path, error.to_string()))?
        .into_iter();
    let certificates = items.filter_map(|item| match item {
        PemItem::Certificate(certificate) => Some(certificate),
        _ => None,
    });
    let certificates: Vec<_> = certificates.collect();
    match certificates.is_empty() {
        true => Err(wrong(
            path,
            "there is no certificate in it (PEM)".to_owned(),
        )),
        false => Ok(certificates),
    }
}

fn wrong(path: &Path, why: String) -> FileProblem {
    FileProblem {
        path: path.to_owned(),
        why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_secrets_of_clients_are_encoded_before_they_are_joined() {
        let header = basic("a:b", "c d");
        let encoded = header.strip_prefix("Basic ").expect("a scheme");
        assert_eq!(STANDARD.decode(encoded).expect("base64"), b"a%3Ab:c+d");
    }

    #[test]
    fn files_that_cannot_be_used_are_told_before_anybody_logs_in() {
        let folder = tempfile::tempdir().expect("a folder");
        let empty = folder.path().join("empty");
        std::fs::write(&empty, "\n").expect("written");
        let missing = folder.path().join("missing");
        for path in [&empty, &missing] {
            let name = path.display().to_string();
            for config in [
                OidcConfig {
                    ca: path.clone(),
                    ..OidcConfig::default()
                },
                OidcConfig {
                    client_secret_file: path.clone(),
                    ..OidcConfig::default()
                },
            ] {
                let problem = Provider::new(&config).err().expect("refused").to_string();
                assert!(problem.contains(&name), "{problem}");
            }
        }
    }
}
