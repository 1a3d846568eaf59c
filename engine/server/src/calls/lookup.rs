//! Whom a call is with, as the CRM knows it. Opening a call does not wait for it.
//!
//! A look-up that fails is tried again for as long as its call lasts. However many calls wait for a CRM
//! that hangs, only a few threads do: the others wait in line, and a circuit breaker keeps them away
//! from a CRM that does not answer.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sidetone_core::customer::Customer;
use sidetone_core::outbox::{Breaker, Permit, RetryConfig};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::Instant;
use tracing::warn;

use super::registry::CallRecord;
use crate::crm::{Crm, CrmError, customer_number};

/// Threads that may wait for the CRM at once.
const AT_ONCE: usize = 4;
/// From a failure to the next try. It doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Asks the CRM for the customers of all calls.
#[derive(Clone)]
pub(super) struct Lookups {
    crm: Arc<dyn Crm>,
    threads: Arc<Semaphore>,
    breaker: Arc<Mutex<Breaker>>,
    last: Arc<AtomicI64>,
}

impl Lookups {
    /// Asks `crm`, which is left alone for as long as `retry` says once it fails.
    pub fn new(crm: Arc<dyn Crm>, retry: &RetryConfig) -> Self {
        Self {
            crm,
            threads: Arc::new(Semaphore::new(AT_ONCE)),
            breaker: Arc::new(Mutex::new(Breaker::new(retry))),
            last: Arc::default(),
        }
    }

    /// Asks whom a call is with. Dropping the receiver, as a call that ends does, ends the asking.
    pub fn start(&self, call: &CallRecord) -> oneshot::Receiver<Customer> {
        let (mut found, customer) = oneshot::channel();
        let (caller, callee) = (&call.description.caller, &call.description.callee);
        if let Some(number) = customer_number(call.description.direction, caller, callee) {
            let (lookups, number, name) = (self.clone(), number.to_owned(), call.customer.clone());
            tokio::spawn(async move {
                let answer = tokio::select! {
                    () = found.closed() => None,
                    answer = lookups.until_answered(&number) => answer,
                };
                if let Some(customer) = answer {
                    name.get_or_init(|| customer.name.clone());
                    // A call that is over by now does not need it any more.
                    let _ = found.send(customer);
                }
            });
        }
        customer
    }

