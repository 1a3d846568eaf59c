//! Why nothing is heard: each door as it is configured, whether it can be reached from here, what a
//! running engine says has come in, and what is likely wrong.
//!
//! `probe` asks the system and the network, `ask` the engine, `conclude` says what that means, `print`
//! tells people.

mod ask;
mod conclude;
mod print;
mod probe;
#[cfg(test)]
mod tests;

use serde::Serialize;
use sidetone_core::reception::{DoorReport, Finding, Report};

use crate::config::{Config, Problem};
use crate::tls::{Access, stale};

/// What is known of the doors of a configuration.
#[derive(Debug, Serialize)]
pub struct Examination {
    /// The engine that was asked.
    pub engine: EngineState,
    /// What is likely wrong with the engine and its configuration, the gravest first.
    pub findings: Vec<Finding>,
    /// All doors, open or closed.
    pub doors: Vec<DoorState>,
}

/// An engine that was asked what has come in.
#[derive(Debug, Serialize)]
pub struct EngineState {
    /// Where.
    pub url: String,
    /// Why there is no answer; empty if there is one.
    pub why: String,
    /// Whether it is there, and starts.
    pub starts: bool,
    /// Its version; empty if there is no answer.
    pub version: String,
    /// For how long it has run, in milliseconds.
    pub runs_ms: u64,
}

/// What is known of a door.
#[derive(Debug, Serialize)]
pub struct DoorState {
    /// Which one.
    pub door: String,
    /// Where it is, by the configuration; empty if it is closed.
    pub at: String,
    /// Whether it can be reached from here, in a word or two.
    pub reached: String,
    /// What the engine says of it, and of what was spoken there.
    pub reports: Vec<DoorReport>,
    /// What is likely wrong, the gravest first.
    pub findings: Vec<Finding>,
}

/// Why an engine says nothing of its doors.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Silence {
    why: String,
    who: Who,
}

/// Who does not say what an engine would.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Who {
    /// Nobody.
    Nobody,
    /// An engine that starts.
    Starts,
    /// Somebody else, or an engine of another version.
    Stranger,
    /// One who does not trust us, or whom we do not trust.
    Guarded,
}

/// A door as it is configured.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Configured {
    door: &'static str,
    /// The setting that says where it is.
    key: &'static str,
    place: Place,
}

/// Where a door is.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Place {
    Closed,
    /// A TCP address, as it is written.
    Tcp(String),
    /// UDP ports of an address.
    Udp(std::net::IpAddr, Vec<u16>),
    /// RTP ports that are handed out, with what media servers are told.
    Media,
    /// An rtpengine that is asked.
    Asked(String),
    Folder(std::path::PathBuf),
}

/// What was found at a place.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Found {
    /// It is closed, or nothing can be asked.
    Nothing,
    /// Somebody answers.
    Answers,
    /// Nobody is there, and the engine could be.
    Free,
    /// Ports are held by somebody, so many of so many.
    Held(usize, usize),
    /// This machine has no such address, or may not.
    NotOurs(String),
    /// Nobody answers.
    Silent(String),
    /// What media servers are told to send to: addresses, and which of them are this machine's.
    Told(Vec<(std::net::IpAddr, bool)>),
    /// A folder that can be used.
    Usable,
}

impl Examination {
    /// Asks the system, the network, and the engine at `url`, which may leave out `http://`; without
    /// one, at the address of the configuration, where its own certificate is trusted. Takes some
    /// seconds at most.
    pub fn of(config: &Config, url: Option<&str>, access: &Access) -> Self {
        let own = config.server.tls.files().filter(|_| url.is_none());
        let url = match url {
            Some(url) if url.contains("://") => url.to_owned(),
            Some(address) => format!("http://{address}"),
            None => probe::own_url(config),
        };
        let known = own.as_ref().map(|files| files.certificate.as_path());
        let report = ask::engine(&url, access, known);
        let doors = configured(config).into_iter();
        let doors = doors.map(|door| {
            let found = probe::place(&door.place, config);
            (door, found)
        });
        let mut examination = Self::new(config, url, report, doors.collect());
        examination.certificates(config);
        examination
    }

    /// Adds what `serve` would trip over: grave, unless an engine runs all the same.
    #[must_use]
    pub fn with_faults(mut self, faults: &[Problem]) -> Self {
        let grave = !self.engine.is_there();
        let faults = faults.iter();
        let faults = faults.map(|fault| conclude::fault(grave, fault.to_string()));
        self.findings.splice(0..0, faults);
        self.findings.sort_by_key(|finding| !finding.grave);
        self
    }

    /// Adds why clients do not trust us, at the engine's address and at the TLS port of SIPREC.
    fn certificates(&mut self, config: &Config) {
        let server = config.server.tls.files();
        let mut shown = Vec::from_iter(server.map(|files| ("server.tls.certificate", files)));
        if !config.doors.siprec.tls_listen.trim().is_empty() {
            shown.extend(config.siprec_tls());
        }
        shown.dedup();
        for (key, files) in shown {
            let door = match key {
                "server.tls.certificate" => "api",
                _ => "siprec",
            };
            let mut doors = self.doors.iter_mut();
            // The last address of a door is that of TLS.
            let door = doors.rfind(|one| one.door.starts_with(door));
            if let (Some(door), Ok(Some(why))) = (door, stale(&files.certificate)) {
                door.findings.insert(0, conclude::certificate(key, &why));
            }
        }
    }

