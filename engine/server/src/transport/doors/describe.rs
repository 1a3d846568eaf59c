//! Calls as media servers describe them, in the terms of the engine.

use std::collections::BTreeMap;

use sidetone_core::describe::{CallChange, CallDescription, LegDescription, Source};
use sidetone_core::phone;
use sidetone_doors::{Channel, FieldNames, Fields, Opening};
use sidetone_types::id::CallId;
use sidetone_types::lang::LanguageTag;
use sidetone_types::party::{Direction, Party, PhoneNumber, Role};

use crate::config::Defaults;
use crate::convert;

/// What a call is taken for: the id that its media server knows it by, if it can be one, and its
/// description.
pub(super) fn description(
    opening: Opening,
    names: &FieldNames,
    defaults: &Defaults,
) -> (Option<CallId>, CallDescription) {
    let (id, mut description) = of_fields(opening.fields, names, defaults);
    let legs = opening.channels.into_iter();
    let legs = legs.map(|channel| leg(channel, &description.agent_id));
    description.legs = legs.collect();
    (id, description)
}

/// The same of a call whose legs are found elsewhere.
pub(super) fn of_fields(
    fields: Fields,
    names: &FieldNames,
    defaults: &Defaults,
) -> (Option<CallId>, CallDescription) {
    let mut ids = names
        .call_id
        .iter()
        .filter_map(|name| fields.first(&[name]));
    let id = ids.find_map(|id| convert::call_id(id).ok());
    let languages = fields.first(&names.languages).unwrap_or_default();
    let languages = languages
        .split(',')
        .filter_map(|tag| tag.trim().parse().ok());
    let languages: Vec<LanguageTag> = languages.collect();
    let mut description = unknown(defaults);
    if let Some(caller) = number(&fields, &names.caller, defaults) {
        description.caller = caller;
    }
    if let Some(callee) = number(&fields, &names.callee, defaults) {
        description.callee = callee;
    }
    if !languages.is_empty() {
        description.languages = languages;
    }
    fields
        .first(&names.agent)
        .unwrap_or_default()
        .clone_into(&mut description.agent_id);
    description.direction = direction(&fields, names);
    description.metadata = fields.into_map();
    (id, description)
}

/// A call that nothing is known of, without legs.
pub(super) fn unknown(defaults: &Defaults) -> CallDescription {
    let nobody = || phone::parse("", &defaults.region);
    CallDescription {
        recording: Default::default(),
        caller: nobody(),
        callee: nobody(),
        direction: Direction::Unknown,
        legs: Vec::new(),
        agent_id: String::new(),
        languages: defaults.languages.clone(),
        vocabulary: Vec::new(),
        partials: true,
        metadata: BTreeMap::new(),
    }
}

/// The leg of a channel.
pub(super) fn leg(channel: Channel, agent_id: &str) -> LegDescription {
    let id = match channel.role {
        Role::Agent => agent_id,
        _ => "",
    };
    let party = Party {
        role: channel.role,
        id: id.into(),
        name: "".into(),
    };
    LegDescription::new(party, Source::Stream(channel.format))
}

/// What is known of a call beyond what was.
pub(super) fn change(fields: Fields, names: &FieldNames, defaults: &Defaults) -> CallChange {
    CallChange {
        caller: number(&fields, &names.caller, defaults),
        callee: number(&fields, &names.callee, defaults),
        direction: direction(&fields, names),
        metadata: fields.into_map(),
    }
}

fn number(fields: &Fields, names: &[String], defaults: &Defaults) -> Option<PhoneNumber> {
    let given = fields.first(names)?;
    Some(phone::parse(given, &defaults.region))
}

fn direction(fields: &Fields, names: &FieldNames) -> Direction {
    let direction = fields.first(&names.direction).unwrap_or_default();
    match direction.to_ascii_lowercase().as_str() {
        "inbound" => Direction::Inbound,
        "outbound" => Direction::Outbound,
        _ => Direction::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use sidetone_media::audio::StreamFormat;

    use super::*;

    #[test]
    fn what_a_media_server_says_describes_the_call() {
        let said = serde_json::json!({
            "callSid": "CA1", "from": "(415) 555-0117", "to": "+18005550100",
            "direction": "inbound", "language": "zh-CN, xx",
            "customParameters": {"agent_id": "agent-7", "queue": "billing"},
        });
        let format = StreamFormat::Mulaw;
        let channel = |role| Channel { role, format };
        let channels = [Role::Customer, Role::Agent].map(channel).to_vec();
        let opening = Opening::alone(Fields::of_json(&said), channels);
        let (id, call) = description(opening, &FieldNames::default(), &Defaults::default());
        assert_eq!(id, Some(CallId::new("CA1")));
        assert!(call.check().is_ok());
        assert_eq!(call.caller.e164.as_deref(), Some("+14155550117"));
        assert_eq!(call.direction, Direction::Inbound);
        assert_eq!(
            (call.agent_id.as_str(), &*call.legs[1].party.id),
            ("agent-7", "agent-7")
        );
        assert_eq!(call.languages.len(), 1);
        assert_eq!(call.metadata["customParameters.queue"], "billing");
    }

    #[test]
    fn an_id_that_is_none_is_kept_beside_the_call() {
        let describe = |said: serde_json::Value| {
            let opening = Opening::alone(Fields::of_json(&said), Vec::new());
            description(opening, &FieldNames::default(), &Defaults::default())
        };
        let (id, call) = describe(serde_json::json!({"uuid": "a b/c"}));
        assert_eq!((id, call.metadata["uuid"].as_str()), (None, "a b/c"));
        let (id, _) = describe(serde_json::json!({"call_id": "a b/c", "uuid": "1@h"}));
        assert_eq!(id, Some(CallId::new("1@h")));
        assert_eq!(call.languages, Defaults::default().languages);
    }
}
