//! A recording as a call over RTP.

use sidetone::audio_file::Recording;
use sidetone_media::audio::Codec;
use sidetone_media::rtp::send::Packetiser;
use sidetone_proto::v1;
use sidetone_proto::v1::call_event::Detail;

use super::{Client, Line, leg, packets, send, until};

/// Opens a call of two legs, plays the first seconds of a recording to it at the pace of speech,
/// closes it, and gives its events up to the first for which `last` holds.
pub async fn play(
    mut client: Client,
    request: v1::OpenCallRequest,
    call: &Recording,
    until_s: f32,
    last: impl Fn(&Detail) -> bool,
) -> Vec<v1::CallEvent> {
    let opened = client.open_call(request).await;
    let opened = opened.expect("opened").into_inner();
    let request = v1::SubscribeRequest {
        call_id: opened.call_id.clone(),
        after_seq: 1,
        ..Default::default()
    };
    let events = client.subscribe(request).await;
    let events = events.expect("subscribed").into_inner();
    let sends: Vec<_> = opened
        .addresses
        .into_iter()
        .map(|to| {
            let channel = usize::from(to.role() == v1::Role::Customer);
            let mut sender = Packetiser::new(1 + channel as u32, 0, Codec::Pcmu);
            let samples = leg(call, channel, 0.0, until_s);
            let slots = Line::default().carry(packets(&mut sender, &samples), 1);
            tokio::spawn(async move { send(&to, slots).await })
        })
        .collect();
    for sent in sends {
        sent.await.expect("sent");
    }
    let closed = v1::CloseCallRequest {
        call_id: opened.call_id,
    };
    client.close_call(closed).await.expect("closed");
    let mut events = until(events, last).await;
    // On a busy machine this reader may be told of partials it was too slow for: no event of the
    // call.
    events.retain(|event| event.seq > 0);
    events
}
