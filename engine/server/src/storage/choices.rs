//! The seam of whom people have chosen for a number.

use super::StoreError;

/// Keeps whom people have chosen in calls with a number. Its methods block: they are for threads.
pub trait Choices: Send + Sync {
    /// Somebody has chosen the customer of this id in a call with `phone` (E.164).
    fn learn(&self, phone: &str, customer_id: &str) -> Result<(), StoreError>;

    /// It was not them: they were never chosen there. Whether they were.
    fn unlearn(&self, phone: &str, customer_id: &str) -> Result<bool, StoreError>;

    /// Who was chosen there, the last one first.
    fn chosen(&self, phone: &str) -> Result<Vec<String>, StoreError>;
}
