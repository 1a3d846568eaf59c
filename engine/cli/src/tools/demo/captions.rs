//! What is shown of a call: lines that stay, and the words that are still being said.

use std::collections::BTreeMap;

use console::{Alignment, measure_text_width, pad_str, style};
use sidetone_proto::v1;
use sidetone_proto::v1::call_event::Detail;

use crate::tools::texts::Texts;
use crate::tools::{clock, story};

/// Columns of the longest name of a side.
const ROLE_WIDTH: usize = 8;

/// The captions of one call, event by event.
pub struct Captions {
    texts: &'static Texts,
    /// By role: the utterance each side is at.
    live: BTreeMap<i32, Live>,
}

/// Words of an utterance that goes on.
struct Live {
    utterance: u64,
    start_ms: u64,
    /// Will not change any more.
    confirmed: String,
    /// May change. Begins with the space before it, if there is one.
    tail: String,
}

impl Captions {
    /// None yet. Our own words are those of `texts`.
    pub fn new(texts: &'static Texts) -> Self {
        Self {
            texts,
            live: BTreeMap::new(),
        }
    }

    /// Takes an event, and gives the line that is to stay because of it.
    pub fn take(&mut self, event: &v1::CallEvent) -> Option<String> {
        match event.detail.as_ref()? {
            Detail::Transcript(words) if words.is_final => {
                self.forget(event.role, words.utterance_id);
                Some(self.line(event.role, event.start_ms, text(words)))
            }
            Detail::Transcript(words) => {
                let tail = text(words).strip_prefix(words.confirmed_text.as_str());
                let live = Live {
                    utterance: words.utterance_id,
                    start_ms: event.start_ms,
                    tail: tail.unwrap_or(&words.volatile_text).to_owned(),
                    confirmed: words.confirmed_text.clone(),
                };
                self.live.insert(event.role, live);
                None
            }
            Detail::Retracted(v1::Retracted { utterance_id }) => {
                self.forget(event.role, *utterance_id);
                None
            }
            Detail::Unrecognised(what) => {
                self.forget(event.role, what.utterance_id);
                let lang = match what.language_code.as_str() {
                    "" => String::new(),
                    code => format!(" ({code})"),
                };
                let text = format!("[{}: {}{lang}]", self.texts.not_recognised, what.reason);
                Some(self.line(event.role, event.start_ms, &text))
            }
            Detail::CallEnded(_) => {
                self.live.clear();
                None
            }
            other => {
                let text = story::line(other, self.texts)?;
                Some(self.line(event.role, event.end_ms, &text))
            }
        }
    }

    /// `00:05.6 customer  text`.
    fn line(&self, role: i32, start_ms: u64, text: &str) -> String {
        let role = match v1::Role::try_from(role) {
            Ok(v1::Role::Agent) => self.texts.agent,
            Ok(v1::Role::Customer) => self.texts.customer,
            // The call of the demo has no others.
            Ok(_) | Err(_) => "",
        };
        let role = pad_str(role, ROLE_WIDTH, Alignment::Left, None);
        format!("{} {role}  {text}", clock(start_ms))
    }

    fn forget(&mut self, role: i32, utterance: u64) {
        if self
            .live
            .get(&role)
            .is_some_and(|live| live.utterance == utterance)
        {
            self.live.remove(&role);
        }
    }

    /// A line for each side that speaks, no wider than `width` columns: the end of what it says.
    pub fn live(&self, width: usize) -> Vec<String> {
        let lines = self.live.iter().map(|(role, live)| {
            let head = self.line(*role, live.start_ms, "");
            let room = width.saturating_sub(measure_text_width(&head));
            let (confirmed, tail) = fit(&live.confirmed, &live.tail, room);
            format!("{head}{}{}", style(confirmed).bold(), style(tail).dim())
        });
        lines.collect()
    }
}

fn text(words: &v1::Transcript) -> &str {
    words
        .alternatives
        .first()
        .map_or("", |best| best.transcript.as_str())
}

