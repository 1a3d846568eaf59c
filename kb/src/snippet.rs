//! The sentence of an article to show beside its title.

use std::collections::HashSet;

use tantivy::tokenizer::TextAnalyzer;

/// Longest snippet, in characters. Two lines on an agent's screen.
const LONGEST: usize = 160;

/// The sentence of a Markdown text with the most of the wanted words; the first one if none has
/// any.
///
/// `wanted` are words as `analyzer` makes them. The result is plain text.
pub(crate) fn best_sentence(
    markdown: &str,
    wanted: &HashSet<&str>,
    analyzer: &mut TextAnalyzer,
) -> String {
    let mut best = String::new();
    let mut most = 0;
    for sentence in sentences(markdown) {
        let mut found: HashSet<&str> = HashSet::new();
        analyzer.token_stream(&sentence).process(&mut |token| {
            found.extend(wanted.get(token.text.as_str()));
        });
        if found.len() > most || best.is_empty() {
            most = found.len();
            best = sentence;
        }
    }
    shorten(best)
}

/// Plain sentences. The marks of headings, lists and quotes go, and so does emphasis.
fn sentences(markdown: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    for line in markdown.lines() {
        let line = without_list_mark(line).replace(['*', '`'], "");
        let mut rest = line.trim();
        while !rest.is_empty() {
            let (sentence, after) = rest.split_at(end_of_sentence(rest));
            sentences.push(sentence.to_owned());
            rest = after.trim_start();
        }
    }
    sentences
}

fn without_list_mark(line: &str) -> &str {
    let line = line.trim_start().trim_start_matches(['#', '>', '-', ' ']);
    let after_number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    match after_number.strip_prefix(". ") {
        Some(item) if after_number.len() < line.len() => item,
        _ => line,
    }
}

/// Byte after the first sentence. A Latin full stop needs a space after it: "5.5" goes on.
fn end_of_sentence(text: &str) -> usize {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|&(_, c)| c);
        let ends = match c {
            '。' | '！' | '？' => next != Some('”'),
            '.' | '!' | '?' => next.is_some_and(char::is_whitespace),
            _ => false,
        };
        if ends {
            return at + c.len_utf8();
        }
    }
    text.len()
}

fn shorten(mut text: String) -> String {
    if let Some((cut, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(cut);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::analyzer;
    use sidetone_types::lang::Lang;

    #[test]
    fn the_sentence_with_the_most_wanted_words_is_shown_as_plain_text() {
        let english =
            "# Steps\n\n1. Open **Payments**. It costs 5.50 now.\n2. Press `Refund payment`!";
        let mandarin = "1. 打开**缴费记录**。两笔相同时退款。\n\n- 写入工单。";
        for (lang, markdown, wanted, expected) in [
            (
                Lang::EN,
                english,
                &["refund", "payment"][..],
                "Press Refund payment!",
            ),
            (Lang::EN, english, &["cost"], "It costs 5.50 now."),
            (Lang::EN, english, &["router"], "Steps"),
            (Lang::ZH, mandarin, &["退款"], "两笔相同时退款。"),
            (Lang::ZH, mandarin, &["写入"], "写入工单。"),
            (Lang::ZH, mandarin, &[], "打开缴费记录。"),
        ] {
            let wanted = wanted.iter().copied().collect();
            let snippet = best_sentence(markdown, &wanted, &mut analyzer(lang));
            assert_eq!(snippet, expected);
        }
    }

    #[test]
    fn a_long_sentence_is_cut_between_characters() {
        let snippet = best_sentence(&"网".repeat(500), &HashSet::new(), &mut analyzer(Lang::ZH));
        assert_eq!(snippet.chars().count(), LONGEST + 1);
        assert!(snippet.ends_with("网…"));
    }
}
