//! A browser that nobody watches, steered as a person would steer it (W3C WebDriver).

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use ureq::Agent;

/// How long anything on a page may take to happen.
const PATIENCE: Duration = Duration::from_secs(30);
/// From one look at the page to the next.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A Chromium of its own, with a new profile. It goes when this is dropped.
pub struct Browser {
    agent: Agent,
    /// The session's address at the driver.
    session: String,
    /// Ends with this, after the session.
    _driver: Driver,
}

impl Browser {
    /// Starts one that asks for pages in `language`; `None` if Chromium or its driver is not
    /// installed.
    pub fn start(language: &str) -> Option<Self> {
        let chromium = on_path("chromium")?;
        let driver = Driver::start(&on_path("chromedriver")?);
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build()
            .new_agent();
        let profile = driver.profile.path().display();
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            // Tests sign their own certificates.
            "acceptInsecureCerts": true,
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {
                "binary": chromium,
                "prefs": {"intl.accept_languages": language},
                "args": [
                    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                    "--disable-background-networking", "--disable-component-update",
                    "--disable-sync", "--no-first-run", "--window-size=1280,900",
                    format!("--user-data-dir={profile}"),
                ],
            },
        }}});
        let address = format!("http://127.0.0.1:{}/session", driver.port);
        let opened = post(&agent, &address, &capabilities).expect("chromium starts");
        let id = opened["sessionId"].as_str().expect("a session has an id");
        Some(Self {
            session: format!("{address}/{id}"),
            agent,
            _driver: driver,
        })
    }

    /// Goes to a page and waits until it is there.
    pub fn open(&self, url: &str) {
        self.ask("url", &json!({"url": url}))
            .expect("the page is there");
    }

    /// Opens a page in one more tab, turns to it, and gives its name for
    /// [`turn_to`](Self::turn_to).
    pub fn open_in_new_tab(&self, url: &str) -> String {
        let opened = self.ask("window/new", &json!({"type": "tab"}));
        let opened = opened.expect("the browser opens one more tab");
        let tab = opened["handle"].as_str().expect("a tab has a name");
        self.turn_to(tab);
        self.open(url);
        tab.to_owned()
    }

    /// Turns to a tab.
    pub fn turn_to(&self, tab: &str) {
        self.ask("window", &json!({"handle": tab}))
            .expect("the tab is there");
    }

    /// Loads the page anew.
    pub fn reload(&self) {
        self.ask("refresh", &json!({})).expect("the page is there");
    }

    /// Waits until something that `css` selects is in sight and shows `words`, and gives all its
    /// text.
    pub fn wait_for(&self, css: &str, words: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut shown = self.texts(css);
            if let Some(at) = shown.iter().position(|text| text.contains(words)) {
                return shown.swap_remove(at);
            }
            assert!(
                Instant::now() < deadline,
                "`{css}` never showed `{words}` but {shown:?}; console: {:?}",
                self.complaints()
            );
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// The text of each thing in sight that `css` selects.
    pub fn texts(&self, css: &str) -> Vec<String> {
        let script = "return [...document.querySelectorAll(arguments[0])]\
                      .filter((node) => node.checkVisibility()).map((node) => node.innerText)";
        let shown = self.ask("execute/sync", &json!({"script": script, "args": [css]}));
        serde_json::from_value(shown.expect("it only reads")).expect("texts")
    }

    /// Clicks the first thing that `css` selects, as soon as it can be clicked.
    pub fn click(&self, css: &str) {
        self.act(css, "click", &json!({}));
    }

    /// Types into a field; `\n` is the return key.
    pub fn type_into(&self, css: &str, text: &str) {
        self.act(css, "value", &json!({"text": text}));
    }

    /// Presses keys, one after the other, wherever the page has its focus; `\u{e007}` is the return key,
    /// `\u{e009}` the control key, held down to the end.
    pub fn press(&self, keys: &str) {
        let down = keys
            .chars()
            .map(|key| json!({"type": "keyDown", "value": key.to_string()}));
        let up = keys
            .chars()
            .rev()
            .map(|key| json!({"type": "keyUp", "value": key.to_string()}));
        let keys: Vec<Value> = down.chain(up).collect();
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": keys});
        self.ask("actions", &json!({"actions": [keyboard]}))
            .expect("there is a keyboard");
    }

    /// Runs a script on the page, and gives what it returns, or what that resolves to.
    pub fn run(&self, script: &str) -> Value {
        let script = json!({"script": script, "args": []});
        self.ask("execute/sync", &script).expect("it runs")
    }

    /// Asks the browser over its own protocol (Chrome DevTools).
    pub fn devtools(&self, command: &str, params: Value) -> Value {
        let asked = json!({"cmd": command, "params": params});
        self.ask("goog/cdp/execute", &asked).expect("Chromium")
    }

    /// Shows pages as to somebody who wants them dark, or light again.
    pub fn prefer(&self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.devtools("Emulation.setEmulatedMedia", json!({"features": features}));
    }

    /// What axe-core finds wrong for people who cannot see, hear or use a mouse, on the page as it is now:
    /// which rule, and where. `None` if it is not installed.
    pub fn accessibility_faults(&self) -> Option<Vec<String>> {
        let axe = PathBuf::from(std::env::var_os("HOME")?)
            .join(".cache/sidetone/axe/node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(axe).ok()?;
        let load = json!({"script": axe, "args": []});
        self.ask("execute/sync", &load).expect("it loads");
        let script = "const done = arguments[0]; axe.run({resultTypes: ['violations']}).then(({violations}) => \
                      done(violations.map(({id, nodes}) => id + ': ' + nodes.map(({html}) => html).join(' '))))";
        let found = self.ask("execute/async", &json!({"script": script, "args": []}));
        serde_json::from_value(found.expect("it only reads")).ok()
    }

    /// What the page or the browser called an error since this was last asked.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.ask("se/log", &json!({"type": "browser"}));
        let log = log.expect("the driver keeps it");
        let entries = log.as_array().expect("a list").iter();
        entries
            .filter(|entry| entry["level"] == "SEVERE")
            .map(|entry| entry["message"].to_string())
            .collect()
    }

    /// The page may be drawn anew between finding something and doing something with it.
    fn act(&self, css: &str, action: &str, how: &Value) {
        let deadline = Instant::now() + PATIENCE;
        let find = json!({"using": "css selector", "value": css});
        loop {
            let acted = self.ask("element", &find).and_then(|found| {
                let ids = found.as_object().into_iter().flat_map(|ids| ids.values());
                let id = ids.filter_map(Value::as_str).next().unwrap_or_default();
                self.ask(&format!("element/{id}/{action}"), how)
            });
            let Err(problem) = acted else { return };
            assert!(
                Instant::now() < deadline,
                "`{css}` cannot be used: {problem}"
            );
            std::thread::sleep(LOOK_EVERY);
        }
    }

    fn ask(&self, what: &str, body: &Value) -> Result<Value, String> {
        post(&self.agent, &format!("{}/{what}", self.session), body)
    }
}

