//! Search over what was said in all calls, for QA.

use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use sidetone_kb::archive::Found;
use sidetone_types::assist::Severity;
use sidetone_types::emotion::Mood;
use sidetone_types::lang::Lang;
use sidetone_types::party::Role;

use super::app::App;
use super::failure::Failure;
use crate::api::{self, in_characters};
use crate::transport::identify::Who;

#[derive(Serialize)]
pub(super) struct RuleLine {
    name: String,
    severity: Severity,
    lang: Lang,
}

/// The rules that may raise alerts.
pub(super) async fn rules(
    State(app): State<App>,
    Who(who): Who,
) -> Result<Json<Vec<RuleLine>>, Failure> {
    let rules = app.api.rules(&who).await?;
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
    /// The most of it in the line, in [0, 1], by voice or by words.
    strain: Option<f32>,
}

/// The lines that fit, the newest first.
pub(super) async fn search(
    State(app): State<App>,
    Who(who): Who,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Page>, Failure> {
    let page = app.api.search(&who, query(wanted)).await?;
    Ok(Json(Page {
        total: page.total,
        hits: page.found.into_iter().map(hit).collect(),
    }))
}

fn query(wanted: Wanted) -> api::Query {
    api::Query {
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
    }
}

fn hit(found: Found) -> Hit {
    let highlights = found.marks.iter();
    let highlights = highlights.map(|mark| in_characters(&found.line.text, mark));
    let voice = found.line.voice;
    Hit {
        strain: voice.as_ref().map(|voice| voice.strain),
        mood: voice
            .map(|voice| voice.mood)
            .filter(|mood| !mood.is_empty()),
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

#[cfg(test)]
mod tests {
    use axum::http::Uri;
    use serde_json::json;
    use sidetone_kb::archive::Voice;

    use super::*;
    use crate::transport::samples::found_line;

    fn asked(text: &str) -> Option<api::Query> {
        let uri: Uri = format!("/v1/search?{text}").parse().expect("a URI");
        let Query(wanted) = Query::<Wanted>::try_from_uri(&uri).ok()?;
        Some(query(wanted))
    }

    #[test]
    fn what_a_search_asks_for_comes_through_and_the_rest_does_not_matter() {
        let all = asked("").expect("nothing is required");
        assert!(all.words.is_empty() && all.rules.is_empty());
        assert_eq!((all.role, all.mood, all.strain), (None, None, None));
        assert_eq!((all.offset, all.limit), (0, None));

        let text = "q=my%20refund&role=customer&agent_id=agent-7&customer=%2B14155550117&from_ms=1500\
                    &to_ms=2000&alert=churn&mood=anger&strain=0.5&limit=10&offset=20";
        let query = asked(text).expect("right");
        assert_eq!(query.words, "my refund");
        assert_eq!(query.role, Some(Role::Customer));
        assert_eq!(query.agent_id.as_deref(), Some("agent-7"));
        assert_eq!(query.customer.as_deref(), Some("+14155550117"));
        assert_eq!((query.from_ms, query.until_ms), (Some(1_500), Some(2_000)));
        assert_eq!(query.rules, ["churn"]);
        assert_eq!((query.mood, query.strain), (Some(Mood::Anger), Some(0.5)));
        assert_eq!((query.offset, query.limit), (20, Some(10)));
    }

    #[test]
    fn a_search_that_cannot_be_understood_is_refused() {
        for text in ["colour=red", "role=nobody", "mood=grumpy", "limit=all"] {
            assert!(asked(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_line_that_was_found_is_told_with_its_marks_in_characters() {
        let plain = json!({
            "call_id": "a", "utterance": 3, "role": "customer", "agent_id": "agent-7",
            "customer": "+14155550117", "lang": "zh", "wall_time_ms": 1_777_766_400_250_u64,
            "start_ms": 1_000, "end_ms": 2_000, "text": "我要退款 now", "highlights": [[2, 4]],
            "mood": null, "strain": null,
        });
        let told = |found| serde_json::to_value(hit(found)).expect("plain data");
        assert_eq!(told(found_line()), plain);
        let mut sounded = found_line();
        sounded.line.customer_id = Some("C-1".to_owned());
        sounded.line.voice = Some(Voice {
            mood: "anger".to_owned(),
            strain: 0.75,
        });
        let sounded = told(sounded);
        assert_eq!(sounded["customer"], "C-1");
        assert_eq!(
            (&sounded["mood"], &sounded["strain"]),
            (&json!("anger"), &json!(0.75))
        );
    }
}
