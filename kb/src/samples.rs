//! The articles that come with the program: a telecom provider's, in both languages.

use include_dir::{Dir, include_dir};

use crate::article::Article;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/articles");

/// The sample articles, in the order of their files' names.
#[must_use]
pub fn samples() -> Vec<Article> {
    let mut files: Vec<_> = FILES.files().collect();
    files.sort_by_key(|file| file.path());
    let parse = |file: &include_dir::File<'_>| {
        let text = file.contents_utf8().expect("an article is text");
        Article::parse(file.path(), text).expect("a test reads them all")
    };
    files.into_iter().map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Index;

    #[test]
    fn every_sample_can_be_read_and_has_an_id_of_its_own() {
        assert!(samples().len() >= 12);
        assert!(Index::build(samples()).is_ok());
    }
}
