//! Characters that do something else than stand for themselves.

/// Whether nothing of a text is seen: spaces, and letters that look like some.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| {
        c.is_whitespace()
            || controls(c)
            || matches!(
                c,
                '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                    | '\u{180b}'..='\u{180f}' | '\u{200c}' | '\u{200d}' | '\u{2800}' | '\u{3164}'
                    | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{e0100}'..='\u{e01ef}'
            )
    })
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_what_is_not_seen_is_blank() {
        for blank in [
            "",
            " ",
            "\u{3164}",
            "\u{2800}\u{fe0f}",
            "\u{ad} \u{200d}",
            "\u{200b}",
        ] {
            assert!(is_blank(blank), "{blank:?}");
        }
        for seen in ["x", "好", "?", "\u{2764}\u{fe0f}", "می‌شود"] {
            assert!(!is_blank(seen), "{seen:?}");
        }
    }
}
