//! Which fields are searched, how text becomes words, and which words say little or nothing.
//!
//! Each language has fields of its own, so that "no" of one is not counted with "no" of another.
//!
//! | | cut by | then |
//! |---|---|---|
//! | English | runs of letters and digits, Han characters left out | lower case, stop words, stems |
//! | Mandarin | jieba's dictionary, in search mode | lower case, stop words, stems |
//!
//! Mandarin has stems too, because it borrows: "WiFi 断线", "这个 plan". Both pass [`crate::fold`] first, so
//! that one way of writing is left.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, LazyLock};

use jieba_rs::Jieba;
use tantivy::schema::{Field, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{
    Language, LowerCaser, RawTokenizer, RemoveLongFilter, Stemmer, StopWordFilter, TextAnalyzer,
    TokenizerManager,
};

use sidetone_types::lang::Lang;

use crate::cut::{Latin, Mandarin};

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
    hello hey hi him his how i i'd i'll i'm i've if in into is isn't it it's its just kind know \
    let like look me mean my of oh okay on or our out please really right said say see she should \
    so some something sorry such sure tell than thank thanks that that's the their them then there \
    there's these they thing things think this those to uh um us very wanna want was we we're \
    we've well were what what's when where which who why will with would yeah yes you you're you've \
    your";

/// What is said in many calls whatever they are about: courtesies, numbers, times, what agents ask for.
/// Such a word helps beside a telling one, and is not enough alone.
const ENGLISH_WEAK_WORDS: &str = "answer ask believe close explain explaining feel forget guess hear hope \
    listen mean mind okay open question remember repeat spell understand wonder account address again always anything ask back bad box call called calling card \
    check date day days different does done email enough ever every everything fine first fix four \
    give goes good great guys happen happy help here hold home hour hours information last long \
    look made make many minute minutes moment money month months more morning name need never new next \
    nice no not nothing now number one only other over people person phone problem put second \
    send service should show since somebody someone speak start still stop take talk \
    ten thing third three time times today tomorrow tonight two up use wait week weeks went work working year years \
    yesterday yet zero";

/// Particles, pronouns, measure words and courtesies. Negations (不, 没) stay, as in English.
const MANDARIN_STOP_WORDS: &str = "的 了 是 在 我 你 您 他 她 它 我们 你们 您们 他们 她们 它们 咱们 这 那 这个 那个 \
    这些 那些 这里 那里 这边 那边 这样 那样 就 就是 也 都 和 跟 与 及 或 或者 还 还是 还有 又 再 把 被 给 让 对 从 到 \
    向 往 吧 吗 呢 啊 呀 哦 嗯 哎 喂 嘛 啦 哈 个 一个 一下 一些 有 很 太 会 能 可以 要 想 说 请 问 请问 请您 麻烦 你好 您好 \
    谢谢 好 好的 对不起 不好意思 什么 怎么 怎么样 为什么 因为 所以 如果 但是 可是 然后 现在 已经 一直 真的 觉得 知道 帮 帮我 \
    一 二 三 四 五 六 七 八 九 十 零 两 几 百 千 万 元 块 月 号 日 年 天 点 上 下 里 去 来 做 用 没 不 没有 不是 \
    有没有 能不能 是不是 怎么办 那么 这么 多少 打 发 看 办 叫 找 等 搞 弄 出 过 得 着 地 所 只 才 最 更 大 小 多 少";

/// As in English.
const MANDARIN_WEAK_WORDS: &str = "不能 不会 不要 不了 现在 今天 明天 昨天 上个 下个 这个 月份 号码 手机 电话 时间 时候 什么时候 一天 \
    几天 一年 问题 名字 姓名 地址 邮箱 服务 客户 客服 处理 解决 查询 查 需要 应该 收到 告诉 东西 情况 办理 \
    业务 打电话 给我 不用 换 卡 开 关 到 钱 人 家 家里 我家 改 还 要 说好 一样 老是 新 最近 星期 小时 分钟 联系";

/// The languages that articles are written in and callers speak. Mandarin is in either script.
pub(crate) const LANGUAGES: [Lang; 2] = [Lang::EN, Lang::ZH];

/// The fields of one language.
pub(crate) struct LangFields {
    pub title: Field,
    pub triggers: Field,
    /// The body, and what the agent may say.
    pub body: Field,
}

/// The fields of the index.
pub(crate) struct Fields {
    by_lang: BTreeMap<Lang, LangFields>,
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
    /// Those of a language, if it is one of [`LANGUAGES`].
    pub fn of(&self, lang: Lang) -> Option<&LangFields> {
        self.by_lang.get(&lang)
    }
}

/// The schema, and its fields by name.
pub(crate) fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let mut fields_of = |lang: Lang| {
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(lang.code())
            .set_index_option(IndexRecordOption::WithFreqs); // no positions: no phrase is searched
        let options = TextOptions::default().set_indexing_options(indexing);
        let mut field = |name| {
            let name = format!("{name}_{lang}");
            schema.add_text_field(&name, options.clone())
        };
        LangFields {
            title: field("title"),
            triggers: field("triggers"),
            body: field("body"),
        }
    };
    let by_lang = LANGUAGES.map(|lang| (lang, fields_of(lang))).into();
    let place = schema.add_u64_field("place", STORED);
    (schema.build(), Fields { by_lang, place })
}

