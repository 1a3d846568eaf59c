//! How often the board looks, and whom it tells.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::email::mailbox;

/// The operations board.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct BoardConfig {
    /// From one sample of the figures to the next. The last 720 are kept in memory, which are two hours
    /// at 10 s; higher looks further back and sees less.
    #[schemars(range(min = 100, max = 60_000))]
    pub step_ms: u32,
    /// A program that is told when a threshold is passed, and when it is not any more.
    pub webhook: WebhookConfig,
    /// People who are told the same by mail.
    pub email: EmailConfig,
}

/// A program that is told of thresholds.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookConfig {
    /// Where a message is sent (POST, JSON) for each threshold that is passed, and for each that is not
    /// any more: `https://` or `http://`. Empty tells nobody.
    pub url: String,
    /// A file with the secret by which messages are signed: `x-sidetone-signature` is `sha256=` and the
    /// HMAC-SHA256 of `x-sidetone-timestamp`, a dot and the body. Empty signs nothing.
    #[schemars(with = "String")]
    pub secret_file: PathBuf,
}

/// People who are told of thresholds by mail.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmailConfig {
    /// The server that takes mail (SMTP). Empty sends none.
    pub host: String,
    /// Its port: 587 as a rule for `starttls`, 465 for `always`, 25 for `never`.
    #[schemars(range(min = 1, max = 65_535), extend("unit" = "port"))]
    pub port: u16,
    /// How the connection is kept from others.
    pub tls: EmailTls,
    /// Who we are to the server; empty if it does not ask.
    pub user: String,
    /// A file with the password of that user.
    #[schemars(with = "String")]
    pub password_file: PathBuf,
    /// Whom mail comes from: `Sidetone <sidetone@example.org>`.
    pub from: String,
    /// Whom mail goes to, each as an address with or without a name.
    pub to: Vec<String>,
}

/// How a connection to a mail server is kept from others.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EmailTls {
    /// It begins in plain text and goes on over TLS, or ends.
    #[default]
    Starttls,
    /// It is TLS from its first byte.
    Always,
    /// It is plain text: for a server on this machine.
    Never,
}

impl Default for BoardConfig {
    fn default() -> Self {
        Self {
            step_ms: 10_000,
            webhook: WebhookConfig::default(),
            email: EmailConfig::default(),
        }
    }
}

impl Default for EmailConfig {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: 587,
            tls: EmailTls::default(),
            user: String::new(),
            password_file: PathBuf::new(),
            from: String::new(),
            to: Vec::new(),
        }
    }
}

impl BoardConfig {
    /// What is wrong with the values, each with its key.
    pub(crate) fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        let url = &self.webhook.url;
        let is_url = ["https://", "http://"].iter().any(|scheme| {
            let rest = url.strip_prefix(scheme);
            rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        });
        if !url.is_empty() && !is_url {
            let what = format!("is `{url}`: write an address that begins with https:// or http://");
            problems.push(("webhook.url", what));
        }
        let email = &self.email;
        if email.host.is_empty() {
            return problems;
        }
        if let Err(what) = mailbox(&email.from) {
            problems.push(("email.from", format!("cannot be used: {what}")));
        }
        if !email.user.is_empty() && email.password_file.as_os_str().is_empty() {
            let what = "is empty, and `board.email.user` is set: name the file with its password";
            problems.push(("email.password_file", what.to_owned()));
        }
        if email.to.is_empty() {
            let what = "is empty, and `board.email.host` is set: name whom mail goes to";
            problems.push(("email.to", what.to_owned()));
        }
        for what in email.to.iter().filter_map(|to| mailbox(to).err()) {
            problems.push(("email.to", format!("cannot be used: {what}")));
        }
        problems
    }

    /// The files of secrets, each with its key.
    pub(crate) fn secrets(&self) -> [(&'static str, &PathBuf); 2] {
        [
            ("board.webhook.secret_file", &self.webhook.secret_file),
            ("board.email.password_file", &self.email.password_file),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_nobody_could_tell_is_said() {
        let with = |url: &str, host: &str, from: &str, to: &[&str]| {
            let config = BoardConfig {
                webhook: WebhookConfig {
                    url: url.to_owned(),
                    ..WebhookConfig::default()
                },
                email: EmailConfig {
                    host: host.to_owned(),
                    from: from.to_owned(),
                    to: to.iter().map(|one| (*one).to_owned()).collect(),
                    ..EmailConfig::default()
                },
                ..BoardConfig::default()
            };
            let problems = config.problems().into_iter();
            problems.map(|(key, _)| key).collect::<Vec<_>>()
        };
        assert_eq!(with("", "", "", &[]), [""; 0]);
        assert_eq!(with("https://example.org/hook", "", "", &[]), [""; 0]);
        assert_eq!(with("example.org", "", "", &[]), ["webhook.url"]);
        assert_eq!(with("https:///x", "", "", &[]), ["webhook.url"]);
        let mail = with(
            "",
            "mail.example.org",
            "Sidetone <s@example.org>",
            &["o@example.org"],
        );
        assert_eq!(mail, [""; 0]);
        let wrong = with("", "mail.example.org", "sidetone", &[]);
        assert_eq!(wrong, ["email.from", "email.to"]);
    }
}
