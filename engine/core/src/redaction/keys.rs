//! Keys that are pressed: in menus one at a time, codes and cards many in a row.

use std::collections::BTreeMap;
use std::time::Duration;

use sidetone_types::time::MediaTime;

/// What stands for a key that is not told.
const HIDDEN: char = '?';
/// Keys within this time of each other belong together.
const TOGETHER: Duration = Duration::from_secs(6);
/// More keys than this in a row may be no choice from a menu, but a short code.
const MENU: u32 = 1;

/// The keys of each leg.
#[derive(Default)]
pub(super) struct Keys {
    /// When the last was pressed on a leg, and how many in a row by then.
    rows: BTreeMap<usize, (MediaTime, u32)>,
}

impl Keys {
    /// What a key is told as.
    pub fn told(&mut self, (leg, key): (usize, char), at: MediaTime, expecting: bool) -> char {
        let row = self.rows.entry(leg).or_insert((at, 0));
        let count = match at.since(row.0) <= TOGETHER {
            true => row.1 + 1,
            false => 1,
        };
        *row = (at, count);
        let secret = expecting || count > MENU;
        if secret && key.is_ascii_digit() {
            HIDDEN
        } else {
            key
        }
    }
}
