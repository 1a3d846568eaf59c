//! From what was found to what is said of a door.

use std::net::IpAddr;

use sidetone_core::reception::{DoorReport, Finding, FindingKind, Report};

use super::{Configured, DoorState, Found, Place, Silence, Who};
use crate::config::Config;

/// What is said of a door that is configured.
pub(super) fn door(
    config: &Config,
    door: &Configured,
    found: &Found,
    report: Option<&Report>,
) -> DoorState {
    let reports = report.iter().flat_map(|report| &report.doors);
    let reports = reports.filter(|one| door.is(&one.reception.door));
    let reports: Vec<DoorReport> = reports.cloned().collect();
    let mut findings = match &door.place {
        Place::Media => media(config, found),
        _ => address(door, found, report.is_some(), &reports),
    };
    // What has come in there was told with the door's first address.
    let told_here = match door.is_further() {
        true => Vec::new(),
        false => reports,
    };
    if door.place != Place::Closed || !told_here.is_empty() {
        findings.extend(told_here.iter().flat_map(told));
    }
    // What was tried here says more than what the engine makes of it.
    let tried = findings.iter().any(|one| one.kind == FindingKind::Address);
    let follows = |kind| matches!(kind, FindingKind::Trouble | FindingKind::NobodyCame);
    findings.retain(|one| !tried || !follows(one.kind));
    findings.sort_by_key(|finding| !finding.grave);
    DoorState {
        door: door.door.to_owned(),
        at: at(config, &door.place),
        reached: reached(door, found).to_owned(),
        reports: told_here,
        findings,
    }
}

/// What the engine finds at a door, with what was spoken there.
fn told(report: &DoorReport) -> Vec<Finding> {
    let mut findings = report.findings.clone();
    if let Some((_, spoken)) = report.reception.door.split_once('/') {
        for finding in &mut findings {
            finding.says = format!("{spoken}: {}", finding.says);
        }
    }
    findings
}

/// What is said of a door that the engine has, and whose configuration is not looked at here.
pub(super) fn other(report: DoorReport) -> DoorState {
    DoorState {
        door: report.reception.door.clone(),
        at: report.reception.listens.join(", "),
        reached: String::new(),
        findings: report.findings.clone(),
        reports: vec![report],
    }
}

fn at(config: &Config, place: &Place) -> String {
    match place {
        Place::Closed => String::new(),
        Place::Tcp(address) | Place::Asked(address) => address.clone(),
        Place::Udp(bind, ports) => format!("{}:{}", host(*bind), ranges(ports)),
        Place::Media => {
            let media = &config.media;
            let host = host(media.bind);
            format!("{host}:{}-{}", media.port_min, media.port_max)
        }
        Place::Folder(path) => path.display().to_string(),
    }
}

/// An address before a port.
fn host(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

/// Ports with their gaps; each has RTP alone, so that the next one is two further.
fn ranges(ports: &[u16]) -> String {
    let mut ports = ports.to_vec();
    ports.sort_unstable();
    let ranges = ports.chunk_by(|one, next| next - one <= 2);
    let ranges = ranges.filter_map(|range| match range {
        [port] => Some(port.to_string()),
        [first, .., last] => Some(format!("{first}-{last}")),
        [] => None,
    });
    ranges.collect::<Vec<_>>().join(",")
}

fn reached(door: &Configured, found: &Found) -> &'static str {
    match (found, &door.place) {
        (Found::Nothing, _) => "",
        (Found::Answers, _) => "yes",
        (Found::Free, _) | (Found::Held(0, _), _) => "free",
        (Found::Held(held, of), _) if held == of => "held",
        (Found::Held(..), _) => "held in part",
        (Found::NotOurs(_), _) => "no address",
        (Found::Silent(_), Place::Folder(_)) => "unusable",
        (Found::Silent(_), Place::Media) => "no address",
        (Found::Silent(_), _) => "no answer",
        (Found::Told(_), _) => "",
        (Found::Usable, _) => "usable",
    }
}

fn wrong(kind: FindingKind, says: String, advice: &str) -> Finding {
    Finding {
        kind,
        grave: true,
        says,
        advice: advice.to_owned(),
        call_id: String::new(),
    }
}

/// The same, where it is worth knowing and no fault.
fn noted(kind: FindingKind, says: String, advice: &str) -> Finding {
    Finding {
        grave: false,
        ..wrong(kind, says, advice)
    }
}

/// That no engine answers at `url`, and what to do. `is_held` says whether somebody has the address of
/// the configuration.
pub(super) fn silence(url: &str, silence: &Silence, is_held: bool) -> Option<Finding> {
    let says = format!("no engine answers at {url}: {}", silence.why);
    let advice = match silence.who {
        Who::Starts => return None,
        Who::Guarded => {
            "say who you are with --certificate and --key, or --token, and with --ca who has signed the \
             engine's certificate"
        }
        Who::Nobody if !is_held => {
            "start it with `sidetone serve` and this configuration; if it runs elsewhere, say where \
             with --engine"
        }
        _ => {
            "stop who answers there, or name another port in `server.listen`; if the engine runs \
             elsewhere, say where with --engine"
        }
    };
    Some(wrong(FindingKind::Engine, says, advice))
}

