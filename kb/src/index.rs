//! Articles in, matches out.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::ops::Range;

use tantivy::collector::TopDocs;
use tantivy::query::Query;
use tantivy::schema::Value;
use tantivy::{DocAddress, ReloadPolicy, Searcher, TantivyDocument};

use crate::article::{Article, ArticleId, by_id};
use crate::error::KbError;
use crate::query::{any_of, start_of_end, without_parts};
use crate::schema::{Fields, LANGUAGES, LangFields, schema, tokenizers};
use crate::score::Phrases;
use crate::snippet::best_sentence;
use crate::vocabulary::{Heard, Vocabulary, folded, term_of};
use sidetone_language::families::Families;
use sidetone_types::lang::Lang;

/// Memory for building, in bytes: the least that Tantivy accepts. It holds thousands of articles.
const BUILD_MEMORY: usize = 15_000_000;

/// So many articles are looked at closely: the ones that share most with what was said. What fits
/// best is among them unless that many articles say nearly the same.
const LOOKED_AT: usize = 32;

/// Finds the articles that fit what was said.
///
/// It is built once, lies in memory and does not change. Threads may share it.
pub struct Index {
    searcher: Searcher,
    fields: Fields,
    /// One for each language that is indexed.
    vocabularies: BTreeMap<Lang, Vocabulary>,
    entries: Vec<Entry>,
    by_id: HashMap<ArticleId, usize>,
}

/// An article, and what is compared of it.
struct Entry {
    article: Article,
    phrases: Phrases,
}

/// An article that fits.
#[derive(Clone, PartialEq)]
pub struct Hit {
    /// Which article; [`Index::article`] has it all.
    pub id: ArticleId,
    /// Its title.
    pub title: String,
    /// The sentence of its body that fits best. Plain text, at most 161 characters.
    pub snippet: String,
    /// How well it fits, in [0, 1]. It compares across searches; see [`Index::SURE`].
    pub score: f32,
    /// The caller's words that brought it up, in their order.
    pub words: Vec<SpokenWord>,
}

/// A word of the text that was searched.
#[derive(Clone, Eq, PartialEq)]
pub struct SpokenWord {
    /// As it was said, or misheard.
    pub text: String,
    /// Where it stands in the text, in bytes.
    pub range: Range<usize>,
}

/// The caller's words stay out of logs.
impl fmt::Debug for SpokenWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpokenWord({:?})", self.range)
    }
}

/// The caller's words stay out of logs: only their number is shown.
impl fmt::Debug for Hit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hit")
            .field("id", &self.id.as_str())
            .field("score", &self.score)
            .field("words", &self.words.len())
            .finish_non_exhaustive()
    }
}

impl Index {
    /// Score from which an article is worth an agent's look. Small talk stays below; a caller's
    /// problem, told in their own words, mostly lies above. Measured, see `sidetone kb eval`.
    pub const SURE: f32 = 0.45;

    /// Builds an index of all the articles given. Leave out those that are not valid today.
    ///
    /// # Errors
    ///
    /// [`KbError::DuplicateId`] if two articles have one id, [`KbError::Build`] if memory is
    /// lacking.
    pub fn build(articles: Vec<Article>) -> Result<Self, KbError> {
        let by_id = by_id(&articles)?;
        let (fields, searcher) = index(&articles).map_err(|err| KbError::Build(Box::new(err)))?;
        let mut vocabularies = BTreeMap::new();
        let mut phrases_of = BTreeMap::new();
        for lang in LANGUAGES {
            let (vocabulary, phrases) = vocabulary(lang, &articles);
            vocabularies.insert(lang, vocabulary);
            phrases_of.insert(lang, phrases.into_iter());
        }
        let entries = articles
            .into_iter()
            .map(|article| {
                let phrases = phrases_of.get_mut(&article.lang).and_then(Iterator::next);
                // In a language that is not indexed it is there to be read, and never found.
                let phrases = phrases.unwrap_or_else(|| Phrases::new(Vec::new(), Vec::new()));
                Entry { article, phrases }
            })
            .collect();
        Ok(Self {
            searcher,
            fields,
            vocabularies,
            entries,
            by_id,
        })
    }

    /// The articles that an agent should see now, best first, at most `limit`: those of
    /// [`search`](Self::search) that fit well enough.
    #[must_use]
    pub fn suggest(&self, text: &str, lang: impl Into<Option<Lang>>, limit: usize) -> Vec<Hit> {
        self.above(Self::SURE, text, lang.into(), limit)
    }

    /// The articles that share words with the text, best first, at most `limit`.
    ///
    /// With a language, only its articles are looked at; `None` looks at all. The text may be
    /// anything: it may mix languages, and it is never read as query syntax. Of a text longer than
    /// an utterance can be, the end counts. Text without a telling word finds nothing.
    #[must_use]
    pub fn search(&self, text: &str, lang: impl Into<Option<Lang>>, limit: usize) -> Vec<Hit> {
        self.above(0.0, text, lang.into(), limit)
    }

