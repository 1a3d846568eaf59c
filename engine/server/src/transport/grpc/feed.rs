//! Takes what comes over a stream, message by message, to its call.

use sidetone_core::call::Control;
use sidetone_core::describe::{
    CallDescription, LegDescription, LegName, Source, check_leg, check_party,
};
use sidetone_media::audio::StreamFormat;
use sidetone_proto::v1;
use sidetone_proto::v1::streaming_analyze_request::Request as Message;
use sidetone_types::event::EndReason;
use sidetone_types::id::{CallId, LegId};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::{Status, Streaming};

use crate::api::{Api, Principal};
use crate::calls::{Audio, StreamItem, UpdateRate};
use crate::convert::{self, RequestError};

/// More seconds of audio than this in one message are refused.
const LONGEST_FRAME_S: usize = 10;

/// The legs that a stream carries, each at the place of its id, and how the samples of each are
/// written.
pub(super) struct Legs {
    names: Vec<LegName>,
    /// None of a leg that does not come over a stream.
    formats: Vec<Option<StreamFormat>>,
    /// Bytes of each that its call has taken.
    taken: Vec<u64>,
}

impl Legs {
    /// Those that a call is described with.
    pub fn of(description: &CallDescription) -> Self {
        let mut legs = Self {
            names: Vec::new(),
            formats: Vec::new(),
            taken: Vec::new(),
        };
        for leg in &description.legs {
            legs.add(leg);
        }
        legs
    }

    fn add(&mut self, leg: &LegDescription) {
        self.names.push(leg.name.clone());
        self.formats.push(match leg.source {
            Source::Stream(format) => Some(format),
            Source::Rtp(_) => None,
        });
        self.taken.push(0);
    }

    /// How much of each has been taken.
    fn resumed(&self) -> Vec<v1::resumed::Leg> {
        let legs = self.names.iter().zip(&self.taken);
        let legs = legs.map(|(name, taken)| v1::resumed::Leg {
            role: convert::wire_role(name.role).into(),
            party_id: name.party.to_string(),
            taken_bytes: *taken,
        });
        legs.collect()
    }

    fn find(&self, name: LegName) -> Result<LegId, RequestError> {
        let leg = name.find(self.names.iter());
        leg.ok_or(RequestError::NoSuchLeg(name))
    }

    /// A piece of audio as its call takes it.
    fn audio(&self, frame: v1::AudioFrame) -> Result<Audio, RequestError> {
        let name = convert::leg_name(frame.role, &frame.party_id);
        let leg = self.find(name.ok_or(RequestError::Order(
            "an audio frame has no role; use that of its leg, AGENT or CUSTOMER for instance",
        ))?)?;
        let format =
            self.formats[leg.0].ok_or(RequestError::NoSuchLeg(self.names[leg.0].clone()))?;
        let (bytes, per_second) = (frame.content.len(), format.bytes_per_second());
        if bytes > per_second * LONGEST_FRAME_S {
            return Err(RequestError::FrameTooLong(bytes / per_second));
        }
        // Half a sample would turn all that comes after it into noise.
        if !bytes.is_multiple_of(format.bytes_per_sample()) {
            return Err(RequestError::HalfSample(bytes));
        }
        Ok(Audio {
            leg,
            at: frame.offset_ms.map(convert::place).transpose()?,
            bytes: frame.content,
        })
    }

    /// What has become of a leg, as its call takes it.
    fn control(&self, control: &v1::LegControl) -> Result<StreamItem, Status> {
        let control = convert::leg_control(control, 0)?;
        match &control.control {
            Control::Join(party) => {
                check_party(party).map_err(|error| Status::invalid_argument(error.to_string()))?;
            }
            Control::Payloads(_) => {
                return Err(RequestError::Order("payload types are of RTP, not of streams").into());
            }
            _ => {}
        }
        let leg = self.find(control.leg)?;
        Ok(StreamItem::Control(leg, control.at, control.control))
    }
}

/// What streams bring to a call, which ends when this is dropped.
pub(super) struct Feed {
    api: Api,
    principal: Principal,
    id: CallId,
    legs: Legs,
    /// Messages that the call has taken besides audio.
    others: u64,
    rate: UpdateRate,
    to_call: mpsc::Sender<StreamItem>,
}

/// How a stream ended.
pub(super) enum Ended {
    /// As it should.
    Whole,
    /// The connection broke.
    Broken(Status),
    /// Something of it cannot be taken.
    Refused(Status),
    /// Another stream goes on with the call.
    Replaced,
}

impl Feed {
    /// Of a call that is described so.
    pub fn new(
        api: Api,
        principal: Principal,
        (id, description): (CallId, &CallDescription),
        to_call: mpsc::Sender<StreamItem>,
    ) -> Self {
        Self {
            api,
            principal,
            id,
            legs: Legs::of(description),
            others: 0,
            rate: UpdateRate::of_changes(),
            to_call,
        }
    }

    /// How much its call has taken.
    pub fn resumed(&self) -> v1::Resumed {
        v1::Resumed {
            legs: self.legs.resumed(),
            taken_others: self.others,
        }
    }

