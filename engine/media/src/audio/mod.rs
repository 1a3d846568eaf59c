//! Sound: codecs, resampling, concealment. Inside the engine it is mono, 16 kHz, `f32` in [-1, 1].

pub mod byte_order;
pub mod codec;
pub mod conceal;
pub mod decoder;
pub mod encoding;
pub mod pace;
pub mod pcm;
pub mod rate;
pub mod resample;
pub mod spread;
pub mod stream;

mod g711;
mod l16;

pub use byte_order::{ByteOrder, OrderWatch};
pub use codec::{ClockRate, Codec, decode, encode};
pub use decoder::{Decoder, Undecodable};
pub use encoding::{Encoding, UnknownCodec};
pub use pace::Pace;
pub use rate::{RtpClock, SampleRate};
pub use resample::resample;
pub use spread::ByteSpread;
pub use stream::{StreamDecoder, StreamFormat};
