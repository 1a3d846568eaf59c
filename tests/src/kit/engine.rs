//! Engines to place calls on.

use std::net::SocketAddr;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, OnceLock};

use sidetone::app::Engine;
use sidetone::config::Config;
use sidetone::recognition::{Models, Recogniser};
use sidetone::services::Services;
use sidetone_core::effort::EffortPolicy;
use sidetone_models::transcriber::Transcriber;
use sidetone_proto::v1::sidetone_client::SidetoneClient;
use sidetone_types::vad::{FRAME, VoiceDetector};
use sidetone_weights::Progress;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::transport::Channel;

use super::Script;

/// A client of the engine's service.
pub type Client = SidetoneClient<Channel>;

/// A client of the one engine that all tests with real weights share. It fetches them first if need
/// be.
pub async fn engine_with_weights() -> Client {
    static ADDRESS: OnceLock<SocketAddr> = OnceLock::new();
    let start = || *ADDRESS.get_or_init(|| start_with_weights(|_| ()));
    let address = tokio::task::spawn_blocking(start).await;
    connect(address.expect("the engine starts")).await
}

/// One that hears each utterance alone, once it is over and not before, as recordings are heard. What
/// was said right before is known in time or not, and what a look at a pause hears may be its last
/// words, and end some frames sooner than the utterance: both depend on the load.
pub async fn engine_that_never_looks_ahead() -> Client {
    let never = |config: &mut Config| {
        config.call.left_context_ms = 0;
        config.call.segment.pause_ms = config.call.segment.end_silence_ms;
    };
    let address = tokio::task::spawn_blocking(move || start_with_weights(never)).await;
    connect(address.expect("the engine starts")).await
}

/// One with a configuration of its own, and its address. What it keeps goes with it unless `store.dir`
/// is set.
pub async fn engine_with_weights_and(
    adapt: impl FnOnce(&mut Config) + Send + 'static,
) -> (Client, SocketAddr) {
    let address = tokio::task::spawn_blocking(move || start_with_weights(adapt)).await;
    let address = address.expect("the engine starts");
    (connect(address).await, address)
}

/// One that reads the moods of customers.
pub async fn engine_that_reads_moods() -> Client {
    let address = tokio::task::spawn_blocking(|| start_with_weights(read_moods)).await;
    connect(address.expect("the engine starts")).await
}

/// Turns the reading of moods on.
pub fn read_moods(config: &mut Config) {
    config.call.emotion.read = true;
    config.call.emotion.notice = "Announced before each call".to_owned();
}

/// Runs on a runtime of its own, since each test's runtime ends with its test.
fn start_with_weights(adapt: impl FnOnce(&mut Config) + Send + 'static) -> SocketAddr {
    let (tell, address) = sync_channel(1);
    std::thread::spawn(move || {
        let mut config = on_any_port(Config::default());
        // As many tests run at once as like, on whatever machine: they ask what is heard, not how
        // soon.
        config.capacity.enforce = false;
        // Nor is less care taken of what is said while others wait, or the words would depend on
        // who else is tested.
        config.recogniser.effort = EffortPolicy::Full;
        adapt(&mut config);
        let recogniser = Recogniser::load(&config, &Progress::lines(|line| eprintln!("{line}")));
        let recogniser = recogniser.expect("the weights can be had");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let services = match config.store.dir.as_os_str().is_empty() {
                true => Services::temporary(&config),
                false => Services::open(&config),
            };
            let services = services.expect("it can be had");
            let engine = Engine::start(config, recogniser, services)
                .await
                .expect("a free port");
            tell.send(engine.address()).expect("somebody asked");
            std::future::pending::<()>().await;
        });
    });
    address.recv().expect("the engine starts")
}

/// An engine whose recogniser follows a script and hears what is loud.
pub async fn scripted(config: Config) -> Engine {
    scripted_to_hear(Script::default(), config).await
}

/// The same, with a script of its own.
pub async fn scripted_to_hear(script: Script, config: Config) -> Engine {
    let services = Services::temporary(&config).expect("the samples are right");
    scripted_with(services, script, config).await
}

/// The same, with an services of its own.
pub async fn scripted_with(services: Services, script: Script, config: Config) -> Engine {
    start(services, script.transcriber(), None, config).await
}

/// The same, with a recogniser of its own.
pub async fn scripted_as(transcriber: Box<dyn Transcriber>, config: Config) -> Engine {
    let services = Services::temporary(&config).expect("the samples are right");
    start(services, transcriber, None, config).await
}

/// The same, with `record` to run second passes.
pub async fn scripted_with_record(record: Box<dyn Transcriber>, config: Config) -> Engine {
    let services = Services::temporary(&config).expect("the samples are right");
    let live = Script::default().transcriber();
    start(services, live, Some(record), config).await
}

async fn start(
    services: Services,
    transcriber: Box<dyn Transcriber>,
    record: Option<Box<dyn Transcriber>>,
    mut config: Config,
) -> Engine {
    // Scripts speak in tones, the same on each leg.
    config.call.echo = false;
    let models = Models {
        transcribers: vec![transcriber],
        record,
        detectors: Arc::new(|| Box::new(Loud)),
        // A script takes no time.
        cost: Some(1e-3),
    };
    let recogniser = Recogniser::start(&config, models);
    Engine::start(on_any_port(config), recogniser, services)
        .await
        .expect("a free port")
}

/// A client of the engine at `address`.
pub async fn connect(address: SocketAddr) -> Client {
    SidetoneClient::connect(format!("http://{address}"))
        .await
        .expect("the engine listens")
}

/// Head and body of the answer to a GET over HTTP/1.1, as far as they come within `bytes`.
pub async fn get(address: SocketAddr, path: &str, bytes: usize) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    String::from_utf8_lossy(&exchange(address, request.as_bytes(), bytes).await).into_owned()
}

/// Head and body of the answer to a gRPC-Web call with an empty message, over HTTP/1.1 as browsers
/// send it.
pub async fn grpc_web(address: SocketAddr, method: &str) -> String {
    let head = format!(
        "POST {method} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/grpc-web+proto\r\nX-Grpc-Web: 1\r\nContent-Length: 5\r\n\r\n"
    );
    // Not compressed, and no bytes long.
    let request = [head.as_bytes(), &[0; 5]].concat();
    String::from_utf8_lossy(&exchange(address, &request, usize::MAX).await).into_owned()
}

async fn exchange(address: SocketAddr, request: &[u8], bytes: usize) -> Vec<u8> {
    let mut stream = TcpStream::connect(address)
        .await
        .expect("the engine listens");
    stream.write_all(request).await.expect("sent");
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while answer.len() < bytes {
        match stream.read(&mut buffer).await.expect("an answer") {
            0 => break,
            length => answer.extend_from_slice(&buffer[..length]),
        }
    }
    answer
}

/// Unless a test has chosen one.
fn on_any_port(mut config: Config) -> Config {
    if config.server.listen == Config::default().server.listen {
        config.server.listen.set_port(0);
    }
    config
}

struct Loud;

impl VoiceDetector for Loud {
    fn is_voice(&mut self, frame: &[f32; FRAME]) -> bool {
        frame.iter().map(|s| s * s).sum::<f32>() / FRAME as f32 > 1e-4
    }
}
