//! Articles and rules that are tried on past calls before they are published.

use std::time::Duration;

use serde::Serialize;
use sidetone_access::{Decision, Right};
use sidetone_core::cards::Query;
use sidetone_core::escalation::Felt;
use sidetone_core::trial::{Difference, Help, HelpKind, Helpers, Utterance, replay};
use sidetone_types::assist::Severity;
use sidetone_types::class::{Class, Classed as _, Clearance};
use sidetone_types::event::EventKind;
use sidetone_types::id::UtteranceId;
use sidetone_types::lang::{Lang, LanguageTag};
use sidetone_types::party::Side;
use tokio::time::Instant;

use super::knowledge_files::{Unpublished, drafted, file_name};
use super::{Api, ApiError, PastCallsQuery, Principal};
use crate::knowledge::{FileKind, HelpedBy, Knowledge, fits};
use crate::storage::StoredCall;

/// Calls of one trial.
pub const MOST_TRIED: usize = 200;
/// How long a trial may take. What was tried by then is told.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is to be tried, and on which calls.
#[derive(Clone, Debug)]
pub struct TrialOrder {
    /// What the file holds.
    pub kind: FileKind,
    /// Its name.
    pub name: String,
    /// What is to stand in it; `None` tries that it is gone.
    pub text: Option<String>,
    /// These calls; none means the last ones.
    pub calls: Vec<String>,
    /// So many of the last ones.
    pub last: usize,
}

/// What a file would have changed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Trial {
    /// The calls that it was tried on, the newest first.
    pub calls: Vec<TriedCall>,
    /// How many calls it was to be tried on.
    pub wanted: usize,
    /// Why not all of them were tried; `null` if they were: `time`, or `unreadable` where some are not kept any
    /// more or not shown.
    pub stopped: Option<&'static str>,
}

/// What a file would have changed in a call.
#[derive(Clone, Debug, Serialize)]
pub struct TriedCall {
    /// Its id.
    pub call_id: String,
    /// The agent.
    pub agent_id: String,
    /// When it was opened, in milliseconds since 1970.
    pub opened_ms: u64,
    /// What comes up with the file alone.
    pub came: Vec<TriedHelp>,
    /// What comes up without it alone.
    pub gone: Vec<TriedHelp>,
    /// How many cards and alerts come up with it and without.
    pub stayed: usize,
}

/// A card or an alert, and the line that brings it up.
#[derive(Clone, Debug, Serialize)]
pub struct TriedHelp {
    /// `card` or `alert`.
    pub kind: &'static str,
    /// The id of the article, or the name of the rule.
    pub name: String,
    /// The title of the article, or the message of the alert.
    pub title: String,
    /// That of an alert.
    pub severity: Option<Severity>,
    /// How well the article fits.
    pub score: Option<f32>,
    /// The utterance.
    pub utterance: u64,
    /// Where its words stand, in milliseconds from the start of the call.
    pub start_ms: u64,
    /// Who says it.
    pub role: Option<Side>,
    /// The line.
    pub text: String,
    /// The words of it that did it.
    pub triggers: Vec<String>,
}

impl Api {
    /// Goes through past calls that `principal` may read, with a file and without it. It ends early with whoever
    /// waits for it.
    ///
    /// # Errors
    ///
    /// Somebody may not, another trial runs, or what was asked for cannot be.
    pub async fn try_knowledge(
        &self,
        principal: &Principal,
        order: TrialOrder,
    ) -> Result<Result<Trial, Unpublished>, ApiError> {
        self.permit_author(principal, &order.name).await?;
        if order.calls.len() > MOST_TRIED || order.last > MOST_TRIED {
            let many = format!("a trial takes {MOST_TRIED} calls at most");
            return Err(ApiError::Invalid(many));
        }
        // Calls that go on need the cores more.
        let Ok(_turn) = self.0.trials.try_acquire() else {
            return Err(ApiError::Exhausted {
                reason:
                    "somebody tries articles or rules on past calls already: try again in a moment"
                        .to_owned(),
                retry_after: PATIENCE / 4,
            });
        };
        let draft = drafted(
            (order.kind, file_name(order.kind, &order.name)?),
            order.text,
        )?;
        let ends = Instant::now() + PATIENCE;
        let helped = self
            .with_knowledge(move |knowledge| {
                let looked = knowledge.look_at(&draft).map_err(ApiError::internal)?;
                if !looked.is_usable() {
                    return Ok(Err(Unpublished::Faulty(looked.problems)));
                }
                let with = knowledge.would_be_helped_by(&draft);
                let with = with.map_err(|error| ApiError::Conflict(error.to_string()))?;
                Ok(Ok((knowledge.helped_by(), with)))
            })
            .await?;
        let helped = match helped {
            Ok(helped) => helped,
            Err(faulty) => return Ok(Err(faulty)),
        };
        let calls = match order.calls.is_empty() {
            false => order.calls,
            true => self.last_calls(principal, order.last).await?,
        };
        let mut trial = Trial {
            wanted: calls.len(),
            ..Trial::default()
        };
        for id in calls {
            if Instant::now() >= ends {
                trial.stopped = Some("time");
                break;
            }
            let triable = match self.triable(principal, &id).await {
                // Of another team, say: the others are tried all the same.
                Err(ApiError::Forbidden(_)) => None,
                triable => triable?,
            };
            let Some((call, decision)) = triable else {
                trial.stopped = Some("unreadable");
                continue;
            };
            let helped = helped.clone();
            let cards = self.0.config.call.cards.clone();
            let tried = self
                .with_knowledge(move |knowledge| Ok(try_on(&call, knowledge, &helped, cards)))
                .await?;
            // They are shown what was said.
            if !tried.came.is_empty() || !tried.gone.is_empty() {
                self.tell_audit(principal, Right::ReadCalls, &id, &decision)
                    .await?;
            }
            trial.calls.push(tried);
        }
        Ok(Ok(trial))
    }

