//! A CRM that speaks HTTP over real sockets, and that can be as troublesome as real ones.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// What the CRM does with a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mood {
    /// What it was asked.
    Fine,
    /// Answers with this status, and does nothing.
    Refuses(u16),
    /// Answers 429, and asks for so many seconds.
    Busy(u64),
    /// Does nothing and says nothing for so long.
    Hangs(Duration),
    /// Does what it was asked, and hangs up before it answers.
    LosesAnswers,
    /// Hangs up before it does anything.
    HangsUp,
}

/// What was written to it, and how it was asked.
#[derive(Default)]
struct State {
    /// Every record that was made: its kind, its key, its body.
    records: Vec<(String, String, Value)>,
    /// When each request came, and what it asked for.
    requests: Vec<(Instant, String)>,
    /// Customers by their ids, with when each was changed.
    customers: BTreeMap<u64, (u64, Value)>,
    /// The last change.
    changes: u64,
}

/// Customers on a page.
const PAGE: usize = 100;

type Moods = Box<dyn FnMut(&str) -> Mood + Send>;

struct Shared {
    state: Mutex<State>,
    /// Event method and path of each request.
    mood: Mutex<Moods>,
    /// Whether a key that is sent twice is written once.
    knows_keys: bool,
    closing: AtomicBool,
}

/// A CRM at an address of its own.
pub struct HttpCrm {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

impl HttpCrm {
    /// Starts it. One that `knows_keys` answers a key it has seen with what is there, otherwise it
    /// makes a record of every request and can be asked for them by key.
    pub fn start(knows_keys: bool) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            mood: Mutex::new(Box::new(|_| Mood::Fine)),
            knows_keys,
            closing: AtomicBool::new(false),
        });
        let mut crm = Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            shared,
            listening: None,
        };
        crm.listen();
        crm
    }

    /// Where it is, or will be once it is back.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on does as `mood` says of each request, given its method and path.
    pub fn set_mood(&self, mood: impl FnMut(&str) -> Mood + Send + 'static) {
        *self.shared.mood.lock().expect("no request panics") = Box::new(mood);
    }

    /// Goes away: nobody listens at its address any more.
    pub fn go_down(&mut self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        // Wakes the thread that listens.
        let _ = TcpStream::connect(self.address);
        if let Some(listening) = self.listening.take() {
            listening.join().expect("it only listens");
        }
    }

    /// Comes back to the same address.
    pub fn come_up(&mut self) {
        self.listen();
    }

    /// How often each key was written, by kind.
    pub fn written(&self, kind: &str) -> BTreeMap<String, usize> {
        let mut keys = BTreeMap::new();
        for (of, key, _) in &self.state().records {
            if of == kind {
                *keys.entry(key.clone()).or_default() += 1;
            }
        }
        keys
    }

    /// A customer is like that from now on; nothing where they are gone.
    pub fn change_customer(&self, id: u64, named: Option<(&str, &str)>) {
        let mut state = self.state();
        state.changes += 1;
        let (name, phone) = named.unwrap_or_default();
        let customer = json!({
            "id": id, "name": name, "phone": phone, "deleted": named.is_none(),
            "changed": state.changes,
        });
        let changes = state.changes;
        state.customers.insert(id, (changes, customer));
    }

    /// Its customers by id and name, in the order of their ids as texts.
    pub fn customers_there(&self) -> Vec<(String, String)> {
        let state = self.state();
        let there = state.customers.iter();
        let there = there.filter(|(_, (_, one))| one["deleted"] == false);
        let mut there: Vec<(String, String)> = there
            .map(|(id, (_, one))| {
                let name = one["name"].as_str().unwrap_or_default();
                (id.to_string(), name.to_owned())
            })
            .collect();
        there.sort();
        there
    }

    /// How its customers are listed, in the description.
    pub fn sync_description() -> &'static str {
        "[find_by_id]\npath = \"/customers?id={{ customer_id }}\"\n\
         [sync]\nrequest = { path = \"/customers?since={{ since }}&cursor={{ cursor }}\" }\n\
         list = \"/items\"\norder = \"changed\"\nnext = \"/next\"\nchanged = \"/changed\"\ndeleted = \"/deleted\"\n\
         phones = [\"/phone\"]\n"
    }

    /// The bodies of all records of a kind, in order.
    pub fn bodies(&self, kind: &str) -> Vec<Value> {
        let state = self.state();
        let of_kind = state.records.iter().filter(|(of, ..)| of == kind);
        of_kind.map(|(.., body)| body.clone()).collect()
    }

    /// When requests came, and what each asked for: method and path.
    pub fn requests(&self) -> Vec<(Instant, String)> {
        self.state().requests.clone()
    }

    /// A description of it, for the file that [`sidetone::crm::Rest`] reads.
    pub fn description(&self, timeout: Duration, concurrency: usize) -> String {
        let lost_answer = if self.shared.knows_keys {
            "repeat"
        } else {
            "look_up"
        };
        let create = |section: &str, kind: &str, body: &str| {
            let look_up = match self.shared.knows_keys {
                true => String::new(),
                false => format!(
                    "[{section}.look_up]\nrequest = {{ path = \"/{kind}?key={{{{ key }}}}\" }}\n\
                     list = \"/items\"\nid = \"/id\"\n"
                ),
            };
            format!(
                "[{section}]\nid = \"/id\"\nlost_answer = \"{lost_answer}\"\n\
                 [{section}.request]\npath = \"/{kind}\"\n\
                 headers = {{ Idempotency-Key = \"{{{{ key }}}}\" }}\nbody = '''{body}'''\n{look_up}"
            )
        };
        format!(
            "name = \"CRM of the tests\"\nbase_url = \"{}\"\ntimeout_ms = {}\nconcurrency = {concurrency}\n\
             [find]\nrequest = {{ path = \"/contacts?phone={{{{ phone }}}}\" }}\nlist = \"/items\"\n\
             fields = {{ customer_id = \"/id\", name = \"/name\" }}\n{}{}{}",
            self.url(),
            timeout.as_millis(),
            create(
                "create_ticket",
                "tickets",
                "{\"contact\": {{ customer_id }}, \"subject\": {{ note.summary.reason }}}"
            ),
            create(
                "create_task",
                "tasks",
                "{\"ticket\": {{ ticket_id }}, \"title\": {{ task.title }}, \"due\": {{ task.due }}}"
            ),
            create(
                "create_interaction",
                "interactions",
                "{\"ticket\": {{ ticket_id }}, \"at\": {{ note.started }}}"
            ),
        )
    }

    fn listen(&mut self) {
        let listener = TcpListener::bind(self.address).expect("the port is free");
        self.address = listener.local_addr().expect("bound");
        self.shared.closing.store(false, Ordering::SeqCst);
        let shared = Arc::clone(&self.shared);
        self.listening = Some(std::thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.closing.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&shared);
                // A client that goes away in the middle is nothing to fail over.
                std::thread::spawn(move || stream.and_then(|stream| shared.serve(stream)).ok());
            }
        }));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().expect("no request panics")
    }
}

