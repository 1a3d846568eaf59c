//! Whom a call is with, as the CRM knows it. Nothing waits for it.

use sidetone_types::customer::Customer;
use sidetone_types::event::CallUpdated;
use tokio::sync::oneshot;

use crate::crm::LookUps;

/// Asks the CRM whom a call is with. Dropping the receiver, as a call that ends does, ends the
/// asking.
pub(super) fn start(look_ups: &LookUps, known: &CallUpdated) -> oneshot::Receiver<Customer> {
    let (mut found, customer) = oneshot::channel();
    if let Some(number) = &known.customer().e164 {
        let asked = look_ups.ask(number.clone());
        tokio::spawn(async move {
            let answer = tokio::select! {
                answer = asked => answer,
                // The call is over.
                () = found.closed() => return,
            };
            if let Ok(customer) = answer {
                // A call that is over by now does not need it any more.
                let _ = found.send(customer);
            }
        });
    }
    customer
}
