//! Who speaks in a call, by what `query` tells of it.

use std::collections::HashSet;

use sidetone_types::party::Role;

use super::message::{Link, Media, Monologue, Tags};
use crate::Forked;

/// Somebody who takes part in a call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Participant {
    /// The SIP tag.
    pub tag: String,
    /// What the SIP proxy calls them.
    pub label: String,
    /// Whom they speak with.
    pub peer: Option<String>,
    /// Whether they are on hold, or hold the others.
    pub held: bool,
}

/// Links between those who speak with each other. Others only listen, as we do.
const DIALOGUE: &str = "offer/answer";

/// Those who speak with somebody, the one who called first.
///
/// Where a proxy deletes a call, rtpengine may close one side alone, if we listen to it and it was
/// offered anew: whoever is left has nobody to speak with.
pub fn participants(tags: Tags) -> Vec<Participant> {
    let closed: HashSet<String> = tags
        .0
        .iter()
        .filter(|one| !one.is_open())
        .map(|one| one.tag.clone())
        .collect();
    let one = |monologue| participant(monologue, &closed);
    tags.0.into_iter().filter_map(one).collect()
}

fn participant(monologue: Monologue, closed: &HashSet<String>) -> Option<Participant> {
    if monologue.tag.is_empty() || !monologue.is_open() {
        return None;
    }
    let speaks_with = |links: &[Link]| {
        let mut links = links.iter();
        let found = links.find(|link| link.kind == DIALOGUE && !closed.contains(&link.tag));
        found.map(|link| link.tag.clone())
    };
    let hears = speaks_with(&monologue.subscriptions);
    if hears.is_none() && speaks_with(&monologue.subscribers).is_none() {
        return None;
    }
    let flags = monologue.sound().map_or(&[][..], |sound| &sound.flags);
    let flag = |name: &str| flags.iter().any(|flag| flag == name);
    Some(Participant {
        peer: hears.filter(|tag| !tag.is_empty()),
        held: !(flag("send") && flag("recv")),
        tag: monologue.tag,
        label: monologue.label,
    })
}

impl Monologue {
    fn sound(&self) -> Option<&Media> {
        self.medias.iter().find(|media| media.kind == "audio")
    }

    /// Whether its sound has a socket.
    fn is_open(&self) -> bool {
        let streams = self.sound().map_or(&[][..], |sound| &sound.streams);
        streams.iter().any(|stream| stream.port.is_some())
    }
}

/// Who is who, as far as somebody has said.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    /// Whose side calls.
    pub caller: Forked,
    /// The customer's tag, if it is known.
    pub customer: Option<&'a str>,
}

impl Sides<'_> {
    /// What the next of `known`, who come in their order, is: what its label says, else whom it
    /// speaks with, else that the first called the others.
    pub fn role(self, one: &Participant, known: &[(&str, Role)]) -> Role {
        if let Some(customer) = self.customer {
            return match one.tag == customer {
                true => Role::Customer,
                false => Role::Agent,
            };
        }
        if let Some(role) = self.said(&one.label) {
            return role;
        }
        let role_of = |tag: &str| known.iter().find(|(known, _)| *known == tag);
        let peer = one.peer.as_deref().and_then(role_of);
        match peer.or(known.first()) {
            None => self.caller.speaks(),
            Some((_, Role::Customer)) => Role::Agent,
            Some(_) => Role::Customer,
        }
    }

    /// What a label says.
    fn said(self, label: &str) -> Option<Role> {
        Some(match label.to_ascii_lowercase().as_str() {
            "caller" => self.caller.speaks(),
            "callee" => self.caller.hears(),
            "customer" => Role::Customer,
            "agent" => Role::Agent,
            "supervisor" => Role::Supervisor,
            "bot" => Role::Bot,
            _ => return None,
        })
    }
}

