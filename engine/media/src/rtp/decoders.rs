//! The decoders of the sender that is listened to.

use std::collections::BTreeMap;

use crate::audio::decoder::Decoder;
use crate::audio::encoding::Encoding;

/// One decoder for each payload type, so that each keeps the state of what it has heard.
#[derive(Default)]
pub struct Decoders {
    by_type: BTreeMap<u8, (Encoding, Box<dyn Decoder>)>,
    /// Whose sound came last.
    latest: Option<u8>,
}

impl Decoders {
    /// The decoder for the next packet of this payload type: the one that had those before it, or a
    /// new one if there is none, or if the payload type has come to mean something else.
    pub fn of(&mut self, payload_type: u8, encoding: &Encoding) -> &mut dyn Decoder {
        self.latest = Some(payload_type);
        let fresh = || (encoding.clone(), encoding.decoder());
        let (known, decoder) = self.by_type.entry(payload_type).or_insert_with(fresh);
        if known != encoding {
            (*known, *decoder) = fresh();
        }
        decoder.as_mut()
    }

    /// The decoder of the latest sound, to make up what follows it.
    pub fn latest(&mut self) -> Option<&mut dyn Decoder> {
        let (_, decoder) = self.by_type.get_mut(&self.latest?)?;
        Some(decoder.as_mut())
    }

    /// Another sender's packets come next, or the same one's after a fresh start.
    pub fn forget(&mut self) {
        *self = Self::default();
    }
}