    /// The whole article.
    #[must_use]
    pub fn article(&self, id: &ArticleId) -> Option<&Article> {
        let place = *self.by_id.get(id)?;
        Some(&self.entries[place].article)
    }

    /// All articles, in the order they were given.
    pub fn articles(&self) -> impl ExactSizeIterator<Item = &Article> {
        self.entries.iter().map(|entry| &entry.article)
    }

    fn above(&self, least: f32, text: &str, lang: Option<Lang>, limit: usize) -> Vec<Hit> {
        let start = start_of_end(text);
        let wanted = self.vocabularies.iter();
        let wanted = wanted.filter(|(of, _)| lang.is_none_or(|lang| lang == **of));
        let heard_in: Vec<(&LangFields, &Vocabulary, Vec<Heard>)> = wanted
            .filter_map(|(lang, vocabulary)| {
                let heard = vocabulary.hear(&text[start..]);
                Some((self.fields.of(*lang)?, vocabulary, heard))
            })
            .collect();
        let mut fits = Vec::new();
        for (fields, vocabulary, heard) in &heard_in {
            if heard.is_empty() || limit == 0 {
                continue;
            }
            let query = any_of(heard, vocabulary, fields);
            let found = self
                .best(&query)
                .expect("an index in memory has no I/O that could fail");
            for entry in found {
                let fit = entry.phrases.fit(heard, vocabulary);
                if fit.score > 0.0 && fit.score >= least {
                    fits.push((entry, *vocabulary, fit));
                }
            }
        }
        // Stable: of two that fit equally well, the one that shares more with the text stays first.
        fits.sort_by(|(.., a), (.., b)| b.score.total_cmp(&a.score));
        fits.truncate(limit);
        fits.into_iter()
            .map(|(entry, vocabulary, fit)| {
                hit(entry, vocabulary, fit.score, &fit.heard, text, start)
            })
            .collect()
    }

    fn best(&self, query: &dyn Query) -> tantivy::Result<Vec<&Entry>> {
        let top = TopDocs::with_limit(LOOKED_AT).order_by_score();
        let found = self.searcher.search(query, &top)?;
        found
            .into_iter()
            .map(|(_, address)| self.entry(address))
            .collect()
    }

    fn entry(&self, address: DocAddress) -> tantivy::Result<&Entry> {
        let document: TantivyDocument = self.searcher.doc(address)?;
        let place = document.get_first(self.fields.place);
        let place = place.and_then(|place| place.as_u64());
        let place = place.expect("every document was given its place");
        Ok(&self.entries[usize::try_from(place).expect("it was a usize")])
    }
}

fn hit(
    entry: &Entry,
    vocabulary: &Vocabulary,
    score: f32,
    heard: &[&Heard],
    text: &str,
    start: usize,
) -> Hit {
    let article = &entry.article;
    let wanted: HashSet<&str> = heard
        .iter()
        .map(|heard| vocabulary.text(heard.term))
        .collect();
    let spoken = |heard: &Heard| {
        let range = start + heard.range.start..start + heard.range.end;
        SpokenWord {
            text: text[range.clone()].to_owned(),
            range,
        }
    };
    Hit {
        id: article.id.clone(),
        title: article.title.clone(),
        snippet: best_sentence(&article.body, &wanted, &mut vocabulary.analyzer()),
        score,
        words: without_parts(heard).into_iter().map(spoken).collect(),
    }
}

fn index(articles: &[Article]) -> tantivy::Result<(Fields, Searcher)> {
    let (schema, fields) = schema();
    let index = tantivy::Index::builder()
        .schema(schema)
        .tokenizers(tokenizers())
        .create_in_ram()?;
    let mut writer = index.writer_with_num_threads(1, BUILD_MEMORY)?;
    for (place, article) in (0..).zip(articles) {
        let Some(lang) = fields.of(article.lang) else {
            continue;
        };
        let mut document = TantivyDocument::default();
        document.add_u64(fields.place, place);
        let mut add = |field, text: &str| {
            let text = folded(text);
            for (family, _) in Families::built_in().find(&text) {
                document.add_text(field, term_of(family));
            }
            document.add_text(field, text);
        };
        for trigger in &article.triggers {
            add(lang.triggers, trigger);
        }
        add(lang.title, &article.title);
        add(lang.body, &article.say);
        add(lang.body, &article.body);
        writer.add_document(document)?;
    }
    writer.commit()?;
    let reader = index
        .reader_builder()
        .reload_policy(ReloadPolicy::Manual) // nothing will change: no thread has to watch
        .try_into()?;
    Ok((fields, reader.searcher()))
}

