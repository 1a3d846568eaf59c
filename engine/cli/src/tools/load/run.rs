//! One run: calls opened, sent at the pace of speech, listened to, and closed.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, bail};
use sidetone_proto::v1;
use sidetone_proto::v1::call_event::Detail;
use tokio::time::{interval, timeout};
use tonic::{Code, Streaming};

use super::pacer::{self, Line};
use super::report::{Measured, Refused, Sender, Setting, Spread, Used};
use super::turns::{Length, plan};
use super::voices::Voices;
use crate::tools::connection::Client;
use crate::tools::figures::Figures;
use crate::tools::process::{cpu_time, resident};

/// Packets per second of a leg.
const PACKETS_PER_SECOND: u32 = 50;
/// After the last packet, last words may take this long before calls are closed.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// Calls that are closed have ended by then, or something is wrong.
const END: Duration = Duration::from_secs(45);
/// How often memory is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// The engine that is measured.
pub struct Subject {
    /// The way to it.
    pub client: Client,
    /// Whether it is in this process, so that what the process uses is what it uses.
    pub own: bool,
}

/// Places `setting.calls` calls that say what `voices` have by turns, and measures how they fare.
pub async fn run(
    subject: &Subject,
    voices: &[Arc<Voices>],
    setting: Setting,
) -> anyhow::Result<Measured> {
    let mut client = subject.client.clone();
    // Before any call is open, so that no event can be missed.
    let events = client.subscribe(v1::SubscribeRequest::default()).await?;
    let mut calls = open(&mut client, voices, setting).await?;
    let ids: Vec<String> = calls.opened.iter().map(|(id, _)| id.clone()).collect();
    let reader = tokio::spawn(read(events.into_inner(), ids.clone()));

    let packets = (setting.seconds * PACKETS_PER_SECOND) as usize;
    let lines: Vec<Line> = calls
        .opened
        .drain(..)
        .flat_map(|(_, lines)| lines)
        .collect();
    let speech_seconds = speech(&lines);
    let (cpu, began) = (cpu_time(), Instant::now());
    let sending = tokio::task::spawn_blocking(move || pacer::send(&lines, packets));
    let (sent, memory) = watch_memory(sending).await;
    let sent = sent.context("cannot send")?;
    let used = used(cpu, began.elapsed(), &memory).filter(|_| subject.own);

    tokio::time::sleep(LAST_WORDS).await;
    for call_id in ids {
        client.close_call(v1::CloseCallRequest { call_id }).await?;
    }
    let read = timeout(END, reader).await;
    let figures = read.context("the engine did not end its calls")???;
    let partials: usize = figures.iter().map(|call| call.partials).sum();
    Ok(Measured {
        setting,
        accepted: figures.len(),
        refused: calls.refused,
        speech_seconds,
        first_partial_ms: Spread::over(&figures, |call| &call.first_words),
        final_ms: Spread::over(&figures, |call| &call.finals),
        word_to_screen_ms: Spread::over(&figures, |call| &call.words),
        partials_per_speech_second: (speech_seconds > 0.0)
            .then(|| partials as f64 / speech_seconds),
        sender: Sender {
            packets: sent.packets,
            lost: figures.iter().map(|call| call.lost_packets).sum(),
            latest_ms: sent.latest.as_millis() as u64,
            cpu_seconds: sent.cpu.as_secs_f64(),
        },
        used,
        capacity: None,
    })
}

struct Calls {
    /// The id and the legs of each.
    opened: Vec<(String, Vec<Line>)>,
    refused: Refused,
}

async fn open(
    client: &mut Client,
    voices: &[Arc<Voices>],
    setting: Setting,
) -> anyhow::Result<Calls> {
    let mut calls = Calls {
        opened: Vec::new(),
        refused: Refused::default(),
    };
    let packets = (setting.seconds * PACKETS_PER_SECOND) as usize;
    for call in 0..setting.calls {
        let voices = &voices[call % voices.len()];
        let opened = match client.open_call(request(voices)).await {
            Ok(opened) => opened.into_inner(),
            Err(status) if status.code() == Code::ResourceExhausted => {
                let refused = &mut calls.refused;
                refused.calls += 1;
                let after = status.metadata().get("retry-after-ms");
                let after = after.and_then(|after| after.to_str().ok()?.parse().ok());
                refused.retry_after_ms = refused.retry_after_ms.or(after);
                refused.message.get_or_insert(status.message().to_owned());
                continue;
            }
            Err(status) => return Err(status).context("the engine does not open calls"),
        };
        let lengths = voices.sides.each_ref().map(|side| {
            let lengths: Vec<Length> = side.iter().map(|utterance| utterance.length).collect();
            lengths
        });
        let seed = setting
            .seed
            .wrapping_mul(1_000_003)
            .wrapping_add(call as u64);
        let turns = plan([&lengths[0], &lengths[1]], setting.talk, packets, seed);
        let mut lines = Vec::new();
        for (side, turns) in turns.into_iter().enumerate() {
            let role = [v1::Role::Agent, v1::Role::Customer][side];
            let address = opened
                .addresses
                .iter()
                .find(|address| address.role() == role);
            let address = address.context("the engine opened no port for a leg")?;
            lines.push(Line {
                to: format!("{}:{}", address.host, address.port).parse()?,
                call,
                voices: voices.clone(),
                side,
                turns,
            });
        }
        calls.opened.push((opened.call_id, lines));
    }
    Ok(calls)
}

