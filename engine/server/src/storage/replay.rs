//! What was said in a stored call, in the form it had when it was said.

use serde_json::Value;
use sidetone_core::describe::{Direction, Role};
use sidetone_core::emotion::CurvePoint;
use sidetone_core::event::TimedWord;
use sidetone_core::id::UtteranceId;
use sidetone_core::lang::Lang;
use sidetone_core::said::Said;
use sidetone_core::time::MediaTime;

use super::StoredCall;

impl StoredCall {
    /// Every finished utterance, in order: what is needed to wrap up a call that a crash left unfinished.
    pub fn said(&self) -> Vec<Said> {
        let finals = self.events.iter().filter(|event| event["kind"] == "final");
        finals.filter_map(said).collect()
    }

    /// How the moods of the voices went.
    pub fn mood(&self) -> Vec<CurvePoint> {
        let read = self
            .events
            .iter()
            .filter(|event| event["kind"] == "emotion");
        let point = |event: &Value| {
            serde_json::from_value(serde_json::json!({
                "role": event["role"],
                "at_ms": event["end_ms"],
                "strain": event["strain"],
                "mood": event["mood"],
            }))
            .ok()
        };
        read.filter_map(point).collect()
    }

    /// Who called whom.
    pub fn direction(&self) -> Direction {
        let direction = Value::from(self.direction.as_str());
        serde_json::from_value(direction).expect("it was one when it was stored")
    }

    /// The customer's number in E.164, if they have one.
    pub fn phone(&self) -> Option<&str> {
        let number = match self.direction() {
            Direction::Outbound => &self.callee,
            Direction::Inbound | Direction::Unknown => &self.caller,
        };
        number.starts_with('+').then_some(number.as_str())
    }
}

/// `None` if it is no final of ours.
fn said(event: &Value) -> Option<Said> {
    let role: Role = serde_json::from_value(event["role"].clone()).ok()?;
    let lang: Lang = serde_json::from_value(event["lang"].clone()).ok()?;
    // Finals of before numbers were written out have one line only.
    let mut rest = event["spoken"].as_str().or(event["text"].as_str())?;
    let mut words = Vec::new();
    for word in event["words"].as_array()? {
        let text = word["word"].as_str()?;
        // The line has the spaces that the words of the list are without.
        let end = rest.find(text).map_or(0, |at| at + text.len());
        let (spaced, behind) = rest.split_at(end);
        rest = behind;
        words.push(TimedWord {
            word: text.to_owned(),
            spaced: if spaced.is_empty() { text } else { spaced }.to_owned(),
            start: MediaTime::from_millis(word["start_ms"].as_u64()?),
            end: MediaTime::from_millis(word["end_ms"].as_u64()?),
            confidence: word["confidence"].as_f64()? as f32,
        });
    }
    Some(Said {
        utterance: UtteranceId(event["utterance"].as_u64()?),
        role,
        lang,
        words,
        finished: true,
    })
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use sidetone_core::event::{Event, EventId, EventKind, EventRecord};
    use sidetone_core::id::CallId;

    use super::*;
    use sidetone_core::finals::finalise;

    #[test]
    fn words_come_back_with_their_spaces() {
        for (case, lang, spaced) in [
            (
                "English",
                Lang::EN,
                vec![" I", " was", " charged", " twice."],
            ),
            ("Mandarin", Lang::ZH, vec!["我", "要", "退款", "。"]),
            ("both", Lang::ZH, vec!["办", "理", " 5G", "套", "餐"]),
            (
                "a number",
                Lang::EN,
                vec![" That", " is", " twenty", " five", " dollars."],
            ),
            ("a word twice", Lang::EN, vec![" no", " no", " no"]),
            ("one inside another", Lang::EN, vec![" a", " bad", " ad"]),
            ("nothing", Lang::EN, vec![]),
        ] {
            let word = |(i, spaced): (usize, &&str)| TimedWord {
                word: spaced.trim().to_owned(),
                spaced: (*spaced).to_owned(),
                start: MediaTime::from_millis(100 * i as u64),
                end: MediaTime::from_millis(100 * i as u64 + 80),
                confidence: 0.5,
            };
            let words: Vec<TimedWord> = spaced.iter().enumerate().map(word).collect();
            let event = EventRecord {
                id: EventId::default(),
                call_id: CallId::new("c"),
                agent_id: String::new(),
                wall_time: SystemTime::UNIX_EPOCH,
                event: Event {
                    role: Some(Role::Customer),
                    start: MediaTime::ZERO,
                    end: MediaTime::ZERO,
                    latency: None,
                    kind: EventKind::Final(finalise(UtteranceId(3), lang, 0.5, words.clone())),
                },
            };
            let found = said(&serde_json::to_value(&event).expect("plain data")).expect("a final");
            let expected = Said {
                utterance: UtteranceId(3),
                role: Role::Customer,
                lang,
                words,
                finished: true,
            };
            assert_eq!(found.text(), expected.text(), "{case}");
            // The line begins without the space that its first word has.
            let joined = |said: &Said| -> Vec<String> {
                said.words
                    .iter()
                    .map(|word| word.spaced.trim_start().to_owned())
                    .collect()
            };
            assert_eq!(joined(&found), joined(&expected), "{case}");
        }
    }
}
