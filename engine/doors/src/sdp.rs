//! What is offered to us in SDP, and what we take of it (RFC 8866, RFC 3264).

use std::net::SocketAddr;

use sdp_types::{Attribute, Connection, Media, Origin, Session};
use sidetone_media::rtp::{Payload, PayloadMap};

/// The media that a peer offers.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    session: Session,
    sounds: Vec<Sound>,
}

/// One media line of sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Sound {
    /// Its place among all media lines.
    line: usize,
    /// What others call it (`a=label`, RFC 4574).
    pub label: Option<String>,
    /// Whether the line is in use: one of port 0 was, or never will be.
    pub is_there: bool,
    /// Whether something may come: not while it is on hold.
    pub sends: bool,
    /// Whether it is encrypted (SRTP), with keys that we do not take.
    pub is_encrypted: bool,
    /// What of it we understand, by payload type.
    formats: Vec<(u8, Payload)>,
}

/// Of an offer nothing can be taken.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SdpError {
    /// It is no SDP.
    #[error("the SDP that is offered cannot be read: {0}")]
    Syntax(String),
    /// There is no sound in it.
    #[error("no sound is offered")]
    NoSound,
}

/// Formats of a media line, and media lines, beyond what anybody sends.
const MOST_FORMATS: usize = 128;
const MOST_MEDIAS: usize = 64;

impl Offer {
    /// Reads one that begins something.
    ///
    /// # Errors
    ///
    /// [`SdpError`] if it is none, or no line of sound is in use.
    pub fn read(sdp: &str) -> Result<Self, SdpError> {
        let offer = Self::read_later(sdp)?;
        match offer.sounds.iter().any(|sound| sound.is_there) {
            true => Ok(offer),
            false => Err(SdpError::NoSound),
        }
    }

    /// Reads one that changes something, by which all lines may be closed.
    ///
    /// # Errors
    ///
    /// [`SdpError`] if it is none, or there is no line of sound.
    pub fn read_later(sdp: &str) -> Result<Self, SdpError> {
        // Some peers put spaces behind lines, and lines of nothing at the end.
        let lines = sdp.lines().map(str::trim_end);
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        let session = Session::parse(format!("{}\r\n", lines.join("\r\n")).as_bytes());
        let session = session.map_err(|error| SdpError::Syntax(error.to_string()))?;
        let lines = session.medias.iter().enumerate().take(MOST_MEDIAS);
        let sounds = lines.filter(|(_, media)| media.media == "audio");
        let sounds: Vec<_> = sounds
            .map(|(line, media)| Sound::read(line, media, &session))
            .collect();
        match sounds.is_empty() {
            true => Err(SdpError::NoSound),
            false => Ok(Self { session, sounds }),
        }
    }

    /// Its media lines of sound, in their order.
    pub fn sounds(&self) -> &[Sound] {
        &self.sounds
    }

    /// The first of them that is in use.
    pub fn first(&self) -> &Sound {
        let mut sounds = self.sounds.iter();
        let first = sounds.find(|sound| sound.is_there);
        first.unwrap_or(&self.sounds[0])
    }

    /// The answer that takes nothing but [`Offer::first`].
    pub fn answer_first(&self, address: SocketAddr) -> String {
        let first = self.first().line;
        let sounds = self.sounds.iter();
        let addresses = sounds.map(|sound| (sound.line == first).then_some(address));
        self.answer(&addresses.collect::<Vec<_>>(), (1, 1))
    }

