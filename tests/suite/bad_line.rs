//! What a bad network does to a call is survived, told and counted.

use sidetone::config::Config;
use sidetone_media::audio::Codec;
use sidetone_media::rtp::Payload;
use sidetone_media::rtp::send::Packetiser;
use sidetone_proto::v1;
use sidetone_proto::v1::Role::Customer;
use sidetone_proto::v1::call_event::Detail;
use sidetone_tests::kit::{
    Line, connect, finals, get, packets, scripted, send, two_legs, until_ended,
};

/// Loud and silent by turns: 600 ms of tone, 800 ms of nothing.
fn bursts(seconds: usize) -> Vec<f32> {
    (0..8_000 * seconds)
        .map(|i| {
            if i % 11_200 < 4_800 {
                0.3 * (i as f32 * 0.35).sin()
            } else {
                0.0
            }
        })
        .collect()
}

/// Sends `slots` to the customer's leg of a new call, closes it, and gives its events and the
/// metrics.
async fn call(slots: Vec<Vec<Vec<u8>>>) -> (Vec<v1::CallEvent>, String) {
    let engine = scripted(Config::default()).await;
    let mut client = connect(engine.address()).await;
    let opened = client
        .open_call(two_legs(v1::CallConfig::default()))
        .await
        .expect("opened")
        .into_inner();
    let request = v1::SubscribeRequest {
        call_id: opened.call_id.clone(),
        ..Default::default()
    };
    let events = client
        .subscribe(request)
        .await
        .expect("subscribed")
        .into_inner();
    let to = opened
        .addresses
        .iter()
        .find(|to| to.role() == Customer)
        .expect("a leg");
    send(to, slots).await;
    // The last packets are on their way still.
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    client
        .close_call(v1::CloseCallRequest {
            call_id: opened.call_id,
        })
        .await
        .expect("closed");
    let events = until_ended(events).await;
    let metrics = get(engine.address(), "/metrics", usize::MAX).await;
    engine.stop().await.expect("stopped");
    (events, metrics)
}

fn stats(events: &[v1::CallEvent]) -> v1::RtpStats {
    let Some(Detail::CallEnded(ended)) = events.last().and_then(|event| event.detail.clone())
    else {
        panic!("no end")
    };
    ended
        .legs
        .into_iter()
        .find(|leg| leg.role() == Customer)
        .and_then(|leg| leg.rtp)
        .expect("an RTP leg")
}

fn counted(metrics: &str, outcome: &str) -> u64 {
    let name = format!("sidetone_rtp_total{{outcome=\"{outcome}\"}} ");
    let line = metrics.lines().find_map(|line| line.strip_prefix(&name));
    line.unwrap_or_else(|| panic!("no {name} in {metrics}"))
        .parse()
        .expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn loss_reordering_and_repeats_leave_gaps_in_the_transcript_and_the_call_goes_on() {
    let mut sender = Packetiser::new(5, 0, Codec::Pcmu)
        .with_sequence(65_500)
        .with_timestamp(u32::MAX - 4_000);
    let line = Line {
        loss: 20,
        swapped: 5,
        repeated: 5,
    };
    let sent = packets(&mut sender, &bursts(7));
    let slots = line.carry(sent, 3);
    let (arrived, empty) = (
        slots.iter().flatten().count() as u64,
        slots.iter().filter(|s| s.is_empty()).count() as u64,
    );
    let (events, metrics) = call(slots).await;
    let stats = stats(&events);
    assert_eq!(stats.packets, arrived);
    // What was lost after the last packet that came nobody can know of.
    assert!(stats.lost.abs_diff(empty) <= 3, "{} of {empty}", stats.lost);
    assert!(
        stats.duplicated > 0 && stats.reordered > 0 && stats.concealed_ms > 0,
        "{stats:?}"
    );
    assert_eq!(stats.ssrc_changes, 0);
    assert_eq!(
        (counted(&metrics, "received"), counted(&metrics, "lost")),
        (stats.packets, stats.lost)
    );
    let gaps: Vec<&v1::Gap> = events
        .iter()
        .filter_map(|event| match &event.detail {
            Some(Detail::Gap(gap)) => Some(gap),
            _ => None,
        })
        .collect();
    assert_eq!(
        gaps.iter()
            .map(|gap| u64::from(gap.lost_packets))
            .sum::<u64>(),
        stats.lost
    );
    assert_eq!(finals(&events)[&Customer].len(), 5, "one for each burst");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_source_takes_over_and_a_stray_one_does_not() {
    let mut first = Packetiser::new(5, 0, Codec::Pcmu);
    let mut second = Packetiser::new(6, 0, Codec::Pcmu);
    let mut stray = Packetiser::new(7, 0, Codec::Pcmu);
    let mut slots: Vec<Vec<Vec<u8>>> = packets(&mut first, &bursts(2))
        .into_iter()
        .map(|packet| vec![packet])
        .collect();
    for slot in slots.iter_mut().step_by(10) {
        slot.push(stray.audio(&[0.2; 160]));
    }
    slots.extend(
        packets(&mut second, &bursts(2))
            .into_iter()
            .map(|packet| vec![packet]),
    );
    let (events, _) = call(slots).await;
    let stats = stats(&events);
    assert_eq!((stats.ssrc_changes, stats.foreign_ssrc), (1, 10));
    // The second source's first burst follows the first one's last without a pause, and is an
    // utterance of its own all the same.
    assert_eq!(finals(&events)[&Customer].len(), 4);
    let told = |detail: &Detail| matches!(detail, Detail::SourceChanged(_));
    let told = events
        .iter()
        .filter_map(|event| event.detail.as_ref())
        .filter(|detail| told(detail));
    assert_eq!(told.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_of_the_sender_is_no_loss_and_keys_are_no_noise() {
    let mut sender = Packetiser::new(5, 0, Codec::Pcmu);
    let one = |packets: Vec<Vec<u8>>| {
        packets
            .into_iter()
            .map(|packet| vec![packet])
            .collect::<Vec<_>>()
    };
    let mut slots = one(packets(&mut sender, &bursts(1)));
    slots.extend(vec![Vec::new(); 50]);
    sender.pause(8_000);
    slots.extend(one(packets(&mut sender, &bursts(1))));
    slots.extend(one(sender.key(
        101,
        Payload::TelephoneEvent { rate_hz: 8_000 },
        '7',
        200,
    )));
    slots.extend(one(packets(&mut sender, &[0.0; 8_000])));
    let (events, _) = call(slots).await;
    let keys: Vec<&str> = events
        .iter()
        .filter_map(|event| match &event.detail {
            Some(Detail::Dtmf(dtmf)) => Some(dtmf.key.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(keys, ["7"]);
    assert_eq!(stats(&events).lost, 0);
    assert_eq!(finals(&events)[&Customer].len(), 2);
}
