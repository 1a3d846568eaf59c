//! The knowledge index: articles in, matches out.
//!
//! Articles are Markdown files that a call centre writes for its agents. The index finds those that
//! fit what a caller just said, in English, in Mandarin, or in a sentence that mixes them.
//!
//! | module | its one reason to exist |
//! |---|---|
//! | `article` | [`Article`]: what a file must look like, and what is wrong with it if it does not |
//! | `load` | [`load_dir`]: a folder of files, the only I/O here |
//! | `samples` | [`samples()`]: the articles that come with the program |
//! | `schema` | which fields are searched, how text becomes words, which words say nothing |
//! | `query` | what was said → a query, never by way of a query language |
//! | `snippet` | the sentence of an article to show beside its title |
//! | `index` | [`Index`]: articles → index, text → [`Hit`]s |
//! | `error` | [`KbError`]: what an author has to mend |
//!
//! Only [`load_dir`] touches the disk, and nothing here asks for the time: who builds an index drops the
//! articles that are not valid today ([`Article::is_valid_on`]). An [`Index`] never changes. New articles
//! mean a new index, built beside the old one.
//!
//! ```
//! use sidetone_kb::{Article, Index, Lang};
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
//! let hits = index.search("someone has stolen my phone!!", Lang::En, 3);
//! assert_eq!(hits[0].id.as_str(), "lost-sim");
//! assert_eq!(hits[0].words, ["stolen", "phone"]);
//! # Ok::<(), sidetone_kb::KbError>(())
//! ```

mod article;
mod error;
mod index;
mod load;
mod query;
mod samples;
mod schema;
mod snippet;

pub use article::{Article, ArticleId, Lang};
pub use error::KbError;
pub use index::{Hit, Index};
pub use load::load_dir;
pub use samples::samples;
/// A day of the calendar, without a time or a time zone.
pub use toml::value::Date;
