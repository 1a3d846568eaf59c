//! A call's transcript in the forms other programs read.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sidetone_types::event::{EventKind, EventRecord};
use sidetone_types::id::UtteranceId;
use sidetone_types::lang::Lang;
use sidetone_types::party::Role;

/// The words of a call for players of recordings: WebVTT (W3C 2019), one cue per utterance, the
/// side as its voice.
///
/// `events` are in any order but that of several revisions of one utterance, of which the last counts;
/// beside them only finals count.
pub fn webvtt(events: &[EventRecord]) -> String {
    let mut text = "WEBVTT\n".to_owned();
    for line in lines(events) {
        text.push_str(&format!(
            "\n{} --> {}\n<v {}>{}\n",
            clock(line.start_ms),
            // A cue of no length is shown by nobody.
            clock(line.end_ms.max(line.start_ms + 1)),
            line.role.as_str(),
            escape(line.text)
        ));
    }
    text
}

/// The words of a call and nothing else, as JSON: `{call_id, lines: [{utterance, role, start_ms,
/// end_ms, lang, text}]}`.
pub fn json(call_id: &str, events: &[EventRecord]) -> Value {
    let lines: Vec<Value> = lines(events)
        .into_iter()
        .map(|line| {
            json!({
                "utterance": line.utterance, "role": line.role, "start_ms": line.start_ms, "end_ms": line.end_ms,
                "lang": line.lang, "text": line.text,
            })
        })
        .collect();
    json!({ "call_id": call_id, "lines": lines })
}

/// One utterance of a transcript. Times count from the start of the call.
#[derive(Clone, Copy, PartialEq)]
pub struct Line<'a> {
    /// Its number in the call.
    pub utterance: UtteranceId,
    /// Who spoke.
    pub role: Role,
    /// The language it was heard in.
    pub lang: Lang,
    /// Where it begins.
    pub start_ms: u64,
    /// Where it ends.
    pub end_ms: u64,
    /// What was said.
    pub text: &'a str,
}

/// The words of each utterance, revised ones where there are, in the order in which they begin:
/// players ask for that.
pub fn lines(events: &[EventRecord]) -> Vec<Line<'_>> {
    let told = events.iter().filter_map(line);
    let mut lines: BTreeMap<UtteranceId, (bool, Line<'_>)> = BTreeMap::new();
    for (revised, line) in told {
        let known = lines.get(&line.utterance);
        if known.is_none_or(|(is_revised, _)| revised || !is_revised) {
            lines.insert(line.utterance, (revised, line));
        }
    }
    let mut lines: Vec<Line<'_>> = lines.into_values().map(|(_, line)| line).collect();
    lines.sort_by_key(|line| line.start_ms);
    lines
}

fn line(record: &EventRecord) -> Option<(bool, Line<'_>)> {
    let done = record.event.kind.words()?;
    let revised = matches!(record.event.kind, EventKind::Revised(_));
    let line = Line {
        utterance: done.utterance,
        role: record.event.role?,
        lang: done.lang,
        start_ms: record.event.start.as_millis(),
        end_ms: record.event.end.as_millis(),
        text: &done.text,
    };
    Some((revised, line))
}

/// `HH:MM:SS.mmm`.
fn clock(ms: u64) -> String {
    let (seconds, minutes, hours) = (ms / 1_000 % 60, ms / 60_000 % 60, ms / 3_600_000);
    format!("{hours:02}:{minutes:02}:{seconds:02}.{:03}", ms % 1_000)
}

/// What WebVTT would take for markup, and the arrow of a cue.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use sidetone_types::event::{Event, EventId, Final, Revised};
    use sidetone_types::id::{CallId, UtteranceId};
    use sidetone_types::time::MediaTime;

    use super::*;

    fn event(role: Role, start_ms: u64, end_ms: u64, kind: EventKind) -> EventRecord {
        EventRecord {
            id: EventId::default(),
            call_id: CallId::new("c1"),
            agent_id: String::new(),
            wall_time: SystemTime::UNIX_EPOCH,
            event: Event {
                party: Default::default(),
                role: Some(role),
                start: MediaTime::from_millis(start_ms),
                end: MediaTime::from_millis(end_ms),
                latency: None,
                kind,
            },
        }
    }

    fn said(role: Role, start_ms: u64, end_ms: u64, text: &str) -> EventRecord {
        let done = EventKind::Final(words(start_ms, text));
        event(role, start_ms, end_ms, done)
    }

    fn words(utterance: u64, text: &str) -> Final {
        Final {
            utterance: UtteranceId(utterance),
            text: text.to_owned(),
            spoken: text.to_owned(),
            numbers: Vec::new(),
            lang: Lang::EN,
            confidence: 0.9,
            words: Vec::new(),
            unrecognised: Vec::new(),
            redacted: Vec::new(),
        }
    }

    #[test]
    fn words_that_were_revised_count_in_whatever_order_events_come() {
        let live = said(Role::Customer, 600, 4_942, "charged wife");
        let revised = EventKind::Revised(Revised {
            words: words(600, "charged twice"),
            live: "charged wife".to_owned(),
            by: None,
        });
        let revised = event(Role::Customer, 600, 4_942, revised);
        for events in [
            [live.clone(), revised.clone()],
            [revised.clone(), live.clone()],
        ] {
            let lines = lines(&events);
            let texts: Vec<&str> = lines.iter().map(|line| line.text).collect();
            assert_eq!(texts, ["charged twice"]);
        }
    }

    #[test]
    fn cues_are_in_order_have_a_length_and_hold_no_markup() {
        let events = [
            said(Role::Customer, 3_723_456, 3_723_456, "<b>1 & 2 --> 3"),
            event(
                Role::Agent,
                0,
                0,
                EventKind::SpeechBegin {
                    utterance: UtteranceId(1),
                },
            ),
            said(Role::Agent, 600, 4_942, "Hello"),
        ];
        assert_eq!(
            webvtt(&events),
            "WEBVTT\n\n00:00:00.600 --> 00:00:04.942\n<v agent>Hello\n\n\
             01:02:03.456 --> 01:02:03.457\n<v customer>&lt;b&gt;1 &amp; 2 --&gt; 3\n"
        );
    }

    #[test]
    fn the_json_has_the_lines_and_nothing_else() {
        let events = [said(Role::Agent, 600, 4_942, "Hello")];
        assert_eq!(
            json("c1", &events),
            serde_json::json!({"call_id": "c1", "lines": [
                {"utterance": 600, "role": "agent", "start_ms": 600, "end_ms": 4942, "lang": "en", "text": "Hello"},
            ]})
        );
    }
}