    async fn until_answered(&self, number: &str) -> Option<Customer> {
        let id = self.last.fetch_add(1, Ordering::Relaxed);
        let mut pause = FIRST_PAUSE;
        loop {
            let Ok(thread) = self.threads.clone().acquire_owned().await else {
                return None;
            };
            let permit = self.breaker().permit(Instant::now().into_std());
            if let Permit::Wait(length) = permit {
                drop(thread);
                tokio::time::sleep(length.min(LONGEST_PAUSE)).await;
                continue;
            }
            let (crm, number) = (self.crm.clone(), number.to_owned());
            let breaker = self.breaker.clone();
            // What is under way is finished and reported even if the call ends meanwhile.
            let answer = tokio::task::spawn_blocking(move || {
                let _thread = thread;
                let answer = crm.find(&number);
                let mut breaker = breaker.lock().unwrap_or_else(PoisonError::into_inner);
                match &answer {
                    Err(CrmError::Unavailable { retry_after, .. }) => {
                        breaker.failed(std::time::Instant::now(), id, *retry_after);
                    }
                    Ok(_) | Err(CrmError::Rejected { .. }) => breaker.answered(),
                }
                answer
            });
            match answer.await {
                Ok(Ok(customer)) => return customer,
                Ok(Err(CrmError::Unavailable {
                    reason,
                    retry_after,
                    ..
                })) => {
                    warn!(
                        reason,
                        "the CRM could not say whom a call is with; asking again"
                    );
                    let wait = retry_after
                        .unwrap_or(pause)
                        .clamp(FIRST_PAUSE, LONGEST_PAUSE);
                    tokio::time::sleep(wait).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Ok(Err(CrmError::Rejected { reason, .. })) => {
                    warn!(reason, "the CRM would not say whom a call is with");
                    return None;
                }
                Err(error) => {
                    warn!(%error, "looking a customer up broke off");
                    return None;
                }
            }
        }
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        // It is one value, so a panic elsewhere leaves it whole.
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::mpsc;
    use std::time::SystemTime;

    use sidetone_core::describe::{CallDescription, Direction, PhoneNumber};
    use sidetone_core::id::CallId;

    use super::*;
    use crate::crm::Writing;

    /// A CRM whose look-ups do as they are told.
    struct Told<F>(F);

    impl<F: Fn() -> Result<Option<Customer>, CrmError> + Send + Sync> Crm for Told<F> {
        fn name(&self) -> &str {
            "told"
        }

        fn find(&self, _: &str) -> Result<Option<Customer>, CrmError> {
            (self.0)()
        }

        fn write(&self, _: &Writing<'_>) -> Result<String, CrmError> {
            Err(CrmError::rejected("it is only asked"))
        }

        fn concurrency(&self) -> usize {
            1
        }
    }

    fn call() -> CallRecord {
        CallRecord {
            id: CallId::new("c"),
            description: Arc::new(CallDescription {
                caller: sidetone_core::phone::parse("+14155550117", "US"),
                callee: PhoneNumber::default(),
                agent_id: String::new(),
                direction: Direction::Inbound,
                languages: Vec::new(),
                vocabulary: Vec::new(),
                metadata: Default::default(),
                legs: Vec::new(),
                partials: false,
            }),
            opened: SystemTime::UNIX_EPOCH,
            customer: Arc::default(),
        }
    }

    fn ann() -> Customer {
        Customer {
            name: "Ann".to_owned(),
            ..Customer::default()
        }
    }

    fn away() -> CrmError {
        CrmError::Unavailable {
            reason: "503".to_owned(),
            answer: String::new(),
            retry_after: Some(Duration::from_secs(1)),
            maybe_written: false,
        }
    }

    #[tokio::test]
    async fn a_customer_who_could_not_be_told_at_once_is_told_later_in_the_call() {
        let asked = AtomicUsize::new(0);
        let crm = Told(move || match asked.fetch_add(1, Ordering::Relaxed) {
            0 => Err(away()),
            _ => Ok(Some(ann())),
        });
        let call = call();
        let lookups = Lookups::new(Arc::new(crm), &RetryConfig::default());
        let customer = lookups.start(&call).await.expect("told in the end");
        assert_eq!(customer.name, "Ann");
        assert_eq!(call.customer.get().map(String::as_str), Some("Ann"));
    }

    #[tokio::test]
    async fn however_many_calls_wait_for_a_crm_that_hangs_only_a_few_threads_do() {
        let (entered, inside) = mpsc::channel();
        let (go_on, held) = mpsc::channel::<()>();
        let held = Mutex::new(held);
        let crm = Told(move || {
            entered.send(()).expect("counted");
            let _ = held.lock().expect("nobody panics").recv();
            Ok(Some(ann()))
        });
        let lookups = Lookups::new(Arc::new(crm), &RetryConfig::default());
        let waiting: Vec<_> = (0..1_000).map(|_| lookups.start(&call())).collect();
        let inside = tokio::task::spawn_blocking(move || {
            for _ in 0..AT_ONCE {
                inside.recv().expect("asked");
            }
            inside
        });
        let inside = inside.await.expect("they ask");
        assert_eq!(lookups.threads.available_permits(), 0);
        assert!(
            inside.try_recv().is_err(),
            "the others wait without a thread"
        );
        drop(go_on);
        for customer in waiting {
            assert_eq!(customer.await.expect("told").name, "Ann");
        }
    }

    #[tokio::test]
    async fn nobody_is_asked_about_a_call_that_is_over() {
        let crm = Told(|| Err(away()));
        let lookups = Lookups::new(Arc::new(crm), &RetryConfig::default());
        let customer = lookups.start(&call());
        drop(customer);
        let all = lookups.threads.acquire_many(AT_ONCE as u32).await;
        assert!(all.is_ok(), "no thread is kept");
    }
}
