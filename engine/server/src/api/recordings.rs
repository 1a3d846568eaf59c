//! Hearing calls that were recorded.

use sidetone_access::Right;
use sidetone_types::class::{Class, Clearance};
use sidetone_types::id::CallId;

use super::{Api, ApiError, Principal};
use crate::recordings::{Audio, RecordingError};
use crate::storage::StoredCall;

impl Api {
    /// The recording of a call that is over, for somebody who may hear all of it.
    ///
    /// # Errors
    ///
    /// They may not, or only part of it; the call goes on, or has no recording.
    pub async fn call_audio(&self, principal: &Principal, id: &str) -> Result<Audio, ApiError> {
        self.settle().await;
        let withheld = |call: &StoredCall, sees: &Clearance| self.withheld(principal, call, sees);
        self.permit_stored_unless(principal, Right::HearCalls, id, withheld)
            .await?;
        if self.0.calls.find(&CallId::new(id)).is_some() {
            let call = id.to_owned();
            return Err(RecordingError::GoesOn(call).into());
        }
        let (recordings, id) = (self.0.services.recordings.clone(), id.to_owned());
        let audio = tokio::task::spawn_blocking(move || recordings.audio(&id)).await;
        Ok(audio.map_err(ApiError::internal)??)
    }
}

impl Api {
    /// Why somebody does not hear a call, who hears others.
    fn withheld(&self, who: &Principal, call: &StoredCall, sees: &Clearance) -> Option<String> {
        // Nothing of what is said can be hidden in sound.
        if let Some(class) = [Class::Personal, Class::Sensitive]
            .into_iter()
            .find(|class| !sees.sees(*class))
        {
            return Some(format!(
                "`{}` is not shown what is {} in calls, which cannot be hidden in their sound",
                who.name(),
                class.as_str()
            ));
        }
        if self.is_shown_whole(who, Right::HearCalls, call) {
            return None;
        }
        Some(format!(
            "call `{}` was handed over to somebody whose calls `{}` may not hear: a recording is heard as a \
             whole or not at all",
            call.call_id,
            who.name()
        ))
    }
}

impl From<RecordingError> for ApiError {
    fn from(error: RecordingError) -> Self {
        match error {
            RecordingError::NoClass { .. } => Self::Invalid(error.to_string()),
            RecordingError::None(_) => Self::NotFound(error.to_string()),
            RecordingError::GoesOn(_) | RecordingError::NotClosed(_) => {
                Self::Exists(error.to_string())
            }
            other => Self::internal(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, SystemTime};

    use sidetone_access::Role;
    use sidetone_types::event::{EventKind, EventRecord};

    use super::super::tests::{api, described_for, role, somebody};
    use super::*;
    use crate::config::Config;
    use crate::storage::samples::{event, place_call, started};

    async fn record(api: &Api, call: &str) {
        let recordings = &api.0.services.recordings;
        let class = recordings.class("", "").expect("there is one");
        let mut recording = recordings.begin(&CallId::new(call), class, 0);
        recording.sound(vec![1; 20_000].into());
        recording.finish().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_call_is_heard_by_whoever_may_hear_all_of_it_once_it_is_over() {
        let api = api(Config::default());
        let store = api.0.services.store.clone();
        let placed = tokio::task::spawn_blocking(move || {
            for call in ["mine", "unrecorded"] {
                place_call(store.as_ref(), call, Duration::ZERO);
            }
            // Begun by one agent, and ended by another.
            store.record(&event("handed-over", SystemTime::now(), started()));
            let last = EventRecord {
                agent_id: "agent-8".to_owned(),
                ..event("handed-over", SystemTime::now(), EventKind::PartyLeft)
            };
            store.close_call(&last, None).wait().expect("it has begun");
        });
        placed.await.expect("no panic");
        for call in ["mine", "handed-over"] {
            record(&api, call).await;
        }
        let blind = Arc::new(Role {
            sees: role("analyst").sees,
            ..Role::clone(&role("quality"))
        });
        for (who, call, expected) in [
            (somebody(role("agent"), "agent-7"), "mine", "heard"),
            (somebody(role("agent"), "agent-9"), "mine", "may not"),
            (somebody(role("analyst"), ""), "mine", "may not"),
            (somebody(blind, ""), "mine", "cannot be hidden"),
            (
                somebody(role("agent"), "agent-7"),
                "handed-over",
                "handed over",
            ),
            (
                somebody(role("supervisor"), "agent-5"),
                "handed-over",
                "handed over",
            ),
            (somebody(role("agent"), "agent-8"), "handed-over", "heard"),
            (somebody(role("quality"), ""), "handed-over", "heard"),
            (somebody(role("quality"), ""), "unrecorded", "no recording"),
            (somebody(role("quality"), ""), "nowhere", "no call"),
        ] {
            let told = match api.call_audio(&who, call).await {
                Ok(audio) => format!("heard {}", audio.length()),
                Err(error) => error.to_string(),
            };
            assert!(told.contains(expected), "{call}: {told}");
        }

        let engine = Principal::engine("test");
        let id = CallId::new("open");
        let opened = api
            .open_call(&engine, Some(id), described_for("agent-7"))
            .await;
        opened.expect("there is room");
        while api.stored_call(&engine, "open").await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let early = api.call_audio(&engine, "open").await;
        assert!(matches!(early, Err(ApiError::Exists(_))), "{early:?}");
        let soon = tokio::time::Instant::now() + Duration::from_secs(10);
        assert_eq!(api.live().drain(soon, soon).await, 0, "calls left open");
    }
}
