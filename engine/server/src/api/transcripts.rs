//! What was said in calls that are kept, and what people say of their cards and alerts.

use std::ops::Range;
use std::time::{Duration, Instant};

use sidetone_access::{Right, agents_of};
use sidetone_core::rules::RuleSet;
use sidetone_kb::archive::{self, Page};
use sidetone_types::class::{Class, Classed as _};
use sidetone_types::emotion::Mood;
use sidetone_types::event::{EventKind, EventRecord};
use sidetone_types::id::{CallId, UtteranceId};
use sidetone_types::party::Role;
use std::sync::Arc;

use super::permit::Owners;
use super::{Api, ApiError, Principal};
use crate::storage::{CallStore, Receipt, StoredCall};

/// Bytes that somebody's name may have.
pub(super) const LONGEST_NAME: usize = 256;

/// What is searched for. What is left out does not matter.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Words, and phrases in quotes.
    pub words: String,
    /// Which side said it.
    pub role: Option<Role>,
    /// In calls of this agent.
    pub agent_id: Option<String>,
    /// In calls with this customer: the CRM's id, or the number in E.164.
    pub customer: Option<String>,
    /// Said at this time or later, in milliseconds since 1970.
    pub from_ms: Option<u64>,
    /// Said before this time.
    pub until_ms: Option<u64>,
    /// In calls in which each of these rules raised an alert.
    pub rules: Vec<String>,
    /// Of the voice that said it.
    pub mood: Option<Mood>,
    /// The voice was under at least so much, in [0, 1].
    pub strain: Option<f32>,
    /// Lines that are left out in front.
    pub offset: usize,
    /// Lines wanted; 50 if it does not say.
    pub limit: Option<usize>,
}

const LINES: usize = 50;

/// A reader waits so long for what was told before it asked. If it takes longer, the disk refuses.
const SETTLE: Duration = Duration::from_secs(1);

impl Query {
    /// What is asked for, on a line, for the audit.
    fn asked(&self) -> String {
        let mut asked = self.words.clone();
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                asked.push_str(&format!(" {name}:{value}"));
            }
        };
        add("role", self.role.map(|role| role.as_str().to_owned()));
        add("agent", self.agent_id.clone());
        add("customer", self.customer.clone());
        add("from", self.from_ms.map(|ms| ms.to_string()));
        add("until", self.until_ms.map(|ms| ms.to_string()));
        add("mood", self.mood.map(|mood| mood.to_string()));
        add("strain", self.strain.map(|strain| strain.to_string()));
        self.rules
            .iter()
            .for_each(|rule| add("rule", Some(rule.clone())));
        asked
    }

    /// As the archive takes it.
    pub fn for_archive(self) -> Result<archive::Query, ApiError> {
        let least = self.strain.map(strain).transpose();
        let least = least.map_err(|error| ApiError::Invalid(error.to_string()))?;
        Ok(archive::Query {
            speaker: self.role,
            agent_id: self.agent_id,
            customer: self.customer,
            from: self.from_ms,
            until: self.until_ms,
            rules: self.rules,
            mood: self.mood.map(|mood| mood.to_string()),
            strain: least,
            offset: self.offset,
            limit: self.limit.unwrap_or(LINES),
            ..archive::Query::of(&self.words)
        })
    }
}

/// No line is under so much strain.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("strain lies between 0 and 1, and {0} does not: 0.5 finds lines of strained voices")]
pub struct StrainError(f32);

/// The least strain that a search asks for, if a line can have it.
pub fn strain(least: f32) -> Result<f32, StrainError> {
    match least {
        0.0..=1.0 => Ok(least),
        _ => Err(StrainError(least)),
    }
}

/// A range of bytes as one of characters: what the wire counts in.
pub fn in_characters(text: &str, bytes: &Range<usize>) -> [usize; 2] {
    [bytes.start, bytes.end].map(|end| text[..end].chars().count())
}

