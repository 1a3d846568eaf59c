//! What the client is told of a call: words and cards.
//!
//! Source: `entities-transcript.ts` and `entities-agentassist.ts` of the reference implementation.

use std::time::Duration;

use serde_json::{Value, json};
use sidetone_types::assist::Suggestion;
use sidetone_types::event::{EventKind, EventRecord};
use sidetone_types::id::UtteranceId;

use super::positions::Positions;
use super::{Media, iso};

/// The entity of an event over the connection of a `session`; `None` where there is none.
pub(super) fn of(
    event: &EventRecord,
    session: &str,
    media: &Media,
    positions: &Positions,
) -> Option<Value> {
    let (start, end) = (event.event.start, event.event.end);
    let position = positions.position(start);
    let transcript = |utterance, text: &str, confidence: Option<f32>, lang: String| {
        json!({"type": "transcript", "data": {
            "id": id(session, utterance, 0),
            "channelId": channel(event, media),
            "isFinal": confidence.is_some(),
            "offset": iso(position),
            "duration": iso(end.since(start)),
            "alternatives": [{
                "confidence": confidence.unwrap_or(0.5),
                "languages": [lang],
                "interpretations": [{"type": "display", "transcript": text}],
            }],
        }})
    };
    Some(match &event.event.kind {
        EventKind::Partial(partial) => transcript(
            partial.utterance,
            &partial.text,
            None,
            partial.lang.to_string(),
        ),
        EventKind::Final(done) => transcript(
            done.utterance,
            &done.text,
            Some(done.confidence),
            done.lang.to_string(),
        ),
        EventKind::Suggestion(card) => {
            article(card, id(session, card.utterance, event.id.seq), position)
        }
        _ => return None,
    })
}

/// Whose words they are: the number of their channel in the chosen media.
fn channel(event: &EventRecord, media: &Media) -> usize {
    let role = event.event.role;
    let channel = media.roles.iter().position(|known| Some(*known) == role);
    channel.unwrap_or(0)
}

fn article(card: &Suggestion, id: String, position: Duration) -> Value {
    json!({"type": "agentassist", "data": {
        "id": id,
        "suggestions": [{
            "type": "article",
            "id": id,
            "confidence": card.score,
            "position": iso(position),
            "title": card.title,
            "excerpts": [card.snippet, card.say],
            "documentUri": format!("urn:sidetone:article:{}", card.article_id),
            "metadata": {"article_id": card.article_id},
        }],
    }})
}

/// Entities have ids as UUIDs are written: the session's, with numbers for its last part.
fn id(session: &str, utterance: UtteranceId, number: u64) -> String {
    let of_session = session.get(..24).unwrap_or("00000000-0000-0000-0000-");
    format!(
        "{of_session}{:06x}{:06x}",
        utterance.0 & 0xff_ffff,
        number & 0xff_ffff
    )
}
