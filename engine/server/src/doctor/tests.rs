//! What is said of doors, by what was found there.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr};

use sidetone_core::reception::DoorReception;

use super::*;

fn report(doors: &[(&str, &[&str])]) -> Report {
    let door = |(door, listens): &(&str, &[&str])| DoorReport {
        reception: DoorReception {
            door: (*door).to_owned(),
            listens: listens.iter().map(ToString::to_string).collect(),
            ..DoorReception::default()
        },
        findings: Vec::new(),
    };
    Report {
        version: "0.1.0".to_owned(),
        doors: doors.iter().map(door).collect(),
        ..Report::default()
    }
}

/// A configuration in which a WebSocket door is open, and what is found where nothing is wrong.
fn open() -> (Config, Vec<(Configured, Found)>) {
    let mut config = Config::default();
    config.doors.websocket.listen = "127.0.0.1:7610".to_owned();
    let found = configured(&config).into_iter().map(|door| {
        let found = match door.place {
            Place::Tcp(_) => Found::Answers,
            Place::Media => Found::Told(vec![(Ipv4Addr::LOCALHOST.into(), true)]),
            _ => Found::Nothing,
        };
        (door, found)
    });
    let found = found.collect();
    (config, found)
}

fn examined(report: Result<Report, Silence>, websocket: Found) -> Examination {
    let (config, mut found) = open();
    for (door, found) in &mut found {
        if door.door == "websocket" {
            *found = websocket.clone();
        } else if report.is_err() && door.door == "api" {
            *found = Found::Free;
        }
    }
    Examination::new(&config, "http://127.0.0.1:7600".to_owned(), report, found)
}

#[test]
fn whoever_holds_the_address_of_a_door_has_to_be_the_engine() {
    let here = || Ok(report(&[("websocket", &["127.0.0.1:7610"])]));
    let no_engine = || Err(silence(Who::Nobody));
    let nobody = "no engine answers at http://127.0.0.1:7600: why";
    for (case, report, found, wrong) in [
        ("as it should be", here(), Found::Answers, &[][..]),
        ("before the start", no_engine(), Found::Free, &[nobody]),
        (
            "during the start",
            Err(silence(Who::Starts)),
            Found::Answers,
            &[],
        ),
        (
            "somebody else before the start",
            no_engine(),
            Found::Answers,
            &[nobody, "`doors.websocket.listen`, and no engine answers"],
        ),
        (
            "somebody else",
            Ok(self::report(&[])),
            Found::Answers,
            &["it is not the engine"],
        ),
        (
            "an older start",
            Ok(self::report(&[])),
            Found::Free,
            &["does not listen"],
        ),
        (
            "another machine's address",
            no_engine(),
            Found::NotOurs("not available".to_owned()),
            &[nobody, "`doors.websocket.listen` is no address"],
        ),
    ] {
        let examined = examined(report, found);
        assert_eq!(examined.is_wrong(), !wrong.is_empty(), "{case}");
        let of_doors = examined.doors.iter().flat_map(|door| &door.findings);
        let findings = examined.findings.iter().chain(of_doors);
        let says: Vec<&str> = findings.map(|finding| &*finding.says).collect();
        assert_eq!(says.len(), wrong.len(), "{case}: {says:?}");
        for (says, part) in says.iter().zip(wrong) {
            assert!(says.contains(part), "{case}: {says}");
        }
    }
}

fn silence(who: Who) -> Silence {
    Silence {
        why: "why".to_owned(),
        who,
    }
}

#[test]
fn who_does_not_answer_is_started_and_who_is_no_engine_is_stopped() {
    for (who, is_held, advice) in [
        (Who::Nobody, false, Some("start it")),
        (Who::Nobody, true, Some("stop who answers")),
        (Who::Stranger, false, Some("stop who answers")),
        (Who::Starts, true, None),
    ] {
        let found = conclude::silence("http://10.0.0.7:7600", &silence(who), is_held);
        assert_eq!(found.is_some(), advice.is_some(), "{who:?}: {found:?}");
        for (found, advice) in found.iter().zip(advice) {
            assert!(found.advice.starts_with(advice), "{who:?}: {found:?}");
        }
    }
}

