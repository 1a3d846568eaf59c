//! Chinese in the characters the caller reads.

use std::fmt;

use ferrous_opencc::OpenCC;
use ferrous_opencc::config::BuiltinConfig;
use sidetone_types::lang::ChineseScript;
use sidetone_types::recognise::Word;

/// Writes Chinese in one script: Whisper mixes both, and spells traditional Chinese as Taiwan does.
pub struct Scripts {
    simplify: OpenCC,
    traditionalise: OpenCC,
}

impl fmt::Debug for Scripts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scripts")
    }
}

impl Scripts {
    /// Unpacks the dictionaries, which takes a moment: make it once.
    pub fn new() -> Result<Self, ferrous_opencc::error::OpenCCError> {
        Ok(Self {
            simplify: OpenCC::from_config(BuiltinConfig::Tw2s)?,
            traditionalise: OpenCC::from_config(BuiltinConfig::S2tw)?,
        })
    }

    /// Rewrites `words` in `script`, with the punctuation that goes with it. Their bounds, times
    /// and tokens stay.
    pub fn rewrite(&self, words: &mut [Word], script: ChineseScript) {
        let text: String = words.iter().map(|word| word.text.as_str()).collect();
        let rewritten = self.convert(&text, script);
        // Which character is right may depend on its neighbours, in other words too, so all are
        // converted at once. Where that changes the number of characters, they cannot be assigned
        // to words: then each word on its own.
        if rewritten.chars().count() == text.chars().count() {
            let mut rest = rewritten.chars();
            for word in &mut *words {
                let characters = word.text.chars().count();
                word.text = rest.by_ref().take(characters).collect();
            }
        } else {
            for word in &mut *words {
                word.text = self.convert(&word.text, script);
            }
        }
        punctuate(words);
    }

    fn convert(&self, text: &str, script: ChineseScript) -> String {
        match script {
            ChineseScript::Traditional => self.traditionalise.convert(text),
            ChineseScript::Simplified => {
                let simplified = self.simplify.convert(text);
                if simplified.chars().count() != text.chars().count() {
                    return simplified;
                }
                // The dictionary takes 么 for traditional too, where it is another way to write 幺;
                // what is simplified already would become 什幺.
                let pairs = text.chars().zip(simplified.chars());
                pairs
                    .map(|(before, after)| if before == '么' { before } else { after })
                    .collect()
            }
        }
    }
}

/// Makes the marks that stand behind a Chinese character full width: Whisper writes either kind.
fn punctuate(words: &mut [Word]) {
    let mut last = ' ';
    for word in words {
        let wide = |c: char| {
            let mark = match c {
                ',' => '，',
                '?' => '？',
                '!' => '！',
                ';' => '；',
                ':' => '：',
                _ => c,
            };
            let is_han = matches!(last, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}');
            last = c;
            if is_han { mark } else { c }
        };
        word.text = word.text.chars().map(wide).collect();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn words(texts: &[&str]) -> Vec<Word> {
        let word = |text: &&str| Word {
            text: (*text).to_owned(),
            start: Duration::ZERO,
            end: Duration::ZERO,
            confidence: 1.0,
            tokens: Vec::new(),
        };
        texts.iter().map(word).collect()
    }

    #[test]
    fn words_change_script_and_keep_their_bounds() {
        let scripts = Scripts::new().expect("the dictionaries are built in");
        for (script, before, after) in [
            (
                ChineseScript::Simplified,
                vec!["謝", "謝", "您，", "發", "票"],
                vec!["谢", "谢", "您，", "发", "票"],
            ),
            (
                ChineseScript::Simplified,
                vec!["隨", "著", "著", "名"],
                vec!["随", "着", "著", "名"],
            ),
            (
                ChineseScript::Simplified,
                vec!["谢谢", " iPhone"],
                vec!["谢谢", " iPhone"],
            ),
            (
                ChineseScript::Traditional,
                vec!["发", "票。"],
                vec!["發", "票。"],
            ),
            (
                ChineseScript::Traditional,
                vec!["头", "发"],
                vec!["頭", "髮"],
            ),
            (
                ChineseScript::Simplified,
                vec!["有", "什", "么", "怎", "麼"],
                vec!["有", "什", "么", "怎", "么"],
            ),
            (
                ChineseScript::Simplified,
                vec!["好", "的", ",", "OK,", "两", "次?"],
                vec!["好", "的", "，", "OK,", "两", "次？"],
            ),
            (ChineseScript::Simplified, vec![], vec![]),
        ] {
            let mut got = words(&before);
            scripts.rewrite(&mut got, script);
            assert_eq!(got, words(&after), "{before:?}");
        }
    }
}
