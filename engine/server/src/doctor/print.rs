//! What is known of doors, for people: lines of at most [`WIDTH`].

use std::fmt::{self, Write as _};
use std::iter;

use sidetone_core::reception::{CallReception, DoorReport, Finding, FindingKind, LegReception};

use super::{DoorState, EngineState, Examination};
use crate::printable::printable;

/// Characters of a line.
const WIDTH: usize = 96;
/// Calls of a door whose legs are printed, beside those of which findings speak.
const CALLS: usize = 2;
/// Who has been quiet for so long is told, in milliseconds.
const QUIET_MS: u64 = 5_000;

impl fmt::Display for Examination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text(self))
    }
}

fn text(examination: &Examination) -> String {
    let mut text = String::new();
    lines(&mut text, ["", ""], &engine(&examination.engine));
    text.push('\n');
    table(&mut text, &examination.doors);
    for door in &examination.doors {
        for report in &door.reports {
            calls(&mut text, report, &door.findings);
        }
    }
    let all = || {
        let of_doors = examination.doors.iter();
        let of_doors =
            of_doors.flat_map(|door| door.findings.iter().map(|finding| (&*door.door, finding)));
        let whole = examination.findings.iter();
        whole
            .map(|finding| (about(finding), finding))
            .chain(of_doors)
    };
    let grave = all().filter(|(_, finding)| finding.grave).count();
    for (n, (door, finding)) in all().filter(|(_, finding)| finding.grave).enumerate() {
        told(&mut text, &format!("{}. ", n + 1), door, finding);
    }
    for (door, finding) in all().filter(|(_, finding)| !finding.grave) {
        told(&mut text, "-  ", door, finding);
    }
    text.push_str(&match grave {
        0 => "\nNothing is wrong.\n".to_owned(),
        1 => "\n1 thing is wrong.\n".to_owned(),
        many => format!("\n{many} things are wrong.\n"),
    });
    text
}

/// What a finding is about that is about no door.
fn about(finding: &Finding) -> &'static str {
    match finding.kind {
        FindingKind::Engine => "engine",
        _ => "configuration",
    }
}

fn engine(engine: &EngineState) -> String {
    match engine.why.as_str() {
        _ if engine.starts => format!(
            "The engine at {} is starting: what has come in is known once it is ready. Look again in some \
             seconds.",
            engine.url
        ),
        "" => format!(
            "The engine at {} is sidetone {}, and has run for {}.",
            engine.url,
            engine.version,
            time(engine.runs_ms)
        ),
        _ => {
            "No engine answers: only the configuration and its addresses are looked at.".to_owned()
        }
    }
}

fn table(text: &mut String, doors: &[DoorState]) {
    let heads = ["door", "at", "reached", "came in"].map(str::to_owned);
    let rows = iter::once(heads).chain(doors.iter().flat_map(rows));
    let rows = rows.map(|row| row.map(|cell| printable(&cell).into_owned()));
    let rows: Vec<[String; 4]> = rows.collect();
    let width = |column: usize, least: usize| {
        let widest = rows.iter().map(|row| row[column].chars().count()).max();
        widest.unwrap_or_default().clamp(least, 34) + 2
    };
    let (door, at, reached) = (width(0, 4), width(1, 2), width(2, 7));
    for [first, second, third, fourth] in rows {
        let line = format!("{first:door$}{second:at$}{third:reached$}");
        let row = format!("{line}{fourth}");
        if row.chars().count() <= WIDTH {
            let _ = writeln!(text, "{}", row.trim_end());
        } else {
            let _ = writeln!(text, "{}", cut(line.trim_end()));
            lines(text, [&" ".repeat(door), &" ".repeat(door)], &fourth);
        }
    }
}

/// The rows of a door: itself, and what was spoken there.
fn rows(door: &DoorState) -> Vec<[String; 4]> {
    if door.at.is_empty() && door.reports.is_empty() {
        return vec![[
            door.door.clone(),
            "closed".to_owned(),
            String::new(),
            String::new(),
        ]];
    }
    let whole = door
        .reports
        .iter()
        .find(|one| one.reception.door == door.door);
    let came = whole.map(came).unwrap_or_default();
    let mut rows = vec![[
        door.door.clone(),
        door.at.clone(),
        door.reached.clone(),
        came,
    ]];
    for report in &door.reports {
        let name = &report.reception.door;
        if *name != door.door {
            let spoken = name
                .split_once('/')
                .map_or(name.as_str(), |(_, spoken)| spoken);
            rows.push([
                format!("  {spoken}"),
                String::new(),
                String::new(),
                came_of(report),
            ]);
        }
    }
    rows
}