/// Something that `serve` would trip over.
pub(super) fn fault(grave: bool, says: String) -> Finding {
    match grave {
        true => {
            let advice =
                "mend it: `serve` does not start with this, and `config check` says the same";
            wrong(FindingKind::Setting, says, advice)
        }
        false => {
            let advice =
                "the engine runs, and this user could not start it again with this: mend it before";
            noted(FindingKind::Setting, says, advice)
        }
    }
}

/// Clients do not trust the certificate that a setting names.
pub(super) fn certificate(key: &str, why: &str) -> Finding {
    let says = format!("`{key}` {why}: clients end the connection");
    let advice = "have one made that is valid now: an engine that runs takes it up by itself";
    wrong(FindingKind::Setting, says, advice)
}

/// Whether whoever is at the address of a door is the engine.
fn address(
    door: &Configured,
    found: &Found,
    engine_answers: bool,
    reports: &[DoorReport],
) -> Vec<Finding> {
    let key = door.key;
    let address = |says: String, advice: &str| vec![wrong(FindingKind::Address, says, advice)];
    let is_ours = door.door == "api" || reports.iter().any(|one| !one.reception.listens.is_empty());
    match found {
        Found::NotOurs(why) => address(
            format!("`{key}` is no address that this machine can listen on ({why})"),
            "name one of its addresses, and a port above 1023",
        ),
        Found::Silent(why) => address(
            match door.place {
                Place::Asked(_) => format!("it is not reached: {why}"),
                _ => format!("`{key}` does not work: {why}"),
            },
            match door.place {
                Place::Asked(_) => {
                    "see that rtpengine runs, that `listen-ng` in its configuration is this address, and \
                     that no firewall drops UDP"
                }
                Place::Folder(_) => "make the folder, and give this user the right to write there",
                _ => "stop what holds the port, or name another one",
            },
        ),
        Found::Answers if door.place_is_asked() => Vec::new(),
        // Of the engine itself it is told that it does not answer.
        Found::Answers if door.door == "api" => Vec::new(),
        Found::Answers | Found::Held(1.., _) if !engine_answers => address(
            format!("somebody holds the address of `{key}`, and no engine answers"),
            "stop what holds it or name another port; if an engine runs elsewhere, say where with --engine",
        ),
        Found::Answers | Found::Held(1.., _) if !is_ours => address(
            format!("somebody holds the address of `{key}`, and it is not the engine"),
            "stop what holds it, or name another port, and start the engine anew",
        ),
        Found::Free | Found::Held(0, _) if engine_answers && door.door != "api" => address(
            format!("the engine does not listen at `{key}`"),
            "it was started with another configuration: start it anew with this one",
        ),
        _ => Vec::new(),
    }
}

impl Configured {
    fn place_is_asked(&self) -> bool {
        matches!(self.place, Place::Asked(_))
    }
}

/// Whether what media servers are told leads here.
fn media(config: &Config, found: &Found) -> Vec<Finding> {
    let media = &config.media;
    let key = match media.advertise.as_str() {
        "" => "media.bind",
        _ => "media.advertise",
    };
    let told = match found {
        Found::Told(told) => told,
        Found::NotOurs(why) => {
            let says = format!(
                "`media.bind` is {}, which is no address of this machine ({why})",
                media.bind
            );
            return vec![wrong(FindingKind::Setting, says, "name one that is")];
        }
        Found::Silent(why) => {
            let says = format!("`media.advertise` leads nowhere: {why}");
            let advice = "name an address, or a name that is known where media servers are";
            return vec![wrong(FindingKind::Setting, says, advice)];
        }
        _ => return Vec::new(),
    };
    let mut findings = Vec::new();
    let Some((address, is_ours)) = told.first() else {
        return findings;
    };
    let far = config.doors.tell_others();
    if address.is_loopback() && (far || !config.server.listen.ip().is_loopback()) {
        findings.push(Finding {
            kind: FindingKind::Setting,
            grave: far,
            says: format!(
                "media servers are told to send to {address} (`{key}`), which is their own machine, and not \
                 this one"
            ),
            advice: "set `media.bind`, or `media.advertise`, to the address under which they reach this \
                     machine"
                .to_owned(),
            call_id: String::new(),
        });
    }
    let elsewhere = |ip: &IpAddr| !media.bind.is_unspecified() && *ip != media.bind;
    if *is_ours && elsewhere(address) {
        let says = format!(
            "media servers are told to send to {address} (`media.advertise`), and ports are on {} \
             (`media.bind`) alone",
            media.bind
        );
        let advice = "set `media.bind` to the same address, or to 0.0.0.0";
        findings.push(wrong(FindingKind::Setting, says, advice));
    }
    if !is_ours {
        let says = format!("`media.advertise` is {address}, which is no address of this machine");
        let advice =
            "that is right behind NAT which forwards these UDP ports, and a mistake elsewhere";
        findings.push(noted(FindingKind::Setting, says, advice));
    }
    findings
}
