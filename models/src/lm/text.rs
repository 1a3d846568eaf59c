//! Files and lines to sentences as the recogniser writes them: capitals, marks, figures.

use sidetone_language::fold::is_han;
use sidetone_language::itn;
use sidetone_language::lexicon::Lexicon;
use sidetone_types::lang::Lang;

/// Lines longer than this, in bytes, are cut into their sentences; shorter ones stay whole, so that
/// the model learns how one sentence follows another.
const LONG: usize = 240;

/// A text cannot be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TextError {
    /// It is sound, a picture, an archive, or text in another encoding.
    #[error("it is no text in UTF-8: turn it into plain text first")]
    Binary,
}

/// Something to learn from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Piece {
    /// One sentence or a few, from the beginning of what somebody says to its end.
    Sentence(String),
    /// Words from anywhere in a sentence.
    Fragment(String),
}

/// What can be learnt from the content of a file of plain text or Markdown: a piece for each line,
/// or several of a long one. Headings, tables and what has no letters are left out, and so are the
/// times and sides that `sidetone analyze` puts in front of what was said.
pub fn pieces(content: &[u8]) -> Result<Vec<Piece>, TextError> {
    if content.contains(&0) {
        return Err(TextError::Binary);
    }
    let text = str::from_utf8(content).map_err(|_| TextError::Binary)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.starts_with(['#', '|', '<', '+', '=', '~']));
    Ok(lines.flat_map(of_line).collect())
}

fn of_line(line: &str) -> Vec<Piece> {
    let plain = without_markup(without_side(line));
    let sentences = match plain.len() > LONG {
        true => sentences(&plain),
        false => vec![plain.as_str()],
    };
    sentences.into_iter().filter_map(piece).collect()
}

impl Piece {
    /// Its text.
    pub fn text(&self) -> &str {
        let (Self::Sentence(text) | Self::Fragment(text)) = self;
        text
    }

    /// Whether it is written in Chinese characters.
    pub fn is_chinese(&self) -> bool {
        is_chinese(self.text())
    }

    /// `line` as somebody said it; `None` if it has no letters.
    pub fn said(line: &str) -> Option<Self> {
        piece(line)
    }

    /// `phrase` as words from anywhere in a sentence.
    pub fn fragment(phrase: &str) -> Option<Self> {
        let phrase = phrase.trim();
        let legible = phrase.contains(char::is_alphabetic);
        legible.then(|| Self::Fragment(with_figures(phrase)))
    }
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(is_han)
}

/// A sentence if it begins like one.
fn piece(text: &str) -> Option<Piece> {
    let text = text.trim();
    if text.starts_with(char::is_lowercase) {
        return Piece::fragment(text);
    }
    if !text.contains(char::is_alphabetic) {
        return None;
    }
    let text = with_figures(text);
    let closed = text.ends_with(['.', '?', '!', '。', '？', '！', '…']);
    let mark = match is_chinese(&text) {
        _ if closed => "",
        true => "。",
        false => ".",
    };
    Some(Piece::Sentence(
        text.trim_end_matches([',', '，', ';', '；', ':', '：'])
            .to_owned()
            + mark,
    ))
}

/// Numbers as the recogniser writes them.
fn with_figures(text: &str) -> String {
    let lang = if is_chinese(text) { Lang::ZH } else { Lang::EN };
    itn::written(text, &itn::numbers(text, lang, &Lexicon::built_in()))
}

