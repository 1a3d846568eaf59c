//! Text cut into words, and patterns that fit them in spite of how a recogniser writes.
//!
//! A token is a word, a number, or one Chinese character; so one kind of pattern serves both languages,
//! and lines that mix them. Case, apostrophes, punctuation, contractions, full-width forms and
//! traditional characters are levelled out. Each token knows where it came from.

use std::ops::Range;

/// One word, number or Chinese character.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Token {
    /// Levelled: lower case, simplified, no apostrophe. Never empty.
    pub text: String,
    /// Its bytes in the text it was cut from. The parts of a contraction share theirs.
    pub span: Range<usize>,
    /// Whether punctuation, or a space between Chinese characters, stands before it.
    pub pause: bool,
}

impl Token {
    /// Whether it is a Chinese character.
    pub fn is_han(&self) -> bool {
        self.text.chars().next().is_some_and(is_han)
    }

    /// Whether it is a number in figures.
    pub fn is_figure(&self) -> bool {
        self.text.starts_with(|c: char| c.is_ascii_digit())
    }
}

/// Whether a character is written by Chinese readers without spaces.
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '〇')
}

/// Cuts `text` into tokens.
pub fn tokenise(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut word = String::new();
    let mut start = 0;
    let mut pause = false;
    let mut space = false;
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    for (i, &(at, raw)) in chars.iter().enumerate() {
        let c = level(raw);
        let next = chars.get(i + 1).map(|&(_, next)| level(next));
        let inner = match c {
            '\'' => next.is_some_and(char::is_alphabetic) && !word.is_empty(),
            '.' | ',' => {
                word.ends_with(|c: char| c.is_ascii_digit())
                    && next.is_some_and(|next| next.is_ascii_digit())
            }
            _ => c.is_alphanumeric() && !is_han(c),
        };
        if inner {
            if word.is_empty() {
                start = at;
            }
            if c != ',' {
                word.extend(c.to_lowercase());
            }
            continue;
        }
        if !word.is_empty() {
            push_word(&mut tokens, &word, start..at, &mut pause);
            word.clear();
            space = false;
        }
        let after_han = tokens.last().is_some_and(Token::is_han);
        if is_han(c) {
            let pause = std::mem::take(&mut pause) || (space && after_han);
            tokens.push(Token {
                text: c.to_string(),
                span: at..at + raw.len_utf8(),
                pause,
            });
            space = false;
        } else if is_hyphen(c) && between_numbers(&chars, i) {
            // `3-5 days`, `2026-05-07`, `三—五天`, `5/7`.
            let text = if c == '/' { "/" } else { "-" };
            tokens.push(Token {
                text: text.to_owned(),
                span: at..at + raw.len_utf8(),
                pause: std::mem::take(&mut pause),
            });
        } else if c.is_whitespace() {
            space = true;
        } else if !matches!(c, '-' | '‐' | '‑' | '$' | '%' | '"' | '\'') {
            pause = true;
        }
    }
    if !word.is_empty() {
        push_word(&mut tokens, &word, start..text.len(), &mut pause);
    }
    tokens
}

fn push_word(tokens: &mut Vec<Token>, word: &str, span: Range<usize>, pause: &mut bool) {
    if word == "mail"
        && let Some(last) = tokens.last_mut()
        && last.text == "e"
        && !*pause
    {
        last.text = "email".to_owned();
        last.span.end = span.end;
        return;
    }
    for part in expand(word) {
        tokens.push(Token {
            text: part.replace('\'', ""),
            span: span.clone(),
            pause: std::mem::take(pause),
        });
    }
}

/// Full-width to plain, curly to straight, traditional to simplified.
fn level(c: char) -> char {
    match c {
        '’' | '‘' | '＇' => '\'',
        '～' | '〜' => '~',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => simplified(c),
    }
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '–' | '—' | '~' | '/' | '‐' | '‑')
}

