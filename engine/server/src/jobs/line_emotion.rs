//! How lines sounded: what was read of a voice is told before and after the words, and the two meet
//! here.

use std::collections::{HashMap, VecDeque};

use sidetone_kb::archive::{Line, Voice};
use sidetone_types::emotion::{Emotion, Mood, VoiceMood};
use sidetone_types::event::Event;

/// Lines of a call to which a reading may still come: the words of a stretch are there a moment
/// before.
const LINES: usize = 8;
/// Readings of a call that may belong to a line to come: an utterance has some ten, there are two
/// sides, and words that a second pass revises come up to two minutes after them.
const READINGS: usize = 128;
/// Calls remembered at once. They are live ones; what is forgotten is read again.
const CALLS: usize = 4_096;

/// Remembers what was lately said and read in the calls that go on.
#[derive(Default)]
pub(super) struct LineEmotion {
    calls: HashMap<String, Recent>,
}

/// Of one call.
#[derive(Default)]
struct Recent {
    lines: VecDeque<Line>,
    readings: VecDeque<Reading>,
}

/// What an `emotion` event told of a part of an utterance.
struct Reading {
    utterance: u64,
    /// How long the part is, in milliseconds.
    length: f32,
    emotion: Emotion,
}

impl LineEmotion {
    /// Whether what lately happened in the call is known.
    pub fn knows(&self, call_id: &str) -> bool {
        self.calls.contains_key(call_id)
    }

    /// Begins to remember a call.
    pub fn begin(&mut self, call_id: &str) {
        if self.calls.len() >= CALLS {
            self.calls.clear();
        }
        self.calls.insert(call_id.to_owned(), Recent::default());
    }

    /// The call is over.
    pub fn end(&mut self, call_id: &str) {
        self.calls.remove(call_id);
    }

    /// Takes a line, and gives it back with what was read of its voice so far.
    pub fn said(&mut self, mut line: Line) -> Line {
        let recent = self.calls.entry(line.call_id.clone()).or_default();
        line.voice = recent.voice_of(line.utterance);
        push(&mut recent.lines, line.clone(), LINES);
        line
    }

    /// Takes the reading that `event` tells. Gives the line that it belongs to, if its words were
    /// there before.
    pub fn felt(&mut self, call_id: &str, event: &Event, emotion: &Emotion) -> Option<Line> {
        let utterance = emotion.utterance.0;
        let reading = Reading {
            utterance,
            length: event.end.since(event.start).as_millis().max(1) as f32,
            emotion: *emotion,
        };
        let recent = self.calls.entry(call_id.to_owned()).or_default();
        push(&mut recent.readings, reading, READINGS);
        let voice = recent.voice_of(utterance);
        let line = recent.lines.iter_mut();
        let line = line.into_iter().find(|line| line.utterance == utterance)?;
        line.voice = voice;
        Some(line.clone())
    }
}

fn push<T>(recent: &mut VecDeque<T>, new: T, most: usize) {
    if recent.len() == most {
        recent.pop_front();
    }
    recent.push_back(new);
}

impl Recent {
    /// The mood that is likeliest over all that was read of an utterance, longer parts counting
    /// more, and its highest strain. `None` if nothing was; without a mood where words alone told.
    fn voice_of(&self, utterance: u64) -> Option<Voice> {
        let of_it = |reading: &&Reading| reading.utterance == utterance;
        let readings: Vec<&Reading> = self.readings.iter().filter(of_it).collect();
        let strain = readings.iter().map(|reading| reading.emotion.strain);
        let strain = strain.reduce(f32::max)?;
        let voices: Vec<(f32, VoiceMood)> = readings
            .iter()
            .filter_map(|reading| Some((reading.length, reading.emotion.voice?)))
            .collect();
        let share = |mood: Mood| -> f32 {
            let parts = voices.iter();
            parts
                .map(|(length, voice)| voice.moods.probability(mood) * length)
                .sum()
        };
        let likelier = |a: &Mood, b: &Mood| share(*a).total_cmp(&share(*b));
        let mood = Mood::ALL.into_iter().max_by(likelier);
        let mood = mood.filter(|_| !voices.is_empty());
        Some(Voice {
            mood: mood.map_or("", Mood::as_str).to_owned(),
            strain,
        })
    }
}

