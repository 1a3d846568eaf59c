//! What hurts people who work with the engine: reported, listed, and how it goes from version to version.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use sidetone_access::{Reach, Right};
use sidetone_core::friction::{Friction, Reported, trend};
use sidetone_types::event::EventKind;
use sidetone_types::id::CallId;

use super::{Api, ApiError, Principal};
use crate::storage::{FrictionReport, StoredCall, now_ms, week_begins, week_of};

/// A report may be taken back for so long.
const REGRET: Duration = Duration::from_secs(600);
/// The pages of the desk.
const PAGES: [&str; 8] = [
    "",
    "live",
    "wall",
    "calls",
    "search",
    "customers",
    "knowledge",
    "board",
];
/// Most reports of a list.
const MOST: u32 = 200;

/// What somebody reports.
#[derive(Clone, Debug, Default)]
pub struct FrictionOrder {
    /// What hurt, by name.
    pub kind: String,
    /// On which page of the desk.
    pub page: String,
    /// In which call.
    pub call_id: Option<String>,
    /// At which utterance.
    pub utterance: Option<u64>,
    /// Of which article or rule.
    pub subject: Option<String>,
    /// How long it took until the desk showed it.
    pub desk_ms: Option<u64>,
}

/// A report is kept.
#[derive(Clone, Debug, Serialize)]
pub struct FrictionKept {
    /// Its number.
    pub id: u64,
    /// What takes it back, for ten minutes.
    pub undo: String,
}

/// How things went with one version in one week.
#[derive(Clone, Debug, Serialize)]
pub struct FrictionTrend {
    /// The version of the engine.
    pub version: String,
    /// When the week begins, in milliseconds since 1970.
    pub week_ms: u64,
    /// How many reports of each kind there are.
    pub kinds: BTreeMap<&'static str, u64>,
    /// How many calls are kept of that week, with whichever version.
    pub calls: u64,
    /// Half of what was reported took longer to be shown.
    pub median_ms: Option<u64>,
    /// One in twenty took longer.
    pub p95_ms: Option<u64>,
}

impl Api {
    /// Keeps what hurts somebody. No words go into it; how long the engine took, it knows itself.
    ///
    /// # Errors
    ///
    /// There is no such kind, or the call is none that they may read.
    pub async fn report_friction(
        &self,
        principal: &Principal,
        order: FrictionOrder,
    ) -> Result<FrictionKept, ApiError> {
        let Some(kind) = Friction::named(&order.kind) else {
            let known = Friction::ALL.map(Friction::as_str).join(", ");
            return Err(ApiError::Invalid(format!("`kind` is one of {known}")));
        };
        if !PAGES.contains(&order.page.as_str()) {
            let known = PAGES.join(", ");
            return Err(ApiError::Invalid(format!(
                "`page` is one of {known}, or empty"
            )));
        }
        let call = match &order.call_id {
            None if order.utterance.is_some() || order.subject.is_some() => {
                let what = "`utterance` and `subject` are of a call: name it as `call_id`";
                return Err(ApiError::Invalid(what.to_owned()));
            }
            None => None,
            Some(id) => {
                let call = self.readable(principal, id).await?;
                if !has(&call, order.utterance, order.subject.as_deref()) {
                    let what = "the call has no such utterance, card or alert";
                    return Err(ApiError::NotFound(what.to_owned()));
                }
                Some(call)
            }
        };
        let taken = self.0.friction_rate.take(1);
        taken.map_err(|retry_after| ApiError::Exhausted {
            reason: "too much was reported of late: try again in a moment".to_owned(),
            retry_after,
        })?;
        let report = FrictionReport {
            id: 0,
            at_ms: now_ms().cast_unsigned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            kind: kind.as_str().to_owned(),
            page: order.page,
            engine_ms: call
                .as_ref()
                .and_then(|call| took(call, order.utterance, order.subject.as_deref())),
            call_id: order.call_id,
            utterance: order.utterance,
            subject: order.subject,
            desk_ms: order.desk_ms,
        };
        self.0.metrics.friction_reported(kind.as_str());
        self.with_store(move |store| {
            let friction = store.friction()?;
            let undo = getrandom::u64().map_err(ApiError::internal)?;
            let undo = format!("{undo:016x}");
            let id = friction.keep(&report, &undo)?;
            Ok::<_, ApiError>(FrictionKept { id, undo })
        })
        .await
    }

