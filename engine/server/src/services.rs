//! What stands behind the calls: knowledge for agents, what is kept, the CRM, and search.
//!
//! ```text
//! call ─► journal ─► store ─► indexer ─► archive ◄─ search
//!                     │
//!                     └─► outbox ─► delivery ─► CRM ─► crm_written, crm_failed ─► event bus, store
//! ```

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use sidetone_audit::AuditLog;
use sidetone_kb::archive::{Archive, ArchiveError};
use sidetone_vault::DataKey;
use tempfile::TempDir;

use crate::access::{AccessError, AuditWords, Guard, OpenAuditError};
use crate::config::Config;
use crate::crm::embedded::ContactsError;
use crate::crm::{
    Crm, CrmOpenError, CustomerSync, Embedded, LookUps, Mirrored, Rest, SyncPace, Timed,
};
use crate::jobs::{self, IndexError};
use crate::knowledge::{self, Knowledge, KnowledgeError};
use crate::recordings::{self, RecordingError, Recordings};
use crate::storage::{
    self, CallStore, Choices, Owner, Reader, Store, StoreConfig, StoreError, key_beside,
};
use crate::telemetry::Metrics;

/// What stands behind the calls of one engine.
pub struct Services {
    /// Rules and articles.
    pub knowledge: Arc<Knowledge>,
    /// What is kept.
    pub store: Arc<dyn CallStore>,
    /// The CRM.
    pub crm: Arc<dyn Crm>,
    /// Whom calls are with, asked of the CRM.
    pub look_ups: LookUps,
    /// Keeps the CRM's customers current here, where they are kept.
    pub sync: Option<CustomerSync>,
    /// Whom people have chosen for a number.
    pub choices: Arc<dyn Choices>,
    /// Search over what was said.
    pub archive: Archive,
    /// The sound of calls.
    pub recordings: Recordings,
    /// Finds out who asks.
    pub guard: Guard,
    /// Keeps what they ask for, if that is written down.
    pub audit: Option<Arc<AuditLog>>,
    /// Seals the words of people in it.
    pub audit_words: AuditWords,
    _temporary: Option<TempDir>,
}

