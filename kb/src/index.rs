//! Articles in, matches out.

use std::collections::{HashMap, HashSet};
use std::fmt;

use tantivy::collector::TopDocs;
use tantivy::query::Query;
use tantivy::schema::Value;
use tantivy::tokenizer::TextAnalyzer;
use tantivy::{DocAddress, ReloadPolicy, Searcher, TantivyDocument};

use crate::article::{Article, ArticleId, Lang, by_id};
use crate::error::KbError;
use crate::query::{Word, any_of, spoken, words};
use crate::schema::{Fields, analyzer, schema, tokenizers};
use crate::snippet::best_sentence;

/// Memory for building, in bytes: the least that Tantivy accepts. It holds thousands of articles.
const BUILD_MEMORY: usize = 15_000_000;

/// Finds the articles that fit what was said.
///
/// It is built once, lies in memory and does not change. Threads may share it.
pub struct Index {
    searcher: Searcher,
    fields: Fields,
    en: TextAnalyzer,
    zh: TextAnalyzer,
    entries: Vec<Entry>,
    by_id: HashMap<ArticleId, usize>,
}

/// An article, and all of its words as the index knows them.
struct Entry {
    article: Article,
    terms: HashSet<String>,
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
    /// How well it fits (BM25), above 0. It orders the hits of one search; the scores of two searches
    /// do not compare, because a longer text scores higher.
    pub score: f32,
    /// The caller's words that the article has too, as they were said and in that order.
    pub words: Vec<String>,
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
    /// Builds an index of all the articles given. Leave out those that are not valid today.
    ///
    /// # Errors
    ///
    /// [`KbError::DuplicateId`] if two articles have one id, [`KbError::Build`] if memory is lacking.
    pub fn build(articles: Vec<Article>) -> Result<Self, KbError> {
        let by_id = by_id(&articles)?;
        let (fields, searcher) = index(&articles).map_err(|err| KbError::Build(Box::new(err)))?;
        let (mut en, mut zh) = (analyzer(Lang::En), analyzer(Lang::Zh));
        let entries = articles
            .into_iter()
            .map(|article| {
                let analyzer = match article.lang {
                    Lang::En => &mut en,
                    Lang::Zh => &mut zh,
                };
                let terms = terms(&article, analyzer);
                Entry { article, terms }
            })
            .collect();
        Ok(Self {
            searcher,
            fields,
            en,
            zh,
            entries,
            by_id,
        })
    }

    /// The articles that share words with the text, best first, at most `limit`.
    ///
    /// With a language, only its articles are looked at; `None` looks at all. The text may be anything:
    /// it may mix languages, and it is never read as query syntax. Of a text longer than an utterance can
    /// be, the end counts. Text without a telling word finds nothing.
    #[must_use]
    pub fn search(&self, text: &str, lang: impl Into<Option<Lang>>, limit: usize) -> Vec<Hit> {
        let langs = match lang.into() {
            Some(lang) => vec![lang],
            None => vec![Lang::En, Lang::Zh],
        };
        let words: Vec<Word> = langs
            .into_iter()
            .flat_map(|lang| words(text, lang, &mut self.analyzer(lang)))
            .collect();
        let limit = limit.min(self.entries.len());
        if words.is_empty() || limit == 0 {
            return Vec::new();
        }
        self.best(&any_of(&words, &self.fields), limit)
            .expect("an index in memory has no I/O that could fail")
            .into_iter()
            .map(|(score, entry)| self.hit(score, entry, &words))
            .collect()
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

    fn best(&self, query: &dyn Query, limit: usize) -> tantivy::Result<Vec<(f32, &Entry)>> {
        let top = TopDocs::with_limit(limit).order_by_score();
        let found = self.searcher.search(query, &top)?;
        found
            .into_iter()
            .map(|(score, address)| Ok((score, self.entry(address)?)))
            .collect()
    }

    fn entry(&self, address: DocAddress) -> tantivy::Result<&Entry> {
        let document: TantivyDocument = self.searcher.doc(address)?;
        let place = document.get_first(self.fields.place);
        let place = place.and_then(|place| place.as_u64());
        let place = place.expect("every document was given its place");
        Ok(&self.entries[usize::try_from(place).expect("it was a usize")])
    }

    fn hit(&self, score: f32, Entry { article, terms }: &Entry, words: &[Word]) -> Hit {
        let matched: Vec<&Word> = words
            .iter()
            .filter(|word| word.lang == article.lang && terms.contains(&word.term))
            .collect();
        let wanted = matched.iter().map(|word| word.term.as_str()).collect();
        Hit {
            id: article.id.clone(),
            title: article.title.clone(),
            snippet: best_sentence(&article.body, &wanted, &mut self.analyzer(article.lang)),
            score,
            words: spoken(&matched),
        }
    }

    /// A copy, since analyzers work in place. What is large in them is shared.
    fn analyzer(&self, lang: Lang) -> TextAnalyzer {
        match lang {
            Lang::En => self.en.clone(),
            Lang::Zh => self.zh.clone(),
        }
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
        let lang = fields.of(article.lang);
        let mut document = TantivyDocument::default();
        document.add_u64(fields.place, place);
        document.add_text(lang.title, &article.title);
        for trigger in &article.triggers {
            document.add_text(lang.triggers, trigger);
        }
        document.add_text(lang.body, &article.say);
        document.add_text(lang.body, &article.body);
        writer.add_document(document)?;
    }
    writer.commit()?;
    let reader = index
        .reader_builder()
        .reload_policy(ReloadPolicy::Manual) // nothing will change: no thread has to watch
        .try_into()?;
    Ok((fields, reader.searcher()))
}

fn terms(article: &Article, analyzer: &mut TextAnalyzer) -> HashSet<String> {
    let mut terms = HashSet::new();
    let texts = [&article.title, &article.say, &article.body];
    for text in texts.into_iter().chain(&article.triggers) {
        analyzer.token_stream(text).process(&mut |token| {
            terms.insert(token.text.clone());
        });
    }
    terms
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
        assert_eq!(ids("stolen", Lang::En), ["sim", "roam"]);
    }

    #[test]
    fn a_language_keeps_to_its_articles_and_none_takes_all() {
        let text = "我的 router 被 stolen 了";
        assert_eq!(ids(text, Lang::Zh), ["luyou"]);
        assert_eq!(ids(text, Lang::En), ["sim", "roam"]);
        assert_eq!(ids(text, None).len(), 3);
    }

    #[test]
    fn a_hit_shows_the_sentence_and_the_words_as_they_were_said() {
        let hits = INDEX.search("Cards! I need new CARDS.", Lang::En, 1);
        assert_eq!(hits[0].title, "Lost card");
        assert_eq!(hits[0].snippet, "Post a new card.");
        assert_eq!(hits[0].words, ["Cards", "new"]);
        assert_eq!(INDEX.article(&hits[0].id).unwrap().say, "Hm.");
    }

    #[test]
    fn a_hit_does_not_print_what_the_caller_said() {
        let hits = INDEX.search("stolen", Lang::En, 1);
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
                prop_assert!(hit.score > 0.0);
                prop_assert!(!hit.words.is_empty());
                prop_assert!(hit.words.iter().all(|word| text.contains(word.as_str())));
            }
        }
    }
}
