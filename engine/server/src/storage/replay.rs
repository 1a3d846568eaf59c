//! What was said in a stored call, in the form it had when it was said.

use sidetone_core::stable_words::StableWords;
use sidetone_types::assist::AlertRaised;
use sidetone_types::emotion::CurvePoint;
use sidetone_types::event::{EventKind, EventRecord};
use sidetone_types::party::Direction;

use super::StoredCall;

impl StoredCall {
    /// Every finished utterance, in order, with its truest words: what is needed to wrap up a call
    /// that a crash left unfinished.
    pub fn said(&self) -> Vec<StableWords> {
        let mut lines: Vec<StableWords> = Vec::new();
        for said in self.events.iter().filter_map(said) {
            match lines
                .iter_mut()
                .find(|line| line.utterance == said.utterance)
            {
                Some(line) => *line = said,
                None => lines.push(said),
            }
        }
        lines
    }

    /// The alerts of it that were not withdrawn.
    pub fn alerts(&self) -> Vec<&AlertRaised> {
        alerts(&self.events)
    }

    /// How the moods of the voices went.
    pub fn mood(&self) -> Vec<CurvePoint> {
        self.events.iter().filter_map(point).collect()
    }

    /// Who called whom.
    pub fn direction(&self) -> Direction {
        Direction::named(&self.direction).unwrap_or_default()
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

/// The alerts among the events of a call, in order, that were not withdrawn.
pub(super) fn alerts(events: &[EventRecord]) -> Vec<&AlertRaised> {
    let mut alerts: Vec<&AlertRaised> = Vec::new();
    for event in events {
        match &event.event.kind {
            EventKind::AlertRaised(raised) => alerts.push(raised),
            EventKind::AlertCleared(cleared) if cleared.withdrawn => {
                alerts.retain(|raised| raised.alert != cleared.alert);
            }
            _ => {}
        }
    }
    alerts
}

/// `None` if it has no finished words.
fn said(record: &EventRecord) -> Option<StableWords> {
    let done = record.event.kind.words()?;
    Some(StableWords {
        utterance: done.utterance,
        side: record.event.role?.side(),
        lang: done.lang,
        words: done.words.clone(),
        finished: true,
    })
}

/// `None` if it is no reading of a voice.
fn point(record: &EventRecord) -> Option<CurvePoint> {
    let EventKind::Emotion(emotion) = &record.event.kind else {
        return None;
    };
    Some(CurvePoint {
        side: record.event.role?.side(),
        at_ms: record.event.end.as_millis(),
        strain: emotion.strain,
        mood: emotion.voice.map(|voice| voice.mood),
    })
}
