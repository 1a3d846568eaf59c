//! What rtpengine offers of a participant, and what we take of it (RFC 8866, RFC 3264).

use std::net::SocketAddr;

use sdp_types::{Attribute, Connection, Origin, Session};
use sidetone_media::rtp::{Payload, PayloadMap};

/// The media that are offered of one participant.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    session: Session,
    /// Which of its media lines is the sound.
    sound: usize,
    /// What of it we understand, by payload type.
    formats: Vec<(u8, Payload)>,
}

/// Of an offer nothing can be taken.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SdpError {
    /// It is no SDP.
    #[error("the SDP that rtpengine offers cannot be read: {0}")]
    Syntax(String),
    /// There is no sound in it.
    #[error("rtpengine offers no sound of this participant")]
    NoSound,
}

/// Formats of a media line, and bytes of an offer, beyond what anybody sends.
const MOST_FORMATS: usize = 128;
const MOST_MEDIAS: usize = 64;

impl Offer {
    /// Reads one.
    ///
    /// # Errors
    ///
    /// [`SdpError`] if it is none, or is of no sound.
    pub fn read(sdp: &str) -> Result<Self, SdpError> {
        let session = Session::parse(sdp.as_bytes());
        let session = session.map_err(|error| SdpError::Syntax(error.to_string()))?;
        let medias = session.medias.iter().take(MOST_MEDIAS);
        let sound = medias
            .enumerate()
            .find(|(_, media)| media.media == "audio" && media.port != 0);
        let (sound, media) = sound.ok_or(SdpError::NoSound)?;
        let value_of = |name: &str, format: &str| {
            media.attributes.iter().find_map(|attribute| {
                let value = attribute.value.as_deref().unwrap_or_default();
                let (number, value) = value.split_once(' ')?;
                (attribute.attribute == name && number == format).then_some(value)
            })
        };
        let mut formats: Vec<(u8, Payload)> = Vec::new();
        for format in media.fmt.split_whitespace().take(MOST_FORMATS) {
            let Ok(number) = format.parse::<u8>() else {
                continue;
            };
            let fmtp = value_of("fmtp", format).unwrap_or_default();
            let payload = match value_of("rtpmap", format) {
                Some(rtpmap) => Payload::of_sdp(rtpmap, fmtp).ok(),
                None => Payload::well_known(number),
            };
            let is_new = formats.iter().all(|(known, _)| *known != number);
            if let Some(payload) = payload.filter(|_| is_new)
                && PayloadMap::new([(number.into(), payload.clone())]).is_ok()
            {
                formats.push((number, payload));
            }
        }
        Ok(Self {
            session,
            sound,
            formats,
        })
    }

    /// Whether any of it can be heard.
    pub fn is_heard(&self) -> bool {
        let mut payloads = self.formats.iter().map(|(_, payload)| payload);
        payloads.any(|payload| matches!(payload, Payload::Audio(_)))
    }

    /// What may come.
    pub fn payloads(&self) -> PayloadMap {
        let entries = self.formats.iter();
        let entries = entries.map(|(number, payload)| ((*number).into(), payload.clone()));
        PayloadMap::new(entries).expect("each was taken by itself, and each once")
    }

    /// Whether the same may come as with another offer.
    pub fn is_like(&self, other: &Self) -> bool {
        self.formats == other.formats
    }

    /// The answer that has what we understand sent to `address`, and nothing else.
    pub fn answer(&self, address: SocketAddr) -> String {
        let host = address.ip();
        let origin = Origin::with_ip_addr("1", 1, host);
        let mut answer = Session::new(origin, "Sidetone");
        answer.set_connection(Connection::from_ip_addr(host));
        answer.add_time(sdp_types::Time::new(0, 0));
        for (i, offered) in self.session.medias.iter().enumerate() {
            let mut media = offered.clone();
            media.attributes.clear();
            media.connections.clear();
            media.bandwidths.clear();
            (media.media_title, media.key, media.num_ports) = (None, None, None);
            if i == self.sound {
                let taken = |format: &str| {
                    let mut numbers = self.formats.iter().map(|(number, _)| number.to_string());
                    numbers.any(|number| number == format)
                };
                media.port = address.port();
                let formats: Vec<String> =
                    self.formats.iter().map(|(n, _)| n.to_string()).collect();
                media.fmt = formats.join(" ");
                let of_taken = |attribute: &&Attribute| {
                    let value = attribute.value.as_deref().unwrap_or_default();
                    let of = value.split_once(' ').map(|(format, _)| format);
                    matches!(attribute.attribute.as_str(), "rtpmap" | "fmtp")
                        && of.is_some_and(taken)
                };
                let kept = offered.attributes.iter().filter(of_taken).cloned();
                media.attributes.extend(kept);
                media.add_attribute_from_str("recvonly");
            } else {
                // Refused (RFC 3264 §6).
                media.port = 0;
            }
            answer.add_media(media);
        }
        let mut text = Vec::new();
        answer.write(&mut text).expect("memory takes it");
        String::from_utf8_lossy(&text).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As rtpengine 10.5 offers it.
    const HEAD: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n";

    fn offer(media: &str) -> Result<Offer, SdpError> {
        Offer::read(&format!("{HEAD}{media}"))
    }

    #[test]
    fn what_is_understood_is_taken_and_the_rest_is_not() {
        let events = "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n";
        for (media, heard, lines) in [
            (
                "m=audio 52330 RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n\
                 a=sendonly\r\na=rtcp:52331\r\n"
                    .to_owned(),
                true,
                "m=audio 40002 RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n\
                 a=recvonly\r\n",
            ),
            (
                format!(
                    "m=audio 9 RTP/AVP 9 0 101\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\n{events}"
                ),
                true,
                "m=audio 40002 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\n\
                 a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=recvonly\r\n",
            ),
            (
                format!("m=audio 9 RTP/AVP 96 101\r\na=rtpmap:96 opus/48000/2\r\n{events}"),
                false,
                "m=audio 40002 RTP/AVP 101\r\n\
                 a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=recvonly\r\n",
            ),
            (
                "m=video 8 RTP/AVP 31\r\nm=audio 9 RTP/AVP 8 8 x 72 300\r\n".to_owned(),
                true,
                "m=video 0 RTP/AVP 31\r\nm=audio 40002 RTP/AVP 8\r\na=recvonly\r\n",
            ),
        ] {
            let offer = offer(&media).expect("sound");
            assert_eq!(offer.is_heard(), heard, "{media}");
            let answer = offer.answer("192.0.2.7:40002".parse().expect("an address"));
            assert!(answer.contains("c=IN IP4 192.0.2.7\r\n"), "{answer}");
            assert!(answer.ends_with(lines), "{answer}");
            offer.payloads();
        }
        let offer = offer("m=audio 9 RTP/AVP 0\r\n").expect("sound");
        let answer = offer.answer("[2001:db8::7]:40002".parse().expect("an address"));
        assert!(answer.contains("c=IN IP6 2001:db8::7\r\n"), "{answer}");
    }

    #[test]
    fn an_offer_of_no_sound_says_so() {
        for (media, part) in [
            ("", "no sound"),
            ("m=audio 0 RTP/AVP 0\r\n", "no sound"),
            ("m=video 9 RTP/AVP 31\r\n", "no sound"),
            ("m=audio\r\n", "cannot be read"),
        ] {
            let error = offer(media).expect_err(part).to_string();
            assert!(error.contains(part), "{error}");
        }
        assert!(Offer::read("hello").is_err());
    }
}