fn between_numbers(chars: &[(usize, char)], at: usize) -> bool {
    let numeral =
        |c: char| level(c).is_ascii_digit() || "一二三四五六七八九十两".contains(level(c));
    let before = chars[..at].iter().rev().map(|&(_, c)| c);
    let after = chars[at + 1..].iter().map(|&(_, c)| c);
    let near = |c: &char| !c.is_whitespace();
    before.clone().find(near).is_some_and(numeral) && after.clone().find(near).is_some_and(numeral)
}

/// A contraction's words. Recognisers write them with and without the apostrophe.
fn expand(word: &str) -> Vec<&str> {
    match word {
        "won't" | "wont" => return vec!["will", "not"],
        "can't" | "cant" | "cannot" => return vec!["can", "not"],
        "dont" => return vec!["do", "not"],
        "doesnt" => return vec!["does", "not"],
        "didnt" => return vec!["did", "not"],
        "isnt" => return vec!["is", "not"],
        "i'm" | "im" => return vec!["i", "am"],
        "let's" | "lets" => return vec!["let", "us"],
        "gonna" => return vec!["going", "to"],
        "wanna" => return vec!["want", "to"],
        "youll" => return vec!["you", "will"],
        "ive" => return vec!["i", "have"],
        "okay" => return vec!["ok"],
        _ => {}
    }
    for (ending, full) in [
        ("n't", "not"),
        ("'ll", "will"),
        ("'ve", "have"),
        ("'re", "are"),
        ("'d", "would"),
    ] {
        if let Some(base) = word.strip_suffix(ending).filter(|base| !base.is_empty()) {
            return vec![base, full];
        }
    }
    if let Some(base) = word.strip_suffix("'s").filter(|base| !base.is_empty()) {
        return match base {
            "it" | "that" | "there" | "here" | "he" | "she" | "what" | "who" | "how" | "where" => {
                vec![base, "is"]
            }
            _ => vec![base],
        };
    }
    vec![word]
}

/// Tokens that `…` in a pattern may stand for, at most.
const GAP: usize = 6;

/// Where `pattern` ends if it fits from token `at` on.
///
/// A pattern is words as tokens have them (`call you back`, `回电`). `…` stands for up to [`GAP`] tokens
/// that do not matter, `*` for any ending of an English word.
pub fn fits(tokens: &[Token], at: usize, pattern: &str) -> Option<usize> {
    let pattern = pattern.trim_start();
    if pattern.is_empty() {
        return Some(at);
    }
    if let Some(rest) = pattern.strip_prefix('…') {
        let last = (at + GAP).min(tokens.len());
        return (at..=last).find_map(|next| fits(tokens, next, rest));
    }
    let token = tokens.get(at)?;
    if let Some(rest) = pattern.strip_prefix(token.text.as_str())
        && (token.is_han()
            || !rest.starts_with(|c: char| c == '*' || c.is_alphanumeric() && !is_han(c)))
    {
        return fits(tokens, at + 1, rest);
    }
    let end = pattern.find([' ', '…']).unwrap_or(pattern.len());
    let stem = pattern[..end].strip_suffix('*')?;
    token
        .text
        .starts_with(stem)
        .then(|| fits(tokens, at + 1, &pattern[end..]))?
}

/// The end of the longest of `patterns` that fits from token `at` on.
pub fn fits_any(tokens: &[Token], at: usize, patterns: &[&str]) -> Option<usize> {
    patterns.iter().filter_map(|p| fits(tokens, at, p)).max()
}

/// The first place where one of `patterns` fits.
pub fn find(tokens: &[Token], patterns: &[&str]) -> Option<Range<usize>> {
    (0..tokens.len()).find_map(|at| Some(at..fits_any(tokens, at, patterns)?))
}

/// Whether one of `patterns` fits somewhere.
pub fn has(tokens: &[Token], patterns: &[&str]) -> bool {
    find(tokens, patterns).is_some()
}

/// How many of `patterns` fit somewhere.
pub fn count(tokens: &[Token], patterns: &[&str]) -> usize {
    patterns.iter().filter(|p| has(tokens, &[p])).count()
}

