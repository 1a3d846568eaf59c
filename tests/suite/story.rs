//! Whole calls over RTP, from the first word to the ticket in the CRM, with the real weights.

use sidetone_proto::v1;
use sidetone_proto::v1::call_event::Detail;
use sidetone_tests::kit::{engine_with_weights, play, recording, spoken, two_legs};

struct Story {
    call: &'static str,
    lang: &'static str,
    caller: &'static str,
    alerts: &'static [&'static str],
    follow_up: &'static str,
}

const STORIES: [Story; 4] = [
    Story {
        call: "en-duplicate-payment",
        lang: "en",
        caller: "(415) 555-0117",
        alerts: &["churn", "regulator complaint"],
        follow_up: "Callback",
    },
    Story {
        call: "zh-refund-complaint",
        lang: "zh",
        caller: "+86 138-0013-8017",
        alerts: &["监管投诉"],
        follow_up: "回电",
    },
    Story {
        call: "en-billing-dispute",
        lang: "en",
        caller: "(415) 555-0117",
        alerts: &["churn", "regulator complaint"],
        follow_up: "Callback",
    },
    Story {
        call: "zh-double-charge",
        lang: "zh",
        caller: "+86 138-0013-8017",
        alerts: &["监管投诉"],
        follow_up: "回电",
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn a_call_becomes_a_card_an_alert_a_summary_and_a_ticket() {
    let client = engine_with_weights().await;
    let told = STORIES.map(|story| {
        let client = client.clone();
        tokio::spawn(async move { (events(client, &story).await, story) })
    });
    for story in told {
        let (events, story) = story.await.expect("no call fails");
        check(&story, &events);
    }
}

async fn events(client: sidetone_tests::kit::Client, story: &Story) -> Vec<v1::CallEvent> {
    let config = v1::CallConfig {
        caller: story.caller.to_owned(),
        agent_id: "agent-7".to_owned(),
        direction: v1::Direction::Inbound.into(),
        languages: vec![story.lang.to_owned()],
        ..Default::default()
    };
    let written = |detail: &Detail| matches!(detail, Detail::CrmWritten(_));
    let call = recording(story.call);
    play(client, two_legs(config), &call, f32::MAX, written).await
}

fn check(story: &Story, events: &[v1::CallEvent]) {
    let case = story.call;
    let details: Vec<&Detail> = events
        .iter()
        .filter_map(|event| event.detail.as_ref())
        .collect();

    let customer = details.iter().find_map(|detail| match detail {
        Detail::CustomerIdentified(customer) => Some(customer),
        _ => None,
    });
    assert!(!customer.expect(case).name.is_empty());

    let alerts: Vec<&str> = details
        .iter()
        .filter_map(|detail| match detail {
            Detail::AlertRaised(alert) => Some(alert.rule.as_str()),
            _ => None,
        })
        .collect();
    for alert in story.alerts {
        assert!(
            alerts.contains(alert),
            "{case}: no {alert} among {alerts:?}"
        );
    }

    // Cards may come from words that are settled but not final; what was settled is in the final.
    let said: String = spoken(events).into_values().flatten().collect();
    let letters = |text: &str| -> String {
        text.to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric())
            .collect()
    };
    let said = letters(&said);
    let cards: Vec<&v1::Suggestion> = details
        .iter()
        .filter_map(|detail| match detail {
            Detail::Suggestion(card) => Some(card),
            _ => None,
        })
        .collect();
    assert!(!cards.is_empty(), "{case}: no cards");
    for card in cards {
        assert!(
            !card.triggers.is_empty() && !card.say.is_empty(),
            "{case}: {}",
            card.title
        );
        for trigger in &card.triggers {
            assert!(
                said.contains(&letters(trigger)),
                "{case}: `{trigger}` was not said"
            );
        }
    }

    let Some(Detail::Summary(summary)) = details
        .iter()
        .find(|detail| matches!(detail, Detail::Summary(_)))
    else {
        panic!("{case}: no summary");
    };
    let follow_up = summary
        .follow_ups
        .iter()
        .find(|task| task.title.starts_with(story.follow_up));
    let follow_up = follow_up.unwrap_or_else(|| panic!("{case}: {:?}", summary.follow_ups));
    assert!(summary.urgent, "{case}");

    let Some(Detail::CrmWritten(written)) = details.last() else {
        panic!("{case}: no ticket");
    };
    assert!(!written.ticket_id.is_empty(), "{case}");
    assert_eq!(written.task_ids.len(), summary.follow_ups.len(), "{case}");
    assert!(
        written.due.contains(&follow_up.due),
        "{case}: {:?}",
        written.due
    );
}
