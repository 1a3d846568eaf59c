//! The classes of events and of what they tell.

use super::{
    AlertCleared, AlertRaised, AlertSeen, CallEnded, CallStarted, CallUpdated, Checklist,
    ChecklistTicked, Claimed, Consent, CrmFailed, CrmWritten, EventKind, EventRecord, Final, Memo,
    Message, MessageRead, PartyJoined, Pinned, PromiseChanged, PromiseMade, PromiseWithdrawn,
    Recording, Released, Revised, Unpinned,
};
use crate::assist::Suggestion;
use crate::class::{Class, Classed, Clearance, join, mask_field};
use crate::customer::Customer;
use crate::summary::Summary;

impl EventKind {
    /// The class of what such an event tells as a whole. Whoever is not cleared for it does not get
    /// the event: words so far, readings of a voice and keys are nothing without what is hidden.
    pub const fn class(&self) -> Class {
        match self {
            Self::Partial(_) | Self::Emotion(_) => Class::Sensitive,
            Self::Dtmf { .. } => Class::Secret,
            _ => Class::Basic,
        }
    }

    fn mask(&mut self, sees: Clearance) {
        match self {
            Self::CallStarted(started) => started.mask(sees),
            Self::CallEnded(ended) => ended.mask(sees),
            Self::CallUpdated(known) => known.mask(sees),
            Self::PartyJoined(joined) => joined.mask(sees),
            Self::Final(done) => done.mask(sees),
            Self::Revised(revised) => revised.mask(sees),
            Self::Recording(recording) => recording.mask(sees),
            Self::Consent(consent) => consent.mask(sees),
            Self::Claimed(claimed) => claimed.mask(sees),
            Self::Released(released) => released.mask(sees),
            Self::Message(message) => message.mask(sees),
            Self::MessageRead(read) => read.mask(sees),
            Self::AlertSeen(seen) => seen.mask(sees),
            Self::Checklist(list) => list.mask(sees),
            Self::ChecklistTicked(ticked) => ticked.mask(sees),
            Self::Memo(memo) => memo.mask(sees),
            Self::Pinned(pinned) => pinned.mask(sees),
            Self::Unpinned(unpinned) => unpinned.mask(sees),
            Self::PromiseMade(made) => made.mask(sees),
            Self::PromiseChanged(changed) => changed.mask(sees),
            Self::PromiseWithdrawn(withdrawn) => withdrawn.mask(sees),
            Self::CustomerIdentified(customer) => customer.mask(sees),
            Self::Suggestion(card) => card.mask(sees),
            Self::AlertRaised(alert) => alert.mask(sees),
            Self::AlertCleared(alert) => alert.mask(sees),
            Self::Summary(summary) => summary.mask(sees),
            Self::CrmWritten(written) => written.mask(sees),
            Self::CrmFailed(failed) => failed.mask(sees),
            Self::Partial(_) | Self::Emotion(_) | Self::Dtmf { .. } => {}
            Self::PartyLeft
            | Self::LegState { .. }
            | Self::SourceChanged
            | Self::SpeechBegin { .. }
            | Self::SpeechEnd { .. }
            | Self::Retracted { .. }
            | Self::Unrecognised { .. }
            | Self::Gap { .. }
            | Self::NoMedia { .. } => {}
        }
    }

    /// Each field of each kind with its class: of kinds that are hidden as a whole, all.
    fn fields(told: &mut Vec<(String, Class)>) {
        let whole: [(&str, Class, &[&str]); 12] = [
            (
                "partial",
                Class::Sensitive,
                &[
                    "utterance",
                    "text",
                    "confirmed",
                    "tail",
                    "stability",
                    "lang",
                ],
            ),
            (
                "emotion",
                Class::Sensitive,
                &[
                    "utterance",
                    "moods",
                    "mood",
                    "confidence",
                    "arousal",
                    "valence",
                    "deviation",
                    "strain",
                    "trend",
                ],
            ),
            ("dtmf", Class::Secret, &["key", "duration_ms"]),
            ("party_left", Class::Basic, &[]),
            ("leg_state", Class::Basic, &["state"]),
            ("source_changed", Class::Basic, &[]),
            ("speech_begin", Class::Basic, &["utterance"]),
            ("speech_end", Class::Basic, &["utterance"]),
            ("retracted", Class::Basic, &["utterance"]),
            (
                "unrecognised",
                Class::Basic,
                &["utterance", "reason", "lang"],
            ),
            ("gap", Class::Basic, &["lost_packets", "lost_ms"]),
            ("no_media", Class::Basic, &["waited_ms", "payload_type"]),
        ];
        for (kind, class, fields) in whole {
            told.extend(fields.iter().map(|field| (join(kind, field), class)));
        }
        CallStarted::fields("call_started", told);
        CallEnded::fields("call_ended", told);
        CallUpdated::fields("call_updated", told);
        PartyJoined::fields("party_joined", told);
        Final::fields("final", told);
        Revised::fields("revised", told);
        Recording::fields("recording", told);
        Consent::fields("consent", told);
        Claimed::fields("claimed", told);
        Released::fields("released", told);
        Message::fields("message", told);
        MessageRead::fields("message_read", told);
        AlertSeen::fields("alert_seen", told);
        Checklist::fields("checklist", told);
        ChecklistTicked::fields("checklist_ticked", told);
        Memo::fields("memo", told);
        Pinned::fields("pinned", told);
        Unpinned::fields("unpinned", told);
        PromiseMade::fields("promise_made", told);
        PromiseChanged::fields("promise_changed", told);
        PromiseWithdrawn::fields("promise_withdrawn", told);
        Customer::fields("customer_identified", told);
        Suggestion::fields("suggestion", told);
        AlertRaised::fields("alert_raised", told);
        AlertCleared::fields("alert_cleared", told);
        Summary::fields("summary", told);
        CrmWritten::fields("crm_written", told);
        CrmFailed::fields("crm_failed", told);
    }
}

