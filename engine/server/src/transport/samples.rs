//! What the tests of both protocols translate.

use sidetone_kb::archive::{Found, Line};
use sidetone_types::party::Role;

/// A line in Mandarin and English that was found by its second word.
pub(super) fn found_line() -> Found {
    let text = "我要退款 now".to_owned();
    let start = text.find("退款").expect("it is there");
    Found {
        snippet: 0..text.len(),
        marks: std::iter::once(start..start + "退款".len()).collect(),
        line: Line {
            call_id: "a".to_owned(),
            utterance: 3,
            speaker: Role::Customer,
            agent_id: "agent-7".to_owned(),
            customer_id: None,
            phone: Some("+14155550117".to_owned()),
            lang: "zh".to_owned(),
            said_at: 1_777_766_400_250,
            start_ms: 1_000,
            end_ms: 2_000,
            text,
            voice: None,
        },
    }
}
