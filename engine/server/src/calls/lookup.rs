//! Whom a call is with, as the CRM knows it. Opening a call does not wait for it.

use sidetone_types::customer::Customer;
use tokio::sync::oneshot;

use super::registry::CallRecord;
use crate::crm::LookUps;
use crate::records::customer_number;

/// Asks the CRM whom a call is with. Dropping the receiver, as a call that ends does, ends the asking.
pub(super) fn start(look_ups: &LookUps, call: &CallRecord) -> oneshot::Receiver<Customer> {
    let (mut found, customer) = oneshot::channel();
    let (caller, callee) = (&call.description.caller, &call.description.callee);
    if let Some(number) = customer_number(call.description.direction, caller, callee) {
        let asked = look_ups.ask(number.to_owned());
        let name = call.customer.clone();
        tokio::spawn(async move {
            let answer = tokio::select! {
                answer = asked => answer,
                // The call is over.
                () = found.closed() => return,
            };
            if let Ok(customer) = answer {
                if !customer.name.is_empty() {
                    name.get_or_init(|| customer.name.clone());
                }
                // A call that is over by now does not need it any more.
                let _ = found.send(customer);
            }
        });
    }
    customer
}