fn came(report: &DoorReport) -> String {
    match report.reception.is_empty() {
        true => String::new(),
        false => came_of(report),
    }
}

fn came_of(report: &DoorReport) -> String {
    let seen = &report.reception;
    let mut parts = vec![count(seen.opened, "call")];
    let others = [
        (seen.connections, "connection"),
        (seen.strays, "datagram of none"),
    ];
    let others = others.into_iter().filter(|(many, _)| *many > 0);
    parts.extend(others.map(|(many, what)| count(many, what)));
    if seen.refused > 0 {
        parts.push(format!("{} refused", seen.refused));
    }
    if seen.bytes > 0 {
        parts.push(format!("{:.1} MB", seen.bytes as f64 / 1e6));
    }
    parts.join(", ")
}

fn count(many: u64, what: &str) -> String {
    match (many, what) {
        (1, _) => format!("1 {what}"),
        (_, "datagram of none") => format!("{many} datagrams of none"),
        _ => format!("{many} {what}s"),
    }
}

fn calls(text: &mut String, report: &DoorReport, findings: &[Finding]) {
    let is_named = |call: &CallReception| findings.iter().any(|one| one.call_id == call.call_id);
    let calls = report.reception.calls.iter().enumerate();
    for (_, call) in calls.filter(|(n, call)| *n < CALLS || is_named(call)) {
        let lasted = match call.open {
            true => format!("open for {}", time(call.lasted_ms)),
            false => format!("over after {}", time(call.lasted_ms)),
        };
        let title = format!("{}: call {}, {lasted}", report.reception.door, call.call_id);
        text.push('\n');
        lines(text, ["", "  "], &title);
        legs(text, call);
    }
}

fn legs(text: &mut String, call: &CallReception) {
    for leg in &call.legs {
        let head = format!("  {:<11}", leg.role.as_str());
        let indent = " ".repeat(head.len());
        lines(text, [&head, &indent], &of_leg(leg));
    }
}

/// What has come of a leg.
fn of_leg(leg: &LegReception) -> String {
    let off = if leg.off { ", nothing is expected" } else { "" };
    if leg.payloads.is_empty() {
        return format!("nothing for {}{off}", time(leg.quiet_ms));
    }
    let kinds = leg.payloads.iter().map(|one| {
        let of = match (&one.coding, one.payload_type) {
            (Some(coding), _) => coding.clone(),
            (None, Some(number)) => format!("undescribed type {number}"),
            (None, None) => "an unknown coding".to_owned(),
        };
        format!(
            "{} of {of}",
            count(one.packets, if leg.is_rtp { "packet" } else { "message" })
        )
    });
    let mut parts: Vec<String> = kinds.collect();
    parts.push(match leg.loudest_db {
        None => "silent".to_owned(),
        Some(loudest) => format!("{} of sound, loudest {loudest:.0} dB", time(leg.sound_ms)),
    });
    if leg.quiet_ms >= QUIET_MS && !leg.off {
        parts.push(format!("quiet for {}", time(leg.quiet_ms)));
    }
    if !leg.from.is_empty() {
        parts.push(format!("from {}", leg.from));
    }
    format!("{}{off}", parts.join(", "))
}

fn told(text: &mut String, head: &str, door: &str, finding: &Finding) {
    let indent = " ".repeat(head.len());
    text.push('\n');
    lines(text, [head, &indent], &format!("{door}: {}", finding.says));
    lines(
        text,
        [&format!("{indent}Do: "), &format!("{indent}    ")],
        &finding.advice,
    );
}

