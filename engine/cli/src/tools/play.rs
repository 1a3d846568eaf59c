//! `sidetone play`: a recording as the RTP of a call.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use anyhow::{Context, ensure};
use clap::{Args, ValueEnum};
use sidetone::audio_file::Recording;
use sidetone_media::audio::{ClockRate, Codec};

use super::Outcome;
use super::sender::{Impairments, Plan, Side};
use crate::tell::tell;
use crate::tools::recordings;

/// Send a recording as RTP, at the pace of speech.
#[derive(Args, Debug)]
pub struct PlayArgs {
    /// A recording of one or two channels.
    file: PathBuf,
    /// Where to, as HOST:PORT; once for each channel, the left one first.
    #[arg(long, required = true, value_parser = resolve)]
    to: Vec<SocketAddr>,
    /// How to code the sound.
    #[arg(long, value_enum, default_value = "pcmu")]
    codec: CodecArg,
    /// The payload type that L16 was announced with.
    #[arg(long, default_value_t = 96, value_parser = clap::value_parser!(u8).range(0..=127))]
    payload_type: u8,
    #[command(flatten)]
    impairments: Impairments,
}

/// A codec, as an option of the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum CodecArg {
    /// G.711 mu-law, payload type 0.
    Pcmu,
    /// G.711 A-law, payload type 8.
    Pcma,
    /// Linear 16 bit; at 8 kHz for recordings at 8 kHz, at 16 kHz for all others.
    L16,
}

impl CodecArg {
    /// The codec for a recording at `rate_hz`, and its payload type if it has a fixed one (RFC 3551
    /// §6).
    fn codec(self, rate_hz: u32) -> (Codec, Option<u8>) {
        match self {
            Self::Pcmu => (Codec::Pcmu, Some(0)),
            Self::Pcma => (Codec::Pcma, Some(8)),
            Self::L16 if rate_hz == ClockRate::Hz8000.hz() => (
                Codec::L16 {
                    rate: ClockRate::Hz8000,
                },
                None,
            ),
            Self::L16 => (
                Codec::L16 {
                    rate: ClockRate::Hz16000,
                },
                None,
            ),
        }
    }
}

fn resolve(address: &str) -> Result<SocketAddr, String> {
    let found = address
        .to_socket_addrs()
        .map_err(|error| format!("{error}; use HOST:PORT"))?
        .next();
    found.ok_or_else(|| "the host has no address".to_owned())
}

/// Runs the command.
pub fn run(args: &PlayArgs) -> anyhow::Result<Outcome> {
    let recording = recordings::open(&args.file)?;
    let sides = sides(args, &recording)?;
    let plan = Plan::new(&sides, &args.impairments);
    tell(format_args!(
        "sending {:.1} s as {}/{} to {}",
        recording.duration().as_secs_f64(),
        sides[0].codec.name(),
        sides[0].codec.rate().hz(),
        args.to
            .iter()
            .map(SocketAddr::to_string)
            .collect::<Vec<_>>()
            .join(" and "),
    ));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let sent = runtime.block_on(plan.send()).context("cannot send")?;
    tell(format_args!(
        "sent {sent} packets, lost {} on purpose",
        plan.lost
    ));
    Ok(Outcome::Done)
}

fn sides(args: &PlayArgs, recording: &Recording) -> anyhow::Result<Vec<Side>> {
    let channels = recording.channels.len();
    ensure!(
        args.to.len() == channels,
        "{} has {channels} channel{}, but --to is given {} times; give it once for each channel",
        args.file.display(),
        if channels == 1 { "" } else { "s" },
        args.to.len(),
    );
    let (codec, fixed) = args.codec.codec(recording.rate_hz);
    let channels = recording.at_rate(codec.rate().hz()).channels;
    let side = |(to, samples): (&SocketAddr, Vec<f32>)| Side {
        to: *to,
        codec,
        payload_type: fixed.unwrap_or(args.payload_type),
        samples,
    };
    Ok(args.to.iter().zip(channels).map(side).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(codec: CodecArg, destinations: usize) -> PlayArgs {
        PlayArgs {
            file: "call.wav".into(),
            to: vec![SocketAddr::from(([127, 0, 0, 1], 4_000)); destinations],
            codec,
            payload_type: 97,
            impairments: Impairments::default(),
        }
    }

    fn recording(rate_hz: u32, channels: usize) -> Recording {
        Recording {
            rate_hz,
            channels: vec![vec![0.0; rate_hz as usize]; channels],
        }
    }

    #[test]
    fn each_codec_gets_its_rate_and_payload_type() {
        for (codec, rate_hz, expected) in [
            (CodecArg::Pcmu, 44_100, (0, 8_000)),
            (CodecArg::Pcma, 8_000, (8, 8_000)),
            (CodecArg::L16, 8_000, (97, 8_000)),
            (CodecArg::L16, 44_100, (97, 16_000)),
        ] {
            let sides =
                sides(&args(codec, 2), &recording(rate_hz, 2)).expect("one for each channel");
            assert_eq!(sides.len(), 2);
            for side in sides {
                assert_eq!(
                    (side.payload_type, side.samples.len()),
                    expected,
                    "{codec:?} {rate_hz}"
                );
            }
        }
    }

    #[test]
    fn each_channel_needs_a_place_to_go() {
        for (channels, destinations) in [(1, 2), (2, 1)] {
            let sides = sides(
                &args(CodecArg::Pcmu, destinations),
                &recording(8_000, channels),
            );
            let error = sides.expect_err("they do not match").to_string();
            assert!(
                error.contains("call.wav") && error.contains("--to"),
                "{error}"
            );
        }
    }
}
