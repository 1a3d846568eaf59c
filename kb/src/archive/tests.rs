use super::*;
use proptest::prelude::*;
use sidetone_types::party::Role;
use tempfile::TempDir;

pub(super) fn line(call: &str, utterance: u64, speaker: Role, text: &str) -> Line {
    Line {
        call_id: call.to_owned(),
        utterance,
        speaker,
        agent_id: format!("agent-of-{call}"),
        customer_id: Some(format!("customer-of-{call}")),
        phone: Some(format!("+1{call}")),
        lang: "en".to_owned(),
        said_at: 1_000 * utterance,
        start_ms: 0,
        end_ms: 10,
        text: text.to_owned(),
        voice: None,
    }
}

fn voice(mood: &str, strain: f32) -> Option<Voice> {
    Some(Voice {
        mood: mood.to_owned(),
        strain,
    })
}

/// The key of all tests.
pub(super) fn key() -> &'static DataKey {
    static KEY: std::sync::LazyLock<DataKey> =
        std::sync::LazyLock::new(|| DataKey::random().unwrap());
    &KEY
}

/// Two calls, committed.
fn archive() -> (TempDir, Archive, ArchiveWriter) {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::open(dir.path(), key()).unwrap();
    let mut writer = archive.writer().unwrap();
    let lines = [
        line(
            "1",
            1,
            Role::Customer,
            "I was charged twice, and I want a refund.",
        ),
        line(
            "1",
            2,
            Role::Agent,
            "Twice? I will refund what was charged.",
        ),
        line(
            "2",
            3,
            Role::Customer,
            "我這個月的話費被重複扣了兩次，我要退款。",
        ),
        line("2", 4, Role::Agent, "退回的款项三天到账。"),
    ];
    writer.add(&lines).unwrap();
    writer
        .add_alerts("2", &["churn".to_owned(), "regulator".to_owned()])
        .unwrap();
    writer.commit(4).unwrap();
    (dir, archive, writer)
}

pub(super) fn utterances(archive: &Archive, query: &Query) -> Vec<u64> {
    let page = archive.search(query).unwrap();
    assert_eq!(page.total, page.found.len());
    page.found
        .iter()
        .map(|found| found.line.utterance)
        .collect()
}

#[test]
fn words_and_phrases_find_the_lines_that_have_them() {
    let (_dir, archive, _writer) = archive();
    let long = "x".repeat(6_000);
    for (text, expected) in [
        ("refunds", &[2, 1][..]),
        ("charged TWICE", &[2, 1]),
        ("\"charged twice\"", &[1]),
        ("\"twice charged\"", &[]),
        ("退款", &[3]),
        ("\"款项\"", &[4]),
        ("“重复扣”", &[3]),
        ("話費", &[3]),
        ("\"费话\"", &[]),
        ("refund 退款", &[]),
        ("", &[4, 3, 2, 1]),
        (" \t", &[4, 3, 2, 1]),
        ("?!", &[]),
        ("😀", &[]),
        ("\"%\"", &[]),
        (&long, &[]),
    ] {
        assert_eq!(utterances(&archive, &Query::of(text)), expected, "{text}");
    }
}

