//! Characters that do something else than stand for themselves.

/// Whether `c` is a control character, ends a line, turns the direction of the text around it, or is
/// not seen at all. What joins letters (Persian, emoji) is none of these.
pub fn controls(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}'
        )
}