    fn new(
        config: &Config,
        url: String,
        report: Result<Report, Silence>,
        found: Vec<(Configured, Found)>,
    ) -> Self {
        let mut engine = EngineState {
            url,
            why: String::new(),
            starts: false,
            version: String::new(),
            runs_ms: 0,
        };
        // Who holds the address of the engine, and is none, is the same as who does not answer.
        let mut is_held = found.iter().filter(|(door, _)| door.door == "api");
        let is_held = is_held.any(|(_, found)| *found == Found::Answers);
        let mut findings = Vec::new();
        let report = match report {
            Ok(report) => {
                engine.version.clone_from(&report.version);
                engine.runs_ms = report.now_ms.saturating_sub(report.since_ms);
                Some(report)
            }
            Err(silence) => {
                findings.extend(conclude::silence(&engine.url, &silence, is_held));
                engine.why = silence.why;
                engine.starts = silence.who == Who::Starts;
                None
            }
        };
        let is_configured = |name: &str| found.iter().any(|(door, _)| door.is(name));
        let others = report.iter().flat_map(|report| &report.doors);
        let others: Vec<DoorReport> = others
            .filter(|one| !is_configured(&one.reception.door) && !one.reception.is_empty())
            .cloned()
            .collect();
        let mut doors: Vec<DoorState> = found
            .iter()
            .map(|(door, found)| match (engine.starts, &door.place) {
                // Whoever holds its address is an engine that does not listen everywhere yet.
                (true, Place::Tcp(_) | Place::Udp(..)) => {
                    conclude::door(config, door, &Found::Nothing, None)
                }
                _ => conclude::door(config, door, found, report.as_ref()),
            })
            .collect();
        // Doors that this program does not know by name.
        doors.extend(others.into_iter().map(conclude::other));
        Self {
            engine,
            findings,
            doors,
        }
    }

    /// Whether something is wrong.
    pub fn is_wrong(&self) -> bool {
        let of_doors = self.doors.iter().flat_map(|door| &door.findings);
        let mut findings = self.findings.iter().chain(of_doors);
        findings.any(|finding| finding.grave)
    }
}

impl EngineState {
    /// Whether it runs, or starts.
    fn is_there(&self) -> bool {
        self.why.is_empty() || self.starts
    }
}

impl Configured {
    /// Whether a door of the engine's report is this one, or what was spoken at it.
    fn is(&self, name: &str) -> bool {
        match self.place {
            // Calls that are opened there by a program.
            Place::Tcp(_) if self.door == "api" => matches!(name, "api" | "grpc" | "rest"),
            _ => name.split('/').next() == self.door.split('/').next(),
        }
    }

    /// Whether it is one more address of a door, of which all is told at the first.
    fn is_further(&self) -> bool {
        self.door.contains('/')
    }
}

fn configured(config: &Config) -> Vec<Configured> {
    let doors = &config.doors;
    let tcp = |listen: &str| match listen {
        "" => Place::Closed,
        listen => Place::Tcp(listen.to_owned()),
    };
    let [websocket, audio_socket, sip, sips] = doors.listening();
    let (siprec, further) = if sip.1.is_empty() {
        (sips, None)
    } else {
        (sip, Some(sips).filter(|sips| !sips.1.is_empty()))
    };
    let ports = doors.rtp.lines().unwrap_or_default();
    let ports: Vec<u16> = ports.iter().flat_map(|line| line.all()).collect();
    let door = |door, key, place| Configured { door, key, place };
    let mut all = vec![
        door(
            "api",
            "server.listen",
            tcp(&config.server.listen.to_string()),
        ),
        door("media", "media.bind", Place::Media),
        door("websocket", websocket.0, tcp(websocket.1)),
        door("audio_socket", audio_socket.0, tcp(audio_socket.1)),
        door("siprec", siprec.0, tcp(siprec.1)),
        door(
            "rtpengine",
            "doors.rtpengine.control",
            match doors.rtpengine.control.trim() {
                "" => Place::Closed,
                control => Place::Asked(control.to_owned()),
            },
        ),
        door(
            "rtp",
            "doors.rtp.ports",
            match ports.is_empty() {
                true => Place::Closed,
                false => Place::Udp(doors.rtp.bind, ports),
            },
        ),
        door(
            "folder",
            "doors.folder.path",
            match doors.folder.path.as_os_str().is_empty() {
                true => Place::Closed,
                false => Place::Folder(doors.folder.path.clone()),
            },
        ),
    ];
    if let Some(further) = further {
        let first = all.iter().position(|door| door.door == "siprec");
        let place = first.map_or(all.len(), |first| first + 1);
        all.insert(place, door("siprec/tls", further.0, tcp(further.1)));
    }
    all
}
