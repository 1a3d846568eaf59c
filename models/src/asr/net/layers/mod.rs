//! The layers that encoder and decoder share. Weights are shared between clones.
//!
//! | module | what is in it |
//! |---|---|
//! | `linear` | products with fixed weights, and their loading |
//! | `norm` | layer normalisation |
//! | `embedding` | the table of tokens, read both ways |
//! | `preview` | scores of all tokens for a quarter of the work |
//! | `attend` | attention of every position to all |
//! | `given` | what is done to a layer's input on the way in |
//! | `product`, `ops` | what candle has this crate's kernels do |

mod attend;
mod embedding;
mod given;
mod linear;
mod norm;
mod ops;
mod preview;
mod product;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use attend::attend;
pub use embedding::TokenEmbedding;
pub use given::gelu_of;
pub use linear::{Linear, NormedLinear, load_pair, load_projections};
pub use norm::LayerNorm;
pub use ops::with_floats;

/// How the weights of a network are kept, and its large products done.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 8-bit integers, by this crate's own kernels: several times faster, a quarter of the memory.
    #[default]
    Int8,
    /// 32-bit floats, by candle: what the other is held against.
    F32,
}
