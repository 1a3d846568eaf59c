//! Messages of audio, one leg beside another.

use super::*;

#[tokio::test(start_paused = true)]
async fn two_legs_that_come_in_long_messages_stay_side_by_side() {
    let mut stage = Stage::new([(Role::Agent, stream()), (Role::Customer, stream())]);
    let audio = stage.audio.take().expect("it is a stream");
    // Two seconds at a time, in real time: the customer speaks in the fourth message.
    for turn in 0..8 {
        tokio::time::sleep(Duration::from_secs(2)).await;
        for leg in [0, 1] {
            let byte = if (leg, turn) == (1, 3) { 0x10 } else { 0xff };
            let bytes = (0..16_000).map(|i| byte ^ (u8::from(i % 8 < 4) * (byte & 0x80 ^ 0x80)));
            let (leg, at) = (LegId(leg), None);
            let message = Audio {
                leg,
                at,
                bytes: bytes.collect(),
            };
            audio
                .send(StreamItem::Audio(message))
                .await
                .expect("it is read");
        }
        stage.inference.answer(hear);
    }
    drop(audio);
    let (_, told) = stage.ended().await;
    let began: Vec<u64> = told
        .iter()
        .filter(|event| matches!(event.event.kind, EventKind::SpeechBegin { .. }))
        .map(|event| event.event.start.as_millis())
        .collect();
    assert_eq!(began.len(), 1, "{:?}", kinds(&told));
    assert!(began[0].abs_diff(6_000) <= 60, "{began:?}");
    let end = told.last().expect("told").event.end.as_millis();
    assert!(end.abs_diff(16_000) <= 60, "{end}");
    assert_eq!(count(&told, "no_media"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_late_is_left_out_as_a_whole() {
    let mut stage = Stage::new([(Role::Customer, stream())]);
    let audio = stage.audio.take().expect("it is a stream");
    for at_s in [0, 1, 2, 0, 1, 3] {
        let message = Audio {
            leg: LegId(0),
            at: Some(MediaTime::from_millis(at_s * 1_000)),
            bytes: vec![0xff; 8_000],
        };
        let sent = audio.send(StreamItem::Audio(message)).await;
        sent.expect("it is read");
    }
    drop(audio);
    let (_, told) = stage.ended().await;
    let Some(EventKind::CallEnded(ended)) = told.iter().rev().nth(1).map(|event| &event.event.kind)
    else {
        panic!("{:?}", kinds(&told));
    };
    assert_eq!(ended.legs[0].late_ms, 2_000);
    let end = told.last().expect("told").event.end.as_millis();
    assert!(end.abs_diff(4_000) <= 60, "{end}");
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_before_a_call_is_hung_up_is_heard() {
    for over in [true, false] {
        let mut stage = Stage::new([(Role::Customer, stream())]);
        let audio = stage.audio.take().expect("it is a stream");
        for _ in 0..3 {
            let loud: Vec<u8> = (0..8_000)
                .map(|i| if i % 8 < 4 { 0x10 } else { 0x90 })
                .collect();
            audio.send(piece(loud)).await.expect("it is read");
        }
        match over {
            true => {
                let end = StreamItem::End(EndReason::Disconnected);
                audio.send(end).await.expect("it is read");
            }
            false => stage.hang_up(EndReason::Closed),
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        stage.inference.answer(hear);
        let (_, told) = stage.ended().await;
        let end = told.last().expect("told").event.end.as_millis();
        assert_eq!(end, 3_000, "over: {over}");
        assert_eq!(count(&told, "final"), 1);
    }
}
