//! Words that the recogniser itself doubts: a note says so where it quotes them.

use sidetone_language::fold::is_han;

use super::sentence::Sentence;

/// Stands behind words that may well be wrong.
const MARK: &str = " (?)";
/// Shorter words are not marked, nor is a single Chinese character: they seldom decide what a
/// sentence says.
const SHORTEST: usize = 4;
/// A sentence of which more than this share is doubtful is marked once, at its end.
const MOST: f32 = 0.4;

impl Sentence {
    /// How much of it is doubtful, in [0, 1].
    pub fn doubt(&self) -> f32 {
        let doubtful: usize = self.doubtful.iter().map(ExactSizeIterator::len).sum();
        doubtful as f32 / self.text.len().max(1) as f32
    }

    /// Its text from the byte `from` on, as a note quotes it: doubtful words are marked.
    pub fn told(&self, from: usize) -> String {
        let text = &self.text[from..];
        if self.doubt() > MOST {
            return with_mark(text);
        }
        let mut told = String::new();
        let mut at = from;
        let mut words = self
            .doubtful
            .iter()
            .filter(|word| word.start >= from)
            .peekable();
        while let Some(word) = words.next() {
            // One mark for words side by side.
            let mut end = word.end;
            while let Some(next) =
                words.next_if(|next| self.text[end..next.start].trim().is_empty())
            {
                end = next.end;
            }
            let run = &self.text[word.start..end];
            told.push_str(&self.text[at..word.start]);
            at = end;
            told.push_str(&match tells(run) {
                true => with_mark(run),
                false => run.to_owned(),
            });
        }
        told + &self.text[at..]
    }
}

/// Whether it matters that a run of words is wrong.
fn tells(run: &str) -> bool {
    let letters = run.chars().filter(|c| c.is_alphanumeric());
    letters
        .map(|c| if is_han(c) { SHORTEST / 2 } else { 1 })
        .sum::<usize>()
        >= SHORTEST
}

/// The text with a mark behind it, before a stop at its end.
fn with_mark(text: &str) -> String {
    let words = text.trim_end_matches(|c: char| !c.is_alphanumeric());
    format!("{words}{MARK}{}", &text[words.len()..])
}

#[cfg(test)]
mod tests {
    use super::super::facts::Line;
    use super::super::sentence::sentences;
    use sidetone_language::lexicon::Lexicon;
    use sidetone_types::lang::Lang;
    use sidetone_types::party::Side;
    use sidetone_types::time::MediaTime;

    /// Words in `<>` are doubtful.
    fn told(marked: &str) -> Vec<String> {
        let mut line = Line {
            side: Side::Customer,
            lang: Lang::EN,
            start: MediaTime::ZERO,
            end: MediaTime::from_millis(500),
            text: String::new(),
            doubtful: Vec::new(),
        };
        for (at, part) in marked.split(['<', '>']).enumerate() {
            let start = line.text.len();
            line.text.push_str(part);
            if at % 2 == 1 {
                line.doubtful.push(start..line.text.len());
            }
        }
        let sentences = sentences(&[line], &Lexicon::built_in());
        sentences.iter().map(|sentence| sentence.told(0)).collect()
    }

    #[test]
    fn doubtful_words_are_marked_and_little_ones_are_not() {
        for (marked, expected) in [
            ("I was charged twice.", vec!["I was charged twice."]),
            (
                "Hello. I was charged <right> on <my> bill.",
                vec!["Hello.", "I was charged right (?) on my bill."],
            ),
            ("I want a <refund.>", vec!["I want a refund (?)."]),
            (
                "please send the <nuzhat> <zaman> order to me",
                vec!["please send the nuzhat zaman (?) order to me"],
            ),
            (
                "<I've> been <to> town today",
                vec!["I've been to town today"],
            ),
            ("<when> <it> <was> so", vec!["when it was so (?)"]),
            (
                "我这个月的话<费>被你们重复扣了",
                vec!["我这个月的话费被你们重复扣了"],
            ),
            (
                "我要<退><款>，今天就要办好。",
                vec!["我要退款 (?)，今天就要办好。"],
            ),
        ] {
            assert_eq!(told(marked), expected, "{marked}");
        }
    }
}
