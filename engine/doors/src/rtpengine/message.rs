//! Messages of the ng protocol: a cookie, a blank, and a dictionary. It may be JSON as well as
//! bencode; rtpengine answers in the one it was asked in.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::{Value, json};

/// What rtpengine is asked to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Command {
    /// Whether it is there.
    Ping,
    /// The ids of its calls, so many at most.
    List {
        /// How many.
        limit: usize,
    },
    /// All that it knows of a call.
    Query {
        /// Which call.
        call_id: String,
    },
    /// An offer of what one participant says.
    SubscribeRequest {
        /// Whom it is about.
        of: Subscription,
        /// Whether it is to be offered as PCMU too, whatever the participant sends.
        transcode: bool,
    },
    /// Where that is to be sent.
    SubscribeAnswer {
        /// Whom it is about.
        of: Subscription,
        /// The answer to the offer.
        sdp: String,
    },
    /// No more of it.
    Unsubscribe(Subscription),
    /// A subscription's ports are to be freed. `unsubscribe` alone keeps them for as long as the
    /// call goes on, and keeps the call from ending.
    Delete(Subscription),
}

/// One participant of a call, and ourselves as one who listens to them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Subscription {
    /// The call's id at rtpengine.
    pub call_id: String,
    /// The participant.
    pub from_tag: String,
    /// Ourselves.
    pub to_tag: String,
}

impl Command {
    /// As it is sent.
    pub fn datagram(&self, cookie: &str) -> Vec<u8> {
        format!("{cookie} {}", self.json()).into_bytes()
    }

    fn json(&self) -> Value {
        let with = |command: &str, of: &Subscription| {
            json!({
                "command": command, "call-id": of.call_id,
                "from-tag": of.from_tag, "to-tag": of.to_tag,
            })
        };
        match self {
            Self::Ping => json!({"command": "ping"}),
            Self::List { limit } => json!({"command": "list", "limit": limit}),
            Self::Query { call_id } => json!({"command": "query", "call-id": call_id}),
            Self::SubscribeRequest { of, transcode } => {
                let mut request = with("subscribe request", of);
                // Plain RTP, even of participants who are spoken to with SRTP or ICE.
                request["transport-protocol"] = json!("RTP/AVP");
                request["ICE"] = json!("remove");
                request["rtcp-mux"] = json!(["demux"]);
                if *transcode {
                    request["codec"] = json!({"transcode": ["PCMU"]});
                }
                request
            }
            Self::SubscribeAnswer { of, sdp } => {
                let mut answer = with("subscribe answer", of);
                answer["sdp"] = json!(sdp);
                // Without it, all codecs of the offer have to be taken.
                answer["flags"] = json!(["allow transcoding"]);
                answer
            }
            Self::Unsubscribe(of) => with("unsubscribe", of),
            Self::Delete(of) => json!({
                "command": "delete", "call-id": of.call_id, "from-tag": of.to_tag,
                "delete-delay": 0,
            }),
        }
    }
}

/// What rtpengine answers. Of each command only some of it is said.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Answer {
    result: String,
    #[serde(rename = "error-reason")]
    reason: String,
    /// The ids of its calls.
    pub calls: Vec<String>,
    /// What is offered.
    pub sdp: String,
    /// Who is in the call, the first who was first.
    pub tags: Tags,
    /// When the call was last changed by signalling, ours too, in seconds.
    #[serde(rename = "last signal")]
    pub last_signal: u64,
}

/// Asks whether an rtpengine is there, under a cookie of somebody's own.
pub fn ping(cookie: &str) -> Vec<u8> {
    Command::Ping.datagram(cookie)
}

/// Whether a datagram says that it is.
pub fn is_pong(cookie: &str, datagram: &[u8]) -> bool {
    let answer = Answer::read(datagram);
    answer.is_ok_and(|(of, answer)| of == cookie && answer.done().is_ok())
}

/// Something was not done.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotDone {
    /// rtpengine has no call of that id.
    #[error("rtpengine knows no such call")]
    NoSuchCall,
    /// Another reason, as it is told.
    #[error("rtpengine says `{0}`")]
    Other(String),
    /// No answer comes.
    #[error("rtpengine does not answer")]
    Silent,
}

/// A datagram that is no answer to anything.
#[derive(Debug, thiserror::Error)]
pub enum BadAnswer {
    /// There is no cookie in front.
    #[error("there is no cookie in front")]
    NoCookie,
    /// Nothing was asked with that cookie, or it was answered before.
    #[error("nothing waits for it: it comes twice, or too late")]
    Unasked,
    /// The rest is no dictionary as it ought to be.
    #[error("the dictionary cannot be read, which has to be JSON as of rtpengine 10.5: {0}")]
    Dictionary(#[from] serde_json::Error),
}

/// Longest reason that is kept, in characters.
const LONGEST_REASON: usize = 200;

impl Answer {
    /// The cookie, and what is answered.
    ///
    /// # Errors
    ///
    /// [`BadAnswer`] if it is none.
    pub fn read(datagram: &[u8]) -> Result<(&str, Self), BadAnswer> {
        let blank = datagram.iter().position(|byte| *byte == b' ');
        let (cookie, rest) = datagram.split_at(blank.ok_or(BadAnswer::NoCookie)?);
        let cookie = str::from_utf8(cookie).map_err(|_| BadAnswer::NoCookie)?;
        Ok((cookie, serde_json::from_slice(&rest[1..])?))
    }

