//! Whom a call is with, as the CRM knows it. Nothing waits for it.

use sidetone_types::customer::Customer;
use sidetone_types::event::CallUpdated;
use tokio::sync::mpsc;

use crate::crm::{LookUps, Question};

/// Answers that wait for the call.
const ROOM: usize = 8;

/// What the CRM was asked for one call. Dropped, as by a call that ends, it asks no more.
pub(super) struct Asking {
    answers: mpsc::Receiver<(u64, Customer)>,
    found: mpsc::Sender<(u64, Customer)>,
    /// Of whom more was asked.
    detailed: Option<String>,
    /// Questions so far, and the last one whose answer told who it is: one that was asked before is out of date.
    asked: u64,
    told: u64,
}

impl Asking {
    /// Asks who has the number of a call.
    pub fn start(look_ups: &LookUps, known: &CallUpdated) -> Self {
        let (found, answers) = mpsc::channel(ROOM);
        let mut asking = Self {
            answers,
            found,
            detailed: None,
            asked: 0,
            told: 0,
        };
        if let Some(number) = &known.customer().e164 {
            asking.ask(look_ups, Question::Number(number.clone()));
        }
        asking
    }

    /// Asks something else.
    pub fn ask(&mut self, look_ups: &LookUps, question: Question) {
        self.asked += 1;
        let number = self.asked;
        let asked = look_ups.ask(question);
        let found = self.found.clone();
        tokio::spawn(async move {
            let answer = tokio::select! {
                answer = asked => answer,
                // The call is over, or with somebody else.
                () = found.closed() => return,
            };
            if let Ok(customer) = answer {
                // A call that is over by now does not need it any more.
                let _ = found.send((number, customer)).await;
            }
        });
    }

    /// Asks what else is known of whom the CRM has found, once.
    pub fn ask_more(&mut self, look_ups: &LookUps, found: &Customer) {
        let id = &found.customer_id;
        if !id.is_empty() && self.detailed.as_ref() != Some(id) {
            self.detailed = Some(id.clone());
            self.ask(look_ups, Question::Details(id.clone()));
        }
    }

    /// The next answer, whenever there is one.
    pub async fn next(&mut self) -> Option<Customer> {
        loop {
            let (number, customer) = self.answers.recv().await?;
            let is_one = !customer.customer_id.is_empty();
            if is_one && number < self.told {
                continue;
            }
            if is_one {
                self.told = number;
            }
            return Some(customer);
        }
    }
}
