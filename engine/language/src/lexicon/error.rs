//! What can be wrong with a file of word lists.

/// Why there is no lexicon. Every message tells an author where to look and what to do.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LexiconError {
    /// It is no TOML.
    #[error("{file}:{line}: {message}")]
    Toml {
        /// Which file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What was expected.
        message: String,
    },
    /// The file's folder is no language, or its name no topic.
    #[error("{file}: {problem}")]
    Name {
        /// Which file.
        file: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A list that the topic does not have, or that is no list.
    #[error("{file}: `{key}` {problem}")]
    List {
        /// Which file.
        file: String,
        /// The list's name.
        key: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A pattern that cannot be looked for.
    #[error("{file}: `{key}`: pattern `{pattern}`: {problem}")]
    Pattern {
        /// Which file.
        file: String,
        /// The list's name.
        key: String,
        /// As it is written.
        pattern: String,
        /// What is wrong and what to do.
        problem: &'static str,
    },
}
