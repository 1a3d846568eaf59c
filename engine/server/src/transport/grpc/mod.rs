//! gRPC and gRPC-Web: calls, events, health, reflection.

mod feed;
mod lines;
mod live_call;
mod past_calls;
mod service;
mod status;
mod transcripts;

use axum::body::Body;
use axum::middleware::from_fn_with_state;
use sidetone_access::Right;
use sidetone_proto::DESCRIPTORS;
use sidetone_proto::v1::sidetone_server::SidetoneServer;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::server::NamedService as _;
use tonic::service::Routes;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};
use tonic_web::GrpcWebLayer;

use super::LONGEST_MESSAGE;
use super::identify::identify;
use super::needs::Needs;
use super::origin::own_pages_alone;
use super::timing::{self, Methods};
use crate::api::Api;
use crate::readiness::Readiness;
pub(super) use service::Service;

/// The path of every method of gRPC that is served, and what it needs.
pub fn methods() -> Vec<(String, Needs)> {
    let ours = [
        ("OpenCall", Right::OpenCalls),
        ("TapCall", Right::OpenCalls),
        ("StreamingAnalyze", Right::OpenCalls),
        ("UpdateCall", Right::ChangeCalls),
        ("CloseCall", Right::CloseCalls),
        ("ListCalls", Right::ListCalls),
        ("ListPastCalls", Right::ReadCalls),
        ("Subscribe", Right::Follow),
        ("SearchTranscripts", Right::Search),
        ("GetTranscript", Right::ReadCalls),
        ("RateSuggestion", Right::RateCards),
        ("ClaimCall", Right::Supervise),
        ("ReleaseCall", Right::Supervise),
        ("WriteToAgent", Right::Supervise),
        ("ReadMessage", Right::Acknowledge),
        ("GetNote", Right::ReadCalls),
        ("ReviewNote", Right::ReviewNotes),
    ];
    let ours = ours.map(|(method, right)| {
        let path = format!("/{}/{method}", SidetoneServer::<Service>::NAME);
        (path, Needs::Right(right))
    });
    let health = ["Check", "List", "Watch"];
    let health = health.map(|method| (format!("/grpc.health.v1.Health/{method}"), Needs::Nothing));
    let reflection = ["v1", "v1alpha"].map(|version| {
        let path = format!("/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo");
        (path, Needs::Login)
    });
    ours.into_iter().chain(health).chain(reflection).collect()
}

/// What is answered before the engine has started: health, and that everything else has to wait.
pub(super) fn early(health: &HealthReporter, readiness: Readiness) -> axum::Router {
    let wait = move || async move {
        let waits = readiness.check().err().unwrap_or_default();
        Status::unavailable(format!("the engine is {waits}")).into_http::<Body>()
    };
    Routes::new(health_server(health))
        .into_axum_router()
        .reset_fallback()
        .fallback(wait)
        .layer(GrpcWebLayer::new())
}

fn health_server(health: &HealthReporter) -> HealthServer<HealthService> {
    HealthServer::new(HealthService::from_health_reporter(health.clone()))
}

/// All gRPC services. Subscriptions end at `done`.
pub(super) fn router(api: Api, done: CancellationToken, health: &HealthReporter) -> axum::Router {
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let ours = format!("/{}/", SidetoneServer::<Service>::NAME);
    let paths = methods().into_iter().map(|(path, _)| path);
    let timed = Methods::new(&api, paths.filter(|path| path.starts_with(&ours)));
    let service = SidetoneServer::new(Service::new(api.clone(), done));
    Routes::new(service.max_decoding_message_size(LONGEST_MESSAGE))
        .add_service(health_server(health))
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
        .layer(from_fn_with_state(timed, timing::method))
        .layer(from_fn_with_state(api.clone(), identify))
        .layer(from_fn_with_state(api, own_pages_alone))
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use prost_types::FileDescriptorSet;

    use super::*;

    #[test]
    fn every_method_that_is_served_says_what_it_needs() {
        let listed: Vec<String> = methods().into_iter().map(|(path, _)| path).collect();
        for set in [DESCRIPTORS, tonic_health::pb::FILE_DESCRIPTOR_SET] {
            let set = FileDescriptorSet::decode(set).expect("descriptors");
            for file in &set.file {
                for service in &file.service {
                    for method in &service.method {
                        let path =
                            format!("/{}.{}/{}", file.package(), service.name(), method.name());
                        assert!(listed.contains(&path), "{path}");
                    }
                }
            }
        }
    }
}