impl Api {
    /// Everything that is stored of a call and that `principal` is shown: all events but partials.
    pub async fn stored_call(
        &self,
        principal: &Principal,
        id: &str,
    ) -> Result<StoredCall, ApiError> {
        self.settle().await;
        let (mut call, sees) = self.permit_stored(principal, Right::ReadCalls, id).await?;
        self.cut_behind(principal, &mut call);
        call.mask(sees);
        Ok(call)
    }

    /// Leaves out what was told of a call after `who`, or whoever of their team had it, had handed it over.
    pub(super) fn cut_behind(&self, who: &Principal, call: &mut StoredCall) {
        if self.is_shown_whole(who, Right::ReadCalls, call) {
            return;
        }
        let last = call.events.iter().rposition(mine(who, Right::ReadCalls));
        call.events.truncate(last.map_or(0, |last| last + 1));
        // They tell of the whole call.
        call.summary = None;
    }

    /// Whether somebody who may do that with the call may do it with all of it: it was not handed over to
    /// others.
    pub(super) fn is_shown_whole(&self, who: &Principal, right: Right, call: &StoredCall) -> bool {
        let opened = self.owners(&CallId::new(call.call_id.as_str()));
        opened.is_some_and(|owners| owners.opened(who))
            || Owners::default().decide(who, right).is_allowed()
            || mine_is_last(call, &mine(who, right))
    }

    pub(super) async fn call_as_stored(&self, id: &str) -> Result<StoredCall, ApiError> {
        let wanted = id.to_owned();
        let found = self.with_store(move |store| store.reader().call(&wanted));
        let found = found.await?;
        found.ok_or_else(|| ApiError::NotFound(format!("no call `{id}` is kept")))
    }

    /// Waits until a client that got an event can read it; `false` if the disk refuses, which is
    /// not waited for.
    pub(super) async fn settle(&self) -> bool {
        let settled = self.0.services.store.settle().committed();
        let settled = tokio::time::timeout(SETTLE, settled).await;
        matches!(settled, Ok(Ok(())))
    }

    /// The lines that fit, the newest first.
    pub async fn search(&self, principal: &Principal, query: Query) -> Result<Page, ApiError> {
        let what = query.asked();
        self.permit(principal, Right::Search, (&what, None)).await?;
        // Whoever may ask for a number finds out whose it is.
        let needed = match query.customer {
            Some(_) => Class::Personal,
            None => Class::Basic,
        };
        let mut query = query.for_archive()?;
        query.agents = agents_of(principal, Right::Search, needed);
        let archive = self.0.services.archive.clone();
        let began = Instant::now();
        let page = tokio::task::spawn_blocking(move || archive.search(&query)).await;
        self.0.metrics.searched(began.elapsed());
        let mut page = page
            .map_err(ApiError::internal)?
            .map_err(ApiError::internal)?;
        for found in &mut page.found {
            let owners = Owners::of_agent(&found.line.agent_id);
            let sees = self.permit_again(principal, Right::Search, &owners)?;
            found.line.mask(sees);
            if found.line.text.is_empty() {
                found.marks.clear();
            }
        }
        Ok(page)
    }

    /// The rules that may raise alerts.
    pub async fn rules(&self, principal: &Principal) -> Result<Arc<RuleSet>, ApiError> {
        self.permit(principal, Right::ReadRules, ("", None)).await?;
        Ok(self.0.services.knowledge.rules())
    }

    /// Whether a card helped.
    pub async fn rate_card(
        &self,
        principal: &Principal,
        call_id: &str,
        utterance: UtteranceId,
        article_id: &str,
        useful: bool,
    ) -> Result<(), ApiError> {
        let shown = |kind: &EventKind| match kind {
            EventKind::Suggestion(card) => {
                card.utterance == utterance && card.article_id == article_id
            }
            _ => false,
        };
        if !self
            .was_told((principal, Right::RateCards), call_id, shown)
            .await?
        {
            let missing = format!(
                "no card of this article was shown for utterance {} of call `{call_id}`",
                utterance.0
            );
            return Err(ApiError::NotFound(missing));
        }
        let store = &self.0.services.store;
        kept(store.feedback(call_id, utterance, article_id, useful)).await?;
        self.0.metrics.card_rated(useful);
        Ok(())
    }

