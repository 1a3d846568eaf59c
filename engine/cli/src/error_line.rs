//! An error as people read it.

/// The error and its causes, without those that it names itself already.
pub fn one_line(error: &anyhow::Error) -> String {
    let mut line = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !line.contains(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn an_error_is_one_line_and_says_nothing_twice() {
        let missing = io::Error::from(io::ErrorKind::NotFound);
        let twice = anyhow::Error::from(missing).context("cannot read x: entity not found");
        assert_eq!(one_line(&twice), "cannot read x: entity not found");
        let once = anyhow::anyhow!("line 3: no number").context("names.txt");
        assert_eq!(one_line(&once), "names.txt: line 3: no number");
    }
}
