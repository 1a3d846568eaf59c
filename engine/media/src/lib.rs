//! Media: coded sound and RTP in, sound at 16 kHz on one timeline out.
//!
//! The promise is core's: no clock, socket, thread or await in here. Bytes are handed in, time is
//! told, and the same input gives the same output.
//!
//! [`audio`] decodes, conceals and resamples; [`rtp`] puts the packets of one leg in order on the
//! call's timeline; [`capture`] finds calls in what was captured on a network.

#![cfg_attr(
    test,
    expect(
        clippy::disallowed_methods,
        reason = "tests take a first moment from the clock and count from there"
    )
)]

pub mod audio;
pub mod capture;
pub mod rtp;
