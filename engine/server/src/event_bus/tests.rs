use std::task::Poll;
use std::time::{Duration, UNIX_EPOCH};

use futures_util::FutureExt as _;
use sidetone_types::event::{EventKind, Lagged};
use sidetone_types::id::UtteranceId;
use sidetone_types::time::MediaTime;

use super::*;

fn bus(keep: usize) -> EventBus {
    let run = RunId::new(UNIX_EPOCH + Duration::from_secs(2), 0);
    EventBus::new(run, keep, Arc::default())
}

fn emit(bus: &EventBus, call: &str, agent: &str) -> Arc<Published> {
    let kind = EventKind::Unrecognised {
        utterance: UtteranceId(1),
        reason: "too loud".to_owned(),
        lang: None,
    };
    let event = Event::of_the_call(MediaTime::ZERO, MediaTime::ZERO, kind);
    bus.emit(&CallId::new(call), agent, event)
}

fn of_call(call: &str) -> Filter {
    Filter {
        call_id: Some(CallId::new(call)),
        ..Filter::default()
    }
}

fn of_agent(agent: &str) -> Filter {
    Filter {
        agent_id: Some(agent.to_owned()),
        ..Filter::default()
    }
}

async fn seqs(subscription: &mut Subscription) -> Vec<u64> {
    let page = subscription.next().await.expect("the bus is open");
    page.events.iter().map(|event| event.id.seq).collect()
}

#[tokio::test]
async fn a_subscriber_is_woken_by_events_of_its_call_or_agent_only() {
    let bus = bus(100);
    let mut of_a = bus.subscribe(Start::Now, of_call("a"));
    let mut of_ann = bus.subscribe(Start::Now, of_agent("ann"));
    let mut of_all = bus.subscribe(Start::Now, Filter::default());
    for subscription in [&mut of_a, &mut of_ann, &mut of_all] {
        assert!(subscription.next().now_or_never().is_none(), "nothing yet");
        assert!(subscription.next().now_or_never().is_none(), "nothing yet");
    }
    emit(&bus, "b", "bob");
    assert!(!of_a.woken.has_changed().expect("open"));
    assert!(!of_ann.woken.has_changed().expect("open"));
    assert_eq!(seqs(&mut of_all).await, [1]);
    emit(&bus, "a", "bob");
    emit(&bus, "c", "ann");
    assert_eq!(seqs(&mut of_a).await, [2]);
    assert_eq!(seqs(&mut of_ann).await, [3]);
    assert_eq!(seqs(&mut of_all).await, [2, 3]);
}

#[tokio::test]
async fn an_event_that_comes_while_a_subscriber_waits_wakes_it() {
    let bus = bus(100);
    let mut subscription = bus.subscribe(Start::Now, of_call("a"));
    let mut next = Box::pin(subscription.next());
    for _ in 0..3 {
        // Past the first look, which finds nothing.
        assert_eq!(futures_util::poll!(&mut next).map(|_| ()), Poll::Pending);
    }
    emit(&bus, "a", "ann");
    let page = next.await.expect("open");
    assert_eq!(page.events.len(), 1);
}

#[tokio::test]
async fn a_subscriber_that_resumes_gets_the_rest_page_by_page() {
    let bus = bus(1_000);
    for _ in 0..(2 * PAGE + 5) {
        emit(&bus, "a", "ann");
    }
    let seen = EventId {
        seq: 3,
        ..bus.last()
    };
    let mut subscription = bus.subscribe(Start::After(seen), of_agent("ann"));
    let mut all = Vec::new();
    for _ in 0..3 {
        all.extend(seqs(&mut subscription).await);
    }
    assert_eq!(all, (4..=(2 * PAGE as u64 + 5)).collect::<Vec<_>>());
    assert!(subscription.next().now_or_never().is_none());
}

#[tokio::test]
async fn a_subscriber_of_an_earlier_run_is_told_that_it_may_have_missed_some() {
    let bus = bus(10);
    emit(&bus, "a", "ann");
    let of_an_earlier_run = EventId {
        run: RunId::new(UNIX_EPOCH + Duration::from_secs(1), 0),
        seq: 1,
    };
    let mut subscription = bus.subscribe(Start::After(of_an_earlier_run), Filter::default());
    let page = subscription.next().await.expect("open");
    assert_eq!(page.events.len(), 1);
    assert_eq!(
        page.lagged,
        Lagged {
            earlier_run: true,
            ..Lagged::default()
        }
    );
    // Told at once also where nothing of this run is there yet.
    let mut subscription = bus.subscribe(Start::After(of_an_earlier_run), of_call("z"));
    let page = subscription.next().await.expect("open");
    assert!(page.events.is_empty() && page.lagged.earlier_run);
}

#[tokio::test]
async fn an_event_is_put_into_words_once_for_all_its_subscribers() {
    let bus = bus(10);
    let mut one = bus.subscribe(Start::Now, of_call("a"));
    let mut other = bus.subscribe(Start::Now, Filter::default());
    let event = emit(&bus, "a", "ann");
    let one = one.next().await.expect("open").events.remove(0);
    let other = other.next().await.expect("open").events.remove(0);
    assert!(std::ptr::eq(one.json(), other.json()));
    assert!(std::ptr::eq(one.wire(), event.wire()));
    let record: &sidetone_types::event::EventRecord = &one;
    assert_eq!(one.json(), record.json());
}

#[test]
fn subscribers_that_have_gone_leave_nothing_behind() {
    let bus = bus(10);
    let (one, other) = (
        bus.subscribe(Start::Now, of_call("a")),
        bus.subscribe(Start::Now, of_call("a")),
    );
    drop(one);
    assert_eq!(bus.lock().wakers.len(), 1);
    drop(other);
    assert!(bus.lock().wakers.is_empty());
}