    /// Somebody has seen an alert.
    pub async fn acknowledge(
        &self,
        principal: &Principal,
        call_id: &str,
        alert: u64,
        by_who: &str,
    ) -> Result<(), ApiError> {
        let by_who = match principal.is_known() {
            true => principal.name(),
            false => by_who,
        };
        if by_who.len() > LONGEST_NAME {
            let long = format!("`by` is longer than {LONGEST_NAME} bytes");
            return Err(ApiError::Invalid(long));
        }
        let raised = |kind: &EventKind| match kind {
            EventKind::AlertRaised(raised) => raised.alert == alert,
            _ => false,
        };
        if !self
            .was_told((principal, Right::Acknowledge), call_id, raised)
            .await?
        {
            let missing = format!("no alert {alert} was raised in call `{call_id}`");
            return Err(ApiError::NotFound(missing));
        }
        let store = &self.0.services.store;
        kept(store.acknowledge(call_id, alert, by_who)).await?;
        self.tell_seen(call_id, (alert, by_who)).await;
        Ok(())
    }

    /// Whether an event that `is_it` is among those of a call, if somebody may do that with it.
    async fn was_told(
        &self,
        (who, right): (&Principal, Right),
        call_id: &str,
        is_it: impl Fn(&EventKind) -> bool,
    ) -> Result<bool, ApiError> {
        let settled = self.settle().await;
        let (call, _) = self.permit_stored(who, right, call_id).await?;
        let told = call.events.iter().any(|record| is_it(&record.event.kind));
        match told || settled {
            true => Ok(told),
            false => Err(refuses()),
        }
    }

    /// Runs something that waits for the disk, where it keeps nobody else waiting.
    pub(super) async fn with_store<T, E>(
        &self,
        work: impl FnOnce(&dyn CallStore) -> Result<T, E> + Send + 'static,
    ) -> Result<T, ApiError>
    where
        T: Send + 'static,
        E: Into<ApiError> + Send + 'static,
    {
        let store = self.0.services.store.clone();
        let done = tokio::task::spawn_blocking(move || work(store.as_ref())).await;
        done.map_err(ApiError::internal)?.map_err(Into::into)
    }
}

/// Whether an event was told while somebody might do that with its call.
fn mine(who: &Principal, right: Right) -> impl Fn(&EventRecord) -> bool {
    move |event| {
        let owners = Owners::of_agent(&event.agent_id);
        owners.decide(who, right).is_allowed()
    }
}

/// Whether a call that is over, or goes on, is still that of somebody.
fn mine_is_last(call: &StoredCall, mine: &impl Fn(&EventRecord) -> bool) -> bool {
    let named = |event: &&EventRecord| !event.agent_id.is_empty();
    call.events.iter().rev().find(named).is_none_or(mine)
}

/// The disk of the store takes nothing.
fn refuses() -> ApiError {
    ApiError::Unavailable("the disk of the store takes nothing now: try again later".to_owned())
}

/// Waits until the disk has taken a change, and says so where it does not.
async fn kept(receipt: Receipt) -> Result<(), ApiError> {
    match receipt.committed_soon().await {
        Some(committed) => Ok(committed?),
        None => Err(refuses()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strain_that_no_line_can_have_is_refused() {
        for (least, possible) in [
            (0.0, true),
            (0.6, true),
            (1.0, true),
            (-0.1, false),
            (60.0, false),
            (f32::NAN, false),
        ] {
            let query = Query {
                strain: Some(least),
                ..Query::default()
            };
            assert_eq!(query.for_archive().is_ok(), possible, "{least}");
        }
    }

    #[test]
    fn marks_count_characters_whatever_their_length_in_bytes() {
        let text = "我要退款 now";
        let marked = text.find("退款").expect("it is there");
        let bytes = marked..marked + "退款".len();
        assert_eq!(in_characters(text, &bytes), [2, 4]);
    }
}
