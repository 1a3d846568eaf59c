//! A stand-in for an engine with many live calls: it serves the desk from its folder, lists calls and tells
//! events as an engine would, and recognises nothing.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;

/// Events that wait for a reader who is slow.
const BEHIND: usize = 4_096;
/// From one lot of events to the next.
const TELL_EVERY: Duration = Duration::from_millis(50);

/// So many calls, of which so much is told. It serves for as long as its runtime lives.
pub struct ManyCalls {
    address: SocketAddr,
}

struct Live {
    calls: Vec<Call>,
    told: u64,
    opened: u64,
}

#[derive(Clone)]
struct Call {
    id: String,
    agent: String,
    caller: String,
    opened_ms: u64,
    alert: Option<(u64, &'static str)>,
    alerts: u64,
    strain: f64,
    utterance: u64,
}

impl ManyCalls {
    /// Begins to serve `calls` calls, and to tell `events` events a second of them.
    pub async fn start(calls: usize, events: u32) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let mut live = Live {
            calls: Vec::new(),
            told: 0,
            opened: 0,
        };
        for age in 0..calls as u64 {
            // From now to ten minutes ago.
            let opened_ms = now_ms() - age * 600_000 / calls as u64;
            let call = live.open(opened_ms);
            live.calls.push(call);
        }
        let live = Arc::new(Mutex::new(live));
        let (tell, _) = broadcast::channel(BEHIND);
        tokio::spawn(speak(live.clone(), tell.clone(), events));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, live.clone(), tell.subscribe()));
            }
        });
        Self { address }
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("after 1970").as_millis() as u64
}

impl Live {
    fn open(&mut self, opened_ms: u64) -> Call {
        self.opened += 1;
        let n = self.opened;
        Call {
            id: format!("many-{n}"),
            agent: format!("agent-{}", n % 700),
            caller: format!("+1415{:07}", n * 7919 % 10_000_000),
            opened_ms,
            alert: None,
            alerts: 0,
            strain: 0.1,
            utterance: 0,
        }
    }

    /// The next event: mostly of somebody who speaks, now and then an alert, or a call that ends as
    /// another begins. The first call goes on for ever.
    fn next(&mut self) -> Value {
        self.told += 1;
        let n = self.told;
        // Spread over the calls, each time another one.
        let at = match n % 10 {
            0 => 0,
            _ => (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) as usize % self.calls.len(),
        };
        let now = now_ms();
        let event = match n % 100 {
            97 if at > 0 => {
                self.calls[at].alerts += 1;
                let alert = self.calls[at].alerts;
                let severity = if n % 300 == 97 { "critical" } else { "warning" };
                self.calls[at].alert = Some((alert, severity));
                json!({"kind": "alert_raised", "alert": alert, "situation": alert, "rule": "churn",
                    "severity": severity, "action": "escalate", "message": "The customer is about to leave",
                    "why": "the customer said it twice", "triggers": []})
            }
            98 => {
                let raised = self.calls.iter().position(|call| call.alert.is_some());
                let Some(at) = raised else { return self.next() };
                let (alert, severity) = self.calls[at].alert.take().expect("found");
                let cleared = json!({"kind": "alert_cleared", "alert": alert, "rule": "churn",
                    "severity": severity, "why": "calm"});
                return self.of(at, cleared, now);
            }
            99 => {
                let oldest = (1..self.calls.len()).min_by_key(|at| self.calls[*at].opened_ms);
                let Some(at) = oldest else { return self.next() };
                let ended = self.of(
                    at,
                    json!({"kind": "call_ended", "reason": "closed", "legs": []}),
                    now,
                );
                self.calls.remove(at);
                return ended;
            }
            0 if self.calls.len() > 1 => {
                let call = self.open(now);
                self.calls.push(call);
                let call = self.calls.last().expect("just added");
                json!({"kind": "call_started", "direction": "inbound", "legs": ["agent", "customer"],
                    "caller": {"given": call.caller, "e164": call.caller}, "callee": {"given": ""},
                    "languages": ["en"], "metadata": {}})
            }
            10..=19 => {
                let call = &mut self.calls[at];
                call.strain = (call.strain + (n % 7) as f64 * 0.05) % 0.9;
                json!({"kind": "emotion", "role": "customer", "utterance": call.utterance,
                    "strain": call.strain, "trend": 0.0})
            }
            20..=34 => {
                json!({"kind": "final", "role": "customer", "utterance": self.calls[at].utterance,
                "text": "I was charged twice on my invoice this month.", "spoken": "", "lang": "en",
                "confidence": 0.9, "words": [], "numbers": []})
            }
            35..=44 => {
                self.calls[at].utterance += 1;
                json!({"kind": "speech_begin", "role": "customer", "utterance": self.calls[at].utterance})
            }
            _ => {
                json!({"kind": "partial", "role": "customer", "utterance": self.calls[at].utterance,
                "text": "I was charged twice", "confirmed": "I was", "tail": " charged twice",
                "stability": 0.6, "lang": "en"})
            }
        };
        let at = if n.is_multiple_of(100) {
            self.calls.len() - 1
        } else {
            at
        };
        self.of(at, event, now)
    }

