//! Which fields are searched, how text becomes words, and which words say nothing.
//!
//! Each language has fields of its own, so that "no" of one is not counted with "no" of another.
//!
//! | | cut by | then |
//! |---|---|---|
//! | English | runs of letters and digits, Han characters left out | lower case, stop words, stems |
//! | Mandarin | jieba's dictionary, in search mode | lower case, stop words, stems |
//!
//! Mandarin has stems too, because it borrows: "WiFi 断线", "这个 plan". Articles and queries pass the
//! same analyzer, or their words would not meet.

use std::sync::{Arc, LazyLock};

use cang_jie::{CangJieTokenizer, TokenizerOption};
use jieba_rs::Jieba;
use tantivy::schema::{Field, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{
    Language, LowerCaser, RegexTokenizer, RemoveLongFilter, Stemmer, StopWordFilter, TextAnalyzer,
    TokenizerManager,
};

use crate::article::Lang;

/// A word in a trigger is a caller's own word; one in the title names the topic; one in the body may be
/// there by the way.
const TRIGGERS_WEIGHT: f32 = 3.0;
const TITLE_WEIGHT: f32 = 2.0;
const BODY_WEIGHT: f32 = 1.0;

/// Longer "words", in bytes, are noise. The longest of jieba's dictionary has 16 characters of 3 bytes.
const LONGEST_WORD: usize = 64;

/// 5 MB of words and their frequencies, the same for every index: unpacking them takes about 0.3 s, so it
/// is done once, when the first index is built.
static JIEBA: LazyLock<Arc<Jieba>> = LazyLock::new(|| Arc::new(Jieba::new()));

/// What people say in any call. Negations stay: "no internet" is not "internet".
const ENGLISH_STOP_WORDS: &str = "a about all also am an and any are as at be been being but by can \
    can't could did do does doesn't don't for from get getting go going gonna got had has have he \
    hello hey hi him his how i i'd i'll i'm i've if in into is isn't it it's its just keep kind know \
    let like look me mean my of oh okay on or our out please really right said say see she should \
    so some something sorry such sure tell than thank thanks that that's the their them then there \
    there's these they thing things think this those to uh um up us very wanna want was we we're \
    we've well were what what's when where which who why will with would yeah yes you you're you've \
    your";

/// Particles, pronouns, measure words and courtesies. Negations (不, 没) stay, as in English.
const MANDARIN_STOP_WORDS: &str = "的 了 是 在 我 你 您 他 她 它 我们 你们 您们 他们 她们 它们 咱们 这 那 这个 那个 \
    这些 那些 这里 那里 这边 那边 这样 那样 就 就是 也 都 和 跟 与 及 或 或者 还 还是 还有 又 再 把 被 给 让 对 从 到 \
    向 往 吧 吗 呢 啊 呀 哦 嗯 哎 喂 嘛 啦 哈 个 一个 一下 一些 有 很 太 会 能 可以 要 想 说 请 问 请问 请您 麻烦 你好 您好 \
    谢谢 好 好的 对不起 不好意思 什么 怎么 怎么样 为什么 因为 所以 如果 但是 可是 然后 现在 已经 一直 真的 觉得 知道 帮 帮我";

/// The fields of one language.
pub(crate) struct LangFields {
    pub title: Field,
    pub triggers: Field,
    /// The body, and what the agent may say.
    pub body: Field,
}

/// The fields of the index.
pub(crate) struct Fields {
    en: LangFields,
    zh: LangFields,
    /// The article's place in the list it was built from.
    pub place: Field,
}

impl LangFields {
    /// Each field, and how much a word in it counts.
    pub fn weighted(&self) -> [(Field, f32); 3] {
        [
            (self.triggers, TRIGGERS_WEIGHT),
            (self.title, TITLE_WEIGHT),
            (self.body, BODY_WEIGHT),
        ]
    }
}

impl Fields {
    pub fn of(&self, lang: Lang) -> &LangFields {
        match lang {
            Lang::En => &self.en,
            Lang::Zh => &self.zh,
        }
    }
}

/// The schema, and its fields by name.
pub(crate) fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let mut fields_of = |lang| {
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(analyzer_name(lang))
            .set_index_option(IndexRecordOption::WithFreqs); // no positions: no phrase is searched
        let options = TextOptions::default().set_indexing_options(indexing);
        let mut field = |name| {
            let name = format!("{name}_{}", analyzer_name(lang));
            schema.add_text_field(&name, options.clone())
        };
        LangFields {
            title: field("title"),
            triggers: field("triggers"),
            body: field("body"),
        }
    };
    let (en, zh) = (fields_of(Lang::En), fields_of(Lang::Zh));
    let place = schema.add_u64_field("place", STORED);
    (schema.build(), Fields { en, zh, place })
}

