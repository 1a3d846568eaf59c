//! Whom a call is with, as the CRM knows it. Nothing waits for it.

use sidetone_types::customer::Customer;
use sidetone_types::event::CallUpdated;
use tokio::sync::mpsc;

use crate::crm::{LookUps, Question};

/// Answers that wait for the call.
const ROOM: usize = 8;

/// What the CRM was asked for one call. Dropped, as by a call that ends, it asks no more.
pub(super) struct Asking {
    answers: mpsc::Receiver<Customer>,
    found: mpsc::Sender<Customer>,
    /// Of whom more was asked.
    detailed: Option<String>,
}

impl Asking {
    /// Asks who has the number of a call.
    pub fn start(look_ups: &LookUps, known: &CallUpdated) -> Self {
        let (found, answers) = mpsc::channel(ROOM);
        let asking = Self {
            answers,
            found,
            detailed: None,
        };
        if let Some(number) = &known.customer().e164 {
            asking.ask(look_ups, Question::Number(number.clone()));
        }
        asking
    }

    /// Asks something else.
    pub fn ask(&self, look_ups: &LookUps, question: Question) {
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
                let _ = found.send(customer).await;
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
        self.answers.recv().await
    }
}
