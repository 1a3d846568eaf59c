//! Changes of a call that goes on.

use super::*;

/// Changes the call, and waits until it is done. What it gives says when that is committed.
async fn update(stage: &Stage, update: CallUpdate) -> Result<Receipt, UpdateError> {
    let (done, answer) = oneshot::channel();
    let command = Command {
        update,
        datagrams: Vec::new(),
        heard: Vec::new(),
        place: None,
        done,
    };
    let sent = stage.commands.send(command).await;
    sent.map_err(|_| UpdateError::NoSuchCall)?;
    answer.await.expect("it is answered")
}

fn control(role: Role, control: Control) -> LegControl {
    LegControl {
        leg: sidetone_core::describe::LegName {
            role,
            party: "".into(),
        },
        at: None,
        control,
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_transfer_events_and_the_note_are_the_new_agents() {
    let mut stage = Stage::new([(Role::Agent, rtp()), (Role::Customer, rtp())]);
    stage.say_a_word().await;
    stage.inference.answer(hear);
    stage.speak(100, false).await;
    let joins = Control::Join(Party {
        role: Role::Agent,
        id: "agent-9".into(),
        name: "Bob".into(),
    });
    let transfer = CallUpdate {
        controls: vec![control(Role::Agent, joins)],
        ..CallUpdate::default()
    };
    update(&stage, transfer).await.expect("it is transferred");
    assert_eq!(&*stage.current.agent_id(), "agent-9");
    stage.say_a_word().await;
    stage.inference.answer(hear);
    stage.speak(100, false).await;
    stage.hang_up(EndReason::Closed);
    let (_, told) = stage.ended().await;
    let spoken_by: Vec<(&str, &str)> = told
        .iter()
        .filter(|event| event.event.role == Some(Role::Agent))
        .filter(|event| matches!(event.event.kind, EventKind::Final(_)))
        .map(|event| (event.agent_id.as_str(), &*event.event.party))
        .collect();
    assert_eq!(spoken_by, [("agent-7", ""), ("agent-9", "agent-9")]);
    let last = told.last().expect("told");
    assert_eq!(
        (last.event.kind.name(), last.agent_id.as_str()),
        ("summary", "agent-9")
    );
}

#[tokio::test(start_paused = true)]
async fn a_change_that_cannot_be_made_changes_nothing() {
    let stage = Stage::new([(Role::Agent, rtp())]);
    let half = CallUpdate {
        controls: vec![
            control(Role::Agent, Control::Hold(true)),
            control(Role::Customer, Control::Hold(true)),
        ],
        ..CallUpdate::default()
    };
    let error = update(&stage, half).await.err().expect("no such leg");
    assert!(error.to_string().contains("`customer`"), "{error}");
    let mut long = CallUpdate::default();
    long.change
        .metadata
        .insert("k".to_owned(), "x".repeat(5_000));
    let error = update(&stage, long).await.err().expect("too long");
    assert!(error.to_string().contains("5000 bytes"), "{error}");
    let (_, told) = stage.ended().await;
    assert_eq!(
        kinds(&told),
        [
            "call_started",
            "checklist",
            "no_media",
            "call_ended",
            "summary"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_its_last_words_takes_no_more_changes_and_says_so_at_once() {
    let mut stage = Stage::new([(Role::Agent, rtp())]);
    stage.say_a_word().await;
    stage.hang_up(EndReason::Closed);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!stage.session.is_finished());
    let asked = Instant::now();
    let hold = CallUpdate {
        controls: vec![control(Role::Agent, Control::Hold(true))],
        ..CallUpdate::default()
    };
    let error = update(&stage, hold).await.err().expect("it is over");
    assert!(matches!(error, UpdateError::NoSuchCall), "{error}");
    assert!(asked.elapsed() < Duration::from_secs(1));
}
