//! What many calls tell, in the order in which it comes to the log.

use sidetone_core::finals::finalise;
use sidetone_types::event::{CallEnded, EndReason, Event, EventKind, Partial, TimedWord};
use sidetone_types::id::{CallId, UtteranceId};
use sidetone_types::lang::Lang;
use sidetone_types::party::Role;
use sidetone_types::time::MediaTime;

/// Utterances of a call: one every few seconds of some minutes.
const UTTERANCES: u64 = 40;
/// Looks at an utterance before it is over.
const PARTIALS: usize = 4;
const WORDS: [&str; 12] = [
    " Hi.", " I", " was", " charged", " twice", " on", " my", " invoice", " this", " month,",
    " again", " please.",
];

/// The events of `calls` calls that go on at the same time, from their first utterance to their
/// end.
///
/// All calls are over after the last, so the same events may be told again and again.
pub fn telling(calls: usize) -> Vec<(CallId, Event)> {
    let ids: Vec<CallId> = (0..calls)
        .map(|i| CallId::new(format!("call-{i:04}")))
        .collect();
    let events = (1..=UTTERANCES)
        .flat_map(|utterance| utterance_events(UtteranceId(utterance)))
        .chain([event(EventKind::CallEnded(CallEnded {
            reason: EndReason::Closed,
            legs: Vec::new(),
        }))]);
    events
        .flat_map(|event| ids.iter().map(move |id| (id.clone(), event.clone())))
        .collect()
}

fn utterance_events(utterance: UtteranceId) -> Vec<Event> {
    let looks = (1..=PARTIALS).map(|look| {
        let (confirmed, tail) = WORDS[..WORDS.len() * look / PARTIALS].split_at(2 * look);
        EventKind::Partial(Partial {
            utterance,
            text: [confirmed, tail].concat().concat(),
            confirmed: confirmed.concat(),
            tail: tail.concat(),
            stability: confirmed.len() as f32 / (confirmed.len() + tail.len()) as f32,
            lang: Lang::EN,
        })
    });
    let spoken = [EventKind::SpeechBegin { utterance }]
        .into_iter()
        .chain(looks)
        .chain([EventKind::SpeechEnd { utterance }]);
    spoken.map(event).chain([final_of(utterance)]).collect()
}

/// The final of an utterance of twelve words.
pub fn final_of(utterance: UtteranceId) -> Event {
    let words = (0..).zip(WORDS).map(|(i, word)| TimedWord {
        word: word.trim().to_owned(),
        spaced: word.to_owned(),
        start: MediaTime::from_millis(300 * i),
        end: MediaTime::from_millis(300 * (i + 1)),
        confidence: 0.9,
    });
    event(EventKind::Final(finalise(
        utterance,
        Lang::EN,
        0.9,
        words.collect(),
    )))
}

fn event(kind: EventKind) -> Event {
    Event {
        party: Default::default(),
        role: Some(Role::Customer),
        start: MediaTime::ZERO,
        end: MediaTime::ZERO,
        latency: None,
        kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_take_turns_and_each_ends_once_after_all_its_utterances() {
        let events = telling(3);
        let first: Vec<&str> = events[..4].iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(first, ["call-0000", "call-0001", "call-0002", "call-0000"]);
        let of_one: Vec<&str> = events
            .iter()
            .filter(|(id, _)| id.as_str() == "call-0001")
            .map(|(_, event)| event.kind.name())
            .collect();
        let count = |name| of_one.iter().filter(|kind| **kind == name).count();
        assert_eq!(
            (count("final"), count("partial"), count("call_ended")),
            (40, 160, 1)
        );
        assert_eq!(of_one.last(), Some(&"call_ended"));
    }
}
