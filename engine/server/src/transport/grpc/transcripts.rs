//! What was said in calls that are kept, as the wire has it.

use std::time::{Duration, SystemTime};

use sidetone_kb::archive::{Found, Page};
use sidetone_proto::v1;
use sidetone_types::emotion::Mood;
use sidetone_types::time::unix_millis;
use tonic::Status;

use crate::api::{Query, in_characters};
use crate::convert;
use crate::export;
use crate::storage::StoredCall;

pub(super) fn query(request: v1::SearchTranscriptsRequest) -> Result<Query, Status> {
    let some = |text: String| (!text.is_empty()).then_some(text);
    let mood = some(request.mood).map(|mood| mood.parse::<Mood>());
    Ok(Query {
        words: request.query,
        role: convert::role(request.role),
        agent_id: some(request.agent_id),
        customer: some(request.customer),
        from_ms: request.from.map(in_millis).transpose()?,
        until_ms: request.until.map(in_millis).transpose()?,
        rules: request.rules,
        mood: mood.transpose().map_err(invalid)?,
        strain: request.strain,
        offset: request.offset as usize,
        limit: (request.limit > 0).then_some(request.limit as usize),
    })
}

pub(super) fn found(page: Page) -> v1::SearchTranscriptsResponse {
    v1::SearchTranscriptsResponse {
        total: page.total as u64,
        lines: page.found.into_iter().map(line).collect(),
    }
}

pub(super) fn transcript(call: StoredCall) -> v1::GetTranscriptResponse {
    let lines = export::lines(&call.events).into_iter().map(|line| {
        let role = convert::wire_role(line.role);
        v1::TranscriptLine {
            role: role.into(),
            language_code: line.lang.to_string(),
            start_ms: line.start_ms,
            end_ms: line.end_ms,
            text: line.text.to_owned(),
            utterance_id: line.utterance.0,
        }
    });
    v1::GetTranscriptResponse {
        lines: lines.collect(),
        webvtt: export::webvtt(&call.events),
        call_id: call.call_id,
    }
}

fn line(found: Found) -> v1::FoundLine {
    let text = &found.line.text;
    let highlights = found.marks.iter().map(|mark| {
        let [start, end] = in_characters(text, mark);
        v1::Span {
            start: start as u32,
            end: end as u32,
        }
    });
    let role = convert::wire_role(found.line.speaker);
    let voice = found.line.voice;
    let said = SystemTime::UNIX_EPOCH + Duration::from_millis(found.line.said_at);
    v1::FoundLine {
        highlights: highlights.collect(),
        line: Some(v1::TranscriptLine {
            role: role.into(),
            language_code: found.line.lang,
            start_ms: found.line.start_ms,
            end_ms: found.line.end_ms,
            text: found.line.text.clone(),
            utterance_id: found.line.utterance,
        }),
        call_id: found.line.call_id,
        utterance_id: found.line.utterance,
        agent_id: found.line.agent_id,
        customer: found
            .line
            .customer_id
            .or(found.line.phone)
            .unwrap_or_default(),
        said: Some(convert::wire_time(said)),
        strain: voice.as_ref().map(|voice| voice.strain),
        mood: voice.map(|voice| voice.mood).unwrap_or_default(),
    }
}

pub(super) fn in_millis(time: prost_types::Timestamp) -> Result<u64, Status> {
    let time =
        SystemTime::try_from(time).map_err(|error| invalid(format!("not a time: {error}")))?;
    Ok(unix_millis(time))
}

pub(super) fn invalid(error: impl std::fmt::Display) -> Status {
    Status::invalid_argument(error.to_string())
}

#[cfg(test)]
mod tests {
    use sidetone_kb::archive::Voice;
    use tonic::Code;

    use sidetone_types::party::Role;

    use super::*;
    use crate::transport::samples::found_line;

    fn asked(change: impl FnOnce(&mut v1::SearchTranscriptsRequest)) -> Result<Query, Status> {
        let mut request = v1::SearchTranscriptsRequest::default();
        change(&mut request);
        query(request)
    }

    #[test]
    fn what_a_search_leaves_out_does_not_matter() {
        let query = asked(|_| ()).expect("right");
        assert!(query.words.is_empty() && query.rules.is_empty());
        assert_eq!((query.role, query.mood, query.strain), (None, None, None));
        assert_eq!((query.agent_id, query.customer), (None, None));
        assert_eq!((query.from_ms, query.until_ms), (None, None));
        assert_eq!((query.offset, query.limit), (0, None));
    }

    #[test]
    fn what_a_search_asks_for_comes_through() {
        let at = |seconds, nanos| Some(prost_types::Timestamp { seconds, nanos });
        let query = asked(|request| {
            request.query = "refund".to_owned();
            request.role = v1::Role::Customer.into();
            request.agent_id = "agent-7".to_owned();
            request.customer = "C-1".to_owned();
            request.from = at(1, 500_000_000);
            request.until = at(2, 0);
            request.rules = vec!["churn".to_owned()];
            request.mood = "anger".to_owned();
            request.strain = Some(0.5);
            (request.offset, request.limit) = (20, 10);
        });
        let query = query.expect("right");
        assert_eq!(query.words, "refund");
        assert_eq!(query.role, Some(Role::Customer));
        assert_eq!(query.agent_id.as_deref(), Some("agent-7"));
        assert_eq!(query.customer.as_deref(), Some("C-1"));
        assert_eq!((query.from_ms, query.until_ms), (Some(1_500), Some(2_000)));
        assert_eq!(query.rules, ["churn"]);
        assert_eq!((query.mood, query.strain), (Some(Mood::Anger), Some(0.5)));
        assert_eq!((query.offset, query.limit), (20, Some(10)));
    }

    #[test]
    fn a_search_that_cannot_be_understood_is_refused_with_the_value() {
        let refused = asked(|request| request.mood = "grumpy".to_owned());
        let refused = refused.expect_err("no such mood");
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().contains("grumpy"), "{refused}");
    }

    #[test]
    fn a_line_that_was_found_is_told_with_its_marks_in_characters() {
        let mut sounded = found_line();
        sounded.line.customer_id = Some("C-1".to_owned());
        sounded.line.voice = Some(Voice {
            mood: "anger".to_owned(),
            strain: 0.75,
        });
        let response = found(Page {
            total: 12,
            found: vec![found_line(), sounded],
        });
        assert_eq!(response.total, 12);
        let [plain, sounded] = &response.lines[..] else {
            panic!("two lines");
        };
        assert_eq!(plain.highlights, [v1::Span { start: 2, end: 4 }]);
        let line = plain.line.as_ref().expect("its words");
        assert_eq!(line.role(), v1::Role::Customer);
        assert_eq!((line.start_ms, line.end_ms), (1_000, 2_000));
        let said = plain.said.expect("a time");
        assert_eq!((said.seconds, said.nanos), (1_777_766_400, 250_000_000));
        assert_eq!(plain.customer, "+14155550117", "where the CRM has no id");
        assert_eq!((plain.mood.as_str(), plain.strain), ("", None));
        assert_eq!(sounded.customer, "C-1");
        assert_eq!(
            (sounded.mood.as_str(), sounded.strain),
            ("anger", Some(0.75))
        );
    }
}