/// The analyzers that the schema's fields ask for by name.
pub(crate) fn tokenizers() -> TokenizerManager {
    let tokenizers = TokenizerManager::default(); // `place` asks for one of these, though it has no text
    for lang in LANGUAGES {
        tokenizers.register(lang.code(), analyzer(lang));
    }
    tokenizers
}

/// What turns text of that language into words.
///
/// Mandarin keeps punctuation as words of its own: nobody asks for them, see [`crate::query`].
pub(crate) fn analyzer(lang: Lang) -> TextAnalyzer {
    match lang.is_unspaced() {
        false => TextAnalyzer::builder(Latin)
            .filter(RemoveLongFilter::limit(LONGEST_WORD))
            .filter(LowerCaser)
            .filter(stop_words())
            .filter(Stemmer::new(Language::English))
            .build(),
        true => TextAnalyzer::builder(Mandarin(Arc::clone(&JIEBA)))
            .filter(RemoveLongFilter::limit(LONGEST_WORD))
            .filter(LowerCaser)
            .filter(stop_words())
            .filter(Stemmer::new(Language::English))
            .build(),
    }
}

/// The words of what was said, those that say nothing included, for what was split in two or run together
/// while it was heard. Han characters are left out.
pub(crate) fn latin_analyzer() -> TextAnalyzer {
    TextAnalyzer::builder(Latin)
        .filter(RemoveLongFilter::limit(LONGEST_WORD))
        .filter(LowerCaser)
        .filter(Stemmer::new(Language::English))
        .build()
}

/// The stem of one word in lower case.
pub(crate) fn stemmer() -> TextAnalyzer {
    TextAnalyzer::builder(RawTokenizer::default())
        .filter(Stemmer::new(Language::English))
        .build()
}

/// A text cut into words by jieba, as they stand, and whatever is between them.
pub(crate) fn mandarin_words(text: &str) -> Vec<String> {
    let words = JIEBA.cut(text, false);
    words
        .into_iter()
        .map(|token| token.word.to_owned())
        .collect()
}

fn stop_words() -> StopWordFilter {
    StopWordFilter::remove(STOP_WORDS.iter().map(|&word| word.to_owned()))
}

static STOP_WORDS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| set_of([ENGLISH_STOP_WORDS, MANDARIN_STOP_WORDS]));

/// As they are written, and as they stand in the index.
static WEAK_WORDS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let mut stems = latin_analyzer();
    let mut words = HashSet::new();
    for word in set_of([ENGLISH_WEAK_WORDS, MANDARIN_WEAK_WORDS]) {
        words.insert(word.to_owned());
        stems.token_stream(word).process(&mut |token| {
            words.insert(token.text.clone());
        });
    }
    words
});

fn set_of(lists: [&'static str; 2]) -> HashSet<&'static str> {
    lists.into_iter().flat_map(str::split_whitespace).collect()
}

/// Whether a word, in lower case, is never looked for.
pub(crate) fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.contains(word)
}

/// Whether a term says little by itself.
pub(crate) fn is_weak(term: &str) -> bool {
    WEAK_WORDS.contains(term)
}

/// Whether a single word is said in many calls, whatever they are about: to hear it tells nothing.
pub fn says_little(word: &str) -> bool {
    let word = word.to_lowercase();
    is_stop_word(&word) || is_weak(&word)
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
            (Lang::EN, "Charged TWICE, my charges!", "charg twice charg"),
            (Lang::EN, "I'm saying the router's not on", "say router not"),
            (Lang::EN, "我的router坏了", "router"),
            (Lang::ZH, "路由器坏了", "路由 路由器 坏"),
            (Lang::ZH, "我的Router坏了", "router 坏"),
            (Lang::ZH, "routers", "router"),
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
        for lang in LANGUAGES {
            for (field, _) in fields.of(lang).expect("it has fields").weighted() {
                assert!(index.tokenizer_for_field(field).is_ok(), "{lang:?}");
            }
        }
    }
}