    /// The answer of something that was done.
    ///
    /// # Errors
    ///
    /// [`NotDone`] if it was not.
    pub fn done(self) -> Result<Self, NotDone> {
        match self.result.as_str() {
            "ok" | "pong" => Ok(self),
            _ if self.reason.eq_ignore_ascii_case("unknown call-id") => Err(NotDone::NoSuchCall),
            _ => Err(NotDone::Other(
                self.reason.chars().take(LONGEST_REASON).collect(),
            )),
        }
    }
}

/// Who is in a call, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub struct Tags(pub Vec<Monologue>);

/// One side of a dialogue, as `query` tells of it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Monologue {
    /// Empty as long as a call that is offered has not been answered.
    pub tag: String,
    /// What the SIP proxy calls it.
    pub label: String,
    /// Whom it hears.
    pub subscriptions: Vec<Link>,
    /// Who hears it.
    pub subscribers: Vec<Link>,
    /// Its streams.
    pub medias: Vec<Media>,
}

/// That one hears another.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Link {
    /// The other.
    pub tag: String,
    /// `offer/answer`, or `pub/sub`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// One kind of media of somebody.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Media {
    /// `audio`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `send` where rtpengine sends to them, `recv` where it receives from them.
    pub flags: Vec<String>,
    /// Its sockets.
    pub streams: Vec<Stream>,
}

/// A socket of rtpengine.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Stream {
    /// None once its call is deleted.
    #[serde(rename = "local port")]
    pub port: Option<u32>,
}

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Tags;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a dictionary of tags")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tags, A::Error> {
                let mut tags = Vec::new();
                while let Some((_, monologue)) = map.next_entry::<String, Monologue>()? {
                    tags.push(monologue);
                }
                Ok(Tags(tags))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_written_as_rtpengine_reads_them() {
        let of = Subscription {
            call_id: "c 1".to_owned(),
            from_tag: "A".to_owned(),
            to_tag: "sidetone-A".to_owned(),
        };
        let request = |transcode| Command::SubscribeRequest {
            of: of.clone(),
            transcode,
        };
        for (command, parts) in [
            (Command::Ping, &[r#""command":"ping""#][..]),
            (Command::List { limit: 7 }, &[r#""limit":7"#]),
            (
                request(false),
                &[r#""subscribe request""#, r#""from-tag":"A""#],
            ),
            (request(true), &[r#""codec":{"transcode":["PCMU"]}"#]),
            (
                Command::SubscribeAnswer {
                    of: of.clone(),
                    sdp: "v=0\r\n".to_owned(),
                },
                &[r#""sdp":"v=0\r\n""#, r#""flags":["allow transcoding"]"#],
            ),
            (
                Command::Unsubscribe(of.clone()),
                &[r#""to-tag":"sidetone-A""#, r#""from-tag":"A""#],
            ),
            (
                Command::Delete(of.clone()),
                &[r#""from-tag":"sidetone-A""#, r#""delete-delay":0"#],
            ),
        ] {
            let datagram = String::from_utf8(command.datagram("x-1")).expect("text");
            assert!(datagram.starts_with("x-1 {"), "{datagram}");
            for part in parts {
                assert!(datagram.contains(part), "{datagram}");
            }
        }
    }

    #[test]
    fn what_is_no_answer_is_refused_with_the_reason() {
        let deep = format!("c {}", "[".repeat(60_000));
        let deeper = format!(r#"c {{"result":"ok","x":{}"#, r#"{"a":"#.repeat(60_000));
        for (datagram, part) in [
            (&b""[..], "no cookie"),
            (b"cookie", "no cookie"),
            (b"\xff\xfe {}", "no cookie"),
            (b"c ", "cannot be read"),
            (b"c d6:result4:ponge", "cannot be read"),
            (b"c {\"result\":", "cannot be read"),
            (b"c {\"result\":7}", "cannot be read"),
            (b"c {\"tags\":[]}", "cannot be read"),
            (b"c {\"last signal\":-1}", "cannot be read"),
            (deep.as_bytes(), "cannot be read"),
            (deeper.as_bytes(), "cannot be read"),
        ] {
            let error = Answer::read(datagram).expect_err(part).to_string();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn an_rtpengine_is_there_if_it_answers_what_was_asked() {
        assert_eq!(ping("c1"), b"c1 {\"command\":\"ping\"}");
        for (datagram, is_there) in [
            (&b"c1 {\"result\":\"pong\"}"[..], true),
            (b"c2 {\"result\":\"pong\"}", false),
            (b"c1 {\"result\":\"error\"}", false),
            (b"c1 d6:result4:ponge", false),
            (b"", false),
        ] {
            assert_eq!(is_pong("c1", datagram), is_there, "{datagram:?}");
        }
    }

    #[test]
    fn what_was_not_done_says_why() {
        for (json, expected) in [
            (r#"{"result":"ok"}"#, None),
            (r#"{"result":"pong"}"#, None),
            (
                r#"{"result":"error","error-reason":"Unknown call-ID"}"#,
                Some(NotDone::NoSuchCall),
            ),
            (
                r#"{"result":"error","error-reason":"To-tag not found"}"#,
                Some(NotDone::Other("To-tag not found".to_owned())),
            ),
            ("{}", Some(NotDone::Other(String::new()))),
        ] {
            let datagram = format!("c {json}");
            let (cookie, answer) = Answer::read(datagram.as_bytes()).expect(json);
            assert_eq!((cookie, answer.done().err()), ("c", expected), "{json}");
        }
    }

    #[test]
    fn tags_keep_their_order() {
        let datagram = br#"c {"result":"ok","tags":{"b":{"tag":"b"},"a":{"tag":"a"},"<1>":{}}}"#;
        let (_, answer) = Answer::read(datagram).expect("an answer");
        let tags: Vec<_> = answer.tags.0.into_iter().map(|one| one.tag).collect();
        assert_eq!(tags, ["b", "a", ""]);
    }
}
