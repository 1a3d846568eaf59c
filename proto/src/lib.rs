//! The wire format, generated from `sidetone/v1/*.proto`, whose comments are its reference.
//!
//! What was generated is kept, so that whoever builds the program need not compile the generator:
//! `generate`, whose test tells when the files are stale and which writes them.

/// Version 1: fields and kinds are added, never changed.
#[expect(missing_docs, reason = "generated; the .proto files carry the docs")]
#[allow(clippy::all, rustdoc::all, reason = "generated")]
pub mod v1 {
    include!("generated/sidetone.v1.rs");
}

/// All messages and services as a `FileDescriptorSet`, for gRPC reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!("generated/descriptors.bin");
