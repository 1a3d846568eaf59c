//! Search over what was said in all calls, for QA.

use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use sidetone_core::assist::Severity;
use sidetone_core::describe::Role;
use sidetone_core::emotion::Mood;
use sidetone_core::lang::Lang;
use sidetone_kb::archive::Found;

use super::App;
use super::failure::Failure;
use crate::api::{self, in_characters};

#[derive(Serialize)]
pub(super) struct RuleLine {
    name: String,
    severity: Severity,
    lang: Lang,
}

/// The rules that may raise alerts.
pub(super) async fn rules(State(app): State<App>) -> Result<Json<Vec<RuleLine>>, Failure> {
    let rules = app.api.rules(&app.principal())?;
    let lines = rules.rules().iter().map(|rule| RuleLine {
        name: rule.name.clone(),
        severity: rule.severity,
        lang: rule.lang,
    });
    Ok(Json(lines.collect()))
}

/// What to search for. What is left out does not matter.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wanted {
    /// Words, and phrases in quotes.
    q: String,
    role: Option<Role>,
    agent_id: Option<String>,
    /// The CRM's id of the customer, or their number in E.164.
    customer: Option<String>,
    from_ms: Option<u64>,
    to_ms: Option<u64>,
    /// A rule that raised an alert in the call.
    alert: Option<String>,
    /// Of the voice that said it.
    mood: Option<Mood>,
    /// It was under at least so much, in [0, 1].
    strain: Option<f32>,
    limit: Option<usize>,
    offset: Option<usize>,
}

#[derive(Serialize)]
pub(super) struct Page {
    total: usize,
    hits: Vec<Hit>,
}

#[derive(Serialize)]
struct Hit {
    call_id: String,
    utterance: u64,
    role: &'static str,
    agent_id: String,
    customer: Option<String>,
    lang: String,
    wall_time_ms: u64,
    start_ms: u64,
    end_ms: u64,
    text: String,
    /// In characters of `text`.
    highlights: Vec<[usize; 2]>,
    /// How the line sounded, if its voice was read.
    mood: Option<String>,
    /// The most of it in the line, in [0, 1].
    strain: Option<f32>,
}

/// The lines that fit, the newest first.
pub(super) async fn search(
    State(app): State<App>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Page>, Failure> {
    let query = api::Query {
        words: wanted.q,
        role: wanted.role,
        agent_id: wanted.agent_id,
        customer: wanted.customer,
        from_ms: wanted.from_ms,
        until_ms: wanted.to_ms,
        rules: wanted.alert.into_iter().collect(),
        mood: wanted.mood,
        strain: wanted.strain,
        offset: wanted.offset.unwrap_or_default(),
        limit: wanted.limit,
    };
    let page = app.api.search(&app.principal(), query).await?;
    Ok(Json(Page {
        total: page.total,
        hits: page.found.into_iter().map(hit).collect(),
    }))
}

fn hit(found: Found) -> Hit {
    let highlights = found.marks.iter();
    let highlights = highlights.map(|mark| in_characters(&found.line.text, mark));
    let voice = found.line.voice;
    Hit {
        strain: voice.as_ref().map(|voice| voice.strain),
        mood: voice.map(|voice| voice.mood),
        highlights: highlights.collect(),
        call_id: found.line.call_id,
        utterance: found.line.utterance,
        role: found.line.speaker.as_str(),
        agent_id: found.line.agent_id,
        customer: found.line.customer_id.or(found.line.phone),
        lang: found.line.lang,
        wall_time_ms: found.line.said_at,
        start_ms: found.line.start_ms,
        end_ms: found.line.end_ms,
        text: found.line.text,
    }
}
