//! A language model of the domain: which words follow which where people call a company.
//!
//! The recogniser has learnt from films and talks. A small n-gram model over its tokens, made of
//! the sentences of a trade, tells it which of two words that sound alike is said in a call
//! ("charged twice", not "charged wife"). While texts compete, each token gains what the words
//! before it make it likelier than it is anywhere (shallow fusion, Gulcehre et al. 2015, with the
//! unigram taken off, as in the density ratio of McDermott et al. 2019). Where the model does not
//! know the words before, it says nothing: so speech of other kinds is left as it is.
//!
//! | module | its one reason to exist |
//! |---|---|
//! | `text` | files and lines to sentences as the recogniser writes them |
//! | `counts` | tokens to counts of n-grams |
//! | `kneser_ney` | counts to probabilities |
//! | `ngram` | [`NgramModel`]: a token's probability after others, in a few searches |
//! | `file` | the model written down, and what is wrong with a file |
//! | `trainer` | [`Trainer`]: sentences to a model, for `sidetone adapt` |
//! | `fusion` | what a token gains in a text |

mod counts;
mod file;
mod fusion;
mod kneser_ney;
mod ngram;
mod text;
mod trainer;

pub use file::{FileError, check};
pub(crate) use fusion::Fusion;
pub use fusion::LanguageModel;
pub use ngram::NgramModel;
pub use text::{Piece, TextError, pieces};
pub use trainer::{TrainError, Trainer};
