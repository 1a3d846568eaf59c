//! Who is calling: asked of the CRM for all calls by a few threads.
//!
//! A CRM that hangs costs these threads and no others. One that is away is asked again while the
//! call lasts, at the pauses of the notes, so that the agent learns late whom they talk to rather
//! than never.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use sidetone_core::outbox::{Breaker, Failure, Next, Permit, RetryConfig};
use sidetone_types::customer::Customer;
use tokio::sync::oneshot;
use tracing::{error, warn};

use super::{Crm, CrmError, Question, Timed, who};
use crate::storage::Choices;
use crate::telemetry::Metrics;

/// Look-ups that are under way at once.
const THREADS: usize = 4;

/// Look-ups that wait, of calls that still go on: more than one engine carries calls.
const ROOM: usize = 4_096;

/// Look-ups of one CRM. The threads end once this is dropped, after the requests that they are in.
pub struct LookUps(Arc<Shared>);

struct Shared {
    crm: Arc<dyn Crm>,
    choices: Arc<dyn Choices>,
    /// Where it is counted how the CRM answers, once there is such a place.
    counted: OnceLock<Timed>,
    retry: RetryConfig,
    breaker: Mutex<Breaker>,
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    waiting: BinaryHeap<Reverse<LookUp>>,
    last: i64,
    stopping: bool,
}

/// Who is that? Ordered by when it is asked next.
struct LookUp {
    due: Instant,
    number: i64,
    attempts: u32,
    since: Instant,
    question: Question,
    answer: oneshot::Sender<Customer>,
}

impl LookUps {
    /// Starts the threads. What people have chosen counts beside what the CRM says.
    pub fn start(crm: Arc<dyn Crm>, choices: Arc<dyn Choices>, retry: &RetryConfig) -> Self {
        let shared = Arc::new(Shared {
            crm,
            choices,
            counted: OnceLock::new(),
            retry: retry.clone(),
            breaker: Mutex::new(Breaker::new(retry)),
            queue: Mutex::default(),
            changed: Condvar::new(),
        });
        for i in 0..THREADS {
            let shared = Arc::clone(&shared);
            // Nobody waits for them: one may be in a request for as long as its time limit.
            std::thread::Builder::new()
                .name(format!("look-up-{i}"))
                .spawn(move || shared.run())
                .expect("the system has room for a thread");
        }
        Self(shared)
    }

    /// Has it counted in `metrics` how the CRM answers from now on. The first place counts.
    pub fn count_in(&self, metrics: Arc<Metrics>) {
        let _ = self.0.counted.set(Timed::new(self.0.crm.clone(), metrics));
    }

    /// Asks that until there is an answer or the receiver is dropped. The sender is dropped without a word if the
    /// CRM knows nobody.
    pub fn ask(&self, question: Question) -> oneshot::Receiver<Customer> {
        let (answer, customer) = oneshot::channel();
        let mut queue = self.0.queue();
        if queue.waiting.len() >= ROOM {
            queue.waiting.retain(|Reverse(one)| !one.answer.is_closed());
        }
        if queue.waiting.len() >= ROOM {
            drop(queue);
            warn!(
                waiting = ROOM,
                "the CRM is not asked whom a call is with: too many wait"
            );
            return customer;
        }
        queue.last += 1;
        let now = Instant::now();
        let look_up = LookUp {
            due: now,
            number: queue.last,
            attempts: 0,
            since: now,
            question,
            answer,
        };
        queue.waiting.push(Reverse(look_up));
        self.0.changed.notify_one();
        customer
    }
}

impl Drop for LookUps {
    fn drop(&mut self) {
        let mut queue = self.0.queue();
        queue.stopping = true;
        queue.waiting.clear();
        self.0.changed.notify_all();
    }
}

impl Shared {
    fn run(&self) {
        while let Some(look_up) = self.next() {
            self.look_up(look_up);
        }
    }