#[test]
fn every_circumstance_narrows_the_search() {
    let (_dir, archive, _writer) = archive();
    let some = |text: &str| Some(text.to_owned());
    let all = || Query::of("");
    for (case, query, expected) in [
        (
            "speaker",
            Query {
                speaker: Some(Role::Agent),
                ..all()
            },
            &[4, 2][..],
        ),
        (
            "agent",
            Query {
                agent_id: some("agent-of-1"),
                ..all()
            },
            &[2, 1],
        ),
        (
            "customer's id",
            Query {
                customer: some("customer-of-2"),
                ..all()
            },
            &[4, 3],
        ),
        (
            "customer's number",
            Query {
                customer: some("+11"),
                ..all()
            },
            &[2, 1],
        ),
        (
            "call",
            Query {
                call_id: some("2"),
                ..all()
            },
            &[4, 3],
        ),
        (
            "from",
            Query {
                from: Some(3_000),
                ..all()
            },
            &[4, 3],
        ),
        (
            "until",
            Query {
                until: Some(3_000),
                ..all()
            },
            &[2, 1],
        ),
        (
            "rule",
            Query {
                rules: vec!["churn".to_owned(), "x".to_owned()],
                ..all()
            },
            &[4, 3],
        ),
        (
            "unknown rule",
            Query {
                rules: vec!["x".to_owned()],
                ..all()
            },
            &[],
        ),
        (
            "two at once",
            Query {
                speaker: Some(Role::Customer),
                from: Some(2_000),
                ..all()
            },
            &[3],
        ),
    ] {
        assert_eq!(utterances(&archive, &query), expected, "{case}");
    }
}

#[test]
fn lines_are_found_by_how_they_sounded() {
    let (_dir, archive, mut writer) = archive();
    let sounding = |utterance, text, mood, strain| Line {
        voice: voice(mood, strain),
        ..line("3", utterance, Role::Customer, text)
    };
    let lines = [
        sounding(5, "a refund, now", "anger", 0.7),
        sounding(6, "nothing works", "anger", 0.4),
        sounding(7, "a refund, please", "neutral", 0.1),
    ];
    writer.add(&lines).unwrap();
    writer.commit(7).unwrap();
    for (text, mood, strain, expected) in [
        ("", Some("anger"), None, &[6, 5][..]),
        ("refund", Some("anger"), None, &[5]),
        ("", None, Some(0.4), &[6, 5]),
        ("", None, Some(0.7), &[5]),
        ("", None, Some(0.0), &[7, 6, 5]),
        ("refund", None, Some(0.1), &[7, 5]),
        ("", Some("anger"), Some(0.5), &[5]),
        ("", Some("joy"), None, &[]),
        ("refund", None, None, &[7, 5, 2, 1]),
    ] {
        let query = Query {
            mood: mood.map(str::to_owned),
            strain,
            ..Query::of(text)
        };
        let case = format!("{text} {mood:?} {strain:?}");
        assert_eq!(utterances(&archive, &query), expected, "{case}");
    }
    let found = &archive.search(&Query::of("\"refund now\"")).unwrap().found[0];
    assert_eq!(found.line.voice, voice("anger", 0.7));
}

#[test]
fn a_page_holds_what_was_asked_for_and_tells_how_many_there_are() {
    let (_dir, archive, _writer) = archive();
    for (offset, limit, expected) in [
        (0, 2, &[4, 3][..]),
        (3, 2, &[1]),
        (9, 2, &[]),
        (0, 0, &[]),
        (usize::MAX, 1, &[]),
        (0, usize::MAX, &[4, 3, 2, 1]),
    ] {
        let page = archive
            .search(&Query {
                offset,
                limit,
                ..Query::of("")
            })
            .unwrap();
        let found: Vec<u64> = page
            .found
            .iter()
            .map(|found| found.line.utterance)
            .collect();
        assert_eq!((&*found, page.total), (expected, 4), "{offset} {limit}");
    }
}

#[test]
fn the_best_line_comes_first_if_asked_for() {
    let (_dir, archive, mut writer) = archive();
    writer
        .add(&[line(
            "3",
            9,
            Role::Agent,
            "refund is one of very many words here",
        )])
        .unwrap();
    writer
        .add(&[line("3", 8, Role::Agent, "refund refund")])
        .unwrap();
    writer.commit(9).unwrap();
    let best = Query {
        order: Order::Best,
        ..Query::of("refund")
    };
    assert_eq!(utterances(&archive, &best)[0], 8);
}

