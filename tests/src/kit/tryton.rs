//! A real CRM: Tryton, with parties and projects.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// `admin:adminadmin`.
const LOGIN: &str = "YWRtaW46YWRtaW5hZG1pbg==";

/// A server with a database of its own, which goes with it.
pub struct Tryton {
    url: String,
    server: Child,
    _dir: TempDir,
}

impl Tryton {
    /// Starts one, with a company. `None` if it is not installed: Python packages `trytond`, `trytond_party`,
    /// `trytond_project` and `phonenumbers` in `~/.cache/sidetone/tryton`.
    pub fn start() -> Option<Self> {
        let bin = PathBuf::from(std::env::var_os("HOME")?).join(".cache/sidetone/tryton/bin");
        if !bin.join("trytond").exists() {
            return None;
        }
        let dir = tempfile::tempdir().expect("a temporary directory");
        let port = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = port.local_addr().expect("bound");
        drop(port);
        let folder = dir.path().to_owned();
        let at = |name: &str| folder.join(name);
        let config = format!(
            "[database]\nuri = sqlite://\npath = {}\n[web]\nlisten = {address}\n",
            folder.display()
        );
        fs::write(at("trytond.conf"), config).expect("writable");
        fs::write(at("crm.sqlite"), "").expect("writable");
        fs::write(at("password"), "adminadmin\n").expect("writable");
        let command = |name: &str| {
            let mut command = Command::new(bin.join(name));
            command
                .arg("-c")
                .arg(at("trytond.conf"))
                .args(["-d", "crm"]);
            command.stdout(Stdio::null()).stderr(Stdio::null());
            command
        };
        let made = command("trytond-admin")
            .args(["--all", "-u", "party", "project", "--activate-dependencies"])
            .args(["--email", "admin@example.org"])
            .env("TRYTONPASSFILE", at("password"))
            .status();
        assert!(made.expect("it runs").success(), "no database");
        let server = command("trytond").spawn().expect("it runs");
        let tryton = Self {
            url: format!("http://{address}/crm"),
            server,
            _dir: dir,
        };
        tryton.wait();
        let ours = tryton.add("party.party", &json!({"name": "Ours"}));
        let currency = json!({"name": "US Dollar", "symbol": "$", "code": "USD"});
        let currency = tryton.add("currency.currency", &currency);
        let company = json!({"party": ours, "currency": currency});
        let company = tryton.add("company.company", &company);
        let admin = json!([[["login", "=", "admin"]], 0, 1, null, {}]);
        let admin = tryton.call("model.res.user.search", &admin);
        let works_for = json!({"companies": [["add", [company]]], "company": company});
        tryton.call("model.res.user.write", &json!([admin, works_for, {}]));
        Some(tryton)
    }

    fn wait(&self) {
        let deadline = Instant::now() + Duration::from_secs(60);
        let counts = json!([[], {}]);
        while self.ask("model.res.user.search_count", &counts).is_none() {
            assert!(Instant::now() < deadline, "it never answered");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Where it is, with the name of its database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What opens it, as its description wants it.
    pub fn login(&self) -> String {
        LOGIN.to_owned()
    }

    /// Adds a record; its id.
    pub fn add(&self, model: &str, values: &Value) -> u64 {
        let made = self.call(&format!("model.{model}.create"), &json!([[values], {}]));
        made[0].as_u64().expect("an id")
    }

    /// Calls a method.
    pub fn call(&self, method: &str, params: &Value) -> Value {
        self.ask(method, params)
            .unwrap_or_else(|| panic!("{method} failed"))
    }

    fn ask(&self, method: &str, params: &Value) -> Option<Value> {
        let body = json!({"id": 1, "method": method, "params": params}).to_string();
        let answer = ureq::post(format!("{}/", self.url))
            .header("content-type", "application/json")
            .header("authorization", format!("Basic {LOGIN}"))
            .send(body);
        let text = answer.ok()?.body_mut().read_to_string().ok()?;
        let answer: Value = serde_json::from_str(&text).ok()?;
        answer.get("result").cloned()
    }
}

impl Drop for Tryton {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
