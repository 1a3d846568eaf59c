//! The sides of a call that no media comes from, for whoever looks at the list of calls.

use std::sync::{Arc, Mutex, PoisonError};

use sidetone_types::event::{Event, EventKind};
use sidetone_types::party::Role;

/// The sides that were told to be without media and have not spoken since. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Silence(Arc<Mutex<Vec<Role>>>);

impl Silence {
    /// Takes what the call tells.
    pub(super) fn observe(&self, event: &Event) {
        let Some(role) = event.role else { return };
        let mut silent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &event.kind {
            EventKind::NoMedia { .. } if !silent.contains(&role) => silent.push(role),
            EventKind::SpeechBegin { .. } => silent.retain(|other| *other != role),
            _ => {}
        }
    }

    /// Which sides these are now.
    pub fn roles(&self) -> Vec<Role> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[cfg(test)]
mod tests {
    use sidetone_types::id::UtteranceId;
    use sidetone_types::time::MediaTime;

    use super::*;

    fn told(silence: &Silence, role: Role, kind: EventKind) -> Vec<Role> {
        silence.observe(&Event {
            role: Some(role),
            start: MediaTime::ZERO,
            end: MediaTime::ZERO,
            latency: None,
            kind,
        });
        silence.roles()
    }

    #[test]
    fn a_side_without_media_is_silent_until_it_speaks() {
        let silence = Silence::default();
        let none = || EventKind::NoMedia {
            waited_ms: 5_000,
            payload_type: None,
        };
        let speaks = || EventKind::SpeechBegin {
            utterance: UtteranceId(1),
        };
        assert_eq!(told(&silence, Role::Agent, speaks()), []);
        assert_eq!(told(&silence, Role::Customer, none()), [Role::Customer]);
        assert_eq!(told(&silence, Role::Customer, none()), [Role::Customer]);
        assert_eq!(told(&silence, Role::Agent, speaks()), [Role::Customer]);
        assert_eq!(told(&silence, Role::Customer, speaks()), []);
    }
}
