use super::*;

fn secure(policy: &str) -> (tempfile::TempDir, Guard, Directory) {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("policy.toml");
    std::fs::write(&file, policy).expect("written");
    let config = AccessConfig {
        mode: Mode::Secure,
        policy: file,
        hosts: Vec::new(),
        session_min: 5,
        oidc: OidcConfig::default(),
    };
    let at = || Directory::at(&dir.path().join("access.db")).expect("made");
    let guard = Guard::secure(&config, at()).expect("sound");
    let beside = at();
    (dir, guard, beside)
}

fn subject(name: &str, roles: &[&str]) -> Subject {
    Subject {
        name: name.to_owned(),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        agent_id: Some(format!("agent-of-{name}")),
        teams: vec!["billing".to_owned()],
    }
}

fn shows(guard: &Guard, bearer: &str) -> Result<Principal, Unknown> {
    let shown = Credentials {
        bearer: Some(bearer),
        ..Credentials::default()
    };
    guard.identify(shown, None)
}

#[test]
fn whoever_reaches_an_open_engine_is_let_in() {
    let who = Guard::open()
        .identify(Credentials::default(), None)
        .expect("open");
    assert!(!who.is_known() && who.name() == "local");
}

#[test]
fn a_token_opens_until_it_ends_or_is_revoked() {
    let (_dir, guard, beside) = secure("");
    let token = beside
        .make_token(&subject("pbx", &["media"]), None)
        .expect("made");
    let old = beside
        .make_token(&subject("old", &["media"]), Some(1))
        .expect("made");
    guard.look();
    let who = shows(&guard, &token.reveal()).expect("valid");
    assert_eq!(
        (who.name(), who.role_names()),
        ("pbx", vec!["media".to_owned()])
    );
    assert!(guard.stands(&who));
    for wrong in [
        old.reveal(),
        token.reveal().replace("sidetone_", "sidetone_0"),
        String::new(),
    ] {
        assert_eq!(
            shows(&guard, &wrong).err(),
            Some(Unknown::Invalid),
            "{wrong}"
        );
    }
    let nothing = guard.identify(Credentials::default(), None);
    assert_eq!(nothing.err(), Some(Unknown::Nothing));
    beside.revoke_token(token.id()).expect("there");
    guard.look();
    assert_eq!(shows(&guard, &token.reveal()).err(), Some(Unknown::Invalid));
    assert!(!guard.stands(&who), "also for what goes on");
    let changes = guard.changes().expect("readable");
    let told: Vec<_> = changes.iter().map(|one| one.action.as_str()).collect();
    assert_eq!(told, ["token_made", "token_made", "token_revoked"]);
    guard.forget_changes(&changes[2]).expect("forgotten");
    assert!(guard.changes().expect("readable").is_empty());
}

#[test]
fn a_person_logs_in_and_out_and_is_kept_out_after_too_many_wrong_passwords() {
    let (_dir, guard, beside) = secure("[teams]\nbilling = [\"agent-9\"]\n");
    let password = PasswordHash::of("correct horse battery").expect("hashed");
    beside
        .add_user(&subject("ann", &["supervisor"]), &password)
        .expect("added");
    guard.look();
    let (token, _) = guard
        .log_in("ann", "correct horse battery", None)
        .expect("right");
    let secret = token.reveal();
    let shown = Credentials {
        session: Some(&secret),
        ..Credentials::default()
    };
    let who = guard.identify(shown, None).expect("logged in");
    assert_eq!(who.name(), "ann");
    let team: Vec<_> = who.team().iter().map(String::as_str).collect();
    assert_eq!(
        team,
        ["agent-9", "agent-of-ann"],
        "by the policy and by users"
    );
    assert_eq!(
        shows(&guard, &secret).err(),
        Some(Unknown::Invalid),
        "it is no token"
    );
    guard.log_out(&who).expect("written");
    assert_eq!(guard.identify(shown, None).err(), Some(Unknown::Invalid));
    assert!(!guard.stands(&who));
    for name in ["ann", "nobody"] {
        for _ in 0..=FREE_HERE {
            let refused = guard.log_in(name, "wrong", None);
            assert!(matches!(refused, Err(LoginError::Wrong)), "{name}");
        }
        let refused = guard.log_in(name, "correct horse battery", None);
        assert!(matches!(refused, Err(LoginError::Wait(_))), "{name}");
    }
    let elsewhere = "192.0.2.1".parse().ok();
    assert!(
        guard
            .log_in("ann", "correct horse battery", elsewhere)
            .is_ok()
    );
    beside.set_locked("ann", true).expect("there");
    guard.look();
    let locked = guard.log_in("ann", "correct horse battery", elsewhere);
    assert!(matches!(locked, Err(LoginError::Wrong)));
}

#[test]
fn whom_a_provider_has_named_is_let_in_with_a_role_and_a_name_of_their_own() {
    let (_dir, guard, beside) = secure("");
    let provided = |name: &str, roles: &[&str]| guard.let_in(subject(name, roles));
    let nothing = provided("ann", &["offline_access"]);
    assert!(matches!(nothing, Err(OidcError::NoRole(_))), "{nothing:?}");
    let (token, _) = provided("ann", &["agent", "offline_access"]).expect("an agent");
    let (sue, _) = provided("sue", &["supervisor"]).expect("a supervisor");
    let shows = |token: &Token| {
        let secret = token.reveal();
        let shown = Credentials {
            session: Some(&secret),
            ..Credentials::default()
        };
        guard.identify(shown, None)
    };
    let ann = shows(&token).expect("logged in");
    assert_eq!((ann.name(), ann.agent_id()), ("ann", Some("agent-of-ann")));
    assert_eq!(ann.role_names(), ["agent"]);
    let team = shows(&sue).expect("logged in");
    assert!(team.team().contains("agent-of-ann"), "{team:?}");
    // Whose actions are whose has to be told: ours keep their names.
    beside
        .make_token(&subject("ann", &["media"]), None)
        .expect("made");
    guard.look();
    assert_eq!(shows(&token).err(), Some(Unknown::Invalid));
    let taken = provided("ann", &["agent"]);
    assert!(matches!(taken, Err(OidcError::Taken(_))), "{taken:?}");
    guard.log_out(&team).expect("written");
    assert!(shows(&sue).is_err() && !guard.stands(&team));
}

#[test]
fn a_media_server_is_known_by_where_it_connects_from_and_a_changed_policy_holds() {
    let (dir, guard, _) = secure("[peers.pbx]\nfrom = [\"10.0.0.5\"]\nroles = [\"media\"]\n");
    let from = |address: &str| guard.peer(address.parse().expect("an address"));
    let who = from("10.0.0.5").expect("named");
    assert!(opens_calls(&who).is_ok() && who.name() == "pbx");
    assert_eq!(from("10.0.0.6").err(), Some(Unknown::Nothing));
    let file = dir.path().join("policy.toml");
    let change = |text: &str, seconds| {
        std::fs::write(&file, text).expect("written");
        let time = SystemTime::now() + Duration::from_secs(seconds);
        let file = std::fs::File::options().write(true).open(&file);
        file.and_then(|file| file.set_modified(time)).expect("set");
        guard.look();
    };
    change(
        "[peers.pbx]\nfrom = [\"10.0.0.6\"]\nroles = [\"agent\"]\n",
        10,
    );
    assert!(from("10.0.0.5").is_err() && !guard.stands(&who));
    assert!(opens_calls(&from("10.0.0.6").expect("named")).is_err());
    change("[peers.pbx]\nfrom = 7\n", 20);
    assert!(from("10.0.0.6").is_ok(), "a broken file changes nothing");
}
