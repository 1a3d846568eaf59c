//! Texts of strangers: how long they may be, and how they are shown.

use std::borrow::Cow;

/// Longest text of an entry, in bytes.
pub const LONGEST: usize = 512;

/// Whether a terminal or an editor would do something else with `c` than show it: controls, and what is
/// invisible or turns the direction of the text around it.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// `text` on one line, with escapes such as `\u{202e}` for all that would not be seen as it is: nobody can
/// forge a line, or what stands in one, by the name of a call.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match is_hidden(c) {
            true => shown.extend(c.escape_default()),
            false => shown.push(c),
        }
    }
    shown.into()
}

/// Cuts `text` at the last character that ends within [`LONGEST`] bytes.
pub fn bound(text: &mut String) {
    let mut end = LONGEST.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_writes_to_the_terminal_of_who_reads() {
        for (said, shown) in [
            ("Müller, 退款 🙂", "Müller, 退款 🙂"),
            ("\u{1b}[2J", r"\u{1b}[2J"),
            ("two\nlines", r"two\nlines"),
            ("a\u{85}b\u{2028}c\u{2029}d", r"a\u{85}b\u{2028}c\u{2029}d"),
            ("txt.\u{202e}exe\u{2066}", r"txt.\u{202e}exe\u{2066}"),
            ("a\u{200b}b\u{200f}\u{feff}", r"a\u{200b}b\u{200f}\u{feff}"),
        ] {
            assert_eq!(printable(said), shown);
        }
    }

    #[test]
    fn texts_are_cut_between_characters() {
        for (text, left) in [("a".repeat(512), 512), ("a".repeat(513), 512)] {
            let mut cut = text.clone();
            bound(&mut cut);
            assert_eq!(cut.len(), left);
        }
        let mut cut = format!("a{}", "退".repeat(200));
        bound(&mut cut);
        assert_eq!(cut, format!("a{}", "退".repeat(170)));
    }
}
