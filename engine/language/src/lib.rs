//! What words mean, in any language the engine knows.
//!
//! Rules, cards, the wrap-up, the recogniser's vocabulary and the search index read language here
//! and nowhere else, so that they agree on what is the same word, the same sound, the same number.
//!
//! | module | what it answers |
//! |---|---|
//! | [`fold`] | which ways of writing are one |
//! | [`tokens`] | what the words of a text are |
//! | [`phrase`] | how one line stands for many phrases |
//! | [`pattern`] | which patterns of words fit them |
//! | [`lexicon`] | the word lists, which are files |
//! | [`mandarin_words`] | which characters of Mandarin are one word |
//! | [`completeness`] | whether a sentence is at its end |
//! | [`spoken`] | the same for phrases that are looked for in speech |
//! | [`phonetics`] | what sounds alike |
//! | [`numerals`] | which characters are numbers |
//! | [`numbers`] | which words are, and how many |
//! | [`itn`] | how a number is written that was said in words (inverse text normalisation) |
//! | [`dates`] | which day is meant |
//! | [`actor`] | who does what was said |
//! | [`clauses`] | where a clause begins |
//! | [`negation`] | whether something was said to be not so |
//! | [`settled`] | whether a matter is over |
//! | [`reading`] | whether what is named is meant, or only talked of |
//! | [`redact`] | which words give a secret away |
//! | [`trie`] | which of many sequences begin alike |
//! | [`twins`](mod@twins) | which words two lines share |
//!
//! No I/O and no decision about a call. The package depends on nothing of the engine but its types.

pub mod actor;
pub mod clauses;
pub mod completeness;
pub mod dates;
pub mod families;
pub mod fold;
pub mod itn;
pub mod lexicon;
pub mod mandarin_words;
pub mod negation;
pub mod numbers;
pub mod numerals;
pub mod pattern;
pub mod phonetics;
pub mod phrase;
pub mod reading;
pub mod redact;
pub mod settled;
pub mod spoken;
pub mod tokens;
pub mod trie;
pub mod twins;