#[test]
fn who_answers_otherwise_than_an_engine_is_told_as_that() {
    for (answer, who) in [
        ("200 OK\r\n\r\n{}", Who::Stranger),
        ("200 OK\r\n\r\n[]", Who::Stranger),
        ("200 OK\r\n\r\nwelcome", Who::Stranger),
        ("200 OK\r\n\r\n{\"status\":\"ok\"}", Who::Stranger),
        ("404 Not Found\r\n\r\n", Who::Stranger),
        ("302 Found\r\nLocation: /\r\n\r\n", Who::Stranger),
        (
            "503 Service Unavailable\r\n\r\nthe engine is starting: it waits for weights",
            Who::Starts,
        ),
    ] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let answers = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("somebody asks");
            let mut asked = [0; 4_096];
            let _ = stream.read(&mut asked);
            let close = answer.replacen("\r\n", "\r\nConnection: close\r\n", 1);
            let _ = stream.write_all(format!("HTTP/1.1 {close}").as_bytes());
        });
        let silence = ask::engine(&url, &Access::default(), None).expect_err(answer);
        assert_eq!(silence.who, who, "{answer}: {silence:?}");
        answers.join().expect("it has answered");
        assert_eq!(
            ask::engine(&url, &Access::default(), None)
                .expect_err("gone")
                .who,
            Who::Nobody,
            "{url}"
        );
    }
}

#[test]
fn faults_of_the_configuration_are_grave_where_no_engine_runs() {
    let fault = [Problem {
        origin: Default::default(),
        key: "store.dir".to_owned(),
        what: "is nowhere".to_owned(),
    }];
    let here = || Ok(report(&[("websocket", &["127.0.0.1:7610"])]));
    for (report, grave) in [
        (here(), 0),
        (Err(silence(Who::Starts)), 0),
        (Err(silence(Who::Nobody)), 2),
    ] {
        let is_there = report.is_ok();
        let found = match is_there || grave == 0 {
            true => Found::Answers,
            false => Found::Free,
        };
        let examined = examined(report, found).with_faults(&fault);
        let count = examined.findings.iter().filter(|one| one.grave).count();
        assert_eq!(count, grave, "{:?}", examined.findings);
        assert_eq!(examined.is_wrong(), grave > 0);
        let mut says = examined.findings.iter().map(|one| &*one.says);
        assert!(says.any(|says| says == "`store.dir` is nowhere"));
    }
}

#[test]
fn ports_are_shown_with_their_gaps() {
    for (ports, shown) in [
        (&["41000"][..], "127.0.0.1:41000"),
        (&["41000+41002"], "127.0.0.1:41000-41002"),
        (
            &["42196-42198", "42000-42006"],
            "127.0.0.1:42000-42006,42196-42198",
        ),
        (&["42001", "42010"], "127.0.0.1:42001,42010"),
    ] {
        let mut config = Config::default();
        config.doors.rtp.bind = Ipv4Addr::LOCALHOST.into();
        config.doors.rtp.ports = ports.iter().map(ToString::to_string).collect();
        let door = configured(&config).into_iter();
        let door = door.filter(|door| door.door == "rtp").map(|door| {
            let told = conclude::door(&config, &door, &Found::Nothing, None);
            told.at
        });
        assert_eq!(door.collect::<Vec<_>>(), [shown]);
    }
}