#[cfg(test)]
mod tests {
    use sidetone_types::emotion::Reading as Moods;
    use sidetone_types::event::EventKind;
    use sidetone_types::id::UtteranceId;
    use sidetone_types::party::Role;
    use sidetone_types::time::MediaTime;

    use super::*;

    fn line(utterance: u64) -> Line {
        Line {
            call_id: "c".to_owned(),
            utterance,
            speaker: Role::Customer,
            agent_id: String::new(),
            customer_id: None,
            phone: None,
            lang: "en".to_owned(),
            said_at: 0,
            start_ms: 0,
            end_ms: 6_000,
            text: "words".to_owned(),
            voice: None,
        }
    }

    /// Takes a reading as the event that tells it.
    fn felt(
        emotion: &mut LineEmotion,
        call: &str,
        utterance: u64,
        (start_ms, end_ms): (u64, u64),
        (anger, strain): (f32, f32),
    ) -> Option<Line> {
        let moods = Moods {
            moods: [1.0 - anger, anger, 0.0, 0.0, 0.0],
        };
        let reading = Emotion {
            utterance: UtteranceId(utterance),
            voice: Some(VoiceMood::new(moods, 0.0)),
            strain,
            trend: 0.0,
        };
        emotion.felt(call, &told(reading, start_ms, end_ms), &reading)
    }

    fn told(reading: Emotion, start_ms: u64, end_ms: u64) -> Event {
        Event {
            party: Default::default(),
            role: Some(Role::Customer),
            start: MediaTime::from_millis(start_ms),
            end: MediaTime::from_millis(end_ms),
            latency: None,
            kind: EventKind::Emotion(reading),
        }
    }

    fn voice(mood: &str, strain: f32) -> Option<Voice> {
        Some(Voice {
            mood: mood.to_owned(),
            strain,
        })
    }

    #[test]
    fn what_words_alone_tell_is_strain_without_a_mood() {
        let mut emotion = LineEmotion::default();
        let reading = Emotion {
            utterance: UtteranceId(1),
            voice: None,
            strain: 0.4,
            trend: 0.1,
        };
        assert_eq!(emotion.felt("c", &told(reading, 0, 900), &reading), None);
        assert_eq!(emotion.said(line(1)).voice, voice("", 0.4));
    }

    #[test]
    fn a_line_has_what_was_read_of_it_before_and_after_its_words() {
        let mut emotion = LineEmotion::default();
        let nothing_yet = felt(&mut emotion, "c", 1, (0, 1_000), (0.9, 0.5));
        assert_eq!(nothing_yet, None);
        assert_eq!(felt(&mut emotion, "c", 2, (0, 3_000), (0.6, 0.7)), None);
        assert_eq!(emotion.said(line(2)).voice, voice("anger", 0.7));
        let later = felt(&mut emotion, "c", 2, (3_000, 6_000), (0.2, 0.4));
        let later = later.expect("its line was there before");
        assert_eq!((later.utterance, later.voice), (2, voice("neutral", 0.7)));
    }

    #[test]
    fn longer_parts_count_more() {
        let mut emotion = LineEmotion::default();
        felt(&mut emotion, "c", 1, (0, 3_000), (0.6, 0.1));
        felt(&mut emotion, "c", 1, (3_000, 4_000), (0.3, 0.1));
        assert_eq!(emotion.said(line(1)).voice, voice("anger", 0.1));
    }

    #[test]
    fn a_line_of_an_unread_voice_and_other_calls_have_none() {
        let mut emotion = LineEmotion::default();
        felt(&mut emotion, "another", 1, (0, 3_000), (0.9, 0.9));
        assert_eq!(emotion.said(line(1)).voice, None);
        felt(&mut emotion, "c", 2, (0, 3_000), (0.9, 0.9));
        emotion.end("c");
        assert!(!emotion.knows("c"));
        assert_eq!(emotion.said(line(2)).voice, None);
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let mut emotion = LineEmotion::default();
        for i in 0..1_000 {
            felt(&mut emotion, "c", i, (0, 3_000), (0.9, 0.9));
            emotion.said(line(i));
        }
        let recent = &emotion.calls["c"];
        assert_eq!(
            (recent.lines.len(), recent.readings.len()),
            (LINES, READINGS)
        );
        for call in 0..=CALLS {
            emotion.begin(&call.to_string());
        }
        assert!(emotion.calls.len() <= CALLS);
    }
}
