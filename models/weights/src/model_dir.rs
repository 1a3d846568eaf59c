//! The files of one installed model.

use std::path::PathBuf;

use crate::error::WeightsError;
use crate::kind::Kind;
use crate::name::ModelName;
use crate::record::file;

/// An installed model whose files were found to be sound.
#[derive(Clone, Debug)]
pub struct ModelDir {
    pub(crate) name: ModelName,
    pub(crate) kind: Kind,
    pub(crate) dir: PathBuf,
}

impl ModelDir {
    /// What the model is called.
    pub fn name(&self) -> &ModelName {
        &self.name
    }

    /// What it is for.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The same model, if it is of the kind that is needed.
    pub fn require(self, kind: Kind) -> Result<Self, WeightsError> {
        require(&self.name, self.kind, kind)?;
        Ok(self)
    }

    /// The network's tensors.
    pub fn weights(&self) -> PathBuf {
        self.dir.join(file::WEIGHTS)
    }

    /// The network's sizes. Only an asr model has this file.
    pub fn config(&self) -> PathBuf {
        self.dir.join(file::CONFIG)
    }

    /// The tokenizer, in Hugging Face's form. Only an asr model has this file.
    pub fn tokenizer(&self) -> PathBuf {
        self.dir.join(file::TOKENIZER)
    }

    /// How to decode: a [`Generation`](super::Generation). Only an asr model has this file.
    pub fn generation(&self) -> PathBuf {
        self.dir.join(file::GENERATION)
    }
}

/// Refuses a model of another kind than is wanted.
pub(crate) fn require(name: &ModelName, found: Kind, wanted: Kind) -> Result<(), WeightsError> {
    if found == wanted {
        Ok(())
    } else {
        Err(WeightsError::WrongKind {
            name: name.clone(),
            found,
            wanted,
        })
    }
}