fn request(voices: &Voices) -> v1::OpenCallRequest {
    let leg = |role: v1::Role| v1::RtpLeg {
        role: role.into(),
        payloads: Vec::new(),
        ..Default::default()
    };
    v1::OpenCallRequest {
        config: Some(v1::CallConfig {
            languages: voices.languages.clone(),
            direction: v1::Direction::Inbound.into(),
            ..Default::default()
        }),
        legs: vec![leg(v1::Role::Agent), leg(v1::Role::Customer)],
        interim_results: None,
    }
}

/// Seconds of voice in all that `lines` will say.
fn speech(lines: &[Line]) -> f64 {
    let voice = |line: &Line| -> usize {
        let side = &line.voices.sides[line.side];
        let turns = line.turns.iter();
        turns.map(|turn| side[turn.utterance].length.voice).sum()
    };
    lines.iter().map(voice).sum::<usize>() as f64 / f64::from(PACKETS_PER_SECOND)
}

/// Reads events until all of `ids` have ended.
///
/// Latencies are not those the engine tells but from when the sound was sent to when its event came
/// here. Packets leave at the pace of the call's own timeline, so sound at some place of it was
/// sent as long after the call was opened.
async fn read(
    mut events: Streaming<v1::CallEvent>,
    ids: Vec<String>,
) -> anyhow::Result<Vec<Figures>> {
    let mut open: HashMap<String, (Option<SystemTime>, Figures)> = ids
        .into_iter()
        .map(|id| (id, (None, Figures::default())))
        .collect();
    let mut ended = Vec::new();
    while !open.is_empty() {
        let Some(event) = events.message().await? else {
            bail!("the engine went away");
        };
        let came = SystemTime::now();
        let Some((opened, figures)) = open.get_mut(&event.call_id) else {
            continue;
        };
        if let (Some(Detail::CallStarted(_)), Some(at)) = (&event.detail, event.wall_time) {
            *opened = SystemTime::try_from(at).ok();
        }
        let timed = event.latency_ms.and(*opened);
        let since_opened = timed.and_then(|opened| came.duration_since(opened).ok());
        let sent = Duration::from_millis(event.end_ms);
        figures.take(&event, since_opened.map(|since| since.saturating_sub(sent)));
        if matches!(event.detail, Some(Detail::CallEnded(_)))
            && let Some((_, figures)) = open.remove(&event.call_id)
        {
            ended.push(figures);
        }
    }
    Ok(ended)
}

/// Waits for `task`, and looks at the resident memory meanwhile: bytes, at even times.
async fn watch_memory<T>(
    task: tokio::task::JoinHandle<std::io::Result<T>>,
) -> (std::io::Result<T>, Vec<u64>) {
    let mut task = task;
    let mut looks = interval(LOOK);
    let mut memory = Vec::new();
    loop {
        tokio::select! {
            done = &mut task => return (done.unwrap_or_else(|error| Err(std::io::Error::other(error))), memory),
            _ = looks.tick() => memory.extend(resident()),
        }
    }
}

fn used(cpu_before: Duration, wall: Duration, memory: &[u64]) -> Option<Used> {
    let mb = |bytes: u64| bytes as f64 / 1e6;
    let cpu = (cpu_time() - cpu_before).as_secs_f64();
    let cores = available_parallelism().map_or(1, usize::from);
    let fifth = memory.get(memory.len() / 5)?;
    let last = memory.last()?;
    Some(Used {
        cpu_seconds: cpu,
        cpu_share: cpu / wall.as_secs_f64() / cores as f64,
        cores,
        memory_mb: mb(*last),
        memory_peak_mb: mb(*memory.iter().max()?),
        memory_growth_mb: mb(*last) - mb(*fifth),
    })
}
