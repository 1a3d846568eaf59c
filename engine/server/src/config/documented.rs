//! What the docs say to write down is taken, word for word.

use std::path::Path;

use super::read::tests::problems;

/// Settings that stand there as remarks, too.
fn with_remarks(block: &str) -> String {
    let lines = block.lines().map(|line| match line.strip_prefix("# ") {
        Some(setting) if setting.contains(" = ") => setting,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_configuration_in_the_docs_is_taken() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (file, blocks) in [
        ("README.md", 1),
        ("engine/docs/DOORS.md", 6),
        ("engine/docs/INTEGRATE.md", 0),
        ("engine/docs/OPERATE.md", 3),
        ("engine/docs/README.zh.md", 1),
    ] {
        let text = std::fs::read_to_string(root.join(file)).expect("the docs");
        let found = text.split("```toml\n").skip(1);
        let found: Vec<&str> = found
            .map(|rest| rest.split("```").next().expect("a piece"))
            .collect();
        assert!(found.len() >= blocks, "{file}: {}", found.len());
        for block in found {
            for text in [block.to_owned(), with_remarks(block)] {
                assert_eq!(problems(&text, &[]), [""; 0], "{file}:\n{text}");
            }
        }
    }
}