    /// The next look-up, once it is due and the CRM may be asked. `None` at the end.
    fn next(&self) -> Option<LookUp> {
        let mut queue = self.queue();
        loop {
            if queue.stopping {
                return None;
            }
            let now = Instant::now();
            let wait = match queue.waiting.peek() {
                None => Duration::MAX,
                // The call is over.
                Some(Reverse(first)) if first.answer.is_closed() => Duration::ZERO,
                Some(Reverse(first)) if first.due > now => first.due - now,
                Some(_) => match self.breaker().permit(now) {
                    Permit::Wait(wait) => wait,
                    Permit::Go | Permit::Probe => {
                        return queue.waiting.pop().map(|Reverse(first)| first);
                    }
                },
            };
            queue = match wait {
                Duration::ZERO => {
                    queue.waiting.pop();
                    queue
                }
                Duration::MAX => self
                    .changed
                    .wait(queue)
                    .unwrap_or_else(PoisonError::into_inner),
                wait => {
                    let waited = self.changed.wait_timeout(queue, wait);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    fn look_up(&self, look_up: LookUp) {
        // One number that trips over a fault of ours must not take the thread with it.
        let found = catch_unwind(AssertUnwindSafe(|| match self.counted.get() {
            Some(counted) => who::answer(counted, &*self.choices, &look_up.question),
            None => who::answer(&*self.crm, &*self.choices, &look_up.question),
        }));
        match found {
            Ok(Ok(customer)) => {
                self.breaker().answered();
                if let Some(customer) = customer {
                    // A call that is over by now does not need it any more.
                    let _ = look_up.answer.send(customer);
                }
            }
            Ok(Err(failure @ CrmError::Unavailable { .. })) => self.again(look_up, &failure),
            Ok(Err(failure @ CrmError::Rejected { .. })) => {
                self.breaker().answered();
                warn!(%failure, "the CRM could not tell whom a call is with");
            }
            Err(_) => {
                self.breaker().unused(Instant::now());
                error!("looking up whom a call is with failed");
            }
        }
        // Others that waited for this answer may go.
        self.changed.notify_all();
    }

    fn again(&self, mut look_up: LookUp, failure: &CrmError) {
        let CrmError::Unavailable { retry_after, .. } = failure else {
            return;
        };
        let now = Instant::now();
        if self.breaker().failed(now, look_up.number, *retry_after) || look_up.attempts == 0 {
            warn!(%failure, "the CRM does not tell whom a call is with: it is asked again");
        }
        look_up.attempts = look_up.attempts.saturating_add(1);
        let random = getrandom::u64().expect("the system has random numbers");
        let how = Failure::Unavailable(*retry_after);
        let tried = now - look_up.since;
        if let Next::RetryAfter(wait) = self.retry.next(look_up.attempts, tried, how, random) {
            look_up.due = now + wait;
            let mut queue = self.queue();
            if !queue.stopping {
                queue.waiting.push(Reverse(look_up));
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Every change to it is one step, so a panic elsewhere leaves it whole.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        // Likewise.
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PartialEq for LookUp {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for LookUp {}

impl PartialOrd for LookUp {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for LookUp {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due, self.number).cmp(&(other.due, other.number))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use sidetone_core::identity::Clue;
    use sidetone_types::customer::Candidate;

    use super::*;
    use crate::crm::Writing;
    use crate::storage::Store;

    /// Answers each look-up as its script says once the gate is open, then with a customer.
    #[derive(Default)]
    struct Scripted {
        script: Mutex<VecDeque<CrmError>>,
        closed: Mutex<bool>,
        opened: Condvar,
        /// Under way, and the most there ever were.
        under_way: Mutex<(usize, usize)>,
    }

    impl Crm for Scripted {
        fn name(&self) -> &str {
            "scripted"
        }

        fn find(&self, phone: &str) -> Result<Option<Customer>, CrmError> {
            {
                let mut under_way = self.under_way.lock().expect("nobody panics here");
                under_way.0 += 1;
                under_way.1 = under_way.1.max(under_way.0);
            }
            let closed = self.closed.lock().expect("nobody panics here");
            drop(self.opened.wait_while(closed, |closed| *closed));
            self.under_way.lock().expect("nobody panics here").0 -= 1;
            match self.script.lock().expect("nobody panics here").pop_front() {
                Some(failure) => Err(failure),
                None => Ok(Some(Customer {
                    phone: phone.to_owned(),
                    ..Customer::default()
                })),
            }
        }

        fn get(&self, _: &str) -> Result<Option<Customer>, CrmError> {
            Ok(None)
        }

        fn look_for(&self, _: &Clue) -> Result<Vec<Candidate>, CrmError> {
            Ok(Vec::new())
        }

        fn write(&self, _: &Writing<'_>) -> Result<String, CrmError> {
            unreachable!("nothing is written here")
        }

        fn concurrency(&self) -> usize {
            1
        }
    }

    fn started(crm: Arc<Scripted>) -> LookUps {
        let store = Store::temporary().expect("a store");
        LookUps::start(crm, store.choices().expect("a place"), &quick())
    }

    fn number(phone: &str) -> Question {
        Question::Number(phone.to_owned())
    }

    fn quick() -> RetryConfig {
        RetryConfig {
            first_ms: 1,
            longest_ms: 2,
            ..RetryConfig::default()
        }
    }

    #[test]
    fn a_thousand_calls_whose_look_up_hangs_take_a_few_threads() {
        let crm = Arc::new(Scripted::default());
        *crm.closed.lock().expect("nobody panics here") = true;
        let look_ups = started(crm.clone());
        let calls: Vec<_> = (0..1_000)
            .map(|i| look_ups.ask(number(&format!("+1415555{i:04}"))))
            .collect();
        *crm.closed.lock().expect("nobody panics here") = false;
        crm.opened.notify_all();
        for (i, call) in calls.into_iter().enumerate() {
            let customer = call.blocking_recv().expect("it is answered in the end");
            assert_eq!(customer.phone, format!("+1415555{i:04}"));
        }
        let (_, most) = *crm.under_way.lock().expect("nobody panics here");
        assert!(most <= THREADS, "{most}");
    }

    #[test]
    fn a_look_up_that_fails_once_is_asked_again_while_the_call_lasts() {
        let crm = Arc::new(Scripted::default());
        let busy = CrmError::Unavailable {
            reason: "the CRM answered 503".to_owned(),
            answer: String::new(),
            retry_after: None,
            maybe_written: false,
        };
        crm.script.lock().expect("nobody panics here").extend([
            busy.clone(),
            busy.clone(),
            busy.clone(),
            busy,
        ]);
        let look_ups = started(crm);
        let customer = look_ups.ask(number("+14155550117")).blocking_recv();
        assert_eq!(customer.expect("late, not never").phone, "+14155550117");
    }

    #[test]
    fn nobody_asks_for_a_call_that_is_over() {
        let crm = Arc::new(Scripted::default());
        *crm.closed.lock().expect("nobody panics here") = true;
        let look_ups = started(crm.clone());
        // Those under way hold the threads.
        let under_way: Vec<_> = (0..THREADS).map(|_| look_ups.ask(number(""))).collect();
        for _ in 0..2 * ROOM {
            drop(look_ups.ask(number("over")));
        }
        let last = look_ups.ask(number("goes on"));
        *crm.closed.lock().expect("nobody panics here") = false;
        crm.opened.notify_all();
        let customer = last.blocking_recv().expect("there was room for it");
        assert_eq!(customer.phone, "goes on");
        drop(under_way);
    }
}
