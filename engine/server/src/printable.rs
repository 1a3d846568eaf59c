//! What others have said, as a terminal may have it.

use std::borrow::Cow;

use sidetone_types::controls::controls;

/// `text` on one line, with escapes such as `\u{1b}` in place of control characters, of those that turn
/// the direction of the text around them, and of those that nobody sees: whoever sends them would write to the
/// reader's terminal, or be taken for somebody else.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(controls) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match controls(c) {
            true => shown.extend(c.escape_default()),
            false => shown.push(c),
        }
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_writes_to_the_terminal_of_who_reads() {
        for (said, shown) in [
            ("Müller, 退款 🙂", "Müller, 退款 🙂"),
            ("\u{1b}[31mred\u{7}", r"\u{1b}[31mred\u{7}"),
            ("two\r\nlines", r"two\r\nlines"),
            ("\u{9b}2J", r"\u{9b}2J"),
            ("txt.\u{202e}exe", r"txt.\u{202e}exe"),
            (
                "\u{200f}ann\u{200b}\u{e0041}",
                r"\u{200f}ann\u{200b}\u{e0041}",
            ),
            (
                "می\u{200c}خواهم 👩\u{200d}💻",
                "می\u{200c}خواهم 👩\u{200d}💻",
            ),
        ] {
            assert_eq!(printable(said), shown);
        }
    }
}