    /// Passes all messages on, until the last, the first that cannot be taken, or until it is
    /// `replaced`.
    pub async fn run(
        &mut self,
        mut messages: Streaming<v1::StreamingAnalyzeRequest>,
        replaced: &CancellationToken,
    ) -> Ended {
        loop {
            let message = tokio::select! {
                biased;
                () = replaced.cancelled() => return Ended::Replaced,
                message = messages.message() => message,
            };
            let request = match message {
                Ok(Some(message)) => message.request,
                Ok(None) => return Ended::Whole,
                Err(status) => return Ended::Broken(status),
            };
            let Some(request) = request else {
                continue;
            };
            let taken = tokio::select! {
                biased;
                () = replaced.cancelled() => return Ended::Replaced,
                taken = self.take(request) => taken,
            };
            match taken {
                Ok(true) => {}
                // The call has ended for a reason of its own, which its events tell.
                Ok(false) => return Ended::Whole,
                Err(status) => return Ended::Refused(status),
            }
        }
    }

    /// Ends the call as one whose stream has gone, once it has heard what came before.
    pub async fn disconnect(&self) {
        let end = StreamItem::End(EndReason::Disconnected);
        // It may have ended by itself meanwhile.
        let _ = self.to_call.send(end).await;
    }

    /// Whether the call has taken it. Dropped before that, it has not.
    async fn take(&mut self, request: Message) -> Result<bool, Status> {
        if !self.api.guard().stands(&self.principal) {
            return Err(Status::unauthenticated(
                "whoever sends this call is let in no more",
            ));
        }
        let item = self.item(request)?;
        if matches!(item, StreamItem::Control(..)) {
            // Whoever sends them without end is read more slowly.
            self.rate.wait().await;
        }
        let audio = match &item {
            StreamItem::Audio(audio) => Some((audio.leg, audio.bytes.len())),
            _ => None,
        };
        if self.to_call.send(item).await.is_err() {
            return Ok(false);
        }
        match audio {
            Some((leg, bytes)) => self.legs.taken[leg.0] += bytes as u64,
            None => self.others += 1,
        }
        Ok(true)
    }

    fn item(&mut self, message: Message) -> Result<StreamItem, Status> {
        match message {
            Message::Audio(frame) => Ok(StreamItem::Audio(self.legs.audio(frame)?)),
            Message::Control(control) => self.legs.control(&control),
            Message::Leg(leg) => {
                let leg = convert::stream_leg(&leg, self.legs.names.len())?;
                check_leg(&self.legs.names, &leg)
                    .map_err(|error| Status::invalid_argument(error.to_string()))?;
                let item = self
                    .api
                    .stream_leg(&self.principal, &self.id, leg.clone())?;
                self.legs.add(&leg);
                Ok(item)
            }
            Message::Config(_) => {
                Err(RequestError::Order("the configuration came a second time").into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use sidetone_media::audio::ClockRate;
    use sidetone_types::party::{Party, Role};

    use super::*;

    fn mulaw(role: Role, id: &str) -> LegDescription {
        let party = Party {
            role,
            id: id.into(),
            name: "".into(),
        };
        LegDescription::new(party, Source::Stream(StreamFormat::Mulaw))
    }

    fn legs() -> Legs {
        let mut legs = Legs {
            names: Vec::new(),
            formats: Vec::new(),
            taken: Vec::new(),
        };
        legs.add(&mulaw(Role::Customer, ""));
        legs.add(&mulaw(Role::Agent, "agent-7"));
        legs.add(&mulaw(Role::Agent, "agent-9"));
        let linear = Source::Stream(StreamFormat::Linear16(ClockRate::Hz8000.into()));
        legs.add(&LegDescription::new(Party::of_role(Role::Bot), linear));
        legs
    }

    fn frame(role: v1::Role, party_id: &str, bytes: usize) -> v1::AudioFrame {
        v1::AudioFrame {
            role: role.into(),
            party_id: party_id.to_owned(),
            content: vec![0; bytes],
            offset_ms: Some(20),
        }
    }

    #[test]
    fn audio_is_taken_for_the_legs_described_and_ten_seconds_at_a_time() {
        use v1::Role::{Agent, Customer, Supervisor};
        for (role, party, bytes, expected) in [
            (Customer, "", 0, Ok(0)),
            (Customer, "", 80_000, Ok(0)),
            (Agent, "agent-9", 160, Ok(2)),
            (Customer, "", 80_001, Err("10 s")),
            (Customer, "", 168_000, Err("21 s")),
            (Agent, "", 160, Err("`agent`")),
            (Supervisor, "", 160, Err("`supervisor`")),
        ] {
            let taken = legs().audio(frame(role, party, bytes));
            match (taken, expected) {
                (Ok(audio), Ok(leg)) => assert_eq!(audio.leg, LegId(leg)),
                (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
                (taken, _) => panic!("{bytes} bytes: {}", taken.is_ok()),
            }
        }
    }

    #[test]
    fn a_frame_that_ends_within_a_sample_is_refused_instead_of_turning_the_rest_into_noise() {
        for (role, bytes, refused) in [
            (v1::Role::Bot, 321, true),
            (v1::Role::Bot, 320, false),
            (v1::Role::Customer, 321, false),
        ] {
            let taken = legs().audio(frame(role, "", bytes));
            assert_eq!(taken.is_err(), refused, "{bytes} bytes");
            if let Err(error) = taken {
                let error = error.to_string();
                assert!(
                    error.contains("321") && error.contains("LINEAR16"),
                    "{error}"
                );
            }
        }
    }

    #[test]
    fn what_becomes_of_a_leg_that_is_not_there_is_refused() {
        let hold = |role: v1::Role| v1::LegControl {
            role: role.into(),
            control: Some(v1::leg_control::Control::Hold(true)),
            ..Default::default()
        };
        assert!(legs().control(&hold(v1::Role::Customer)).is_ok());
        let error = legs().control(&hold(v1::Role::Supervisor));
        let error = error.err().expect("no such leg");
        assert!(error.message().contains("`supervisor`"), "{error}");
    }
}
