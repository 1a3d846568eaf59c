//! Tells others of thresholds, each from a thread of its own: one that does not answer costs nobody else
//! anything.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use sidetone_core::board::MOST_THRESHOLDS;
use tracing::{error, warn};

use super::config::BoardConfig;
use super::email::Email;
use super::notice::Notice;
use super::webhook::Webhook;
use crate::telemetry::Metrics;

/// Notices that wait for one who does not answer; more are given up. All thresholds may turn at once, and
/// back.
const ROOM: usize = 2 * MOST_THRESHOLDS;
/// Before each try.
const PAUSES: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(25),
];

/// Whom to tell.
pub(super) struct Teller {
    channels: Vec<Channel>,
}

type Count = fn(&Metrics, &'static str);

struct Channel {
    name: &'static str,
    queue: SyncSender<Notice>,
    count: Count,
    metrics: Arc<Metrics>,
}

impl Teller {
    /// Those that `config` names: nobody, if it names none.
    pub fn start(config: &BoardConfig, metrics: &Arc<Metrics>) -> Self {
        let mut channels = Vec::new();
        if let Some(opened) = Webhook::of(&config.webhook) {
            channels.extend(opened_or_told("board.webhook", opened).map(|webhook| {
                let send = move |notice: &Notice| webhook.send(notice);
                Channel::start("webhook", send, Metrics::webhook_told, metrics)
            }));
        }
        if let Some(opened) = Email::of(&config.email) {
            channels.extend(opened_or_told("board.email", opened).map(|email| {
                let send = move |notice: &Notice| email.send(notice);
                Channel::start("email", send, Metrics::email_told, metrics)
            }));
        }
        Self { channels }
    }

    /// Tells all of them, some time.
    pub fn tell(&self, notice: Notice) {
        for channel in &self.channels {
            channel.tell(notice.clone());
        }
    }
}

/// What was checked at the start may be gone by now. The engine runs without it.
fn opened_or_told<T>(key: &'static str, opened: Result<T, String>) -> Option<T> {
    opened
        .inspect_err(|problem| error!(key, problem, "nobody is told of thresholds there"))
        .ok()
}

impl Channel {
    fn start(
        name: &'static str,
        send: impl Fn(&Notice) -> Result<(), String> + Send + 'static,
        count: Count,
        metrics: &Arc<Metrics>,
    ) -> Self {
        let (queue, waiting) = sync_channel(ROOM);
        let counted = metrics.clone();
        // Nobody waits for it: it may be in a request for as long as its time limit.
        std::thread::Builder::new()
            .name(format!("tell-{name}"))
            .spawn(move || {
                run(name, &waiting, &PAUSES, send, |outcome| {
                    count(&counted, outcome)
                });
            })
            .expect("the system has room for a thread");
        Self {
            name,
            queue,
            count,
            metrics: metrics.clone(),
        }
    }

    fn tell(&self, notice: Notice) {
        match self.queue.try_send(notice) {
            Ok(()) => {}
            Err(TrySendError::Full(notice) | TrySendError::Disconnected(notice)) => {
                (self.count)(&self.metrics, "dropped");
                let (to, key) = (self.name, notice.key());
                warn!(to, key, "nobody is told of a threshold: too many wait");
            }
        }
    }
}

fn run(
    to: &'static str,
    waiting: &Receiver<Notice>,
    pauses: &[Duration],
    send: impl Fn(&Notice) -> Result<(), String>,
    count: impl Fn(&'static str),
) {
    for notice in waiting {
        let mut problem = String::new();
        let sent = pauses.iter().any(|pause| {
            std::thread::sleep(*pause);
            let sent = send(&notice);
            sent.map_err(|why| problem = why).is_ok()
        });
        count(if sent { "sent" } else { "failed" });
        if !sent {
            let key = notice.key();
            warn!(to, key, problem, "nobody is told of a threshold");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use sidetone_core::board::{Figure, Measure, Side, Unit};

    use super::*;

    fn notice() -> Notice {
        Notice {
            kind: "threshold_raised",
            threshold: "t".to_owned(),
            name: String::new(),
            figure: Figure::CallsOpen,
            unit: Unit::Count,
            measure: Measure::Value,
            side: Side::Above,
            limit: 1.0,
            measured: Some(2.0),
            since_ms: 0,
            at_ms: 0,
        }
    }

    #[test]
    fn one_who_does_not_answer_is_tried_a_few_times_and_then_given_up() {
        for (fails, tries, outcome) in [(0, 1, "sent"), (3, 4, "sent"), (9, 4, "failed")] {
            let (queue, waiting) = sync_channel(1);
            queue.send(notice()).expect("there is room");
            drop(queue);
            let (tried, told) = (Cell::new(0), RefCell::new(Vec::new()));
            let send = |_: &Notice| {
                tried.set(tried.get() + 1);
                match tried.get() > fails {
                    true => Ok(()),
                    false => Err("busy".to_owned()),
                }
            };
            let count = |outcome| told.borrow_mut().push(outcome);
            run(
                "test",
                &waiting,
                &[Duration::ZERO; PAUSES.len()],
                send,
                count,
            );
            assert_eq!((tried.get(), told.into_inner()), (tries, vec![outcome]));
        }
    }

    #[test]
    fn what_there_is_no_room_for_is_dropped_and_counted() {
        let (queue, waiting) = sync_channel(1);
        let metrics: Arc<Metrics> = Arc::default();
        let channel = Channel {
            name: "test",
            queue,
            count: Metrics::webhook_told,
            metrics: metrics.clone(),
        };
        channel.tell(notice());
        channel.tell(notice());
        let text = metrics.render();
        let dropped = "sidetone_threshold_webhooks_total{outcome=\"dropped\"} 1";
        assert!(text.contains(dropped), "{text}");
        drop(waiting);
    }
}
