//! What the tools print of recordings: lines for people, JSON for programs, and how far they are.

use std::io::{self, Write};
use std::path::Path;

use console::style;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use sidetone::convert::wire_event;
use sidetone_types::event::{EventKind, EventRecord};
use sidetone_types::id::CallId;
use sidetone_types::party::Role;

use super::texts::Texts;
use super::{clock, story};

/// A bar over the audio of the files opened so far. Seen only if standard error is a terminal.
pub fn progress() -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {percent} %  {elapsed} gone, {eta} to go");
    ProgressBar::new(0).with_style(style.expect("the template is fixed"))
}

/// A call is called like its file.
pub fn call_id(path: &Path) -> CallId {
    let name = path.file_stem().unwrap_or(path.as_os_str());
    CallId::new(name.to_string_lossy().into_owned())
}

/// An event with the file it is from in front.
#[derive(Serialize)]
struct FileEvent<'a> {
    file: &'a str,
    #[serde(flatten)]
    event: &'a EventRecord,
}

pub fn write_json(out: &mut impl Write, file: &str, events: &[EventRecord]) -> io::Result<()> {
    for event in events {
        serde_json::to_writer(&mut *out, &FileEvent { file, event })?;
        writeln!(out)?;
    }
    Ok(())
}

pub fn show(out: &mut impl Write, events: &[EventRecord]) -> io::Result<()> {
    for event in events {
        let text = match &event.event.kind {
            EventKind::Final(done) => done.text.clone(),
            EventKind::Revised(revised) => match &revised.by {
                Some(_) => format!("{} (corrected)", revised.words.text),
                None => format!("{} (heard again)", revised.words.text),
            },
            EventKind::Partial(partial) => style(format!("… {}", partial.text)).dim().to_string(),
            EventKind::Retracted { .. } => style("… (nothing after all)").dim().to_string(),
            EventKind::Unrecognised { reason, lang, .. } => match lang {
                Some(lang) => format!("[not recognised: {reason} ({lang})]"),
                None => format!("[not recognised: {reason}]"),
            },
            _ => match wire_event(event)
                .detail
                .as_ref()
                .and_then(|detail| story::line(detail, &Texts::EN))
            {
                Some(line) => line,
                None => continue,
            },
        };
        let role = event.event.role.map_or("", Role::as_str);
        let at_ms = event.event.start.as_millis();
        writeln!(out, "{}", said(at_ms, role, &text))?;
    }
    Ok(())
}

/// What somebody said, and when in the call.
pub fn said(at_ms: u64, role: &str, text: &str) -> String {
    format!("{} {role:<8}  {text}", clock(at_ms))
}

#[cfg(test)]
mod tests {
    use sidetone_core::finals::finalise;
    use std::time::{Duration, SystemTime};

    use sidetone_types::event::{Event, EventId, TimedWord};
    use sidetone_types::id::UtteranceId;
    use sidetone_types::lang::Lang;
    use sidetone_types::time::MediaTime;

    use super::*;

    fn heard(role: Role, start_ms: u64, text: &str) -> EventRecord {
        let start = MediaTime::from_millis(start_ms);
        let word = TimedWord {
            word: text.to_owned(),
            spaced: text.to_owned(),
            start,
            end: start,
            confidence: 0.5,
        };
        EventRecord {
            id: EventId::default(),
            call_id: CallId::new("c"),
            agent_id: String::new(),
            wall_time: SystemTime::UNIX_EPOCH,
            event: Event {
                role: Some(role),
                party: Default::default(),
                start,
                end: start,
                latency: Some(Duration::from_millis(7)),
                kind: EventKind::Final(finalise(UtteranceId(1), Lang::EN, 0.5, vec![word])),
            },
        }
    }

    #[test]
    fn lines_are_aligned_and_leave_out_what_is_not_said() {
        let mut ended = heard(Role::Agent, 0, "");
        ended.event.kind = EventKind::SpeechEnd {
            utterance: UtteranceId(1),
        };
        let events = [
            heard(Role::Agent, 600, "Hello?"),
            ended,
            heard(Role::Customer, 5_636, "你好，我要退款。"),
        ];
        let mut out = Vec::new();
        show(&mut out, &events).expect("memory takes all");
        assert_eq!(
            String::from_utf8(out).expect("text"),
            "00:00.6 agent     Hello?\n00:05.6 customer  你好，我要退款。\n"
        );
    }

    #[test]
    fn each_line_of_json_is_an_event_and_begins_with_its_file() {
        let mut out = Vec::new();
        let events = [
            heard(Role::Agent, 600, "Hello"),
            heard(Role::Agent, 900, "\"quoted\"\nline"),
        ];
        write_json(&mut out, "a dir/é.wav", &events).expect("memory takes all");
        let text = String::from_utf8(out).expect("text");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        for (line, start) in lines.iter().zip([600, 900]) {
            assert!(
                line.starts_with("{\"file\":\"a dir/é.wav\",\"kind\":\"final\""),
                "{line}"
            );
            let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
            assert_eq!(value["start_ms"], start);
            assert_eq!(value["role"], "agent");
        }
    }
}
