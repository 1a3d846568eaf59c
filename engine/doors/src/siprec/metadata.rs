//! Who takes part in a recorded call, and what else its recording client knows (RFC 7865, and what
//! stands for it in the field).

use super::sides::{is_same, user};
use super::xml::{Element, XmlError};
use crate::Fields;

/// All that is known of a recorded call.
#[derive(Clone, Debug, Default)]
pub(super) struct Metadata {
    /// What is left out is as it was before.
    is_partial: bool,
    /// In the order in which they are named.
    pub participants: Vec<Participant>,
    streams: Vec<Stream>,
    /// Who called and who was called, where it is told beside the participants.
    caller: String,
    callee: String,
    /// Everything else.
    pub fields: Fields,
}

/// Somebody who takes part.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Participant {
    pub id: String,
    /// Address of record.
    pub aor: String,
    /// What they are called.
    pub name: String,
    /// Ids of streams that carry their voice, as far as that was told.
    sends: Option<Vec<String>>,
    /// Whether they called, if it is said of them.
    calls: Option<bool>,
    /// Whether they take part no more, as far as that was told.
    left: Option<bool>,
}

impl Participant {
    /// Whether they take part no more.
    pub fn has_left(&self) -> bool {
        self.left == Some(true)
    }
}

#[derive(Clone, Debug, Default)]
struct Stream {
    id: String,
    /// Its line in the SDP.
    label: String,
}

/// Metadata that cannot be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum MetadataError {
    /// They are no XML.
    #[error("the metadata cannot be read: {0}")]
    Xml(#[from] XmlError),
    /// They are something else.
    #[error("the metadata are `{0}`, and not `recording`")]
    Root(String),
}

/// More than any call has.
const MOST_PARTICIPANTS: usize = 64;

impl Metadata {
    /// Reads them.
    pub fn read(text: &str) -> Result<Self, MetadataError> {
        let root = Element::read(text)?;
        if !(root.is("recording") || root.is("recording_metadata")) {
            let name = root.name.chars().take(80).collect();
            return Err(MetadataError::Root(name));
        }
        let mut metadata = Self {
            is_partial: root.value_of("dataMode").eq_ignore_ascii_case("partial"),
            ..Self::default()
        };
        for element in &root.children {
            metadata.take(element);
        }
        metadata.associate(&root);
        Ok(metadata)
    }

    fn take(&mut self, element: &Element) {
        let id = |names: &[&str]| element.attribute(names).unwrap_or_default().to_owned();
        if element.is("participant") {
            let name = element.first("nameID");
            let address = name.and_then(|name| name.attribute(&["aor"]));
            let address = address.unwrap_or_else(|| element.value_of("aor"));
            let calls = element.all("extensiondata").find_map(calling_party);
            if self.participants.len() < MOST_PARTICIPANTS {
                self.participants.push(Participant {
                    id: id(&["participant_id", "id"]),
                    aor: address.to_owned(),
                    name: unquoted(name.map_or("", |name| name.value_of("name"))),
                    sends: Some(values(element, "send")).filter(|sends| !sends.is_empty()),
                    calls,
                    left: None,
                });
            }
        } else if element.is("stream") {
            self.streams.push(Stream {
                id: id(&["stream_id", "id"]),
                label: element.value_of("label").to_owned(),
            });
        } else if element.is("session") {
            self.fields.keep("session_id", &id(&["session_id", "id"]));
            let call = element.value_of("sipSessionID");
            self.fields.keep("sip_session_id", call);
        } else if element.is("group") {
            let initiator = element.value_of("initiator");
            self.set_caller(initiator);
        }
        // At whatever place it stands, it is of the call.
        if element.is("extensiondata") {
            self.extend(element);
        }
        if !element.is("participant") {
            element
                .children
                .iter()
                .filter(|it| it.is("extensiondata") || it.is("callData"))
                .for_each(|it| self.extend(it));
        }
    }

    /// Takes what a product adds of its own.
    fn extend(&mut self, element: &Element) {
        if element.is("callData") {
            return self.leaves(element, &element.name);
        }
        for own in &element.children {
            self.leaves(own, &own.name);
        }
    }

    fn leaves(&mut self, element: &Element, name: &str) {
        if element.children.is_empty() {
            let value = element.value();
            match element.name.to_ascii_lowercase().as_str() {
                "callingpartynumber" | "fromhdr" => self.set_caller(value),
                "calledpartynumber" | "tohdr" => value.clone_into(&mut self.callee),
                _ => {}
            }
            self.fields.keep(name, value);
        }
        for child in &element.children {
            self.leaves(child, &format!("{name}.{}", child.name));
        }
    }

    /// The last counts: it is told more exactly than who began the group.
    fn set_caller(&mut self, caller: &str) {
        if !user(caller).is_empty() {
            caller.clone_into(&mut self.caller);
        }
    }

    /// Takes who sends which stream, and who has left.
    fn associate(&mut self, root: &Element) {
        for element in &root.children {
            let is_of_stream = element.is("participantstreamassoc");
            if !is_of_stream && !element.is("participantsessionassoc") {
                continue;
            }
            let id = element
                .attribute(&["participant_id", "id"])
                .unwrap_or_default();
            let has_left = !element.value_of("disassociate-time").is_empty();
            let known = self.participants.iter().position(|one| one.id == id);
            let place = match known {
                Some(place) => place,
                // Of whoever was named before.
                None if self.is_partial && self.participants.len() < MOST_PARTICIPANTS => {
                    self.participants.push(Participant {
                        id: id.to_owned(),
                        ..Participant::default()
                    });
                    self.participants.len() - 1
                }
                None => continue,
            };
            let one = &mut self.participants[place];
            if is_of_stream {
                let sends = one.sends.get_or_insert_default();
                if !has_left {
                    sends.extend(values(element, "send"));
                }
            } else {
                // Whoever stays in one of several sessions takes part.
                one.left = Some(has_left && one.left != Some(false));
            }
        }
    }

