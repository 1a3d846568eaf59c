//! gRPC and gRPC-Web: calls, events, health, reflection.

mod service;
mod status;
mod transcripts;

use std::sync::Arc;

use sidetone_proto::DESCRIPTORS;
use sidetone_proto::v1::sidetone_server::SidetoneServer;
use tonic::service::Routes;
use tonic_web::GrpcWebLayer;

use crate::engine::{Calls, Stop};
use service::Service;

/// All gRPC services as routes.
pub(crate) async fn router(calls: Arc<Calls>, stop: Stop) -> axum::Router {
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<SidetoneServer<Service>>().await;
    tokio::spawn({
        let draining = stop.draining.clone();
        async move {
            draining.cancelled().await;
            health.set_not_serving::<SidetoneServer<Service>>().await;
            health
                .set_service_status("", tonic_health::ServingStatus::NotServing)
                .await;
        }
    });
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    Routes::new(SidetoneServer::new(Service::new(calls, stop.done)))
        .add_service(health_service)
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
