//! What hurts people who work with the engine: reported, listed, and how it goes from version to version.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use sidetone_access::Right;
use sidetone_core::friction::{Friction, Reported, trend};
use sidetone_core::redaction::redact_typed;
use sidetone_types::class::{Class, Classed as _};
use sidetone_types::controls::controls;
use sidetone_types::event::EventKind;
use sidetone_types::id::CallId;
use sidetone_types::lang::Lang;

use super::permit::Owners;
use super::{Api, ApiError, Principal};
use crate::storage::{FrictionQuery, FrictionReport, StoredCall, now_ms, week_begins, week_of};

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
/// Longest comment, in characters.
const COMMENT: usize = 500;
/// Nobody waits longer for a page.
const LONGEST_MS: u64 = 3_600_000;

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
    /// What they say about it: a line.
    pub comment: String,
    /// Whether the words of the utterance may be shown with it, to those who may read them.
    pub with_words: bool,
}

/// A report, as somebody is shown it.
#[derive(Clone, Debug, Serialize)]
pub struct FrictionSeen {
    /// What was reported.
    #[serde(flatten)]
    pub report: FrictionReport,
    /// The words of the utterance, where whoever reported it lets them be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
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
    /// How many reports there are in a thousand calls of that week; none where no call is kept.
    pub per_1000_calls: Option<f64>,
    /// Half of what was reported took longer to be shown.
    pub median_ms: Option<u64>,
    /// One in twenty took longer.
    pub p95_ms: Option<u64>,
}

impl Api {
    /// Keeps what hurts somebody. No words of a call go into it; how long the engine took, it knows itself.
    ///
    /// # Errors
    ///
    /// There is no such kind, the comment is too long, or the call is none that they may read.
    pub async fn report_friction(
        &self,
        principal: &Principal,
        order: FrictionOrder,
    ) -> Result<FrictionKept, ApiError> {
        let kind = known(&order.kind)?;
        if !PAGES.contains(&order.page.as_str()) {
            let known = PAGES.join(", ");
            return Err(ApiError::Invalid(format!(
                "`page` is one of {known}, or empty"
            )));
        }
        if order.desk_ms.is_some_and(|ms| ms > LONGEST_MS) {
            let what = format!("`desk_ms` is at most {LONGEST_MS}: an hour, in milliseconds");
            return Err(ApiError::Invalid(what));
        }
        let comment = self.comment(&order.comment)?;
        let call = match &order.call_id {
            None if order.utterance.is_some() || order.with_words => {
                let what = "`utterance` and `with_words` are of a call: name it as `call_id`";
                return Err(ApiError::Invalid(what.to_owned()));
            }
            None => {
                self.check_article(order.subject.as_deref())?;
                None
            }
            Some(id) => {
                let call = self.readable(principal, id).await?;
                if !is_said(&call, order.utterance) {
                    let what = "the call has no such utterance";
                    return Err(ApiError::NotFound(what.to_owned()));
                }
                if !is_shown(&call, order.subject.as_deref()) {
                    self.check_article(order.subject.as_deref())?;
                }
                Some(call)
            }
        };
        let taken = self.0.friction_rates.take(principal.name());
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
            comment,
            with_words: order.with_words,
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
            let made_at = friction.made_at(id)?;
            let is_late = made_at.is_some_and(|at| is_too_late(at, now_ms().cast_unsigned()));
            Ok::<_, ApiError>(!is_late && friction.withdraw(id, &undo)?)
        });
        match gone.await? {
            true => Ok(()),
            false => Err(ApiError::NotFound(
                "there is no such report to be taken back any more".to_owned(),
            )),
        }
    }

    /// What was reported, the newest first. Which call it is of, and what is said of it, is told to those who may
    /// read that call.
    pub async fn friction(
        &self,
        principal: &Principal,
        (query, limit): (FrictionQuery, Option<u32>),
    ) -> Result<Vec<FrictionSeen>, ApiError> {
        self.permit_asked(principal, Right::ReadFriction, ("list_friction", ""))
            .await?;
        if let Some(kind) = &query.kind {
            known(kind)?;
        }
        let most = limit.unwrap_or(50).clamp(1, MOST);
        let read = self.with_store(move |store| {
            let reports = store.friction()?.list(&query, most)?;
            let reader = store.reader();
            let with_calls = reports.into_iter().map(|report| {
                // One that cannot be read keeps none of the others back.
                let call = report.call_id.as_deref();
                let call = call.and_then(|call| reader.call(call).ok().flatten());
                (report, call)
            });
            Ok::<_, ApiError>(with_calls.collect::<Vec<_>>())
        });
        let read = read.await?.into_iter();
        let seen = read.map(|(report, call)| self.seen(principal, report, call));
        Ok(seen.collect())
    }

    fn seen(
        &self,
        who: &Principal,
        mut report: FrictionReport,
        call: Option<StoredCall>,
    ) -> FrictionSeen {
        if report.call_id.is_none() {
            return FrictionSeen {
                report,
                words: None,
            };
        }
        let permitted = call.and_then(|call| {
            let owners = Owners::of_stored(&call);
            let sees = self.permit_again(who, Right::ReadCalls, &owners).ok()?;
            Some((call, sees))
        });
        let Some((mut call, sees)) = permitted else {
            (report.call_id, report.utterance, report.comment) = (None, None, None);
            return FrictionSeen {
                report,
                words: None,
            };
        };
        if !sees.sees(Class::Sensitive) {
            report.comment = None;
        }
        self.cut_behind(who, &mut call);
        call.mask(sees);
        let words = report
            .utterance
            .filter(|_| report.with_words)
            .and_then(|utterance| words_of(&call, utterance));
        FrictionSeen { report, words }
    }

    /// How it goes from version to version, the newest week first.
    pub async fn friction_trend(
        &self,
        principal: &Principal,
    ) -> Result<Vec<FrictionTrend>, ApiError> {
        self.permit_asked(principal, Right::ReadFriction, ("friction_trend", ""))
            .await?;
        let read = self.with_store(|store| {
            let friction = store.friction()?;
            let all = friction.list(&FrictionQuery::default(), u32::MAX)?;
            Ok::<_, ApiError>((all, friction.calls_by_week()?))
        });
        let (reports, calls) = read.await?;
        Ok(trend_of(reports, &calls))
    }

    /// What somebody says, without secrets; nothing if they say nothing.
    fn comment(&self, text: &str) -> Result<Option<String>, ApiError> {
        let text = text.trim();
        let characters = text.chars().count();
        if characters > COMMENT || text.chars().any(controls) {
            return Err(ApiError::Invalid(format!(
                "`comment` is a line of at most {COMMENT} characters, and this has {characters}"
            )));
        }
        let lexicon = self.0.services.knowledge.lexicon();
        let lang = match text.is_ascii() {
            true => Lang::EN,
            false => Lang::ZH,
        };
        let config = &self.0.config.call.redaction;
        let kept = redact_typed(config, &lexicon, lang, text);
        Ok(Some(kept).filter(|kept| !kept.is_empty()))
    }

    /// An article may hurt wherever it is read.
    fn check_article(&self, subject: Option<&str>) -> Result<(), ApiError> {
        let articles = self.0.services.knowledge.articles();
        let is_known = |subject| articles.articles().any(|one| one.id.as_str() == subject);
        match subject {
            Some(subject) if !is_known(subject) => Err(ApiError::NotFound(
                "there is no such article, and the call has no such card or alert".to_owned(),
            )),
            _ => Ok(()),
        }
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
    let told = trend(reported).into_iter().map(|one| {
        let of_week = calls.iter().find(|(week, _)| *week == one.week);
        let calls = of_week.map_or(0, |(_, count)| *count);
        let reports: u64 = one.kinds.values().sum();
        FrictionTrend {
            per_1000_calls: (calls > 0).then(|| reports as f64 * 1_000.0 / calls as f64),
            calls,
            week_ms: week_begins(one.week),
            version: one.version,
            kinds: one.kinds,
            median_ms: one.median_ms,
            p95_ms: one.p95_ms,
        }
    });
    told.collect()
}