    /// Takes later ones: over what was known where they are partial, instead of it otherwise.
    pub fn renew(&mut self, later: Self) {
        if !later.is_partial {
            *self = later;
            return;
        }
        for new in later.participants {
            let place = self.participants.iter().position(|one| one.id == new.id);
            match place {
                Some(place) => {
                    let known = &mut self.participants[place];
                    for (text, new) in [(&mut known.aor, new.aor), (&mut known.name, new.name)] {
                        if !new.is_empty() {
                            *text = new;
                        }
                    }
                    known.sends = new.sends.or_else(|| known.sends.take());
                    known.calls = new.calls.or(known.calls);
                    known.left = new.left.or(known.left);
                }
                None if self.participants.len() < MOST_PARTICIPANTS => self.participants.push(new),
                None => {}
            }
        }
        for new in later.streams {
            match self.streams.iter().position(|one| one.id == new.id) {
                Some(place) => self.streams[place] = new,
                None if self.streams.len() < MOST_PARTICIPANTS => self.streams.push(new),
                None => {}
            }
        }
        for (text, new) in [
            (&mut self.caller, later.caller),
            (&mut self.callee, later.callee),
        ] {
            if !new.is_empty() {
                *text = new;
            }
        }
        self.fields.extend(later.fields);
    }

    /// Whether none of the labels is one of an SDP's, though both have some.
    pub fn strays(&self, labels: &[Option<&str>]) -> bool {
        let mut ours = self.streams.iter().map(|stream| stream.label.as_str());
        let ours = ours.by_ref().filter(|label| !label.is_empty());
        let mut ours = ours.peekable();
        let are_some = ours.peek().is_some() && labels.iter().any(Option::is_some);
        are_some && !ours.any(|label| labels.contains(&Some(label)))
    }

    /// Whose voices each line carries, by its label, as places among [`Metadata::participants`].
    /// `None` where all who were heard there have left.
    pub fn voices(&self, labels: &[Option<&str>]) -> Vec<Option<Vec<usize>>> {
        let of_label = |label: &Option<&str>| {
            let label = label.filter(|label| !label.is_empty());
            let carries = |stream: &&Stream| Some(stream.label.as_str()) == label;
            let streams: Vec<&Stream> = self.streams.iter().filter(carries).collect();
            let senders = |(_, one): &(usize, &Participant)| {
                let mut streams = streams.iter();
                streams.any(|stream| one.sends.iter().flatten().any(|id| *id == stream.id))
            };
            let named = self.participants.iter().enumerate().filter(senders);
            let (left, there): (Vec<_>, Vec<_>) = named.partition(|(_, one)| one.has_left());
            match (left.is_empty(), there.is_empty()) {
                (false, true) => None,
                _ => Some(there.into_iter().map(|(place, _)| place).collect()),
            }
        };
        let mut voices: Vec<Option<Vec<usize>>> = labels.iter().map(of_label).collect();
        // Those of whom nothing fits belong together in their order.
        let is_placed = |place: usize| voices.iter().flatten().any(|of| of.contains(&place));
        let free =
            (0..self.participants.len()).filter(|place| !self.participants[*place].has_left());
        let free: Vec<usize> = free.filter(|place| !is_placed(*place)).collect();
        let lines = || voices.iter().flatten().filter(|of| of.is_empty());
        match lines().count() {
            // Of several in one line nobody can tell who speaks.
            1 => voices
                .iter_mut()
                .flatten()
                .filter(|of| of.is_empty())
                .for_each(|of| of.clone_from(&free)),
            _ => {
                let empty = voices.iter_mut().flatten().filter(|of| of.is_empty());
                empty.zip(free).for_each(|(of, place)| of.push(place));
            }
        }
        voices
    }

    /// Who of [`Metadata::participants`] called, where something tells.
    pub fn caller(&self) -> Option<usize> {
        let one = |is_it: &dyn Fn(&Participant) -> bool| self.participants.iter().position(is_it);
        let by_flag = one(&|one| one.calls == Some(true));
        let by_number = || one(&|one| is_same(&one.aor, &self.caller));
        let by_called = || {
            let called = one(&|one| one.calls == Some(false) || is_same(&one.aor, &self.callee))?;
            (0..self.participants.len()).find(|place| *place != called)
        };
        by_flag.or_else(by_number).or_else(by_called)
    }

    /// Their numbers or addresses, as far as they are told beside the participants.
    pub fn numbers(&self) -> (&str, &str) {
        (&self.caller, &self.callee)
    }
}

fn values(element: &Element, name: &str) -> Vec<String> {
    let values = element.all(name).map(|one| one.value().to_owned());
    values.filter(|value| !value.is_empty()).collect()
}

/// What Oracle says of a participant.
fn calling_party(extension: &Element) -> Option<bool> {
    let mut children = extension.children.iter();
    let said = children.find(|child| child.is("callingParty"))?.value();
    Some(said.eq_ignore_ascii_case("true"))
}

/// Some peers put a name in quotes.
fn unquoted(name: &str) -> String {
    name.trim().trim_matches('"').trim().to_owned()
}