/// Something behind the calls cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ServicesError {
    /// Rules or articles.
    #[error(transparent)]
    Knowledge(#[from] KnowledgeError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The CRM.
    #[error(transparent)]
    Crm(#[from] CrmOpenError),
    /// The customers for it.
    #[error(transparent)]
    Contacts(#[from] ContactsError),
    /// Who is let in.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// What is written down of it.
    #[error(transparent)]
    Audit(#[from] OpenAuditError),
    /// The search index.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The search index, on its way behind the store.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The sound of calls.
    #[error(transparent)]
    Recordings(#[from] RecordingError),
    /// A place for what is not kept.
    #[error("cannot make a temporary directory: {0}")]
    Temporary(std::io::Error),
}

impl Services {
    /// Opens what `config` names.
    pub fn open(config: &Config) -> Result<Self, ServicesError> {
        let store = Store::open(&config.store)?;
        if config.crm.description.as_os_str().is_empty() {
            embedded(config, store.connect()?)?
                .import_configured(&config.crm.contacts, &config.defaults.region)?;
        }
        let (crm, sync) = match mirrored(config, &store)? {
            Some((crm, sync)) => (crm, Some(sync)),
            None => (open_crm(config, || store.connect())?, None),
        };
        let archive = (store.dir().join(ARCHIVE), store.key(Owner::Archive)?);
        let guard = Guard::of(&config.access, &config.store)?;
        let words = AuditWords::new(store.key(Owner::Audit)?);
        let sound = recordings::folder(&config.recording, &config.store)?;
        let places = (archive, sound, guard, words);
        let services = Self::new(config, Arc::new(store), crm, places, None)?;
        let audit = config.audit.is_written(&config.access).then(|| {
            let log = config.audit.open(&config.store, &config.commented());
            log.map(Arc::new)
        });
        Ok(Self {
            audit: audit.transpose()?,
            sync,
            ..services
        })
    }

    /// One that keeps nothing: its store goes with it, and its CRM is the one that comes with the
    /// program, with the sample customers.
    pub fn temporary(config: &Config) -> Result<Self, ServicesError> {
        let dir = tempfile::tempdir().map_err(ServicesError::Temporary)?;
        let store = Store::temporary()?;
        let crm = embedded(config, store.connect()?)?;
        crm.seed_samples().map_err(CrmOpenError::Embedded)?;
        let archive = (dir.path().to_owned(), store.key(Owner::Archive)?);
        let words = AuditWords::new(store.key(Owner::Audit)?);
        let places = (archive, dir.path().join("sound"), Guard::open(), words);
        Self::new(config, Arc::new(store), Arc::new(crm), places, Some(dir))
    }

    /// Has it counted in `metrics` how the CRM answers from now on.
    pub(crate) fn count_in(&mut self, metrics: &Arc<Metrics>) {
        self.look_ups.count_in(metrics.clone());
        if let Some(sync) = &self.sync {
            sync.count_in(metrics.clone());
        }
        self.crm = Arc::new(Timed::new(self.crm.clone(), metrics.clone()));
    }

    /// Why what calls say could not be kept at the moment, if so. A disk that takes nothing would
    /// have every word wait in memory.
    pub fn check_store(&self) -> Result<(), String> {
        match self.store.health().failing_for {
            Some(since) if since > STORE_PATIENCE => Err(format!(
                "the store has written nothing for {} s",
                since.as_secs()
            )),
            _ => Ok(()),
        }
    }

    fn new(
        config: &Config,
        store: Arc<dyn CallStore>,
        crm: Arc<dyn Crm>,
        ((archive, key), sound, guard, audit_words): (
            (PathBuf, DataKey),
            PathBuf,
            Guard,
            AuditWords,
        ),
        temporary: Option<TempDir>,
    ) -> Result<Self, ServicesError> {
        let choices = store.choices()?;
        Ok(Self {
            knowledge: Arc::new(Knowledge::open(&config.knowledge, &config.defaults)?),
            recordings: Recordings::start(&config.recording, store.recordings()?, &sound)?,
            store,
            look_ups: LookUps::start(crm.clone(), choices.clone(), &config.crm.retry),
            choices,
            sync: None,
            crm,
            // It is ours alone: the store lets in one engine.
            archive: Archive::open_or_renew(&archive, &key)?,
            guard,
            audit: None,
            audit_words,
            _temporary: temporary,
        })
    }
}

/// The CRM of `config`, for tools beside the engine. The store has to exist if the CRM lies in it.
pub fn crm_beside(config: &Config) -> Result<Arc<dyn Crm>, ServicesError> {
    open_crm(config, || storage::connect_beside(&config.store))
}

/// What opens the words of people in the audit, for tools beside the engine.
pub fn audit_words(config: &Config) -> Result<AuditWords, ServicesError> {
    Ok(AuditWords::new(key_beside(&config.store, Owner::Audit)?))
}

/// The CRM that comes with the program, if that is the one of `config`, for tools beside the engine.
pub fn embedded_beside(config: &Config) -> Result<Option<Embedded>, ServicesError> {
    if !config.crm.description.as_os_str().is_empty() {
        return Ok(None);
    }
    embedded(config, storage::connect_beside(&config.store)?).map(Some)
}

/// Has the search index take in and forget what the store has, where no engine runs that does so by
/// itself. Whether it did.
pub fn catch_up_index(config: &Config) -> Result<bool, ServicesError> {
    // Old calls are forgotten by engines alone.
    let keep_all = StoreConfig {
        keep_days: 0,
        ..config.store.clone()
    };
    let store = match Store::open(&keep_all) {
        Err(StoreError::InUse(_)) => return Ok(false),
        opened => opened?,
    };
    let key = store.key(Owner::Archive)?;
    let archive = Archive::open_or_renew(&store.dir().join(ARCHIVE), &key)?;
    jobs::catch_up(Arc::new(store), &archive)?;
    Ok(true)
}

/// The configured CRM. `connect` gives the one that comes with the program its connection.
fn open_crm(
    config: &Config,
    connect: impl FnOnce() -> Result<(Connection, DataKey), StoreError>,
) -> Result<Arc<dyn Crm>, ServicesError> {
    if config.crm.description.as_os_str().is_empty() {
        Ok(Arc::new(embedded(config, connect()?)?))
    } else {
        let crm = Rest::load(&config.crm.description).map_err(CrmOpenError::Description)?;
        Ok(Arc::new(crm))
    }
}

/// A CRM elsewhere, and what keeps its customers current here.
type MirroredCrm = (Arc<dyn Crm>, CustomerSync);

/// The CRM elsewhere with its customers kept here, if they are to be.
fn mirrored(config: &Config, store: &Store) -> Result<Option<MirroredCrm>, ServicesError> {
    let crm = &config.crm;
    if crm.description.as_os_str().is_empty() || crm.sync_s == 0 {
        return Ok(None);
    }
    let rest = Arc::new(Rest::load(&crm.description).map_err(CrmOpenError::Description)?);
    if !rest.has_pages() {
        return Ok(None);
    }
    let mirror = Arc::new(embedded(config, store.connect_to(MIRROR)?)?);
    let pace = SyncPace {
        every: Duration::from_secs(crm.sync_s),
        retry: crm.retry.clone(),
        region: config.defaults.region.clone(),
    };
    let sync = CustomerSync::start(rest.clone(), mirror.clone(), pace);
    Ok(Some((Arc::new(Mirrored::new(rest, mirror)), sync)))
}

/// Where customers of a CRM elsewhere lie in the directory of the store.
const MIRROR: &str = "customers.db";

fn embedded(
    config: &Config,
    (connection, key): (Connection, DataKey),
) -> Result<Embedded, ServicesError> {
    let time_zone = knowledge::time_zone(&config.defaults)?;
    Ok(Embedded::new(connection, key, time_zone).map_err(CrmOpenError::Embedded)?)
}

/// A store that has written nothing for this long takes no new calls.
const STORE_PATIENCE: Duration = Duration::from_secs(5);

/// Where the archive lies in the directory of the store.
const ARCHIVE: &str = "archive";

/// The archive that the engine of `config` writes, to search it from beside. It has to be there.
pub fn archive(config: &Config) -> Result<Archive, ServicesError> {
    let reader = Reader::open(&config.store)?;
    let key = key_beside(&config.store, Owner::Archive)?;
    Ok(Archive::open(&reader.dir().join(ARCHIVE), &key)?)
}
