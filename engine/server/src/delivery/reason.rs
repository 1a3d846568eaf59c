//! What became of a note, in words for the agent.

use serde_json::Value;
use sidetone_types::controls::controls;

use crate::crm::CrmError;
use crate::records::Step;

/// A longer message of the CRM is cut.
const MOST: usize = 200;

/// Where CRMs put what they have to say to a person. In an answer they stand at the top, in an
/// object, or in the first of a list (RFC 9457, JSON:API, OAuth and like).
const MESSAGES: [&str; 7] = [
    "message",
    "detail",
    "error_description",
    "title",
    "reason",
    "error",
    "errors",
];

/// Why `step` has failed: `the CRM did not take the ticket: subject too long`.
pub(super) fn in_words(step: Step, failure: &CrmError) -> String {
    let what = match step {
        Step::Contact => "the customer could not be looked up in the CRM",
        Step::Ticket => "the CRM did not take the ticket",
        Step::Task(_) => "the CRM did not take a follow-up task",
        Step::Interaction => "the CRM did not take the entry in the customer's history",
    };
    match failure {
        CrmError::Unavailable { .. } => "the CRM is not available at the moment".to_owned(),
        CrmError::Rejected { answer, reason, .. } => match message(answer) {
            Some(message) => format!("{what}: {message}"),
            // Ours, and in words.
            None if answer.is_empty() => format!("{what}: {reason}"),
            None => what.to_owned(),
        },
    }
}

/// What an answer says to a person, if it does.
fn message(answer: &str) -> Option<String> {
    let text = match serde_json::from_str(answer) {
        Ok(json) => within(&json)?.to_owned(),
        // The beginning of a long JSON, or markup.
        Err(_) if answer.starts_with(['{', '[', '<', '"']) => return None,
        Err(_) => answer.to_owned(),
    };
    let seen = text
        .trim()
        .chars()
        .map(|c| if controls(c) { ' ' } else { c });
    let text: String = seen.take(MOST).collect();
    (!text.is_empty()).then_some(text)
}

fn within(json: &Value) -> Option<&str> {
    match json {
        Value::String(text) => Some(text),
        Value::Array(list) => list.first().and_then(within),
        Value::Object(fields) => MESSAGES
            .iter()
            .find_map(|name| fields.get(*name).and_then(within)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_read_words_and_no_json() {
        for (answer, expected) in [
            (r#"{"error": "subject too long"}"#, ": subject too long"),
            (
                r#"{"errors": [{"code": 7, "detail": "no such pool"}]}"#,
                ": no such pool",
            ),
            (r#"{"error": {"code": 7, "message": "locked"}}"#, ": locked"),
            (r#"{"error": {"code": 7}}"#, ""),
            (r#"{"error": "cut off he…"#, ""),
            ("<html>oops</html>", ""),
            ("subject too long", ": subject too long"),
        ] {
            let failure = CrmError::Rejected {
                reason: "the CRM answered 422".to_owned(),
                answer: answer.to_owned(),
                maybe_written: false,
            };
            let words = in_words(Step::Ticket, &failure);
            assert_eq!(
                words,
                format!("the CRM did not take the ticket{expected}"),
                "{answer}"
            );
        }
    }
}