    /// The answer that has what we understand of each of [`Offer::sounds`] sent to its address, and
    /// nothing else. It is of a session of that id, and there the one of that version.
    pub fn answer(
        &self,
        addresses: &[Option<SocketAddr>],
        (session, version): (u64, u64),
    ) -> String {
        let of_line = |line: usize| {
            let place = self.sounds.iter().position(|sound| sound.line == line)?;
            let address = addresses.get(place).copied().flatten()?;
            Some((&self.sounds[place], address))
        };
        let first = addresses.iter().flatten().next();
        let host = first.map_or([0, 0, 0, 0].into(), SocketAddr::ip);
        let mut answer = Session::new(Origin::with_ip_addr(session, version, host), "Sidetone");
        answer.set_connection(Connection::from_ip_addr(host));
        answer.add_time(sdp_types::Time::new(0, 0));
        for (line, offered) in self.session.medias.iter().enumerate() {
            let mut media = offered.clone();
            media.attributes.clear();
            media.connections.clear();
            media.bandwidths.clear();
            (media.media_title, media.key, media.num_ports) = (None, None, None);
            match of_line(line) {
                Some((sound, address)) => sound.take(offered, &mut media, (address, host)),
                // Refused (RFC 3264 §6).
                None => media.port = 0,
            }
            answer.add_media(media);
        }
        let mut text = Vec::new();
        answer.write(&mut text).expect("memory takes it");
        String::from_utf8_lossy(&text).into_owned()
    }
}

impl Sound {
    fn read(line: usize, media: &Media, session: &Session) -> Self {
        let value_of = |name: &str, format: &str| {
            media.attributes.iter().find_map(|attribute| {
                let value = attribute.value.as_deref().unwrap_or_default();
                let (number, value) = value.split_once(' ')?;
                (attribute.attribute == name && number == format).then_some(value)
            })
        };
        let mut formats: Vec<(u8, Payload)> = Vec::new();
        let is_plain = matches!(media.proto.as_str(), "RTP/AVP" | "RTP/AVPF");
        let offered = media.fmt.split_whitespace().take(MOST_FORMATS);
        for format in offered.filter(|_| is_plain) {
            let Ok(number) = format.parse::<u8>() else {
                continue;
            };
            let fmtp = value_of("fmtp", format).unwrap_or_default();
            let payload = match value_of("rtpmap", format) {
                Some(rtpmap) => Payload::of_sdp(rtpmap.trim(), fmtp).ok(),
                None => Payload::well_known(number),
            };
            let is_new = formats.iter().all(|(known, _)| *known != number);
            if let Some(payload) = payload.filter(|_| is_new)
                && PayloadMap::new([(number.into(), payload.clone())]).is_ok()
            {
                formats.push((number, payload));
            }
        }
        let label = media.attributes.iter().find(|one| one.attribute == "label");
        let label = label.and_then(|label| label.value.as_deref());
        let directions = media.attributes.iter().chain(&session.attributes);
        let mut directions = directions.filter_map(direction);
        Self {
            line,
            label: label.map(|label| label.trim().to_owned()),
            is_there: media.port != 0,
            sends: directions.next().unwrap_or(true),
            is_encrypted: media.proto.contains("SAVP"),
            formats,
        }
    }

    /// Whether any of it can be heard.
    pub fn is_heard(&self) -> bool {
        let mut payloads = self.formats.iter().map(|(_, payload)| payload);
        self.is_there && payloads.any(|payload| matches!(payload, Payload::Audio(_)))
    }

    /// What may come.
    pub fn payloads(&self) -> PayloadMap {
        let entries = self.formats.iter();
        let entries = entries.map(|(number, payload)| ((*number).into(), payload.clone()));
        PayloadMap::new(entries).expect("each was taken by itself, and each once")
    }

    /// Whether the same may come as over another one.
    pub fn is_like(&self, other: &Self) -> bool {
        self.formats == other.formats
    }