impl Drop for Browser {
    /// The driver ends the browser with the session.
    fn drop(&mut self) {
        // A driver that does not answer any more has lost its browser already.
        let _ = self.agent.delete(&self.session).call();
    }
}

/// The process that speaks WebDriver.
struct Driver {
    process: Child,
    port: u16,
    /// Kept open: the driver may have more to say.
    _stdout: BufReader<ChildStdout>,
    profile: TempDir,
}

impl Driver {
    fn start(program: &PathBuf) -> Self {
        let profile = tempfile::tempdir().expect("a temporary directory");
        let mut process = Command::new(program)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let mut stdout = BufReader::new(process.stdout.take().expect("it is piped"));
        let port = loop {
            let mut line = String::new();
            let read = stdout.read_line(&mut line).expect("text");
            assert!(read > 0, "chromedriver ended before it listened");
            // "ChromeDriver was started successfully on port 40123."
            if let Some((_, port)) = line.trim_end().split_once("successfully on port ") {
                break port.trim_end_matches('.').parse().expect("a port");
            }
        };
        Self {
            process,
            port,
            _stdout: stdout,
            profile,
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(program))
        .find(|file| file.is_file())
}

fn post(agent: &Agent, url: &str, body: &Value) -> Result<Value, String> {
    let request = agent.post(url).header("content-type", "application/json");
    let answer = request.send(body.to_string());
    let mut answer = answer.map_err(|error| error.to_string())?;
    let text = answer.body_mut().read_to_string();
    let text = text.map_err(|error| error.to_string())?;
    let mut body: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    match answer.status().is_success() {
        true => Ok(body["value"].take()),
        false => Err(body["value"]["message"].to_string()),
    }
}