#[test]
fn a_found_line_comes_whole_with_its_words_marked() {
    let (_dir, archive, _writer) = archive();
    let found = &archive.search(&Query::of("“重复扣” 两次")).unwrap().found[0];
    assert_eq!(found.marked(), ["重複扣", "兩次"]);
    assert_eq!(found.shown(), found.line.text);
    let expected = line(
        "2",
        3,
        Role::Customer,
        "我這個月的話費被重複扣了兩次，我要退款。",
    );
    assert!(found.line == expected);
}

#[test]
fn of_a_long_line_the_part_with_the_words_is_shown() {
    let (_dir, archive, mut writer) = archive();
    let text = format!("{} needle {}", "hay ".repeat(100), "straw ".repeat(100));
    writer.add(&[line("3", 9, Role::Agent, &text)]).unwrap();
    writer.commit(9).unwrap();
    let found = &archive.search(&Query::of("needle")).unwrap().found[0];
    assert_eq!(found.marked(), ["needle"]);
    assert_eq!(found.shown().chars().count(), 200);
    assert!(found.shown().contains("needle"));
}

#[test]
fn adding_a_line_or_an_alert_again_doubles_nothing() {
    let (_dir, archive, mut writer) = archive();
    let mended = line("1", 1, Role::Customer, "I was charged thrice.");
    writer.add(&[mended.clone(), mended]).unwrap();
    writer.add_alerts("2", &["churn".to_owned()]).unwrap();
    writer.commit(5).unwrap();
    assert_eq!(utterances(&archive, &Query::of("")), [4, 3, 2, 1]);
    assert_eq!(utterances(&archive, &Query::of("thrice")), [1]);
    let churn = Query {
        rules: vec!["churn".to_owned()],
        ..Query::of("")
    };
    assert_eq!(utterances(&archive, &churn), [4, 3]);
}

#[test]
fn a_crash_loses_only_what_was_not_committed_and_the_mark_tells_what() {
    let (dir, archive, mut writer) = archive();
    assert!(matches!(archive.writer(), Err(ArchiveError::Locked)));
    writer
        .add(&[line("3", 5, Role::Agent, "not yet safe")])
        .unwrap();
    drop((archive, writer));

    let archive = Archive::open(dir.path(), key()).unwrap();
    assert_eq!(archive.mark().unwrap(), 4);
    assert_eq!(utterances(&archive, &Query::of("")), [4, 3, 2, 1]);
    let _ = archive.writer().unwrap();
}

#[test]
fn a_folder_of_another_version_is_told_from_a_broken_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut schema = tantivy::schema::Schema::builder();
    schema.add_u64_field("other", tantivy::schema::STORED);
    let files = SealedDirectory::new(folder(dir.path()).unwrap(), key());
    Index::create(files, schema.build(), Default::default()).unwrap();
    assert!(matches!(
        Archive::open(dir.path(), key()),
        Err(ArchiveError::OtherVersion { .. })
    ));
    let archive = Archive::open_or_renew(dir.path(), key()).unwrap();
    assert_eq!(archive.mark().unwrap(), 0);
    archive.writer().unwrap().commit(7).unwrap();
    drop(archive);
    let archive = Archive::open_or_renew(dir.path(), key()).unwrap();
    assert_eq!(archive.mark().unwrap(), 7, "what is ours stays");
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(
        Archive::open(&file, key()),
        Err(ArchiveError::Folder { .. })
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_question_is_harmless(text in "(\\PC|\"|“|”|退款|refund |twice ){0,80}") {
        static ARCHIVE: std::sync::LazyLock<(TempDir, Archive, ArchiveWriter)> =
            std::sync::LazyLock::new(archive);
        for order in [Order::Newest, Order::Best] {
            let page = ARCHIVE.1.search(&Query { order, ..Query::of(&text) }).unwrap();
            for found in &page.found {
                prop_assert!(found.line.text.get(found.snippet.clone()).is_some());
                prop_assert_eq!(found.marked().len(), found.marks.len());
            }
        }
    }
}