/// The analyzers that the schema's fields ask for by name.
pub(crate) fn tokenizers() -> TokenizerManager {
    let tokenizers = TokenizerManager::default(); // `place` asks for one of these, though it has no text
    for lang in [Lang::En, Lang::Zh] {
        tokenizers.register(analyzer_name(lang), analyzer(lang));
    }
    tokenizers
}

fn analyzer_name(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "en",
        Lang::Zh => "zh",
    }
}

/// What turns text of that language into words.
///
/// Mandarin keeps punctuation as words of its own: nobody asks for them, see [`crate::query`].
pub(crate) fn analyzer(lang: Lang) -> TextAnalyzer {
    match lang {
        Lang::En => {
            // "router坏了" has one English word, and "router's" is one word.
            let word = r"[\p{L}\p{M}\p{N}&&[^\p{Han}]]+(?:'[\p{L}\p{M}&&[^\p{Han}]]+)*";
            TextAnalyzer::builder(RegexTokenizer::new(word).expect("the pattern is well formed"))
                .filter(RemoveLongFilter::limit(LONGEST_WORD))
                .filter(LowerCaser)
                .filter(stop_words())
                .filter(Stemmer::new(Language::English))
                .build()
        }
        Lang::Zh => {
            // Without the hidden Markov model: it would join unknown characters one way in an article and
            // another way in a misheard sentence. As single characters they still meet.
            let cut = CangJieTokenizer {
                worker: Arc::clone(&JIEBA),
                option: TokenizerOption::ForSearch { hmm: false },
            };
            TextAnalyzer::builder(cut)
                .filter(RemoveLongFilter::limit(LONGEST_WORD))
                .filter(LowerCaser)
                .filter(stop_words())
                .filter(Stemmer::new(Language::English))
                .build()
        }
    }
}

fn stop_words() -> StopWordFilter {
    let words = ENGLISH_STOP_WORDS
        .split_whitespace()
        .chain(MANDARIN_STOP_WORDS.split_whitespace());
    StopWordFilter::remove(words.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(lang: Lang, text: &str) -> Vec<String> {
        let mut words = Vec::new();
        analyzer(lang)
            .token_stream(text)
            .process(&mut |token| words.push(token.text.clone()));
        words
    }

    #[test]
    fn text_becomes_the_words_that_carry_meaning() {
        for (lang, text, expected) in [
            (Lang::En, "Charged TWICE, my charges!", "charg twice charg"),
            (Lang::En, "I'm saying the router's not on", "say router not"),
            (Lang::En, "我的router坏了", "router"),
            (Lang::Zh, "路由器坏了", "路由 路由器 坏"),
            (Lang::Zh, "我的Router坏了", "router 坏"),
            (Lang::Zh, "routers", "router"),
        ] {
            assert_eq!(words(lang, text).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn each_analyzer_is_registered_under_the_name_its_fields_use() {
        let (schema, fields) = schema();
        let index = tantivy::Index::builder()
            .schema(schema)
            .tokenizers(tokenizers())
            .create_in_ram()
            .unwrap();
        for lang in [Lang::En, Lang::Zh] {
            for (field, _) in fields.of(lang).weighted() {
                assert!(index.tokenizer_for_field(field).is_ok(), "{lang:?}");
            }
        }
    }
}