/// The words of one language's articles, and the phrases of each.
fn vocabulary(lang: Lang, articles: &[Article]) -> (Vocabulary, Vec<Phrases>) {
    let articles: Vec<&Article> = articles
        .iter()
        .filter(|article| article.lang == lang)
        .collect();
    let mut vocabulary = Vocabulary::new(lang);
    let mut phrases_of = |article: &&Article| -> Vec<Vec<_>> {
        let texts = article.triggers.iter().chain([&article.title]);
        let phrases = texts.map(|text| vocabulary.add_key(text));
        phrases.filter(|phrase| !phrase.is_empty()).collect()
    };
    let phrases: Vec<_> = articles.iter().map(&mut phrases_of).collect();
    let mut compared = Vec::with_capacity(articles.len());
    for (article, phrases) in articles.iter().zip(phrases) {
        let mut body = vocabulary.add_body(&article.say);
        body.extend(vocabulary.add_body(&article.body));
        compared.push(Phrases::new(phrases, body));
    }
    for phrases in &compared {
        vocabulary.count_article(phrases);
    }
    vocabulary.weigh(articles.len());
    (vocabulary, compared)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    fn article(id: &str, lang: &str, title: &str, trigger: &str, body: &str) -> Article {
        let text = format!(
            "+++\nid = \"{id}\"\nlang = \"{lang}\"\ntitle = \"{title}\"\n\
             triggers = [\"{trigger}\"]\nsay = \"Hm.\"\n+++\n{body}\n"
        );
        Article::parse(format!("{id}.md").as_ref(), &text).unwrap()
    }

    static INDEX: LazyLock<Index> = LazyLock::new(|| {
        Index::build(vec![
            article(
                "sim",
                "en",
                "Lost card",
                "my phone was stolen",
                "Block it. Post a new card.",
            ),
            article(
                "roam",
                "en",
                "Abroad",
                "phone abroad",
                "A stolen bag is no reason.",
            ),
            article(
                "luyou",
                "zh",
                "路由器故障",
                "router 坏了",
                "拔掉电源。等三十秒。",
            ),
        ])
        .unwrap()
    });

    fn ids(text: &str, lang: impl Into<Option<Lang>>) -> Vec<String> {
        let hits = INDEX.search(text, lang, 10);
        hits.into_iter().map(|hit| hit.id.to_string()).collect()
    }

    #[test]
    fn a_trigger_counts_more_than_the_body() {
        assert_eq!(ids("stolen", Lang::EN), ["sim", "roam"]);
    }

    #[test]
    fn a_language_keeps_to_its_articles_and_none_takes_all() {
        let text = "我的 router 被 stolen 了";
        assert_eq!(ids(text, Lang::ZH), ["luyou"]);
        assert_eq!(ids(text, Lang::EN), ["sim", "roam"]);
        assert_eq!(ids(text, None).len(), 3);
    }

    #[test]
    fn a_hit_shows_the_sentence_and_the_words_as_they_were_said() {
        let hits = INDEX.search("Cards! My stolen CARDS.", Lang::EN, 1);
        assert_eq!(hits[0].title, "Lost card");
        assert_eq!(hits[0].snippet, "Post a new card.");
        let words: Vec<_> = hits[0].words.iter().map(|word| &*word.text).collect();
        assert_eq!(words, ["Cards", "stolen"]);
        assert_eq!(hits[0].words[1].range, 10..16);
        assert_eq!(INDEX.article(&hits[0].id).unwrap().say, "Hm.");
    }

    #[test]
    fn a_hit_does_not_print_what_the_caller_said() {
        let hits = INDEX.search("stolen", Lang::EN, 1);
        let shown = format!("{hits:?}");
        assert!(
            shown.contains("sim") && !shown.contains("stolen"),
            "{shown}"
        );
    }

    #[test]
    fn nothing_is_found_without_a_telling_word_a_limit_or_an_article() {
        for text in ["", "?!", "um hello yes please", "嗯你好", "qwertyuiop"] {
            assert_eq!(ids(text, None), [""; 0], "{text:?}");
        }
        assert!(INDEX.search("stolen", None, 0).is_empty());
        let empty = Index::build(Vec::new()).unwrap();
        assert!(empty.search("stolen", None, usize::MAX).is_empty());
    }

    #[test]
    fn two_articles_with_one_id_are_refused() {
        let twice = vec![
            article("same", "en", "A", "b", "C"),
            article("same", "zh", "A", "b", "C"),
        ];
        assert!(matches!(
            Index::build(twice),
            Err(KbError::DuplicateId { id, .. }) if id.as_str() == "same"
        ));
    }

    proptest! {
        #[test]
        fn any_text_is_harmless(
            text in "(\\PC|stolen|路由器|\\n){0,300}",
            repeat in 1_usize..50,
            limit in 0_usize..5,
        ) {
            let text = text.repeat(repeat);
            let hits = INDEX.search(&text, None, limit);
            prop_assert!(hits.len() <= limit);
            prop_assert!(hits.is_sorted_by(|a, b| a.score >= b.score));
            for hit in &hits {
                prop_assert!(hit.score > 0.0 && hit.score <= 1.0);
                prop_assert!(!hit.words.is_empty());
                prop_assert!(hit.words.iter().all(|word| text[word.range.clone()] == *word.text));
            }
        }
    }
}
