//! The engine's address. It is bound first and answers probes at once; everything else is served as
//! soon as the engine has started behind it.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sidetone_proto::v1::sidetone_server::SidetoneServer;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::server::NamedService as _;
use tonic_health::server::HealthReporter;
use tracing::info;

use super::listener::{Limits, Listener, Routes};
use super::{grpc, http, probes};
use crate::api::Api;
use crate::config::ServerConfig;
use crate::readiness::Readiness;
use crate::tls::{Files, HTTP, Reloading};

/// The engine's address cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The address is taken, or not ours.
    #[error("cannot serve on {0}: {1}; stop what listens there, or set `server.listen`")]
    Address(SocketAddr, std::io::Error),
    /// So is that of a door.
    #[error("cannot serve on {1}: {2}; stop what listens there, or set `{0}`")]
    Door(&'static str, SocketAddr, std::io::Error),
    /// A certificate or its key cannot be used.
    #[error("cannot speak TLS at `{0}`: {1}; name a certificate and its key, as PEM files")]
    Certificate(&'static str, std::io::Error),
}

/// The address, and whoever serves it.
pub struct Front {
    address: SocketAddr,
    readiness: Readiness,
    health: HealthReporter,
    routes: Arc<OnceLock<Routes>>,
    /// No more connections; those that are there end after what is under way.
    close: CancellationToken,
    serving: JoinHandle<()>,
}

impl Front {
    /// Binds the address and answers probes from now on.
    pub async fn open(config: &ServerConfig) -> Result<Self, BindError> {
        let tls = tls("server.listen", config.tls.files(), HTTP)?;
        let refused = |error| BindError::Address(config.listen, error);
        let socket = TcpListener::bind(config.listen).await.map_err(refused)?;
        let address = socket.local_addr().map_err(refused)?;
        let readiness = Readiness::default();
        let health = HealthReporter::new();
        set_serving(&health, false).await;
        let routes: Arc<OnceLock<Routes>> = Arc::default();
        let early = Routes {
            http: probes::early(readiness.clone()),
            grpc: grpc::early(&health, readiness.clone()),
            api: None,
        };
        let close = CancellationToken::new();
        let listener = Listener {
            early,
            routes: routes.clone(),
            limits: Limits::of(config),
            tls,
            close: close.clone(),
        };
        info!(%address, tls = listener.tls.is_some(), "listening");
        Ok(Self {
            address,
            readiness,
            health,
            routes,
            serving: tokio::spawn(listener.run(socket)),
            close,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What probes are told. Setting it is for whoever starts the engine.
    pub fn readiness(&self) -> &Readiness {
        &self.readiness
    }

    /// Serves everything from now on.
    pub(crate) async fn serve(&self, api: Api) {
        let routes = Routes {
            http: http::router(api.through("rest"), self.close.clone()),
            grpc: grpc::router(api.through("grpc"), self.close.clone(), &self.health),
            api: Some(api),
        };
        // Called once, by the engine that starts behind this front.
        let _ = self.routes.set(routes);
        set_serving(&self.health, true).await;
    }

    /// Has health checks say that no new calls are taken.
    pub(crate) async fn drain(&self) {
        self.readiness.draining();
        set_serving(&self.health, false).await;
    }

    /// Lets all connections go, after `patience` whether or not they have read what they were sent.
    pub(crate) async fn close(self, patience: Duration) {
        self.close.cancel();
        // What is not served by then is left.
        let _ = tokio::time::timeout(patience, self.serving).await;
    }
}

/// What is shown at the port that a setting names, if TLS is spoken there.
pub(super) fn tls(
    port: &'static str,
    files: Option<Files>,
    protocols: &'static [&'static [u8]],
) -> Result<Option<Arc<Reloading>>, BindError> {
    let open = |files| Reloading::open(port, files, protocols);
    let opened = files.map(open).transpose();
    opened.map_err(|error| BindError::Certificate(port, error))
}

async fn set_serving(health: &HealthReporter, serving: bool) {
    let status = match serving {
        true => tonic_health::ServingStatus::Serving,
        false => tonic_health::ServingStatus::NotServing,
    };
    for service in ["", SidetoneServer::<grpc::Service>::NAME] {
        health.set_service_status(service, status).await;
    }
}