/// Whether a label says whose side it is, and not who it is.
pub fn is_side(label: &str) -> bool {
    let sides = Sides {
        caller: Forked::default(),
        customer: None,
    };
    sides.said(label).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtpengine::message::Answer;

    /// Tags of a call as rtpengine 10.5 tells them, with what does not matter left out.
    pub(crate) fn tags(monologues: &[(&str, &str, &str, &str)]) -> Tags {
        let monologue = |(tag, label, peers, flags): &(&str, &str, &str, &str)| {
            let links: Vec<_> = peers
                .split_whitespace()
                .map(|peer| match peer.strip_prefix('~') {
                    Some(peer) => serde_json::json!({"tag": peer, "type": "pub/sub"}),
                    None => serde_json::json!({"tag": peer, "type": "offer/answer"}),
                })
                .collect();
            let port = (!flags.contains("deleted")).then_some(52_300);
            let flags: Vec<_> = flags.split_whitespace().collect();
            let json = serde_json::json!({
                "tag": tag, "label": label, "created": 1, "subscriptions": links,
                "medias": [{"index": 1, "type": "audio", "flags": flags,
                    "streams": [{"local port": port, "stats": {"packets": 0}}]}],
            });
            serde_json::from_value(json).expect("a monologue")
        };
        Tags(monologues.iter().map(monologue).collect())
    }

    #[test]
    fn those_who_speak_are_told_from_those_who_listen() {
        let two_way = "initialized send recv";
        let found = participants(tags(&[
            ("A", "caller", "B", two_way),
            ("B", "", "A", "initialized recv ICE"),
            ("", "", "A", two_way),
            ("sidetone-A", "", "~A", "initialized send"),
            ("recorder", "", "", "send"),
            ("gone", "", "A", "send recv deleted"),
        ]));
        // As it is told after a new offer.
        let half = participants(tags(&[
            ("A", "", "B", two_way),
            ("B", "", "A", "send recv deleted"),
            ("sidetone-A", "", "~A", "send"),
        ]));
        assert_eq!(half, []);
        let short: Vec<_> = found
            .iter()
            .map(|one| (one.tag.as_str(), one.peer.as_deref(), one.held))
            .collect();
        assert_eq!(short, [("A", Some("B"), false), ("B", Some("A"), true)]);
        let (_, none) = Answer::read(br#"c {"tags":{"x":{"tag":"x"}}}"#).expect("an answer");
        assert!(participants(none.tags).is_empty());
    }

    #[test]
    fn sides_follow_the_customers_tag_then_labels_then_who_speaks_with_whom() {
        let participant = |tag: &str, label: &str, peer: &str| Participant {
            tag: tag.to_owned(),
            label: label.to_owned(),
            peer: Some(peer.to_owned()),
            held: false,
        };
        let known = [("A", Role::Customer), ("B", Role::Agent)];
        let (inbound, outbound) = (Forked::Customer, Forked::Agent);
        for (caller, customer, one, known, expected) in [
            (
                inbound,
                None,
                participant("A", "", "B"),
                &known[..0],
                Role::Customer,
            ),
            (
                outbound,
                None,
                participant("A", "", "B"),
                &known[..0],
                Role::Agent,
            ),
            (
                inbound,
                None,
                participant("B", "", "A"),
                &known[..1],
                Role::Agent,
            ),
            (
                inbound,
                None,
                participant("C", "", "B"),
                &known,
                Role::Customer,
            ),
            (
                inbound,
                None,
                participant("C", "", "A"),
                &known,
                Role::Agent,
            ),
            (
                inbound,
                None,
                participant("C", "", "?"),
                &known,
                Role::Agent,
            ),
            (
                inbound,
                None,
                participant("B", "Customer", "A"),
                &known[..1],
                Role::Customer,
            ),
            (
                outbound,
                None,
                participant("A", "caller", "B"),
                &known[..0],
                Role::Agent,
            ),
            (
                outbound,
                None,
                participant("A", "callee", "B"),
                &known[..0],
                Role::Customer,
            ),
            (
                inbound,
                None,
                participant("C", "supervisor", "A"),
                &known,
                Role::Supervisor,
            ),
            (
                inbound,
                Some("B"),
                participant("A", "customer", "B"),
                &known[..0],
                Role::Agent,
            ),
            (
                inbound,
                Some("B"),
                participant("B", "", "A"),
                &known[..1],
                Role::Customer,
            ),
        ] {
            let sides = Sides { caller, customer };
            assert_eq!(sides.role(&one, known), expected, "{one:?} {customer:?}");
        }
    }
}
