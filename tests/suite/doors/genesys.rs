//! A Genesys client that pauses, discards, asks, and goes on over another connection.

use super::*;

/// What its sessions are called.
const SESSIONS: [&str; 3] = [
    "e160e428-53b2-487c-977d-96989bf5c99a",
    "e160e428-53b2-487c-977d-96989bf5c99b",
    "e160e428-53b2-487c-977d-96989bf5c99c",
];

/// A client, with all that it has been told.
struct Client {
    peer: Peer,
    told: Vec<Value>,
}

impl Client {
    /// Opens a session of a conversation that goes on with others, of which it says what it got.
    async fn open(
        door: SocketAddr,
        conversation: &str,
        session: &str,
        continues: &[(&str, u64)],
    ) -> Self {
        let mut open = genesys_open(conversation);
        open["id"] = json!(session);
        let continues = continues.iter();
        let continues =
            continues.map(|(id, got)| json!({"id": id, "serverseq": got, "clientseq": 2}));
        open["parameters"]["continuedSessions"] = continues.collect();
        let mut peer = Peer::connect(door, "/genesys", None).await;
        peer.text(&open.to_string()).await;
        Self {
            peer,
            told: Vec::new(),
        }
    }

    async fn says(&mut self, kind: &str, parameters: Value) {
        let message = json!({"version": "2", "type": kind, "seq": 2, "parameters": parameters});
        self.peer.text(&message.to_string()).await;
    }

    /// Sends what both sides say, in frames of 20 ms.
    async fn sends(&mut self, [customer, agent]: [&[u8]; 2]) {
        let sound = in_turns([bytes(customer), bytes(agent)]);
        self.peer.sound(&sound).await;
    }

    /// Reads until a message of that kind has come.
    async fn until(&mut self, kind: &str) {
        while self.told.last().is_none_or(|last| last["type"] != kind) {
            let message = self.peer.0.next().await.expect("it goes on").expect("text");
            let message = message.into_text().expect("text");
            self.told
                .push(serde_json::from_str(&message).expect("JSON"));
        }
    }

    /// The number of the last message that it has got.
    fn got(&self) -> u64 {
        let last = self.told.last().expect("something came");
        last["seq"].as_u64().expect("a number")
    }

    /// The words that were final, and where they began in its stream.
    fn finals(&self) -> Vec<(String, String)> {
        let entities = entities(&self.told, "transcript");
        let finals = entities.into_iter().filter(|data| data["isFinal"] == true);
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let finals = finals.map(|data| {
            let words = &data["alternatives"][0]["interpretations"][0]["transcript"];
            (text(words), text(&data["offset"]))
        });
        finals.collect()
    }
}

/// The data of all entities of a kind.
fn entities(told: &[Value], kind: &str) -> Vec<Value> {
    let entities = told
        .iter()
        .filter_map(|one| one["parameters"]["entities"].as_array());
    let entities = entities.flatten().filter(|entity| entity["type"] == kind);
    entities.map(|entity| entity["data"].clone()).collect()
}

/// Whether `text`, as `PT4.7S`, is that time, but for what hearing a beginning takes.
fn is_near(text: &str, seconds: f64) -> bool {
    let number = text.trim_start_matches("PT").trim_end_matches('S');
    (number.parse::<f64>().expect("seconds") - seconds).abs() < 0.3
}

