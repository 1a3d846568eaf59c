//! What can be wrong with a knowledge base. Every message tells an author where to look.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use crate::article::ArticleId;
use toml::value::Date;

/// Why there is no article, or no index.
#[derive(Debug, thiserror::Error)]
pub enum KbError {
    /// A folder or a file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The first line is not `+++`.
    #[error(
        "{}:1: an article begins with its front matter: put TOML between two lines of `+++`",
        file.display()
    )]
    NoFrontMatter {
        /// The article.
        file: PathBuf,
    },
    /// There is only one line of `+++`.
    #[error(
        "{}:1: the front matter has no end: put a line of `+++` after its last key",
        file.display()
    )]
    OpenFrontMatter {
        /// The article.
        file: PathBuf,
    },
    /// A key is missing, unknown, or has a value that it cannot have.
    #[error("{}:{line}: {message}", file.display())]
    FrontMatter {
        /// The article.
        file: PathBuf,
        /// Line in the file, from 1. The first one of the front matter if a key is missing.
        line: usize,
        /// Names the key, or what its value must be.
        message: String,
    },
    /// The last day comes before the first.
    #[error(
        "{}:{line}: `valid_until` ({until}) comes before `valid_from` ({from}): swap them or remove one",
        file.display()
    )]
    NeverValid {
        /// The article.
        file: PathBuf,
        /// Where `valid_until` stands.
        line: usize,
        /// First day.
        from: Date,
        /// Last day.
        until: Date,
    },
    /// Nothing follows the front matter.
    #[error(
        "{}:{line}: there is no text after the front matter: write down what the agent should do",
        file.display()
    )]
    NoBody {
        /// The article.
        file: PathBuf,
        /// The last line of the front matter.
        line: usize,
    },
    /// Two articles have the same id.
    #[error(
        "the id `{id}` is taken twice, by {} and by {}: give one of them another id",
        first.display(),
        second.display()
    )]
    DuplicateId {
        /// The id.
        id: ArticleId,
        /// Who had it first.
        first: PathBuf,
        /// Who has it too.
        second: PathBuf,
    },
    /// The index could not be built. The articles are not the cause: memory or a thread was
    /// lacking.
    #[error("the index could not be built: {0}")]
    Build(#[source] Box<dyn Error + Send + Sync>),
}

impl KbError {
    /// The line that it is about, from 1, where it is about one.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::NoFrontMatter { .. } | Self::OpenFrontMatter { .. } => Some(1),
            Self::FrontMatter { line, .. }
            | Self::NeverValid { line, .. }
            | Self::NoBody { line, .. } => Some(*line),
            Self::Read { .. } | Self::DuplicateId { .. } | Self::Build(_) => None,
        }
    }
}