/// Adds words in lines of at most [`WIDTH`], with `first` before the first and `next` before others.
fn lines(text: &mut String, [first, next]: [&str; 2], words: &str) {
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in words.split_whitespace().map(printable) {
        let longer = line.chars().count() + usize::from(!is_empty) + word.chars().count();
        if longer > WIDTH && !is_empty {
            let _ = writeln!(text, "{}", cut(line.trim_end()));
            line = next.to_owned();
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(&word);
        is_empty = false;
    }
    let _ = writeln!(text, "{}", cut(line.trim_end()));
}

/// What fits into a line.
fn cut(line: &str) -> String {
    match line.chars().count() > WIDTH {
        true => line.chars().take(WIDTH - 1).chain(['…']).collect(),
        false => line.to_owned(),
    }
}

/// `0.8 s`, `12 s`, `3 min`, `2.5 h`.
fn time(ms: u64) -> String {
    let seconds = ms as f64 / 1_000.0;
    match ms {
        0..10_000 => format!("{seconds:.1} s"),
        10_000..120_000 => format!("{seconds:.0} s"),
        120_000..7_200_000 => format!("{:.0} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3_600.0),
    }
}

#[cfg(test)]
mod tests {
    use sidetone_core::reception::{DoorReception, PayloadReception};

    use super::*;

    fn examination(why: &str, doors: Vec<DoorState>) -> Examination {
        Examination {
            engine: EngineState {
                url: "http://127.0.0.1:7600".to_owned(),
                why: why.to_owned(),
                starts: false,
                version: "0.1.0".to_owned(),
                runs_ms: 720_000,
            },
            findings: Vec::new(),
            doors,
        }
    }

    fn closed(door: &str) -> DoorState {
        DoorState {
            door: door.to_owned(),
            at: String::new(),
            reached: String::new(),
            reports: Vec::new(),
            findings: Vec::new(),
        }
    }

    #[test]
    fn doors_calls_and_findings_fit_into_lines() {
        let leg = LegReception {
            is_rtp: true,
            payloads: vec![PayloadReception {
                payload_type: Some(0),
                coding: Some("PCMU/8000".to_owned()),
                packets: 600,
            }],
            loudest_db: Some(-18.2),
            sound_ms: 9_400,
            from: "[2001:db8:1234:5678:9abc:def0:1234:5678]:40000".to_owned(),
            ..LegReception::default()
        };
        let call = CallReception {
            call_id: "c".repeat(120),
            lasted_ms: 12_300,
            legs: vec![leg, LegReception::default()],
            ..CallReception::default()
        };
        let reception = DoorReception {
            door: "websocket/twilio".to_owned(),
            opened: 1,
            refused: 2,
            bytes: 1_234_567,
            calls: vec![call],
            ..DoorReception::default()
        };
        let finding = |grave| Finding {
            kind: FindingKind::OneWay,
            grave,
            says: "words ".repeat(40),
            advice: "more words ".repeat(30),
            call_id: String::new(),
        };
        let report = DoorReport {
            reception,
            findings: Vec::new(),
        };
        let door = DoorState {
            at: "[2001:db8:1234:5678:9abc:def0:1234:5678]:7610".to_owned(),
            reached: "no answer".to_owned(),
            reports: vec![report],
            findings: vec![finding(true), finding(false)],
            ..closed("websocket")
        };
        let text = text(&examination("", vec![door, closed("rtp")]));
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
        for part in [
            "has run for 12 min.",
            "  twilio",
            "1 call, 2 refused, 1.2 MB",
            "rtp        closed",
            "600 packets of PCMU/8000, 9.4 s of sound, loudest -18 dB",
            "1. websocket: words",
            "-  websocket: words",
            "   Do: more words",
            "1 thing is wrong.",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn who_is_quiet_and_who_is_named_is_told_and_nobody_writes_to_the_terminal() {
        let leg = |quiet_ms| LegReception {
            payloads: vec![PayloadReception {
                coding: Some("\u{1b}[31mred".to_owned()),
                ..PayloadReception::default()
            }],
            quiet_ms,
            ..LegReception::default()
        };
        let call = |n: usize| CallReception {
            call_id: format!("call{n}"),
            legs: vec![leg(100), leg(13_000)],
            ..CallReception::default()
        };
        let reception = DoorReception {
            door: "rtp\u{9b}2J".to_owned(),
            calls: (0..9).map(call).collect(),
            ..DoorReception::default()
        };
        let finding = Finding {
            kind: FindingKind::OneWay,
            grave: true,
            says: "a side\u{7} has stopped".to_owned(),
            advice: String::new(),
            call_id: "call7".to_owned(),
        };
        let report = DoorReport {
            reception,
            findings: Vec::new(),
        };
        let door = DoorState {
            reports: vec![report],
            findings: vec![finding],
            ..closed("rtp\u{9b}2J")
        };
        let text = text(&examination("", vec![door]));
        let told = ["call0", "call1", "call7"].map(|call| text.contains(&format!("call {call},")));
        assert_eq!(told, [true; 3], "{text}");
        assert_eq!(text.matches(": call call").count(), 3, "{text}");
        assert_eq!(text.matches("quiet for 13 s").count(), 3, "{text}");
        assert!(
            text.chars().all(|c| c == '\n' || !c.is_control()),
            "{text:?}"
        );
        assert!(text.contains(r"\u{1b}[31mred"), "{text}");
    }
}
