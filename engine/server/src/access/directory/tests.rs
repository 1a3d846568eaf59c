use super::*;
use crate::access::subject::Whose;

fn subject(name: &str) -> Subject {
    Subject {
        name: name.to_owned(),
        roles: vec!["agent".to_owned(), "quality".to_owned()],
        agent_id: Some("agent-7".to_owned()),
        teams: vec!["billing".to_owned()],
    }
}

fn open() -> (tempfile::TempDir, Directory) {
    let dir = tempfile::tempdir().expect("a folder");
    let directory = Directory::at(&dir.path().join("data").join(FILE)).expect("made");
    (dir, directory)
}

#[test]
fn users_are_kept_with_all_that_they_are_and_forgotten_with_their_sessions() {
    let (_dir, directory) = open();
    assert!(directory.is_empty().expect("readable"));
    let password = PasswordHash::of_text("hash".to_owned());
    directory
        .add_user(&subject("ann"), &password)
        .expect("added");
    let again = directory.add_user(&subject("ann"), &password);
    assert!(matches!(again, Err(DirectoryError::Exists(_))));
    let user = &directory.users().expect("readable")[0];
    assert_eq!((&user.subject, user.locked), (&subject("ann"), false));
    let forever = now_ms() + 60_000;
    let change: [&dyn Fn() -> Result<(), DirectoryError>; 4] = [
        &|| directory.set_subject(&subject("ann")),
        &|| directory.set_password("ann", &password),
        &|| directory.set_locked("ann", true),
        &|| directory.remove_user("ann"),
    ];
    for change in change {
        let hers = Whose::User("ann".to_owned());
        directory.begin_session(&hers, forever).expect("begun");
        assert_eq!(directory.sessions().expect("readable")[0].whose, hers);
        change().expect("she is there");
        assert!(directory.sessions().expect("readable").is_empty());
    }
    let gone = directory.set_locked("ann", false);
    assert!(matches!(gone, Err(DirectoryError::NoUser(_))));
    let changes = directory.changes().expect("readable");
    let told: Vec<_> = changes.iter().map(|one| one.action.as_str()).collect();
    let expected = [
        "user_added",
        "user_changed",
        "password_changed",
        "user_locked",
        "user_removed",
    ];
    assert_eq!(told, expected, "and nothing of what was refused");
    assert!(changes.iter().all(|one| one.what == "ann"));
    assert!(changes[0].detail.contains("quality, agent agent-7"));
    directory.forget_changes(&changes[3]).expect("forgotten");
    assert_eq!(directory.changes().expect("readable"), changes[4..]);
}

#[test]
fn of_a_token_only_the_hash_is_kept_and_it_can_be_revoked() {
    let (dir, directory) = open();
    let token = directory
        .make_token(&subject("pbx"), Some(7))
        .expect("made");
    let kept = &directory.tokens().expect("readable")[0];
    assert!(kept.hash.matches(&token));
    assert_eq!((kept.expires_ms, kept.revoked_ms), (Some(7), None));
    let secret = token.reveal();
    let secret = secret.rsplit('_').next().expect("it has parts").as_bytes();
    for file in std::fs::read_dir(dir.path().join("data")).expect("a folder") {
        let bytes = std::fs::read(file.expect("a file").path()).expect("readable");
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
    directory.revoke_token(token.id()).expect("there");
    assert!(
        directory.tokens().expect("readable")[0]
            .revoked_ms
            .is_some()
    );
    let other = directory.revoke_token("00000000");
    assert!(matches!(other, Err(DirectoryError::NoToken(_))));
}

#[test]
fn a_session_of_somebody_whom_a_provider_has_named_says_what_they_are() {
    let (_dir, directory) = open();
    let whose = Whose::Provided(subject("ann"));
    let token = directory.begin_session(&whose, now_ms() + 60_000);
    let kept = &directory.sessions().expect("readable")[0];
    assert_eq!(
        (&kept.whose, kept.id.as_str()),
        (&whose, token.expect("begun").id())
    );
    let nobodys = directory.with(|connection| {
        let nobodys =
            "INSERT INTO sessions (id, hash, made_ms, expires_ms) VALUES ('a', x'00', 0, 0)";
        connection.execute(nobodys, [])
    });
    assert!(nobodys.is_err());
}

#[test]
fn what_another_process_has_changed_is_seen() {
    let (dir, directory) = open();
    let before = directory.version().expect("readable");
    assert_eq!(directory.version().expect("readable"), before);
    let other = Directory::at(&dir.path().join("data").join(FILE)).expect("open");
    other.make_token(&subject("pbx"), None).expect("made");
    assert_ne!(directory.version().expect("readable"), before);
}

#[test]
fn a_name_that_could_not_be_told_on_a_line_is_refused() {
    let (_dir, directory) = open();
    let password = PasswordHash::of_text("hash".to_owned());
    let long = "x".repeat(LONGEST_NAME + 1);
    for name in ["", "a b", "a,b", "a\nb", "\u{202e}nna", long.as_str()] {
        let refused = directory.add_user(&subject(name), &password);
        assert!(matches!(refused, Err(DirectoryError::Name(_))), "{name}");
    }
    let ours = directory.add_user(&subject("folder"), &password);
    assert!(matches!(ours, Err(DirectoryError::Ours(_))));
    directory
        .add_user(&subject("王芳@site.example"), &password)
        .expect("a name");
}
