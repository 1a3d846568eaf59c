//! Tests that need a program which is not installed everywhere.

use std::io::{self, Write as _};

/// Says that a test is skipped, and why. Where `SIDETONE_CI` is set it fails: nothing is skipped
/// there.
///
/// # Panics
///
/// If `SIDETONE_CI` is set.
pub fn skip(why: &str) {
    assert!(
        std::env::var_os("SIDETONE_CI").is_none(),
        "skipped, which CI does not accept: {why}"
    );
    // Not by print: the test harness would keep that to itself.
    let told = writeln!(io::stderr(), "\nSKIPPED: {why}");
    told.expect("standard error");
}
