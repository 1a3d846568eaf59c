//! What agents correct is theirs in the transcript, and heard from then on.

use std::time::Duration;

use serde_json::json;
use sidetone::config::Config;
use sidetone_media::audio::Codec;
use sidetone_media::rtp::send::Packetiser;
use sidetone_models::transcriber::{OneByOne, Transcriber};
use sidetone_proto::v1;
use sidetone_proto::v1::call_event::Detail;
use sidetone_tests::kit::{
    Client, connect, get, packets, rest, scripted_as, send, told_of, two_legs, until_ended,
};
use sidetone_types::recognise::{Hypothesis, Job, Rejection, Word};
use tonic::{Code, Streaming};

/// Hears the name of the product only if it listens for it.
fn hears_names_it_knows() -> Box<dyn Transcriber> {
    Box::new(OneByOne::new(|job: &Job| {
        let known = job
            .vocabulary
            .phrases()
            .any(|phrase| phrase.text == "Aurora Fibre");
        let line = match known {
            true => " We have Aurora Fibre.",
            false => " We have a roar of fibre.",
        };
        let words = (0..).zip(line.split_inclusive(' ').map(str::trim));
        let words = words
            .filter(|(_, word)| !word.is_empty())
            .map(|(i, word)| Word {
                text: format!(" {word}"),
                start: Duration::from_millis(100) * i,
                end: Duration::from_millis(100) * (i + 1),
                confidence: 0.9,
                tokens: vec![i],
            });
        Ok(Hypothesis {
            words: words.collect(),
            confidence: 0.9,
            rejected: None,
            ..Hypothesis::silence(job.languages[0], Rejection::Empty)
        })
    }))
}

/// A call that goes on.
struct Open {
    id: String,
    events: Streaming<v1::CallEvent>,
    to: v1::RtpAddress,
    sender: Packetiser,
}

impl Open {
    async fn new(client: &mut Client, id: &str) -> Self {
        let call = two_legs(v1::CallConfig {
            call_id: id.to_owned(),
            languages: vec!["en".to_owned()],
            ..Default::default()
        });
        let opened = client.open_call(call).await.expect("opened").into_inner();
        Self {
            id: id.to_owned(),
            events: told_of(client, id).await,
            to: opened.addresses[1].clone(),
            sender: Packetiser::new(7, 0, Codec::Pcmu),
        }
    }

    /// Speaks for a second, and gives what was heard.
    async fn speak(&mut self) -> (u64, String) {
        let tone = (0..8_000).map(|i| 0.3 * (i as f32 * 0.35).sin());
        let sound: Vec<f32> = tone.chain([0.0; 12_000]).collect();
        let slots = packets(&mut self.sender, &sound).into_iter();
        send(&self.to, slots.map(|packet| vec![packet]).collect()).await;
        let words = self.next(|detail| match detail {
            Detail::Transcript(words) => words.is_final.then_some(words),
            _ => None,
        });
        let words = words.await;
        (words.utterance_id, words.alternatives[0].spoken.clone())
    }

    /// The next event that `which` takes something of.
    async fn next<T>(&mut self, which: impl Fn(Detail) -> Option<T>) -> T {
        loop {
            let event = self.events.message().await.expect("the engine serves");
            let detail = event.expect("the call goes on").detail;
            if let Some(found) = detail.and_then(&which) {
                return found;
            }
        }
    }

    async fn correct(
        &mut self,
        client: &mut Client,
        utterance_id: u64,
        text: &str,
    ) -> Result<(), tonic::Status> {
        let correction = v1::Correction {
            utterance_id,
            text: text.to_owned(),
            by: "agent-7".to_owned(),
        };
        let update = v1::UpdateCallRequest {
            call_id: self.id.clone(),
            corrections: vec![correction],
            ..Default::default()
        };
        client.update_call(update).await.map(drop)
    }

    async fn close(self, client: &mut Client) {
        let close = v1::CloseCallRequest { call_id: self.id };
        client.close_call(close).await.expect("closed");
        until_ended(self.events).await;
    }
}

#[tokio::test]
async fn what_an_agent_corrects_is_told_kept_and_heard_from_then_on() {
    let engine = scripted_as(hears_names_it_knows(), Config::default()).await;
    let mut client = connect(engine.address()).await;
    let mut call = Open::new(&mut client, "first").await;
    let (utterance, heard) = call.speak().await;
    assert_eq!(heard, "We have a roar of fibre.");

    for (utterance, text, code, problem) in [
        (99, "We have Aurora Fibre.", Code::NotFound, "utterance 99"),
        (utterance, " ", Code::InvalidArgument, "needs words"),
    ] {
        let refused = call.correct(&mut client, utterance, text).await;
        let refused = refused.expect_err("refused");
        assert_eq!(refused.code(), code);
        assert!(refused.message().contains(problem), "{}", refused.message());
    }
    let said = "We have Aurora Fibre.";
    let correction = json!({ "utterance": utterance, "text": said, "by": "agent-7" });
    let patch = |body| rest(engine.address(), "PATCH", "/v1/calls/first", body);
    let twice = [&correction, &correction];
    let (status, answer) = patch(json!({ "corrections": twice })).await;
    assert_eq!(status, 400, "only one is the last word: {answer}");
    let (status, answer) = patch(json!({ "corrections": [correction] })).await;
    assert_eq!(status, 200, "{answer}");
    let (status, answer) = patch(json!(["415 555 0199"])).await;
    assert_eq!(status, 400, "fields have names: {answer}");
    let revised = call.next(|detail| match detail {
        Detail::Revised(revised) => Some(revised),
        _ => None,
    });
    let revised = revised.await;
    assert_eq!(
        (revised.live.as_str(), revised.by()),
        ("We have a roar of fibre.", "agent-7")
    );
    let transcript = get(engine.address(), "/v1/calls/first/transcript.vtt", 1 << 16).await;
    assert!(
        transcript.contains(said) && !transcript.contains("roar"),
        "{transcript}"
    );
    assert_eq!(call.speak().await.1, said, "in the same call");
    call.close(&mut client).await;

    // Later calls listen for it as soon as the engine has looked.
    let mut heard = String::new();
    for attempt in 0..20 {
        let mut later = Open::new(&mut client, &format!("later-{attempt}")).await;
        heard = later.speak().await.1;
        later.close(&mut client).await;
        if heard == said {
            break;
        }
    }
    assert_eq!(heard, said, "in later calls");
    engine.stop().await.expect("stopped");
}