#[tokio::test(flavor = "multi_thread")]
async fn pauses_and_discarded_sound_pass_on_the_calls_timeline() {
    let (_engine, mut client, door) = engine().await;
    let events = follow(&mut client, "pauses").await;
    let [customer, agent] = call();
    let cut = script().sound(0).len() + 8_000;
    let mut genesys = Client::open(door, "pauses", SESSIONS[0], &[]).await;
    genesys.sends([&customer[..cut], &agent[..cut]]).await;
    genesys.says("paused", json!({})).await;
    genesys
        .says("resumed", json!({"start": "PT4.2S", "discarded": "PT5S"}))
        .await;
    genesys.sends([&customer[cut..], &agent[cut..]]).await;
    genesys
        .says("discarded", json!({"start": "PT9.8S", "discarded": "PT3S"}))
        .await;
    genesys.sends([&customer[..cut], &agent[..cut]]).await;
    genesys.says("update", json!({"language": "fr-CA"})).await;
    genesys.until("updated").await;
    genesys.says("ping", json!({})).await;
    genesys.until("pong").await;
    assert_eq!(genesys.told.last().expect("a pong")["clientseq"], 2);
    genesys.says("close", json!({"reason": "end"})).await;
    genesys.until("closed").await;

    // Of the stream, 9.8 s have been sent before 3 s were discarded; the call has paused for 5 s more.
    let (told, lines) = (genesys.finals(), [0.0, 4.7, 12.8]);
    assert_eq!(told.len(), 3, "{told:?}");
    for ((_, offset), line) in told.iter().zip(lines) {
        assert!(is_near(offset, line), "{offset}, and not {line}");
    }
    let events = events.await.expect("followed");
    let begun = events.iter().filter_map(|event| match &event.detail {
        Some(Detail::Transcript(words)) if words.is_final => Some(event.start_ms),
        _ => None,
    });
    for (begun, expected) in begun.zip([0_u64, 9_700, 17_800]) {
        assert!(
            begun.abs_diff(expected) < 300,
            "{begun}, and not {expected}"
        );
    }
    let states = |role| {
        let states = events.iter().filter_map(move |event| match &event.detail {
            Some(Detail::LegState(leg)) if event.role() == role => Some(leg.state.clone()),
            _ => None,
        });
        states.collect::<Vec<_>>()
    };
    for role in [Customer, Agent] {
        assert_eq!(states(role), ["paused", "active", "paused", "active"]);
    }
    let updated = events.iter().any(|event| {
        matches!(&event.detail, Some(Detail::CallUpdated(call)) if call.metadata["language"] == "fr-CA")
    });
    assert!(updated, "its language is known");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_told_as_an_article_for_the_agent() {
    let (_engine, _client, door) = engine().await;
    let [customer, agent] = call();
    let mut genesys = Client::open(door, "card", SESSIONS[0], &[]).await;
    genesys.sends([&customer, &agent]).await;
    genesys.says("close", json!({"reason": "end"})).await;
    genesys.until("closed").await;
    let cards = entities(&genesys.told, "agentassist");
    let article = &cards.first().expect("an article")["suggestions"][0];
    assert_eq!(article["type"], "article");
    assert_eq!(
        article["documentUri"],
        "urn:sidetone:article:cancellation-en"
    );
    assert!(
        article["title"]
            .as_str()
            .is_some_and(|title| !title.is_empty())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_continued_is_one_call_and_tells_all_words_once() {
    let (engine, mut client, door) = engine().await;
    let events = follow(&mut client, "continued").await;
    // Three words of the customer's.
    let said = encode(Codec::Pcmu, &script().sound(0)[..9_600]);
    let quiet = vec![0xff; said.len()];
    let [first, second, third] = SESSIONS;

    // The first goes in mid-utterance, and says that another one comes.
    let mut genesys = Client::open(door, "continued", first, &[]).await;
    genesys.until("opened").await;
    genesys.sends([&said, &quiet]).await;
    genesys.says("close", json!({"reason": "reconnect"})).await;
    genesys.until("closed").await;
    let mut told = genesys.finals();
    let got = (first, genesys.got());

    // The second is lost without a word, with all that it was told, while the engine takes it to be there.
    let mut lost = Client::open(door, "continued", second, &[got]).await;
    lost.until("opened").await;
    lost.sends([&said, &quiet]).await;
    lost.says("ping", json!({})).await;
    let answered = lost.got();
    let mut unread = Client {
        told: Vec::new(),
        ..lost
    };
    unread.until("pong").await;

    let continues = [got, (second, answered)];
    let mut genesys = Client::open(door, "continued", third, &continues).await;
    genesys.until("opened").await;
    let pause = vec![0xff; 12_000];
    genesys.sends([&pause, &pause]).await;
    genesys.sends([&said, &quiet]).await;
    genesys.says("close", json!({"reason": "end"})).await;
    genesys.until("closed").await;
    told.extend(genesys.finals());

    let words: Vec<&str> = told.iter().map(|(words, _)| words.as_str()).collect();
    assert_eq!(words, ["I would like"; 3], "each is told once");
    let events = events.await.expect("followed");
    assert_eq!(finals(&events)[&Customer], words);
    let seen = report_of(&engine, "websocket/genesys").await;
    assert_eq!(seen["opened"], 1, "one call");
    let (_, close) = unread.peer.rest().await;
    assert_eq!(u16::from(close.expect("replaced").code), 1008);
}