fn known(kind: &str) -> Result<Friction, ApiError> {
    Friction::named(kind).ok_or_else(|| {
        let known = Friction::ALL.map(Friction::as_str).join(", ");
        ApiError::Invalid(format!("`kind` is one of {known}"))
    })
}

/// Whether a report that was made then can be taken back no more.
const fn is_too_late(made_ms: u64, now_ms: u64) -> bool {
    now_ms.saturating_sub(made_ms) > REGRET.as_millis() as u64
}

fn is_said(call: &StoredCall, utterance: Option<u64>) -> bool {
    utterance.is_none_or(|utterance| {
        let mut kinds = call.events.iter().map(|record| &record.event.kind);
        kinds.any(|kind| kind.utterance().is_some_and(|one| one.0 == utterance))
    })
}

/// Whether the call has such a card or alert.
fn is_shown(call: &StoredCall, subject: Option<&str>) -> bool {
    subject.is_none_or(|subject| {
        let mut kinds = call.events.iter().map(|record| &record.event.kind);
        kinds.any(|kind| match kind {
            EventKind::Suggestion(card) => card.article_id == subject,
            EventKind::AlertRaised(alert) => alert.rule == subject,
            _ => false,
        })
    })
}

/// The words of an utterance as they were heard last.
fn words_of(call: &StoredCall, utterance: u64) -> Option<String> {
    let kinds = call.events.iter().rev().map(|record| &record.event.kind);
    let mut of = kinds.filter(|kind| kind.utterance().is_some_and(|one| one.0 == utterance));
    of.find_map(|kind| kind.words().map(|words| words.text.clone()))
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