impl Classed for EventRecord {
    /// Events that are hidden as a whole are left as they are: they are not to be told at all.
    fn mask(&mut self, sees: Clearance) {
        mask_field(&mut self.event.party, Class::Personal, sees);
        self.event.kind.mask(sees);
    }

    /// What every event has is told below `*`.
    fn fields(path: &str, told: &mut Vec<(String, Class)>) {
        let basic = [
            "kind",
            "id",
            "seq",
            "call_id",
            "agent_id",
            "role",
            "start_ms",
            "end_ms",
            "wall_time_ms",
            "latency_ms",
            "v",
            "hidden",
        ];
        let mut all: Vec<_> = basic
            .iter()
            .map(|field| (join("*", field), Class::Basic))
            .collect();
        all.push((join("*", "party"), Class::Personal));
        EventKind::fields(&mut all);
        told.extend(
            all.into_iter()
                .map(|(field, class)| (join(path, &field), class)),
        );
    }
}

impl EventRecord {
    /// The record as a reader of that clearance is shown it, if it is to be told at all.
    #[must_use]
    pub fn masked(&self, sees: Clearance) -> Self {
        let mut masked = self.clone();
        masked.mask(sees);
        masked
    }

    /// The JSON of a record that is masked for that clearance. The classes that are hidden are told in
    /// `hidden`, which is absent where none are.
    pub fn json_for(&self, sees: Clearance) -> String {
        let mut json = self.json();
        let hidden: Vec<&str> = sees.hidden().map(Class::as_str).collect();
        if !hidden.is_empty() && json.pop().is_some() {
            let hidden = serde_json::to_string(&hidden).expect("names");
            json.push_str(&format!(",\"hidden\":{hidden}}}"));
        }
        json
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::Value;

    use super::super::golden;
    use super::*;

    fn declared() -> HashMap<String, Class> {
        let mut told = Vec::new();
        EventRecord::fields("", &mut told);
        let count = told.len();
        let declared: HashMap<_, _> = told.into_iter().collect();
        assert_eq!(declared.len(), count, "no field is declared twice");
        declared
    }

    /// The declared fields that lie in `json`, with their values. Panics at one that nobody has declared.
    fn walk(
        path: &str,
        json: &Value,
        declared: &HashMap<String, Class>,
        found: &mut Vec<(String, Value)>,
    ) {
        if declared.contains_key(path) {
            return found.push((path.to_owned(), json.clone()));
        }
        match json {
            Value::Object(fields) => fields
                .iter()
                .for_each(|(name, value)| walk(&join(path, name), value, declared, found)),
            Value::Array(items) => items
                .iter()
                .for_each(|item| walk(&format!("{path}[]"), item, declared, found)),
            _ => panic!("`{path}` has no class: declare it where its type is declared"),
        }
    }

    /// The fields of an event, those of every event below `*`.
    fn fields(
        event: &EventRecord,
        json: &str,
        declared: &HashMap<String, Class>,
    ) -> Vec<(String, Value)> {
        let Value::Object(json) = serde_json::from_str(json).expect("JSON") else {
            panic!("an object");
        };
        let mut found = Vec::new();
        for (name, value) in &json {
            let common = join("*", name);
            let path = match declared.contains_key(&common) {
                true => common,
                false => join(event.event.kind.name(), name),
            };
            walk(&path, value, declared, &mut found);
        }
        found
    }

    fn is_blank(value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(fields) => fields.values().all(is_blank),
            _ => false,
        }
    }

    #[test]
    fn every_field_of_every_kind_is_shown_to_whom_its_class_says_and_to_nobody_else() {
        let declared = declared();
        let mut met = std::collections::HashSet::new();
        let more = golden::plain_samples().into_iter().map(|(_, event)| event);
        for event in golden::samples().into_iter().chain(more) {
            let whole = fields(&event, &event.json(), &declared);
            met.extend(whole.iter().map(|(path, _)| path.clone()));
            for number in 0..Clearance::COUNT {
                let bits = Class::ALL.into_iter().skip(1).enumerate();
                let sees: Clearance = bits
                    .filter_map(|(n, class)| (number & (1 << n) != 0).then_some(class))
                    .collect();
                if !sees.sees(event.event.kind.class()) {
                    continue;
                }
                let shown = event.masked(sees);
                let json = shown.json_for(sees);
                let told = fields(&event, &json, &declared);
                for (path, value) in &whole {
                    let left = told.iter().filter(|(other, _)| other == path);
                    let left: Vec<_> = left.map(|(_, value)| value).collect();
                    match sees.sees(declared[path]) {
                        true => assert!(left.contains(&value), "{path} is shown to {sees:?}"),
                        false => assert!(
                            left.iter().all(|value| is_blank(value)),
                            "{path} is hidden from {sees:?}: {left:?}"
                        ),
                    }
                }
                assert_eq!(shown.json_for(Clearance::ALL), shown.json());
                let hidden = told.iter().find(|(path, _)| path == "*.hidden");
                assert_eq!(hidden.is_none(), sees == Clearance::ALL);
            }
        }
        // Whatever is declared exists: a sample of each kind has every field set, those of revised
        // words also as finals have them.
        let exists = |path: &str| {
            let of_final = path.replace("revised.", "final.");
            met.contains(path) || met.contains(&of_final) || path == "*.hidden"
        };
        let missing: Vec<_> = declared.keys().filter(|path| !exists(path)).collect();
        assert_eq!(missing, [""; 0], "declared, and in no event");
    }
}
