//! Articles, for whoever is on a call: listed, read, and found by hand.

use std::sync::Arc;

use serde::Serialize;
use sidetone_access::Right;
use sidetone_kb::{Article, Audience, Index};
use sidetone_types::lang::Lang;

use super::{Api, ApiError, Principal};

/// Articles that a search by hand finds.
const FOUND: usize = 20;
/// Bytes that somebody may search for: an utterance is not longer.
const LONGEST_QUERY: usize = 2_000;

/// An article of the list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArticleLine {
    /// Its name.
    pub id: String,
    /// The language it is written in.
    pub lang: Lang,
    /// What it is about.
    pub title: String,
    /// Whom it is for: `agent` or `supervisor`. Only those for agents become cards.
    pub audience: &'static str,
    /// Its last day, `2026-05-07`, if it has one.
    pub valid_until: Option<String>,
    /// Its labels, as they are written.
    pub tags: Vec<String>,
    /// The products it is about; none means all.
    pub products: Vec<String>,
}

/// A whole article.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WholeArticle {
    /// As in the list.
    #[serde(flatten)]
    pub line: ArticleLine,
    /// What the agent may say, word for word.
    pub say: String,
    /// What the agent should do. Markdown.
    pub body: String,
    /// What callers say who need it.
    pub triggers: Vec<String>,
    /// The name of its file.
    pub file: String,
}

/// An article that was found by hand.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FoundArticle {
    /// As in the list.
    #[serde(flatten)]
    pub line: ArticleLine,
    /// The sentence of it that fits best.
    pub snippet: String,
    /// How well it fits, in [0, 1].
    pub score: f32,
    /// The words that were searched for and that it has, in order.
    pub words: Vec<String>,
    /// Whether it fits well enough to become a card where a customer says that, and is for agents. What the
    /// sentence means is not weighed here: a negation for instance.
    pub would_show: bool,
}

/// What a search by hand has found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FoundArticles {
    /// The score from which an article becomes a card.
    pub min_score: f32,
    /// What fits, best first.
    pub articles: Vec<FoundArticle>,
}

impl Api {
    /// The articles that are valid today, in the order of their titles.
    pub async fn articles(&self, principal: &Principal) -> Result<Vec<ArticleLine>, ApiError> {
        let index = self.readable_articles(principal).await?;
        let mut lines: Vec<ArticleLine> = index.articles().map(ArticleLine::from).collect();
        lines.sort_by(|a, b| (a.lang, &a.title).cmp(&(b.lang, &b.title)));
        Ok(lines)
    }

    /// A whole article.
    pub async fn article(&self, principal: &Principal, id: &str) -> Result<WholeArticle, ApiError> {
        let index = self.readable_articles(principal).await?;
        let mut articles = index.articles();
        let article = articles.find(|article| article.id.as_str() == id);
        article.map(WholeArticle::from).ok_or_else(|| {
            ApiError::NotFound(format!(
                "there is no article `{id}` today: it may have ended"
            ))
        })
    }

    /// The articles that fit some words, best first.
    pub async fn find_articles(
        &self,
        principal: &Principal,
        words: &str,
        lang: Option<Lang>,
    ) -> Result<FoundArticles, ApiError> {
        let index = self.readable_articles(principal).await?;
        if words.len() > LONGEST_QUERY {
            let long = format!("`q` is longer than {LONGEST_QUERY} bytes: search for a sentence");
            return Err(ApiError::Invalid(long));
        }
        let min_score = self.0.config.call.cards.min_score;
        let shown_from = min_score.max(Index::SURE);
        let hits = index.search(words, lang, FOUND).into_iter();
        let articles = hits.filter_map(|hit| {
            let article = index.article(&hit.id)?;
            Some(FoundArticle {
                line: article.into(),
                would_show: hit.score >= shown_from && article.audience == Audience::Agent,
                snippet: hit.snippet,
                score: hit.score,
                words: hit.words.into_iter().map(|word| word.text).collect(),
            })
        });
        Ok(FoundArticles {
            min_score: shown_from,
            articles: articles.collect(),
        })
    }

    async fn readable_articles(&self, principal: &Principal) -> Result<Arc<Index>, ApiError> {
        let right = Right::ReadKnowledge;
        self.permit(principal, right, ("", None)).await?;
        Ok(self.0.services.knowledge.articles())
    }
}

impl From<&Article> for ArticleLine {
    fn from(article: &Article) -> Self {
        Self {
            id: article.id.to_string(),
            lang: article.lang,
            title: article.title.clone(),
            audience: match article.audience {
                Audience::Agent => "agent",
                Audience::Supervisor => "supervisor",
            },
            valid_until: article.valid_until.map(|day| day.to_string()),
            tags: article.tags.clone(),
            products: article.products.clone(),
        }
    }
}

impl From<&Article> for WholeArticle {
    fn from(article: &Article) -> Self {
        let file = article.file.file_name();
        Self {
            line: article.into(),
            say: article.say.clone(),
            body: article.body.clone(),
            triggers: article.triggers.clone(),
            file: file.map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        }
    }
}
