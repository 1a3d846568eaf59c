//! Keeps the customers of a CRM elsewhere current here: reads all of them once, then what has changed since, again and
//! again. One thread reads and writes, so that what is older never takes the place of what is newer.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use sidetone_core::outbox::{Failure, Next, RetryConfig};
use sidetone_core::sync::{Pass, Progress};
use tracing::{info, warn};

use super::embedded::Changed;
use super::rest::Page;
use super::{CrmError, Embedded, EmbeddedError, Rest};
use crate::telemetry::Metrics;

/// Told of customers that are not as they were.
type Told = Box<dyn Fn(&[Changed]) + Send + Sync>;

/// What reads.
pub struct CustomerSync {
    /// Wakes the thread; dropped, it stops.
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    told: Arc<OnceLock<Told>>,
    counted: Arc<OnceLock<Arc<Metrics>>>,
}

/// How it is read.
#[derive(Clone, Debug)]
pub struct SyncPace {
    /// From one look for changes to the next.
    pub every: Duration,
    /// What happens while the CRM is away.
    pub retry: RetryConfig,
    /// Numbers without a country are of this one.
    pub region: String,
}

struct Reader {
    crm: Arc<Rest>,
    mirror: Arc<Embedded>,
    pace: SyncPace,
    told: Arc<OnceLock<Told>>,
    counted: Arc<OnceLock<Arc<Metrics>>>,
    stopped: mpsc::Receiver<()>,
}

impl CustomerSync {
    /// Starts the thread, which waits for [`CustomerSync::look`].
    pub fn start(crm: Arc<Rest>, mirror: Arc<Embedded>, pace: SyncPace) -> Self {
        let (stop, stopped) = mpsc::channel();
        let (told, counted) = (Arc::default(), Arc::default());
        let reader = Reader {
            crm,
            mirror,
            pace,
            told: Arc::clone(&told),
            counted: Arc::clone(&counted),
            stopped,
        };
        let thread = std::thread::Builder::new()
            .name("crm-sync".to_owned())
            .spawn(move || reader.run())
            .expect("the system has room for a thread");
        Self {
            stop: Some(stop),
            thread: Some(thread),
            told,
            counted,
        }
    }

    /// Has it look for changes now. It looks for none before it is asked for the first time.
    pub fn look(&self) {
        if let Some(stop) = &self.stop {
            // A thread that is gone has said why.
            let _ = stop.send(());
        }
    }

    /// Has `told` told of customers that are not as they were, from now on. The first place counts.
    pub fn tell(&self, told: impl Fn(&[Changed]) + Send + Sync + 'static) {
        let _ = self.told.set(Box::new(told));
    }

    /// Has it counted in `metrics` what comes. The first place counts.
    pub fn count_in(&self, metrics: Arc<Metrics>) {
        let _ = self.counted.set(metrics);
    }
}

impl Drop for CustomerSync {
    fn drop(&mut self) {
        drop(self.stop.take());
        // The last who holds it may be its own thread, which then ends by itself.
        let thread = self.thread.take();
        let ours = thread.filter(|thread| thread.thread().id() != std::thread::current().id());
        if let Some(thread) = ours {
            // It may be in a request for as long as its time limit.
            let _ = thread.join();
        }
    }
}

impl Reader {
    fn run(&self) {
        if self.stopped.recv().is_err() {
            return;
        }
        let mut progress = match self.begin() {
            Ok(progress) => progress,
            Err(error) => return warn!(%error, "customers of the CRM cannot be kept here"),
        };
        let (mut pass, mut attempts) = (Pass::default(), 0);
        loop {
            let wait = match self.read(&progress, &mut pass) {
                Ok((next, over)) => {
                    if over && !progress.is_whole() {
                        info!("all customers of the CRM are here");
                    }
                    (progress, attempts) = (next, 0);
                    match over {
                        true => self.pace.every,
                        false => Duration::ZERO,
                    }
                }
                Err(failure) => {
                    attempts += 1;
                    if attempts == 1 {
                        warn!(%failure, "customers of the CRM are not current here: they are asked for again");
                    }
                    if let Failed::Circle = failure {
                        progress = progress.anew();
                    }
                    self.patience(&failure, attempts)
                }
            };
            match self.stopped.recv_timeout(wait) {
                Err(RecvTimeoutError::Timeout) => {}
                // All who have said so by now are answered by one look.
                Ok(()) => self.stopped.try_iter().for_each(drop),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// How far it had come. What is there of another CRM is forgotten.
    fn begin(&self) -> Result<Progress, EmbeddedError> {
        let source = self.crm.source();
        let kept = self.mirror.progress()?;
        let kept = kept.and_then(|kept| serde_json::from_str::<Progress>(&kept).ok());
        match kept {
            Some(kept) if kept.source() == source => Ok(kept),
            _ => {
                self.mirror.forget_all()?;
                Ok(Progress::of(source))
            }
        }
    }

    fn read(&self, progress: &Progress, pass: &mut Pass) -> Result<(Progress, bool), Failed> {
        let Page {
            changed,
            read,
            unusable,
        } = self.crm.page(progress.wanted(), &self.pace.region)?;
        let (next, over) = progress
            .after(read, self.crm.order(), pass)
            .map_err(|_| Failed::Circle)?;
        let kept = serde_json::to_string(&next).expect("plain data");
        let different = self.mirror.take_changes(changed, &kept)?;
        if let Some(metrics) = self.counted.get() {
            let gone = different.iter().filter(|one| one.record.is_none()).count();
            metrics.crm_synced([different.len() - gone, gone, unusable], over);
        }
        if let Some(told) = self.told.get()
            && !different.is_empty()
        {
            told(&different);
        }
        Ok((next, over))
    }

    fn patience(&self, failure: &Failed, attempts: u32) -> Duration {
        let Failed::Crm(CrmError::Unavailable { retry_after, .. }) = failure else {
            return self.pace.every;
        };
        let random = getrandom::u64().unwrap_or_default();
        let how = Failure::Unavailable(*retry_after);
        match self.pace.retry.next(attempts, Duration::ZERO, how, random) {
            Next::RetryAfter(wait) => wait,
            Next::Dead => self.pace.every,
        }
    }
}

/// Why a page was not read.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Crm(#[from] CrmError),
    #[error(transparent)]
    Mirror(#[from] EmbeddedError),
    #[error("{}", sidetone_core::sync::SyncError::Circle)]
    Circle,
}
