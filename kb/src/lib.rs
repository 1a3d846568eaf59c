//! The knowledge index: articles in, matches out.
//!
//! Articles are Markdown files that a call centre writes for its agents. The index finds those that
//! fit what a caller just said, in English, in Mandarin, or in a sentence that mixes them.
//!
//! | module | its one reason to exist |
//! |---|---|
//! | `article` | [`Article`]: what a file must look like, and what is wrong with it if it does not |
//! | `load` | [`load_dir`]: a folder of files |
//! | `check` | [`check_dir`]: everything wrong or odd about a folder, for its authors |
//! | `samples` | [`samples()`], [`sample_rules()`], [`sample_files()`], [`example_files()`]: what comes with the program |
//! | `library` | [`Library`]: the articles in use, picked up when they change |
//! | `cut` | text → words by its characters alone |
//! | `schema` | which fields are searched, how text becomes words, which words say little |
//! | `vocabulary` | the words of all articles, and what a text has of them |
//! | `query` | what was heard → a query, never by way of a query language |
//! | `score` | how well an article fits, in [0, 1] |
//! | `snippet` | the sentence of an article to show beside its title |
//! | `index` | [`Index`]: articles → index, text → [`Hit`]s |
//! | [`relevance`] | how good the suggestions are, measured with a table |
//! | `error` | [`KbError`]: what an author has to mend |
//! | [`archive`] | what was said in all calls, to search; shares only the cutting of words with the rest |
//!
//! A search has three steps. What was said becomes terms, each with how surely it was heard: a word
//! that is not known is taken for those that sound like it (English by double metaphone and by one
//! edit, Mandarin by pinyin without tones). Tantivy finds the articles that have any of the terms.
//! Of these, the score tells which fit: how much of one of its triggers was heard.
//!
//! Nothing here asks for the time: an [`Index`] never changes, and a [`Library`] is told what day
//! it is.
//!
//! ```
//! use sidetone_kb::{Article, Index};
//! use sidetone_types::lang::Lang;
//!
//! let article = Article::parse(
//!     "sim.md".as_ref(),
//!     r#"+++
//! id = "lost-sim"
//! lang = "en"
//! title = "Lost SIM card"
//! triggers = ["I lost my SIM card", "my phone was stolen"]
//! say = "I am blocking your card now."
//! +++
//! Block the card first. Then send a new one.
//! "#,
//! )?;
//! let index = Index::build(vec![article])?;
//!
//! let hits = index.search("someone has stolen my phone!!", Lang::EN, 3);
//! assert_eq!(hits[0].id.as_str(), "lost-sim");
//! assert_eq!(hits[0].words[0].text, "stolen");
//! assert_eq!(hits[0].words[0].range, 12..18);
//! # Ok::<(), sidetone_kb::KbError>(())
//! ```

pub mod archive;
mod article;
mod check;
mod cut;
mod error;
mod index;
mod library;
mod load;
mod query;
pub mod relevance;
mod samples;
mod schema;
mod score;
mod snippet;
mod vocabulary;

pub use article::{Article, ArticleId, Audience};
pub use check::{Checked, Oddity, Warning, check, check_dir};
pub use error::KbError;
pub use index::{Hit, Index, SpokenWord};
pub use library::{Library, Source};
pub use load::load_dir;
pub use samples::{example_files, sample_files, sample_rules, samples};
pub use schema::says_little;
/// A day of the calendar, without a time or a time zone.
pub use toml::value::Date;