    /// The ids of the last calls that somebody may read.
    async fn last_calls(&self, who: &Principal, last: usize) -> Result<Vec<String>, ApiError> {
        let query = PastCallsQuery {
            limit: Some(last.max(1)),
            ..PastCallsQuery::default()
        };
        let page = self.past_calls(who, query).await?;
        Ok(page.calls.into_iter().map(|call| call.call_id).collect())
    }

    /// A call as somebody is shown it; `None` where it is not kept, or they are not shown its words.
    async fn triable(
        &self,
        who: &Principal,
        id: &str,
    ) -> Result<Option<(StoredCall, Decision)>, ApiError> {
        let looked = self.look_stored(who, Right::ReadCalls, id, |_, _| None);
        let (Ok(mut call), decision) = looked.await? else {
            return Ok(None);
        };
        let sees = match &decision {
            Decision::Allowed { sees, .. } => *sees,
            Decision::Refused { .. } => Clearance::BASIC,
        };
        if !sees.sees(Class::Sensitive) {
            return Ok(None);
        }
        self.cut_behind(who, &mut call);
        call.mask(sees);
        Ok(Some((call, decision)))
    }
}

/// Goes through a call twice.
fn try_on(
    call: &StoredCall,
    knowledge: &Knowledge,
    (without, with): &(HelpedBy, HelpedBy),
    cards: sidetone_core::cards::CardConfig,
) -> TriedCall {
    let utterances = utterances(call);
    let tags = call.languages.iter();
    let tags = tags.filter_map(|code| code.parse::<LanguageTag>().ok());
    let languages: Vec<Lang> = tags.map(|tag| tag.lang).collect();
    let helps = |by: &HelpedBy| {
        let search = |query: &Query| fits(&by.articles, query);
        let helpers = Helpers {
            rules: by.rules.clone(),
            cards: cards.clone(),
            lexicon: knowledge.lexicon(),
            search: &search,
        };
        replay(&utterances, &languages, &helpers)
    };
    let difference = Difference::between(helps(without), helps(with));
    let shown = |helps: Vec<Help>| -> Vec<TriedHelp> {
        let helps = helps.into_iter();
        helps.map(|help| shown(help, &utterances)).collect()
    };
    TriedCall {
        call_id: call.call_id.clone(),
        agent_id: call.agent_id.clone(),
        opened_ms: call.opened_ms,
        came: shown(difference.came),
        gone: shown(difference.gone),
        stayed: difference.stayed,
    }
}

/// What was said in a call, and how it sounded.
fn utterances(call: &StoredCall) -> Vec<Utterance> {
    let said = call.said().into_iter();
    said.map(|words| Utterance {
        felt: felt(call, words.utterance, words.lang),
        words,
    })
    .collect()
}

fn felt(call: &StoredCall, utterance: UtteranceId, lang: Lang) -> Vec<Felt> {
    let readings = call.events.iter().filter_map(|record| {
        let event = &record.event;
        match &event.kind {
            EventKind::Emotion(emotion) if emotion.utterance == utterance => Some(Felt {
                side: event.role?.side(),
                lang,
                start: event.start,
                end: event.end,
                emotion: *emotion,
            }),
            _ => None,
        }
    });
    readings.collect()
}

fn shown(help: Help, utterances: &[Utterance]) -> TriedHelp {
    let mut said = utterances.iter().map(|one| &one.words);
    let said = said.find(|words| words.utterance == help.utterance);
    TriedHelp {
        kind: match help.kind {
            HelpKind::Card => "card",
            HelpKind::Alert => "alert",
        },
        role: said.map(|words| words.side),
        text: said.map(|words| words.text()).unwrap_or_default(),
        name: help.name,
        title: help.title,
        severity: help.severity,
        score: help.score,
        utterance: help.utterance.0,
        start_ms: help.start.as_millis(),
        triggers: help.triggers,
    }
}
