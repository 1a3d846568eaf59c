//! The wire format, generated from `sidetone/v1/*.proto`, whose comments are its reference.

/// Version 1: fields and kinds are added, never changed.
#[expect(missing_docs, reason = "generated; the .proto files carry the docs")]
#[allow(clippy::all, rustdoc::all, reason = "generated")]
pub mod v1 {
    tonic::include_proto!("sidetone.v1");
}

/// All messages and services as a `FileDescriptorSet`, for gRPC reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
