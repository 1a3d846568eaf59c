//! A call's transcript in the forms other programs read.

use serde_json::{Value, json};

/// The words of a call for players of recordings: WebVTT (W3C 2019), one cue per utterance, the side as
/// its voice.
///
/// `events` are flat ones, in any order; only finals count.
pub fn webvtt(events: &[Value]) -> String {
    let mut text = "WEBVTT\n".to_owned();
    for line in lines(events) {
        text.push_str(&format!(
            "\n{} --> {}\n<v {}>{}\n",
            clock(line.start_ms),
            // A cue of no length is shown by nobody.
            clock(line.end_ms.max(line.start_ms + 1)),
            line.role,
            escape(line.text)
        ));
    }
    text
}

/// The words of a call and nothing else, as JSON: `{call_id, lines: [{role, start_ms, end_ms, lang, text}]}`.
pub fn json(call_id: &str, events: &[Value]) -> Value {
    let lines: Vec<Value> = lines(events)
        .into_iter()
        .map(|line| {
            json!({
                "role": line.role, "start_ms": line.start_ms, "end_ms": line.end_ms,
                "lang": line.lang, "text": line.text,
            })
        })
        .collect();
    json!({ "call_id": call_id, "lines": lines })
}

/// One utterance of a transcript. Times count from the start of the call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line<'a> {
    /// `agent` or `customer`.
    pub role: &'a str,
    /// Language code.
    pub lang: &'a str,
    /// Where it begins.
    pub start_ms: u64,
    /// Where it ends.
    pub end_ms: u64,
    /// What was said.
    pub text: &'a str,
}

/// The finals among `events`, in the order in which they begin: players ask for that.
pub fn lines(events: &[Value]) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = events
        .iter()
        .filter(|event| event["kind"] == "final")
        .map(|event| Line {
            role: event["role"].as_str().unwrap_or_default(),
            lang: event["lang"].as_str().unwrap_or_default(),
            start_ms: event["start_ms"].as_u64().unwrap_or_default(),
            end_ms: event["end_ms"].as_u64().unwrap_or_default(),
            text: event["text"].as_str().unwrap_or_default(),
        })
        .collect();
    lines.sort_by_key(|line| line.start_ms);
    lines
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
    use super::*;

    fn said(role: &str, start_ms: u64, end_ms: u64, text: &str) -> Value {
        json!({
            "kind": "final", "role": role, "start_ms": start_ms, "end_ms": end_ms,
            "lang": "en", "text": text, "words": [],
        })
    }

    #[test]
    fn cues_are_in_order_have_a_length_and_hold_no_markup() {
        let events = [
            said("customer", 3_723_456, 3_723_456, "<b>1 & 2 --> 3"),
            json!({"kind": "partial", "text": "no"}),
            said("agent", 600, 4_942, "Hello"),
        ];
        assert_eq!(
            webvtt(&events),
            "WEBVTT\n\n00:00:00.600 --> 00:00:04.942\n<v agent>Hello\n\n\
             01:02:03.456 --> 01:02:03.457\n<v customer>&lt;b&gt;1 &amp; 2 --&gt; 3\n"
        );
    }

    #[test]
    fn the_json_has_the_lines_and_nothing_else() {
        let events = [said("agent", 600, 4_942, "Hello")];
        assert_eq!(
            json("c1", &events),
            serde_json::json!({"call_id": "c1", "lines": [
                {"role": "agent", "start_ms": 600, "end_ms": 4942, "lang": "en", "text": "Hello"},
            ]})
        );
    }
}
