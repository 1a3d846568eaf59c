//! Every wait of the engine, and hardly a decision: those are `sidetone-core`'s.
//!
//! [`engine::Engine`] is the whole of it, which `sidetone serve`, the demo and the tests start alike.
//!
//! # Queues
//! Each is bounded, and full is a case that was planned. How many calls feed them is bounded by
//! [`admission`]: what was measured to fit, and `server.max_calls`.
//!
//! | queue | from | to | room | when full |
//! |---|---|---|---|---|
//! | datagrams | socket tasks of `ingest` | the call's task in `session` | 2 s per leg | shed and counted: loss, to the call |
//! | audio | gRPC stream | the call's task in `session` | 16 frames | the client waits (flow control) |
//! | jobs | sessions | threads of [`infer`] | finals: one per utterance of the calls let in; partials: one per leg | partials are shed once late |
//! | answers | inference threads | session | one per job asked | cannot be |
//! | changes | sessions | writer of [`storage`] | what the calls let in tell, without partials; about 1 kB each | cannot be; while the disk refuses, no call is let in |
//! | outbox | sessions | [`delivery`] | the disk: one note per call | notes wait there, however long the CRM is away |
//! | events | sessions | [`hub`] | `events.keep` | the oldest leave; late readers are told |
//! | gRPC/SSE responses | hub | subscriber | 64 events | the subscriber falls behind in the log |

pub mod admission;
pub mod audio_file;
pub mod calibrate;
pub mod call_journal;
pub mod config;
pub mod convert;
pub mod crm;
pub mod delivery;
pub mod engine;
pub mod event_bus;
pub mod export;
mod grpc;
mod http;
pub mod infer;
mod ingest;
mod jobs;
pub mod knowledge;
pub mod model_loader;
pub mod offline;
pub mod recogniser;
pub mod records;
pub mod samples;
pub mod services;
mod session;
pub mod storage;
pub mod telemetry;
