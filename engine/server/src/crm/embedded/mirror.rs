//! Customers of another CRM, kept here so that they are found at once.

use rusqlite::{OptionalExtension as _, TransactionBehavior};

use super::{Embedded, EmbeddedError, Record};

/// What has become of a customer over there.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// The CRM's own id.
    pub customer_id: String,
    /// What is known of them now; nothing where they are gone.
    pub record: Option<Record>,
}

impl Embedded {
    /// How far the other CRM was read, as [`Embedded::take_changes`] was told; nothing before the first time.
    pub fn progress(&self) -> Result<Option<String>, EmbeddedError> {
        let connection = self.lock();
        connection.execute_batch(include_str!("mirror.sql"))?;
        let progress = "SELECT progress FROM crm_mirror";
        let progress = connection.query_row(progress, [], |row| row.get(0));
        Ok(progress.optional()?)
    }

    /// Takes in what has changed over there, and how far that was read, in one step. Gives those that are not as
    /// they were.
    pub fn take_changes(
        &self,
        changed: Vec<Changed>,
        progress: &str,
    ) -> Result<Vec<Changed>, EmbeddedError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(include_str!("mirror.sql"))?;
        let customers = self.customers(&transaction);
        let mut different = Vec::new();
        for one in changed {
            let before = customers.get(&one.customer_id)?;
            let is_same = before.as_ref().map(|kept| &kept.record) == one.record.as_ref();
            if is_same {
                continue;
            }
            match &one.record {
                Some(record) => {
                    let over = before.map_or(0, |kept| kept.revision);
                    customers.put(&one.customer_id, record, over)?;
                }
                None => {
                    customers.remove(&one.customer_id)?;
                }
            }
            different.push(one);
        }
        transaction.execute(
            "INSERT INTO crm_mirror (id, progress) VALUES (1, ?1)
             ON CONFLICT (id) DO UPDATE SET progress = ?1",
            [progress],
        )?;
        transaction.commit()?;
        Ok(different)
    }

    /// Forgets all customers, and how far the other CRM was read.
    pub fn forget_all(&self) -> Result<(), EmbeddedError> {
        let connection = self.lock();
        connection.execute_batch(include_str!("mirror.sql"))?;
        connection.execute_batch("DELETE FROM crm_contacts; DELETE FROM crm_mirror;")?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use rusqlite::Connection;
    use sidetone_vault::DataKey;

    use super::*;
    use crate::crm::Crm as _;

    fn record(name: &str, phone: &str) -> Record {
        Record {
            name: name.to_owned(),
            phones: vec![phone.to_owned()],
            ..Record::default()
        }
    }

    fn changed(id: &str, record: Option<Record>) -> Changed {
        Changed {
            customer_id: id.to_owned(),
            record,
        }
    }

    #[test]
    fn what_changes_over_there_changes_here_once_and_with_how_far_it_was_read() {
        let connection = Connection::open_in_memory().expect("memory");
        let key = DataKey::random().expect("random numbers");
        let mirror = Embedded::new(connection, key, TimeZone::UTC).expect("a mirror");
        assert_eq!(mirror.progress().expect("readable"), None);
        let ann = || changed("17", Some(record("Ann Lee", "+14155550117")));
        let told = mirror.take_changes(vec![ann()], "one").expect("writable");
        assert_eq!(told, [ann()]);
        let told = mirror.take_changes(vec![ann()], "two").expect("writable");
        assert_eq!(told, [], "it was read again");
        assert_eq!(mirror.progress().expect("readable").as_deref(), Some("two"));
        let moved = changed("17", Some(record("Ann Lee", "+14155550118")));
        mirror.take_changes(vec![moved], "three").expect("writable");
        assert_eq!(mirror.find("+14155550117").expect("readable"), None);
        let found = mirror.find("+14155550118").expect("readable");
        assert_eq!(found.expect("there").name, "Ann Lee");
        let told = mirror.take_changes(vec![changed("17", None), changed("99", None)], "four");
        assert_eq!(told.expect("writable"), [changed("17", None)]);
        assert_eq!(mirror.find("+14155550118").expect("readable"), None);
        mirror.take_changes(vec![ann()], "five").expect("writable");
        mirror.forget_all().expect("writable");
        assert_eq!(mirror.progress().expect("readable"), None);
        assert_eq!(mirror.find("+14155550117").expect("readable"), None);
    }
}
