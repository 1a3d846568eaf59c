//! Sound: codecs, resampling, concealment. Inside the engine it is mono, 16 kHz, `f32` in [-1, 1].

pub mod codec;
pub mod conceal;
pub mod pcm;
pub mod resample;
pub mod stream;

pub use codec::{ClockRate, Codec, UnknownCodec, decode, encode};
pub use resample::resample;
pub use stream::{StreamDecoder, StreamFormat};
