//! Which fields are searched, how text becomes words, and how much a word counts. The words that
//! say little or nothing are lists of the lexicon (`search.toml`).
//!
//! Each language has fields of its own, so that "no" of one is not counted with "no" of another.
//!
//! | | cut by | then |
//! |---|---|---|
//! | English | runs of letters and digits, Han characters left out | lower case, stop words, stems |
//! | Mandarin | jieba's dictionary, in search mode | lower case, stop words, stems |
//!
//! Mandarin has stems too, because it borrows: "WiFi 断线", "这个 plan". Both pass
//! [`sidetone_language::fold`] first, so that one way of writing is left.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use tantivy::schema::{Field, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{
    Language, LowerCaser, RawTokenizer, RemoveLongFilter, Stemmer, StopWordFilter, TextAnalyzer,
    TokenizerManager,
};

use sidetone_language::lexicon::Lexicon;
use sidetone_language::mandarin_words::DICTIONARY;
use sidetone_types::lang::Lang;

use crate::cut::{Latin, Mandarin};

/// A word in a trigger is a caller's own word; one in the title names the topic; one in the body
/// may be there by the way.
const TRIGGERS_WEIGHT: f32 = 3.0;
const TITLE_WEIGHT: f32 = 2.0;
const BODY_WEIGHT: f32 = 1.0;

/// Longer "words", in bytes, are noise. The longest of jieba's dictionary has 16 characters of 3
/// bytes.
const LONGEST_WORD: usize = 64;

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
        true => TextAnalyzer::builder(Mandarin)
            .filter(RemoveLongFilter::limit(LONGEST_WORD))
            .filter(LowerCaser)
            .filter(stop_words())
            .filter(Stemmer::new(Language::English))
            .build(),
    }
}

/// The words of what was said, those that say nothing included, for what was split in two or run
/// together while it was heard. Han characters are left out.
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
    let words = DICTIONARY.cut(text, false);
    words
        .into_iter()
        .map(|token| token.word.to_owned())
        .collect()
}

fn stop_words() -> StopWordFilter {
    StopWordFilter::remove(STOP_WORDS.iter().cloned())
}

static STOP_WORDS: LazyLock<HashSet<String>> =
    LazyLock::new(|| Lexicon::built_in().search.stop.iter().cloned().collect());

/// As they are written, and as they stand in the index.
static WEAK_WORDS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let mut stems = latin_analyzer();
    let mut words = HashSet::new();
    for word in &Lexicon::built_in().search.weak {
        words.insert(word.clone());
        stems.token_stream(word).process(&mut |token| {
            words.insert(token.text.clone());
        });
    }
    words
});

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
