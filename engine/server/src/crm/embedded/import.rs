//! Customers of a table, taken in.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use rusqlite::TransactionBehavior;
use tracing::{info, warn};

use super::customers::{Customers, Record};
use super::sheet::{SheetError, SheetRow, read_sheet};
use super::{Embedded, EmbeddedError};

/// So many are kept at once, so that a call is not kept waiting.
const AT_ONCE: usize = 500;

/// What became of a table.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Imported {
    /// Customers that are new.
    pub added: u64,
    /// Customers of whom something else is known now.
    pub changed: u64,
    /// Customers who stay as they are.
    pub same: u64,
    /// Rows that were left out: why, each with its line. At most [`Imported::TOLD`] of them.
    pub refused: Vec<String>,
    /// How many rows were left out.
    pub left_out: u64,
}

impl Imported {
    /// So many rows are told of.
    pub const TOLD: usize = 20;
}

impl Embedded {
    /// Takes in a table, row by row. A row is of the customer whose id it gives, else of the one who has one of its numbers under the
    /// same name, else of a new one; so a table that is taken in twice is there once. What a row does
    /// not say of a customer stays. `progress` is told how many rows were read.
    ///
    /// # Errors
    ///
    /// The database fails, or the table breaks off: what was read before is kept.
    pub fn import(
        &self,
        rows: impl Iterator<Item = Result<SheetRow, SheetError>>,
        mut progress: impl FnMut(u64),
    ) -> Result<Imported, ImportError> {
        let mut imported = Imported::default();
        let mut read = 0;
        let mut some = Vec::with_capacity(AT_ONCE);
        for row in rows {
            read += 1;
            match row {
                Ok(row) => some.push(row),
                Err(error @ SheetError::Row { .. }) => {
                    imported.left_out += 1;
                    if imported.refused.len() < Imported::TOLD {
                        imported.refused.push(error.to_string());
                    }
                }
                Err(error) => {
                    self.take_in(&some, &mut imported)?;
                    return Err(error.into());
                }
            }
            if some.len() == AT_ONCE {
                self.take_in(&some, &mut imported)?;
                some.clear();
                progress(read);
            }
        }
        self.take_in(&some, &mut imported)?;
        progress(read);
        Ok(imported)
    }

    /// Takes in the table at `file`; numbers without a country are of `region`.
    ///
    /// # Errors
    ///
    /// There is no such table, or it was not taken in as a whole.
    pub fn import_file(
        &self,
        file: &Path,
        region: &str,
        progress: impl FnMut(u64),
    ) -> Result<Imported, ContactsError> {
        let wrong = |what: String| ContactsError {
            file: file.to_owned(),
            what,
        };
        let opened = File::open(file).map_err(|error| wrong(error.to_string()))?;
        let rows = read_sheet(BufReader::new(opened), region);
        let rows = rows.map_err(|error| wrong(error.to_string()))?;
        let imported = self.import(rows, progress);
        imported.map_err(|error| wrong(error.to_string()))
    }

    /// Takes in what `crm.contacts` names, if it names anything, and says in the log what became of it.
    pub(crate) fn import_configured(&self, file: &Path, region: &str) -> Result<(), ContactsError> {
        if file.as_os_str().is_empty() {
            return Ok(());
        }
        let Imported {
            added,
            changed,
            same,
            refused,
            left_out,
        } = self.import_file(file, region, |_| ())?;
        for problem in refused {
            warn!(problem, "a row of `crm.contacts` is left out");
        }
        let file = file.display();
        info!(%file, added, changed, same, left_out, "customers are taken in");
        Ok(())
    }

    fn take_in(&self, rows: &[SheetRow], imported: &mut Imported) -> Result<(), EmbeddedError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let customers = self.customers(&transaction);
        for row in rows {
            let count = match take_one(customers, row)? {
                Taken::Added => &mut imported.added,
                Taken::Changed => &mut imported.changed,
                Taken::Same => &mut imported.same,
            };
            *count += 1;
        }
        transaction.commit()?;
        Ok(())
    }
}

/// A table was not taken in as a whole.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It breaks off.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] EmbeddedError),
}

/// Customers of a file were not taken in, or not all.
#[derive(Debug, thiserror::Error)]
#[error("cannot take in the customers of {file}: {what}")]
pub struct ContactsError {
    file: PathBuf,
    what: String,
}

enum Taken {
    Added,
    Changed,
    Same,
}

fn take_one(customers: Customers<'_>, row: &SheetRow) -> Result<Taken, EmbeddedError> {
    let mut known = match &row.customer_id {
        Some(id) => customers.get(id)?,
        None => None,
    };
    if row.customer_id.is_none() {
        for phone in &row.record.phones {
            let mut of_number = customers.with_number(phone)?.into_iter();
            known = known.or_else(|| of_number.find(|kept| kept.record.name == row.record.name));
        }
    }
    let id = match (&row.customer_id, &known) {
        (Some(id), _) => id.clone(),
        (None, Some(kept)) => kept.customer_id.clone(),
        (None, None) => {
            let said = format!("{}\n{}", row.record.name, row.record.phones.join("\n"));
            format!("N-{}", &customers.found_by(&said)[..12])
        }
    };
    let known = match known {
        None => customers.get(&id)?,
        known => known,
    };
    let record = match &known {
        Some(kept) => over(&kept.record, &row.record),
        None => row.record.clone(),
    };
    match known {
        Some(kept) if kept.record == record => Ok(Taken::Same),
        Some(kept) => {
            customers.put(&id, &record, kept.revision)?;
            Ok(Taken::Changed)
        }
        None => {
            customers.put(&id, &record, 0)?;
            Ok(Taken::Added)
        }
    }
}

/// What is known once a row is taken in: its words, and those of before where it has none.
fn over(before: &Record, row: &Record) -> Record {
    let text = |row: &String, before: &String| match row.is_empty() {
        true => before.clone(),
        false => row.clone(),
    };
    let mut phones = row.phones.clone();
    phones.extend(
        before
            .phones
            .iter()
            .filter(|one| !row.phones.contains(one))
            .cloned(),
    );
    let mut preferences = before.preferences.clone();
    preferences.extend(row.preferences.clone());
    Record {
        name: text(&row.name, &before.name),
        phones,
        email: text(&row.email, &before.email),
        tier: text(&row.tier, &before.tier),
        preferences,
    }
}