/// What was said, of a line that has a time and a side in front: `00:05.6 customer  I was …`,
/// `客户：我要…`.
fn without_side(line: &str) -> &str {
    const SIDES: [&str; 8] = [
        "agent", "customer", "caller", "client", "客服", "坐席", "客户", "顾客",
    ];
    let clock = |c: char| c.is_ascii_digit() || matches!(c, ':' | '.' | '[' | ']');
    let rest = line.trim_start_matches(clock).trim_start();
    let lower = rest.to_ascii_lowercase();
    let side = SIDES.iter().find(|side| lower.starts_with(**side));
    let Some(side) = side else {
        return line;
    };
    let after = &rest[side.len()..];
    match after.strip_prefix([':', '：']) {
        Some(said) => said.trim_start(),
        // Without a colon only where a time stood before it: "customer service" is no side.
        None if rest.len() < line.len() && after.starts_with("  ") => after.trim_start(),
        None => line,
    }
}

/// A line of Markdown without its signs.
fn without_markup(line: &str) -> String {
    let rest = line.trim_start_matches(['-', '*', '>', '•', ' ']);
    let number = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = match number
        .strip_prefix(". ")
        .or_else(|| number.strip_prefix(") "))
    {
        Some(item) if number.len() < rest.len() => item,
        _ => rest,
    };
    let mut plain = String::new();
    let mut rest = rest;
    // [words](address)
    while let Some(at) = rest.find("](") {
        let Some(end) = rest[at..].find(')') else {
            break;
        };
        plain.push_str(&rest[..at]);
        rest = &rest[at + end + 1..];
    }
    plain.push_str(rest);
    plain.retain(|c| !matches!(c, '*' | '`' | '[' | ']' | '"' | '“' | '”'));
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Cut behind what ends a sentence.
fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((at, mark)) = rest.char_indices().find(|(at, c)| {
        let wide = matches!(c, '。' | '？' | '！');
        let narrow = matches!(c, '.' | '?' | '!') && rest[at + 1..].starts_with(' ');
        wide || narrow
    }) {
        let (sentence, after) = rest.split_at(at + mark.len_utf8());
        found.push(sentence);
        rest = after.trim_start();
    }
    found.push(rest);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(text: &str) -> Piece {
        Piece::Sentence(text.to_owned())
    }

    fn fragment(text: &str) -> Piece {
        Piece::Fragment(text.to_owned())
    }

    #[test]
    fn lines_become_what_the_recogniser_would_write() {
        for (line, expected) in [
            (
                "I want my money back",
                vec![sentence("I want my money back.")],
            ),
            ("Is that so?", vec![sentence("Is that so?")]),
            ("我要退款", vec![sentence("我要退款。")]),
            ("charged twice", vec![fragment("charged twice")]),
            (
                "It costs forty nine dollars.",
                vec![sentence("It costs $49.")],
            ),
            ("# Billing", vec![]),
            ("", vec![]),
            ("---", vec![]),
            ("12 345", vec![]),
            (
                "1. Open **Payments** and [compare](https://example.org) both.",
                vec![sentence("Open Payments and compare both.")],
            ),
            ("- Read it out", vec![sentence("Read it out.")]),
            (
                "00:05.6 customer  I was charged twice.",
                vec![sentence("I was charged twice.")],
            ),
            ("Agent: Hello.", vec![sentence("Hello.")]),
            ("客户：我要退款。", vec![sentence("我要退款。")]),
            (
                "Customer service is closed.",
                vec![sentence("Customer service is closed.")],
            ),
        ] {
            assert_eq!(pieces(line.as_bytes()), Ok(expected), "{line}");
        }
    }

    #[test]
    fn long_lines_are_cut_at_the_end_of_sentences() {
        let line = "I paid $3.50 for it. ".repeat(20);
        let found = pieces(line.as_bytes()).expect("it is text");
        assert_eq!(found, vec![sentence("I paid $3.50 for it."); 20]);
        let line = "我要退款。".repeat(60);
        let found = pieces(line.as_bytes()).expect("it is text");
        assert_eq!(found, vec![sentence("我要退款。"); 60]);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for bytes in [&b"RIFF\0\0WAVE"[..], &[0xff, 0xfe, b'a'], &[0xe9, b'!']] {
            assert_eq!(pieces(bytes), Err(TextError::Binary));
        }
    }
}
