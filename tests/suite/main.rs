//! Calls placed on whole engines over loopback, as media servers and agent desks would.
//!
//! Those that need the real weights share one engine, which fetches them first if need be.

mod access;
mod arbitrary_files;
mod at_rest;
mod bad_line;
mod board;
mod byte_order;
mod control;
mod corrections;
mod crm_crash;
mod crm_down;
mod crm_samples;
mod crm_sync;
mod desk;
mod doctor;
mod doors;
mod draining;
mod ffmpeg;
mod folder;
mod hearing;
mod larger_whisper;
mod looking_after;
mod moods;
mod nobody_speaks;
mod oidc;
mod parties;
mod past_calls;
mod plain_rtp;
mod promtool;
mod record_model;
mod recording;
mod recording_crash;
mod resume;
mod review;
mod rtpengine;
mod search;
mod siprec;
mod soap;
mod story;
mod streaming_recogniser;
mod subscribers;
mod tls;
mod too_much;
mod turned_away;
mod words;