    fn of(&self, at: usize, mut event: Value, now: u64) -> Value {
        let call = &self.calls[at];
        let start = now.saturating_sub(call.opened_ms);
        event["call_id"] = call.id.clone().into();
        event["agent_id"] = call.agent.clone().into();
        event["id"] = format!("0193ab4e5f60a1b2-{}", self.told).into();
        event["seq"] = self.told.into();
        event["start_ms"] = start.into();
        event["end_ms"] = (start + 500).into();
        event["wall_time_ms"] = now.into();
        event
    }

    fn listed(&self) -> Value {
        let now = now_ms();
        let calls = self.calls.iter().map(|call| {
            let alerts = call.alert.iter().map(|(alert, severity)| {
                json!({"alert": alert, "rule": "churn", "severity": severity, "raised_ms": now,
                    "message": "The customer is about to leave", "seen": false})
            });
            json!({"call_id": call.id, "agent_id": call.agent, "direction": "inbound", "customer": null,
                "caller": {"given": call.caller, "e164": call.caller}, "callee": {"given": ""},
                "legs": ["agent", "customer"], "parties": [], "metadata": {}, "silent": [], "off": [],
                "opened_ms": call.opened_ms, "alerts": alerts.collect::<Vec<_>>(), "strain": call.strain,
                "spoke_ms": now, "claimed": null, "called_before": null, "last_contact": null})
        });
        calls.collect()
    }
}

/// Tells events at their pace.
async fn speak(live: Arc<Mutex<Live>>, tell: broadcast::Sender<String>, events: u32) {
    let mut ticks = tokio::time::interval(TELL_EVERY);
    let lot = events * TELL_EVERY.as_millis() as u32 / 1_000;
    loop {
        ticks.tick().await;
        let mut told = String::new();
        let mut live = live.lock().expect("nobody panics");
        for _ in 0..lot {
            let event = live.next();
            let (kind, id) = (&event["kind"], &event["id"]);
            let (kind, id) = (kind.as_str().expect("text"), id.as_str().expect("text"));
            write!(told, "event: {kind}\nid: {id}\ndata: {event}\n\n").expect("memory");
        }
        drop(live);
        // Nobody has to listen.
        let _ = tell.send(told);
    }
}

async fn answer(
    stream: TcpStream,
    live: Arc<Mutex<Live>>,
    mut told: broadcast::Receiver<String>,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut first = String::new();
        if stream.read_line(&mut first).await.ok()? == 0 {
            return None;
        }
        let mut line = String::from("-");
        while !line.trim().is_empty() {
            line.clear();
            stream.read_line(&mut line).await.ok()?;
        }
        let path = first.split(' ').nth(1)?;
        let path = path.split('?').next()?;
        let json = |value: Value| ("200 OK", "application/json", value.to_string());
        let (status, kind, body) = match path {
            "/v1/events" => {
                let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-store\r\n\r\n";
                stream.write_all(head.as_bytes()).await.ok()?;
                loop {
                    match told.recv().await {
                        Ok(events) => stream.write_all(events.as_bytes()).await.ok()?,
                        Err(broadcast::error::RecvError::Lagged(_)) => {}
                        Err(broadcast::error::RecvError::Closed) => return None,
                    }
                }
            }
            "/v1/calls" => json(live.lock().expect("nobody panics").listed()),
            "/v1/me" => json(
                json!({"name": "sue", "known": true, "roles": ["supervisor"], "agent_id": null,
                "may": ["list_calls", "follow", "read_calls", "supervise", "change_calls"],
                "follows_others": true, "mood_notice": null}),
            ),
            path if path.starts_with("/v1/calls/") => {
                let id = path.trim_start_matches("/v1/calls/");
                let live = live.lock().expect("nobody panics");
                let call = live.calls.iter().find(|call| call.id == id);
                match call {
                    Some(call) => json(
                        json!({"call_id": id, "agent_id": call.agent, "ended": false,
                        "opened_ms": call.opened_ms, "events": [], "feedback": [], "acknowledged": []}),
                    ),
                    None => ("404 Not Found", "application/json", "{}".to_owned()),
                }
            }
            path => match desk_file(path) {
                Some((kind, text)) => ("200 OK", kind, text),
                None => ("404 Not Found", "application/json", "{}".to_owned()),
            },
        };
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\ncache-control: no-store\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.ok()?;
        stream.write_all(body.as_bytes()).await.ok()?;
    }
}

/// A file of the desk, as it lies in its folder.
fn desk_file(path: &str) -> Option<(&'static str, String)> {
    let desk: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/server/desk");
    let name = match path {
        "/" => "index.html",
        path => path.strip_prefix("/desk/")?,
    };
    let kind = match name.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        _ => return None,
    };
    Some((kind, std::fs::read_to_string(desk.join(name)).ok()?))
}
