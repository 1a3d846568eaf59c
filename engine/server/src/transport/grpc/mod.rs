//! gRPC and gRPC-Web: calls, events, reflection.

mod service;
mod status;
mod transcripts;

use sidetone_proto::DESCRIPTORS;
use sidetone_proto::v1::sidetone_server::SidetoneServer;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic_web::GrpcWebLayer;

use crate::api::Api;
pub(super) use service::Service;

/// Longest message that is read: a piece of audio, or a call with its vocabulary and metadata.
const LONGEST_MESSAGE: usize = 512 * 1024;

/// All gRPC services but health as routes. Subscriptions end at `done`.
pub(super) fn router(api: Api, done: CancellationToken) -> axum::Router {
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let service = SidetoneServer::new(Service::new(api, done));
    Routes::new(service.max_decoding_message_size(LONGEST_MESSAGE))
        .add_service(
            reflection()
                .build_v1()
                .expect("our own descriptors are sound"),
        )
        .add_service(
            reflection()
                .build_v1alpha()
                .expect("our own descriptors are sound"),
        )
        .into_axum_router()
        .layer(GrpcWebLayer::new())
}