impl Drop for HttpCrm {
    fn drop(&mut self) {
        self.go_down();
    }
}

impl Shared {
    /// Serves one request.
    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let mut words = line.split(' ');
        let (Some(method), Some(target)) = (words.next(), words.next()) else {
            return Ok(());
        };
        let asked = format!("{method} {target}");
        let (mut key, mut length) = (String::new(), 0);
        loop {
            let mut header = String::new();
            reader.read_line(&mut header)?;
            let Some((name, value)) = header.trim().split_once(':') else {
                break;
            };
            match name.to_lowercase().as_str() {
                "idempotency-key" => key = value.trim().to_owned(),
                "content-length" => length = value.trim().parse().unwrap_or(0),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let mut stream = reader.into_inner();
        let mood = (self.mood.lock().expect("no request panics"))(&asked);
        {
            let mut state = self.state.lock().expect("no request panics");
            state.requests.push((Instant::now(), asked.clone()));
        }
        match mood {
            Mood::Refuses(status) => {
                return respond(&mut stream, status, "", &json!({"error": "no"}));
            }
            Mood::Busy(seconds) => {
                let header = format!("Retry-After: {seconds}\r\n");
                return respond(&mut stream, 429, &header, &Value::Null);
            }
            Mood::Hangs(time) => {
                std::thread::sleep(time);
                return Ok(());
            }
            Mood::HangsUp => return Ok(()),
            Mood::Fine | Mood::LosesAnswers => {}
        }
        let answer = self.act(method, target, &key, &body);
        if mood == Mood::LosesAnswers && method == "POST" {
            return Ok(());
        }
        respond(&mut stream, 200, "", &answer)
    }

    fn act(&self, method: &str, target: &str, key: &str, body: &[u8]) -> Value {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let kind = path.trim_start_matches('/');
        if kind == "contacts" {
            let known = query.ends_with("%2B14155550117");
            let ann = json!({"id": 1017, "name": "Ann"});
            return json!({"items": if known { vec![ann] } else { vec![] }});
        }
        if kind == "customers" {
            return self.customers(query);
        }
        let mut state = self.state.lock().expect("no request panics");
        let number = |key: &str, state: &State| {
            state
                .records
                .iter()
                .position(|(of, k, _)| of == kind && k == key)
        };
        if method == "GET" {
            let key = query.trim_start_matches("key=").replace("%2F", "/");
            let found = number(&key, &state).map(|at| json!({"id": at}));
            return json!({"items": found.into_iter().collect::<Vec<_>>()});
        }
        if self.knows_keys
            && let Some(at) = number(key, &state)
        {
            return json!({"id": at});
        }
        let body = serde_json::from_slice(body).expect("the engine sends JSON");
        state.records.push((kind.to_owned(), key.to_owned(), body));
        json!({"id": state.records.len() - 1})
    }
}

impl Shared {
    /// One customer, or a page of those that were changed since then. Cursors are the last change of the page before.
    fn customers(&self, query: &str) -> Value {
        let state = self.state.lock().expect("no request panics");
        let number = |name: &str| {
            let mut fields = query.split('&').filter_map(|field| field.split_once('='));
            let found = fields.find(|(of, _)| *of == name)?;
            found.1.parse::<u64>().ok()
        };
        if let Some(id) = number("id") {
            let found = state.customers.get(&id).into_iter();
            let there = found.filter(|(_, one)| one["deleted"] == false);
            return json!({"items": there.map(|(_, one)| one).collect::<Vec<_>>()});
        }
        let (since, cursor) = (number("since").unwrap_or(0), number("cursor").unwrap_or(0));
        let changed = state.customers.values();
        let mut changed: Vec<_> = changed
            .filter(|(at, _)| *at >= since && *at > cursor)
            .collect();
        changed.sort_by_key(|(at, _)| *at);
        let next = (changed.len() > PAGE).then(|| changed[PAGE - 1].0);
        changed.truncate(PAGE);
        let items: Vec<&Value> = changed.into_iter().map(|(_, one)| one).collect();
        json!({"items": items, "next": next})
    }
}

fn respond(stream: &mut TcpStream, status: u16, headers: &str, body: &Value) -> io::Result<()> {
    let body = body.to_string();
    write!(
        stream,
        "HTTP/1.1 {status} As Asked\r\nContent-Type: application/json\r\nConnection: close\r\n\
         {headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
