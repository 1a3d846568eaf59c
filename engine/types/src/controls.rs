//! Characters that do something else than stand for themselves.

/// Whether `c` is a control character, ends a line, or turns the direction of what follows.
pub fn controls(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