/// Traditional characters of everyday business, each before its simplified form.
const SCRIPTS: &str = "週周號号內内後后個个點点兩两會会給给電电話话發发資资郵邮聯联繫系處处辦办還还帳账賬账將将\
請请禮礼時时鐘钟間间業业費费萬万來来這这們们為为爲为務务單单報报價价訴诉員员師师門门維维檢检測测過过\
關关開开見见問问題题對对麼么嗎吗沒没說说謝谢網网寬宽帶带紅红燈灯綠绿變变從从應应當当現现馬马轉转換换\
補补償偿賠赔險险車车損损壞坏遞递遲迟達达貨货運运銀银凍冻結结盜盗錢钱額额餘余數数據据聽听樣样錯错難难\
嚴严誤误壓压戶户斷断線线機机碼码級级優优劃划計计實实寫写書书買买賣卖約约續续訂订購购繳缴納纳稅税決决\
調调復复複复覆复盡尽趕赶緊紧經经總总掛挂證证職职長长導导層层熱热氣气錶表幾几裡里裏里歲岁確确認认簽签\
協协議议鏈链審审執执隨随歸归壽寿醫医療疗傷伤駕驾撞撞產产權权責责賴赖滿满態态親亲聲声響响圖图傳传備备\
讓让試试選选擇择設设鍵键慣惯誰谁體体號号頻频連连接接穩稳順顺邊边圍围場场廠厂牽牵輛辆遺遗領领須须預预\
顯显驗验點点齊齐龍龙訊讯詢询誠诚課课論论該该詳详歡欢節节範范糧粮絡络統统給给絕绝級级終终組组細细練练\
覺觉觀观許许評评識识譯译護护貸贷貼贴賀贺賓宾贈赠贏赢軟软較较輕轻載载輸输農农鄉乡釋释鈔钞鎖锁錄录鏡镜\
閉闭閱阅隊队陽阳際际陸陆雜杂離离雲云靈灵靜静頁页頭头類类顧顾風风飛飞飯饭館馆駐驻駛驶騙骗鬧闹黨党齡龄";

fn simplified(c: char) -> char {
    if !is_han(c) {
        return c;
    }
    let mut pairs = SCRIPTS.chars();
    while let (Some(traditional), Some(simple)) = (pairs.next(), pairs.next()) {
        if traditional == c {
            return simple;
        }
    }
    c
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        let texts: Vec<String> = tokenise(text)
            .into_iter()
            .map(|t| {
                if t.pause {
                    format!("|{}", t.text)
                } else {
                    t.text
                }
            })
            .collect();
        texts.join(" ")
    }

    #[test]
    fn text_is_cut_and_levelled() {
        for (text, expected) in [
            ("I'll call you back, OK?", "i will call you back |ok"),
            (
                "We’re sorry, it’s the customer's fault",
                "we are sorry |it is the customer fault",
            ),
            (
                "we can't, won't and dont",
                "we can not |will not and do not",
            ),
            ("3-5 business days", "3 - 5 business days"),
            ("follow-up by e-mail", "follow up by email"),
            ("$1,299.50 on 5/7", "1299.50 on 5 / 7"),
            ("退款，３天內", "退 款 |3 天 内"),
            ("好的 星期4", "好 的 |星 期 4"),
            ("三—五天", "三 - 五 天"),
            ("用WiFi上网", "用 wifi 上 网"),
            ("", ""),
            ("...", ""),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn patterns_fit_words_gaps_and_endings() {
        for (text, pattern, expected) in [
            ("I will call you back", "call you back", true),
            ("I will recall you back", "call you back", false),
            ("they call younger people", "call you", false),
            ("send you our latest offer", "send … offer", true),
            (
                "send one two three four five six seven offer",
                "send … offer",
                false,
            ),
            ("she was overcharged", "overcharg*", true),
            ("she was charged", "overcharg*", false),
            ("我會給您回電話", "给您…电话", true),
            ("我会给您回电话", "回电", true),
            ("回到电", "回电", false),
        ] {
            assert_eq!(
                has(&tokenise(text), &[pattern]),
                expected,
                "{pattern} in {text}"
            );
        }
    }

    #[test]
    fn every_traditional_character_has_its_simplified_one() {
        assert_eq!(SCRIPTS.chars().count() % 2, 0);
        assert!(SCRIPTS.chars().all(is_han));
    }
}