#[test]
fn what_media_servers_are_told_has_to_lead_here() {
    let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
    for (case, bind, [rtpengine, siprec], listen, found, grave, part) in [
        (
            "on one machine",
            "127.0.0.1",
            ["127.0.0.1:2223", ""],
            "127.0.0.1:7600",
            Found::Told(vec![(ip("127.0.0.1"), true)]),
            None,
            "",
        ),
        (
            "rtpengine elsewhere",
            "127.0.0.1",
            ["10.0.0.6:2223", ""],
            "127.0.0.1:7600",
            Found::Told(vec![(ip("127.0.0.1"), true)]),
            Some(true),
            "their own machine",
        ),
        (
            "recording clients elsewhere",
            "127.0.0.1",
            ["", "10.0.0.7:5060"],
            "127.0.0.1:7600",
            Found::Told(vec![(ip("127.0.0.1"), true)]),
            Some(true),
            "their own machine",
        ),
        (
            "others may open calls",
            "127.0.0.1",
            ["", ""],
            "10.0.0.7:7600",
            Found::Told(vec![(ip("127.0.0.1"), true)]),
            Some(false),
            "their own machine",
        ),
        (
            "another address of ours",
            "10.0.0.7",
            ["", ""],
            "127.0.0.1:7600",
            Found::Told(vec![(ip("10.0.0.8"), true)]),
            Some(true),
            "alone",
        ),
        (
            "behind NAT",
            "0.0.0.0",
            ["", ""],
            "127.0.0.1:7600",
            Found::Told(vec![(ip("203.0.113.7"), false)]),
            Some(false),
            "no address of this machine",
        ),
        (
            "a name nobody knows",
            "0.0.0.0",
            ["", ""],
            "127.0.0.1:7600",
            Found::Silent("unknown".to_owned()),
            Some(true),
            "leads nowhere",
        ),
    ] {
        let (mut config, mut doors) = open();
        config.media.bind = ip(bind);
        config.media.advertise = "voice.example.org".to_owned();
        config.doors.rtpengine.control = rtpengine.to_owned();
        config.doors.siprec.listen = siprec.to_owned();
        config.server.listen = listen.parse().expect("an address");
        for (door, of) in &mut doors {
            if door.door == "media" {
                *of = found.clone();
            }
        }
        let report = Ok(report(&[("websocket", &["127.0.0.1:7610"])]));
        let examined = Examination::new(&config, String::new(), report, doors);
        let findings: Vec<&Finding> = examined
            .doors
            .iter()
            .flat_map(|door| &door.findings)
            .collect();
        assert_eq!(
            findings.first().map(|one| one.grave),
            grave,
            "{case}: {findings:?}"
        );
        assert!(
            findings.iter().all(|one| one.says.contains(part)),
            "{case}: {findings:?}"
        );
    }
}

#[test]
fn a_door_that_is_not_configured_here_is_told_as_the_engine_has_it() {
    let report = report(&[
        ("websocket", &["127.0.0.1:7610"]),
        ("mumble", &["127.0.0.1:64738"]),
    ]);
    let examined = examined(Ok(report), Found::Answers);
    let last = examined.doors.last().expect("there are some");
    assert_eq!((&*last.door, &*last.at), ("mumble", "127.0.0.1:64738"));
    assert!(!examined.is_wrong());
}

#[test]
fn each_address_of_a_door_is_tried_and_what_came_is_told_once() {
    let mut config = Config::default();
    config.doors.siprec.listen = "127.0.0.1:5060".to_owned();
    config.doors.siprec.tls_listen = "127.0.0.1:5061".to_owned();
    for (tls, wrong) in [(Found::Answers, None), (Found::Free, Some("tls_listen"))] {
        let found = configured(&config).into_iter().map(|door| {
            let found = match door.door {
                "siprec/tls" => tls.clone(),
                "siprec" | "api" => Found::Answers,
                _ => Found::Nothing,
            };
            (door, found)
        });
        let report = Ok(report(&[("siprec", &["127.0.0.1:5060 over UDP and TCP"])]));
        let examined = Examination::new(&config, String::new(), report, found.collect());
        let rows = examined.doors.iter();
        let rows = rows.filter(|door| door.door.starts_with("siprec"));
        let rows: Vec<_> = rows
            .map(|door| (&*door.at, &*door.reached, door.reports.len()))
            .collect();
        let reached = if wrong.is_some() { "free" } else { "yes" };
        let expected = [("127.0.0.1:5060", "yes", 1), ("127.0.0.1:5061", reached, 0)];
        assert_eq!(rows, expected);
        let mut findings = examined.doors.iter().flat_map(|door| &door.findings);
        let says = findings.next().map(|finding| finding.says.as_str());
        assert_eq!(says.is_some(), wrong.is_some(), "{says:?}");
        if let (Some(says), Some(part)) = (says, wrong) {
            assert!(says.contains(part), "{says}");
        }
    }
}

#[test]
fn ports_are_tried_on_this_machine() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let listen = taken.local_addr().expect("bound").to_string();
    assert_eq!(
        probe::place(&Place::Tcp(listen), &Config::default()),
        Found::Answers
    );
    let elsewhere = Place::Tcp("192.0.2.7:7600".to_owned());
    assert!(matches!(
        probe::place(&elsewhere, &Config::default()),
        Found::NotOurs(_)
    ));
    let held = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let port = held.local_addr().expect("bound").port();
    let place = Place::Udp(Ipv4Addr::LOCALHOST.into(), vec![port]);
    assert_eq!(probe::place(&place, &Config::default()), Found::Held(1, 1));
}
