//! Every wait of the engine, and hardly a decision: those are `sidetone-core`'s.
//!
//! [`app::Engine`] is the whole of it, which `sidetone serve`, the demo and the tests start alike.
//!
//! ```text
//! transport (gRPC, HTTP) ─► api (use cases, who may do what) ─► calls, event bus, services
//! ingest (UDP) ─► calls (a task per call) ─► recognition (threads)      jobs (background)
//! ```
//!
//! # Queues
//! Each is bounded, and full is a case that was planned. How many calls feed them is bounded by
//! [`recognition::Admission`]: what was measured to fit, and `server.max_calls`.
//!
//! | queue | from | to | room | when full |
//! |---|---|---|---|---|
//! | connections | clients | `transport::listener` | `server.max_connections`, and 16 for probes | closed at once |
//! | datagrams | a leg's socket task (`ingest`), or that of a plain sender's ports | the call's session | 5 s per leg | shed and counted: loss, to the call |
//! | audio | gRPC stream, a door's connection, a recording of `doors.folder` | the call's session | 16 messages of at most 10 s | the client waits (flow control) |
//! | first packets | a plain sender's ports | the call that they open | 2 s of both sides | the rest is left |
//! | jobs | sessions | threads of [`recognition`] | finals: one per utterance of the calls let in, for `call.final_timeout_ms`; partials: one per leg; second passes: one per call, in a queue of their own if another model runs them | partials are shed once late; second passes are taken back once their call ends without them |
//! | sound that is settled | looks at an utterance | the next look | 12 s of each utterance that goes on, 15 MB with whisper-base | the rest is encoded again |
//! | second passes | a call's legs | the call | 4 passages of at most 20 s, 0.6 MB each | the oldest is not heard again |
//! | answers | inference threads | session | one per job asked | cannot be |
//! | look-ups | sessions | threads that ask the CRM | one per call let in; 4 threads | they wait, as long as the call lasts |
//! | sound to be recorded | sessions | threads of [`recordings`] | 1024 frames of 256 ms for each thread | silent, and counted |
//! | changes | sessions | writer of [`storage`] | what the calls let in tell, without partials; about 1 kB each | cannot be; while the disk refuses, no call is let in |
//! | outbox | sessions | [`delivery`] | the disk: one note per call | notes wait there, however long the CRM is away |
//! | events | sessions | [`event_bus`] | `events.keep` | the oldest leave; late readers are told |
//! | turned thresholds | sampler of [`board`] | a thread for the webhook, one for e-mail; desks | 64 each | dropped and counted; a desk that is behind is told how things stand |
//! | responses (gRPC, SSE) | event bus | subscriber; `server.max_subscribers` of them | 64 events | the subscriber falls behind in the log |

pub mod access;
pub mod api;
pub mod app;
pub mod audio_file;
pub mod board;
pub mod calibrate;
pub mod calls;
pub mod config;
pub mod convert;
pub mod core_dumps;
pub mod crm;
pub mod delivery;
pub mod doctor;
pub mod event_bus;
pub mod export;
mod ingest;
mod jobs;
pub mod knowledge;
pub mod offline;
pub mod printable;
pub mod readiness;
pub mod receptions;
pub mod recognition;
pub mod recordings;
pub mod records;
pub mod samples;
pub mod services;
mod sha256;
pub mod storage;
pub mod telemetry;
pub mod tls;
pub mod transport;