    /// Takes a report back, with what was given for it.
    pub async fn withdraw_friction(&self, id: u64, undo: &str) -> Result<(), ApiError> {
        let undo = undo.to_owned();
        let gone = self.with_store(move |store| {
            let friction = store.friction()?;
            let newest = friction.list(Some(id.saturating_add(1)), 1)?;
            let late = newest.first().is_some_and(|one| {
                now_ms().cast_unsigned().saturating_sub(one.at_ms) > REGRET.as_millis() as u64
            });
            Ok::<_, ApiError>(!late && friction.withdraw(id, &undo)?)
        });
        match gone.await? {
            true => Ok(()),
            false => Err(ApiError::NotFound(
                "there is no such report to be taken back any more".to_owned(),
            )),
        }
    }

    /// What was reported, the newest first.
    pub async fn friction(
        &self,
        principal: &Principal,
        (before, limit): (Option<u64>, Option<u32>),
    ) -> Result<Vec<FrictionReport>, ApiError> {
        self.permit_asked(principal, Right::ReadMetrics, ("list_friction", ""))
            .await?;
        let most = limit.unwrap_or(50).clamp(1, MOST);
        let reports = self.with_store(move |store| store.friction()?.list(before, most));
        let mut reports = reports.await?;
        // Which calls there are is told to those who may read all of them.
        let mut roles = principal.roles().iter();
        let reads_all = roles
            .any(|role| role.may.contains(&Right::ReadCalls) && role.calls.contains(&Reach::All));
        if !reads_all {
            for report in &mut reports {
                (report.call_id, report.utterance) = (None, None);
            }
        }
        Ok(reports)
    }

    /// How it goes from version to version, the newest week first.
    pub async fn friction_trend(
        &self,
        principal: &Principal,
    ) -> Result<Vec<FrictionTrend>, ApiError> {
        self.permit_asked(principal, Right::ReadMetrics, ("friction_trend", ""))
            .await?;
        let read = self.with_store(|store| {
            let friction = store.friction()?;
            Ok::<_, ApiError>((friction.list(None, u32::MAX)?, friction.calls_by_week()?))
        });
        let (reports, calls) = read.await?;
        Ok(trend_of(reports, &calls))
    }

    /// A call that somebody may read, live or over.
    async fn readable(&self, who: &Principal, id: &str) -> Result<StoredCall, ApiError> {
        if self.0.calls.is_open(&CallId::new(id)) {
            self.permit_live_as(who, Right::Follow, ("report_friction", &CallId::new(id)))
                .await?;
            self.settle().await;
            let of = id.to_owned();
            let found = self
                .with_store(move |store| store.reader().call(&of))
                .await?;
            return found.ok_or_else(|| ApiError::NotFound(format!("call `{id}` is not kept")));
        }
        let (call, _) = self.permit_stored(who, Right::ReadCalls, id).await?;
        Ok(call)
    }
}

/// The trend of reports, with how many calls there were.
pub fn trend_of(reports: Vec<FrictionReport>, calls: &[(i64, u64)]) -> Vec<FrictionTrend> {
    let reported = reports.into_iter().filter_map(|report| {
        Some(Reported {
            kind: Friction::named(&report.kind)?,
            week: week_of(report.at_ms),
            took_ms: report.engine_ms.or(report.desk_ms),
            version: report.version,
        })
    });
    let told = trend(reported).into_iter().map(|one| FrictionTrend {
        calls: calls
            .iter()
            .find(|(week, _)| *week == one.week)
            .map_or(0, |(_, count)| *count),
        week_ms: week_begins(one.week),
        version: one.version,
        kinds: one.kinds,
        median_ms: one.median_ms,
        p95_ms: one.p95_ms,
    });
    told.collect()
}

/// Whether a call has what is spoken of.
fn has(call: &StoredCall, utterance: Option<u64>, subject: Option<&str>) -> bool {
    let kinds = || call.events.iter().map(|record| &record.event.kind);
    let is_said = utterance.is_none_or(|utterance| {
        kinds().any(|kind| kind.utterance().is_some_and(|one| one.0 == utterance))
    });
    let is_shown = subject.is_none_or(|subject| {
        kinds().any(|kind| match kind {
            EventKind::Suggestion(card) => card.article_id == subject,
            EventKind::AlertRaised(alert) => alert.rule == subject,
            _ => false,
        })
    });
    is_said && is_shown
}

/// How long the engine took for what is reported, as it has told itself.
fn took(call: &StoredCall, utterance: Option<u64>, subject: Option<&str>) -> Option<u64> {
    let events = call.events.iter().rev();
    let of = events.filter(|record| match (&record.event.kind, subject) {
        (EventKind::Suggestion(card), Some(subject)) => card.article_id == subject,
        (EventKind::AlertRaised(alert), Some(subject)) => alert.rule == subject,
        (kind, None) => kind.words().is_some() && kind.utterance().map(|one| one.0) == utterance,
        _ => false,
    });
    let latency = of.filter_map(|record| record.event.latency).next()?;
    u64::try_from(latency.as_millis()).ok()
}
