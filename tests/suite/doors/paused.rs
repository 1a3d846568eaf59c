//! Media servers that stop sending without a word, as `uuid_audio_stream … pause` has them do.
//!
//! Source: `stream_session_pauseresume` and `stream_frame` of `mod_audio_stream`
//! (`audio_streamer_glue.cpp`): what comes between is thrown away, and nothing is told.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_after_a_pause_that_nobody_told_stands_where_the_call_is() {
    let (_engine, mut client, door) = engine().await;
    let events = follow(&mut client, "paused").await;
    // A word, and the silence behind it: 1.2 s of both sides.
    let word = encode(
        Codec::Pcmu,
        &[&script().sound(0)[..3_200], &[0.0; 6_400]].concat(),
    );
    let quiet = vec![0xff; word.len()];
    let sound = in_turns([linear(&word), linear(&quiet)]);
    let path = "/freeswitch?rate=8k&mix=stereo&call_id=paused";
    let mut peer = Peer::connect(door, path, None).await;
    for frame in sound.chunks(4 * FRAME) {
        peer.binary(frame.to_vec()).await;
    }
    // However long this takes, the pause is not shorter.
    tokio::time::sleep(Duration::from_secs(3)).await;
    for frame in sound.chunks(4 * FRAME) {
        peer.binary(frame.to_vec()).await;
    }
    peer.0.close(None).await.expect("closed");
    let events = events.await.expect("followed");
    let begun: Vec<u64> = events
        .iter()
        .filter(|event| matches!(&event.detail, Some(Detail::SpeechBegin(_))))
        .map(|event| event.start_ms)
        .collect();
    assert!(
        matches!(begun[..], [first, second] if first < 300 && second > 2_700),
        "{begun:?}"
    );
    for role in [Customer, Agent] {
        let states = events.iter().filter_map(|event| match &event.detail {
            Some(Detail::LegState(leg)) if event.role() == role => Some(leg.state.as_str()),
            _ => None,
        });
        assert_eq!(states.collect::<Vec<_>>(), ["paused", "active"], "{role:?}");
    }
}
