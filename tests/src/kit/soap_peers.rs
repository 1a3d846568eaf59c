//! A client and a CRM that speak SOAP and are not ours: `zeep` and `spyne`, from PyPI.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

use serde_json::{Value, json};

/// A client by zeep, which ends with this. Its methods wait.
pub struct SoapClient {
    process: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    operations: Vec<String>,
}

/// A CRM by spyne, which ends with this. Its methods wait.
pub struct SoapCrm {
    process: Child,
    url: String,
    /// It goes on for as long as this is open.
    _stdin: ChildStdin,
}

/// The Python that has both.
fn installed() -> Option<PathBuf> {
    let python = PathBuf::from(std::env::var_os("HOME")?).join(".cache/sidetone/soap/bin/python");
    python.is_file().then_some(python)
}

/// Runs a script of the kit with the Python that has both; `None` if there is none.
fn python(script: &str, arguments: &[String]) -> Option<Child> {
    let script = format!("{}/src/kit/soap/{script}", env!("CARGO_MANIFEST_DIR"));
    Command::new(installed()?)
        .arg(script)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()
}

/// What it says next; `None` if it has ended.
fn line(stdout: &mut BufReader<ChildStdout>) -> Option<String> {
    let mut line = String::new();
    stdout.read_line(&mut line).expect("text");
    let line = line.trim_end();
    (!line.is_empty()).then(|| line.to_owned())
}

/// Runs a program in Python that speaks SOAP by zeep, to its end; `None` if zeep is not installed.
pub fn run_with_zeep(program: &str) -> Option<Output> {
    let mut command = Command::new(installed()?);
    Some(command.arg("-c").arg(program).output().expect("it runs"))
}

impl SoapClient {
    /// Starts one that reads the WSDL there and speaks to that port of it. `shown` says who it is: `bearer`, or
    /// `username`, `password` and `digest`. `None` if zeep is not installed.
    pub fn start(wsdl: &str, port: &str, mut shown: Value) -> Option<Self> {
        shown["wsdl"] = json!(wsdl);
        shown["port"] = json!(port);
        let mut process = python("client.py", &[shown.to_string()])?;
        let mut stdout = BufReader::new(process.stdout.take().expect("it is piped"));
        let told: Value = serde_json::from_str(&line(&mut stdout)?).expect("JSON");
        let operations = told["operations"].as_array().expect("a list").iter();
        Some(Self {
            stdin: process.stdin.take().expect("it is piped"),
            operations: operations
                .filter_map(|name| Some(name.as_str()?.to_owned()))
                .collect(),
            stdout,
            process,
        })
    }

    /// The operations that it has found.
    pub fn operations(&self) -> &[String] {
        &self.operations
    }

    /// What is answered: `{"answer": …}`, `{"fault": …}`, or `{"error": …}` where zeep itself has trouble.
    pub fn call(&mut self, operation: &str, with: &Value) -> Value {
        let asked = json!({"call": operation, "with": with});
        writeln!(self.stdin, "{asked}").expect("it reads");
        let said = line(&mut self.stdout).expect("it goes on");
        serde_json::from_str(&said).expect("JSON")
    }
}

impl SoapCrm {
    /// Whom the CRM knows, and by which secret.
    pub const PASSWORD: &str = "the CRM's password";

    /// Starts one; `None` if spyne is not installed.
    pub fn start() -> Option<Self> {
        let mut process = python("crm.py", &[])?;
        let mut stdout = BufReader::new(process.stdout.take().expect("it is piped"));
        Some(Self {
            url: line(&mut stdout)?,
            _stdin: process.stdin.take().expect("it is piped"),
            process,
        })
    }

    /// The WSDL of its service of that version: `soap11` or `soap12`.
    pub fn wsdl(&self, version: &str) -> String {
        let answer = ureq::get(format!("{}/{version}?wsdl", self.url)).call();
        let mut answer = answer.expect("it gives it");
        answer.body_mut().read_to_string().expect("text")
    }

    /// Where its service of that version is.
    pub fn address(&self, version: &str) -> String {
        format!("{}/{version}", self.url)
    }

    /// Has the next requests answered as these moods say, which `crm.py` explains.
    pub fn set_moods(&self, moods: &[&str]) {
        let sent = ureq::post(format!("{}/mood", self.url)).send(json!(moods).to_string());
        sent.expect("it takes them");
    }

    /// All that was written to it: `kind`, `key` and `body`.
    pub fn records(&self) -> Vec<Value> {
        let answer = ureq::get(format!("{}/records", self.url)).call();
        let text = answer.expect("it tells").body_mut().read_to_string();
        serde_json::from_str(&text.expect("text")).expect("JSON")
    }
}

impl Drop for SoapClient {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}

impl Drop for SoapCrm {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}

fn end(process: &mut Child) {
    // It may have ended by itself.
    let _ = process.kill();
    let _ = process.wait();
}