    /// Makes of the line `offered` our answer `media`, sent to an address; `host` is that of the
    /// whole answer.
    fn take(
        &self,
        offered: &Media,
        media: &mut Media,
        (address, host): (SocketAddr, std::net::IpAddr),
    ) {
        let taken = |format: &str| {
            let mut numbers = self.formats.iter().map(|(number, _)| number.to_string());
            numbers.any(|number| number == format)
        };
        media.port = address.port();
        if address.ip() != host {
            let connection = Connection::from_ip_addr(address.ip());
            media.connections.push(connection);
        }
        let formats: Vec<String> = self.formats.iter().map(|(n, _)| n.to_string()).collect();
        media.fmt = formats.join(" ");
        let of_taken = |attribute: &&Attribute| {
            let value = attribute.value.as_deref().unwrap_or_default();
            let of = value.split_once(' ').map(|(format, _)| format);
            match attribute.attribute.as_str() {
                "rtpmap" | "fmtp" => of.is_some_and(taken),
                "label" => true,
                _ => false,
            }
        };
        let kept = offered.attributes.iter().filter(of_taken).cloned();
        media.attributes.extend(kept);
        let direction = match self.sends {
            true => "recvonly",
            false => "inactive",
        };
        media.add_attribute_from_str(direction);
    }
}

/// Whether something comes, by what an attribute says of it.
fn direction(attribute: &Attribute) -> Option<bool> {
    match attribute.attribute.as_str() {
        "sendrecv" | "sendonly" => Some(true),
        "recvonly" | "inactive" => Some(false),
        _ => None,
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
            (
                "m=audio 9 RTP/AVP 0 \r\na=label:5 \r\na=inactive\r\n\r\n".to_owned(),
                true,
                "m=audio 40002 RTP/AVP 0\r\na=label:5\r\na=inactive\r\n",
            ),
            (
                "m=audio 9 RTP/SAVP 0\r\n".to_owned(),
                false,
                "m=audio 40002 RTP/SAVP \r\na=recvonly\r\n",
            ),
        ] {
            let offer = offer(&media).expect("sound");
            assert_eq!(offer.first().is_heard(), heard, "{media}");
            let answer = offer.answer_first("192.0.2.7:40002".parse().expect("an address"));
            assert!(answer.contains("c=IN IP4 192.0.2.7\r\n"), "{answer}");
            assert!(answer.ends_with(lines), "{answer}");
            offer.first().payloads();
        }
        let offer = offer("m=audio 9 RTP/AVP 0\r\n").expect("sound");
        let answer = offer.answer_first("[2001:db8::7]:40002".parse().expect("an address"));
        assert!(answer.contains("c=IN IP6 2001:db8::7\r\n"), "{answer}");
    }

    #[test]
    fn each_line_of_sound_is_sent_to_its_own_address_or_refused() {
        let media = "a=sendonly\r\nm=audio 10 RTP/AVP 0\r\na=label:1\r\nm=audio 12 RTP/AVP 8\r\n\
                     m=audio 14 RTP/AVP 18\r\nm=audio 0 RTP/AVP 0\r\na=recvonly\r\n";
        let offer = offer(media).expect("sound");
        let sounds = offer.sounds();
        let seen = sounds
            .iter()
            .map(|one| (one.is_there, one.is_heard(), one.sends));
        let expected = [
            (true, true, true),
            (true, true, true),
            (true, false, true),
            (false, false, false),
        ];
        assert!(seen.eq(expected), "{sounds:?}");
        assert_eq!(sounds[0].label.as_deref(), Some("1"));
        let address = |text: &str| text.parse().ok();
        let addresses = [address("192.0.2.7:40002"), address("192.0.2.8:40004")];
        let answer = offer.answer(&addresses, (7, 3));
        assert!(answer.contains("o=- 7 3 IN IP4 192.0.2.7\r\n"), "{answer}");
        let lines = "m=audio 40002 RTP/AVP 0\r\na=label:1\r\na=recvonly\r\n\
                     m=audio 40004 RTP/AVP 8\r\nc=IN IP4 192.0.2.8\r\na=recvonly\r\n\
                     m=audio 0 RTP/AVP 18\r\nm=audio 0 RTP/AVP 0\r\n";
        assert!(answer.ends_with(lines), "{answer}");
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
