//! A provider of OpenID Connect that is not ours.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

/// `oidc-provider` for Node.js, which ends with this.
pub struct OidcProvider {
    process: Child,
    issuer: String,
    /// Kept open: it has more to say.
    _stdout: BufReader<ChildStdout>,
}

impl OidcProvider {
    /// What its secret of the client `desk` is.
    pub const SECRET: &str = "a secret: of the desk";

    /// Starts one that sends people back to `redirect`; `None` if it or Node.js is not installed.
    pub fn start(redirect: &str) -> Option<Self> {
        let folder = PathBuf::from(std::env::var_os("HOME")?).join(".cache/sidetone/oidc");
        if !folder.join("node_modules/oidc-provider").is_dir() {
            return None;
        }
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/kit/oidc_provider.mjs");
        let mut process = Command::new("node")
            .arg(script)
            .arg(folder)
            .arg(redirect)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut stdout = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut issuer = String::new();
        stdout.read_line(&mut issuer).expect("text");
        assert!(
            issuer.starts_with("http://"),
            "it says where it listens: {issuer}"
        );
        Some(Self {
            process,
            issuer: issuer.trim_end().to_owned(),
            _stdout: stdout,
        })
    }

    /// Its address, as it names itself.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// A token of the program `crm-sync` for that resource. Waits.
    pub fn access_token(&self, resource: &str) -> String {
        let form = [("grant_type", "client_credentials"), ("resource", resource)];
        let answer = ureq::post(format!("{}/token", self.issuer))
            // `crm-sync:a-secret-of-the-crm`
            .header(
                "authorization",
                "Basic Y3JtLXN5bmM6YS1zZWNyZXQtb2YtdGhlLWNybQ==",
            )
            .send_form(form);
        let text = answer.expect("it gives one").body_mut().read_to_string();
        let answer: Value = serde_json::from_str(&text.expect("text")).expect("JSON");
        answer["access_token"].as_str().expect("a token").to_owned()
    }
}

impl Drop for OidcProvider {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