/// Cuts from the front until both together take no more than `width` columns. Han characters take
/// two.
fn fit<'a>(confirmed: &'a str, tail: &'a str, width: usize) -> (String, &'a str) {
    const CUT: &str = "…";
    let wide = |text: &str| measure_text_width(text);
    if wide(confirmed) + wide(tail) <= width {
        return (confirmed.to_owned(), tail);
    }
    let room = width.saturating_sub(wide(CUT));
    let ends = |text: &'a str, room: usize| {
        let mut starts = text.char_indices().map(|(i, _)| i).chain([text.len()]);
        let start = starts.find(|start| wide(&text[*start..]) <= room);
        &text[start.unwrap_or(text.len())..]
    };
    let tail = ends(tail, room);
    let confirmed = ends(confirmed, room.saturating_sub(wide(tail)));
    (
        format!("{}{confirmed}", if width > 0 { CUT } else { "" }),
        tail,
    )
}

#[cfg(test)]
mod tests {
    use console::strip_ansi_codes;
    use proptest::prelude::*;

    use super::*;

    fn event(role: v1::Role, start_ms: u64, detail: Detail) -> v1::CallEvent {
        v1::CallEvent {
            role: role.into(),
            start_ms,
            end_ms: start_ms + 600,
            latency_ms: Some(50),
            detail: Some(detail),
            ..Default::default()
        }
    }

    fn words(utterance_id: u64, confirmed: &str, text: &str, is_final: bool) -> Detail {
        Detail::Transcript(v1::Transcript {
            utterance_id,
            is_final,
            confirmed_text: confirmed.to_owned(),
            alternatives: vec![v1::SpeechRecognitionAlternative {
                transcript: text.to_owned(),
                ..Default::default()
            }],
            ..Default::default()
        })
    }

    fn plain(lines: Vec<String>) -> Vec<String> {
        lines
            .iter()
            .map(|line| strip_ansi_codes(line).into_owned())
            .collect()
    }

    #[test]
    fn partials_stand_below_until_their_final_takes_their_place() {
        let mut captions = Captions::new(&Texts::EN);
        let (agent, customer) = (v1::Role::Agent, v1::Role::Customer);
        assert_eq!(
            captions.take(&event(
                customer,
                5_600,
                words(2, "I was", "I was charged", false)
            )),
            None
        );
        assert_eq!(
            captions.take(&event(agent, 600, words(1, "", "Hello", false))),
            None
        );
        assert_eq!(
            plain(captions.live(80)),
            ["00:00.6 agent     Hello", "00:05.6 customer  I was charged"]
        );
        let done = captions.take(&event(agent, 600, words(1, "", "Hello?", true)));
        assert_eq!(done.as_deref(), Some("00:00.6 agent     Hello?"));
        assert_eq!(
            plain(captions.live(80)),
            ["00:05.6 customer  I was charged"]
        );
        let gone = Detail::Retracted(v1::Retracted { utterance_id: 2 });
        assert_eq!(captions.take(&event(customer, 5_600, gone)), None);
        assert!(captions.live(80).is_empty());
    }

    #[test]
    fn sides_are_named_in_the_language_of_the_demo_and_stay_aligned() {
        let mut captions = Captions::new(&Texts::ZH);
        let done = captions.take(&event(v1::Role::Agent, 600, words(1, "", "你好", true)));
        assert_eq!(done.as_deref(), Some("00:00.6 坐席      你好"));
    }

    #[test]
    fn a_final_leaves_the_words_of_the_next_utterance_alone() {
        let mut captions = Captions::new(&Texts::EN);
        captions.take(&event(v1::Role::Agent, 9_000, words(2, "", "And", false)));
        captions.take(&event(v1::Role::Agent, 600, words(1, "", "Hello.", true)));
        assert_eq!(plain(captions.live(80)), ["00:09.0 agent     And"]);
    }

    #[test]
    fn what_is_too_wide_loses_its_beginning() {
        for (confirmed, tail, width, expected) in [
            ("I was ", "charged", 13, "I was charged"),
            ("I was ", "charged", 12, "…was charged"),
            ("I was ", "charged", 5, "…rged"),
            ("我要", "退款", 8, "我要退款"),
            ("我要", "退款", 7, "…要退款"),
            ("我要", "退款", 6, "…退款"),
            ("", "abc", 0, ""),
        ] {
            let (confirmed, tail) = fit(confirmed, tail, width);
            assert_eq!(confirmed + tail, expected, "{width} columns");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_the_screen(confirmed in "[a-z 你好款]{0,30}", tail in "[a-z 你好款]{0,30}", width in 0_usize..60) {
            let (confirmed, tail) = fit(&confirmed, &tail, width);
            prop_assert!(measure_text_width(&confirmed) + measure_text_width(tail) <= width);
        }
    }
}
