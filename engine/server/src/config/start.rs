//! What `serve` would trip over on this machine: files, folders, addresses, the store.
//!
//! `config check` and `serve` call the same function, before any weights are loaded.

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};

use sidetone_models::emotion::{Head, Source};
use sidetone_models::lm;
use sidetone_weights::{ModelName, Store as Weights};

use super::read::Draft;
use crate::access;
use crate::crm;
use crate::knowledge::{self, KnowledgeError};
use crate::storage;
use crate::tls;
use crate::transport::LinePorts;

impl Draft {
    /// Adds all that `serve` would trip over here and now. Reads files, and writes nothing that
    /// stays.
    pub fn check_start(&mut self) {
        self.addresses();
        self.check_files();
    }

    /// The same without addresses, at which `doctor` looks itself.
    pub fn check_files(&mut self) {
        self.policy();
        self.certificates();
        self.models();
        self.knowledge();
        self.crm();
        self.store();
        self.recording();
        self.board();
    }

    /// The secrets by which others are told of thresholds.
    fn board(&mut self) {
        let board = self.config.board.clone();
        for (key, file) in board.secrets() {
            if !file.as_os_str().is_empty()
                && let Err(error) = std::fs::read_to_string(file)
            {
                let what = format!(
                    "cannot be read: {error}: name a file with the secret, or leave it empty"
                );
                self.problem(key, what);
            }
        }
    }

    /// Roles, teams and peers.
    fn policy(&mut self) {
        if let Err(error) = access::policy(&self.config.access.policy) {
            self.problem("access.policy", format!("cannot be used: {error}"));
        }
    }

    fn addresses(&mut self) {
        let listen = self.config.server.listen;
        if let Some(why) = self.taken("server.listen", listen, TcpListener::bind(listen).map(drop))
        {
            let what = format!(
                "is {listen}, which this machine cannot serve on ({why}): name one of its addresses, \
                 and a port above 1023 unless the program may take lower ones"
            );
            self.problem("server.listen", what);
        }
        let doors = self.config.doors.clone();
        for (key, listen) in doors.listening() {
            if let Ok(listen) = listen.parse::<SocketAddr>()
                && let Some(why) = self.taken(key, listen, TcpListener::bind(listen).map(drop))
            {
                let what = format!("is {listen}, which this machine cannot serve on ({why})");
                self.problem(key, what);
            }
        }
        let folder = self.config.doors.folder.path.clone();
        if !folder.as_os_str().is_empty() && !folder.is_dir() {
            self.missing("doors.folder.path", &folder, "folder", "no such door");
        }
        let bind = self.config.media.bind;
        self.ports();
        self.advertised();
        if let Err(why) = UdpSocket::bind(SocketAddr::new(bind, 0)) {
            let what =
                format!("is {bind}, which is no address of this machine ({why}): name one that is");
            self.problem("media.bind", what);
        }
    }

    /// What whoever connects is shown over TLS.
    fn certificates(&mut self) {
        let server = self.config.server.tls.files();
        let mut shown = Vec::from_iter(server.map(|files| ("server.tls.certificate", files)));
        if !self.config.doors.siprec.tls_listen.trim().is_empty() {
            shown.extend(self.config.siprec_tls());
            shown.dedup();
        }
        for (key, files) in shown {
            if let Err(error) = files.check() {
                let what = format!(
                    "cannot be used: {error}: name a certificate and its key, as PEM files"
                );
                self.problem(key, what);
            } else if let Ok(Some(why)) = tls::stale(&files.certificate) {
                self.note(key, format!("{why}: clients will end the connection"));
            }
        }
    }

    /// Whether senders elsewhere are told to send to themselves.
    fn advertised(&mut self) {
        let media = &self.config.media;
        let (key, told) = match media.advertise.as_str() {
            "" => ("media.bind", Some(media.bind)),
            host => ("media.advertise", host.parse().ok()),
        };
        if let Some(told) = told
            && told.is_loopback()
            && self.config.doors.tell_others()
        {
            let what = format!(
                "is {told}, to which `doors.siprec` and `doors.rtpengine` tell others to send: that is their \
                 own machine, and no sound of theirs comes"
            );
            self.note(key, what);
        }
    }

    /// Ports of plain senders.
    fn ports(&mut self) {
        let config = self.config.doors.rtp.clone();
        let key = "doors.rtp.ports";
        let lines = config.lines().unwrap_or_default();
        for port in lines.iter().flat_map(LinePorts::all) {
            let address = SocketAddr::new(config.bind, port);
            let noted = self.notes.len();
            if let Some(why) = self.taken(key, address, UdpSocket::bind(address).map(drop)) {
                let what = format!("names {address}, which this machine cannot listen on ({why})");
                return self.problem(key, what);
            }
            if self.notes.len() > noted {
                // The others will be taken as well.
                return;
            }
        }
    }

    /// Why an address cannot be had. One that is only taken is noted: by an engine that runs, as likely
    /// as not.
    fn taken(
        &mut self,
        key: &str,
        address: SocketAddr,
        bound: io::Result<()>,
    ) -> Option<io::Error> {
        let error = bound.err()?;
        if error.kind() != io::ErrorKind::AddrInUse {
            return Some(error);
        }
        let what = format!(
            "has {address}, which somebody holds: `serve` cannot start as long as they do, and `sidetone \
             doctor` says whether it is an engine"
        );
        self.note(key, what);
        None
    }

    fn models(&mut self) {
        let recogniser = self.config.recogniser.clone();
        for (key, model) in recogniser.models() {
            let Ok(name) = model.parse::<ModelName>() else {
                continue; // Told already.
            };
            match known_models() {
                Err(error) => self.problem(key, format!("cannot be looked for: {error}")),
                Ok(known) if !model.starts_with("hf:") && !known.contains(&name) => {
                    let known: Vec<String> = known.iter().map(ToString::to_string).collect();
                    let what = format!(
                        "is `{name}`, which is neither known nor installed: use {}, a name of `sidetone \
                         models list`, or hf:OWNER/REPO",
                        known.join(", ")
                    );
                    self.problem(key, what);
                }
                Ok(_) => {}
            }
        }
        if !recogniser.record_model.is_empty() && !self.config.call.second_pass.enabled {
            let what = "is set, and `call.second_pass.enabled` is false: nothing is heard again, so it \
                        is not loaded";
            self.note("recogniser.record_model", what.to_owned());
        }
        let language_model = recogniser.language_model;
        if !language_model.as_os_str().is_empty() && recogniser.language_model_weight > 0.0 {
            let key = "recogniser.language_model";
            // What is there and no file is told below.
            if !language_model.exists() {
                let without = "the model that comes with the program";
                self.missing(key, &language_model, "file", without);
            } else if let Err(error) = lm::check(&language_model) {
                self.problem(key, format!("cannot be used: {error}"));
            }
        }
        let head = recogniser.emotion_head;
        if !head.as_os_str().is_empty() && self.config.call.emotion.read {
            let key = "recogniser.emotion_head";
            if !head.is_file() {
                self.missing(key, &head, "file", "the head that comes with the program");
            } else {
                match Head::load(&head) {
                    Err(error) => self.problem(key, format!("cannot be used: {error}")),
                    Ok(head) => self.note(key, terms(head.sources())),
                }
            }
        }
    }

    fn knowledge(&mut self) {
        let config = self.config.knowledge.clone();
        let mut readable = true;
        for (key, dir, without) in [
            (
                "knowledge.articles",
                &config.articles,
                "the sample articles",
            ),
            ("knowledge.rules", &config.rules, "the built-in rules"),
            (
                "knowledge.lexicon",
                &config.lexicon,
                "the built-in word lists",
            ),
            (
                "knowledge.calendars",
                &config.calendars,
                "the built-in calendars",
            ),
        ] {
            if !dir.as_os_str().is_empty() && !dir.is_dir() {
                self.missing(key, dir, "folder", without);
                readable = false;
            }
        }
        if !readable || knowledge::time_zone(&self.config.defaults).is_err() {
            return;
        }
        if let Err(error) = knowledge::calendar(&config, &self.config.defaults) {
            self.problem("defaults.holidays", format!("is wrong: {error}"));
        }
        let checked = knowledge::check(&config, &self.config.defaults);
        for error in checked.articles {
            self.problem("knowledge.articles", format!("has a fault: {error}"));
        }
        for error in checked.rules {
            let key = match error {
                KnowledgeError::Lexicon(_) => "knowledge.lexicon",
                _ => "knowledge.rules",
            };
            self.problem(key, format!("has a fault: {error}"));
        }
        for note in checked.notes {
            self.note("knowledge.rules", note);
        }
        let languages = self.config.defaults.languages.clone();
        for lang in languages
            .iter()
            .map(|tag| tag.lang)
            .filter(|lang| !checked.languages.contains(lang))
        {
            let what = format!(
                "names `{lang}`, which is recognised, but no rule and no article is in it: calls get \
                 words, and neither alerts nor cards"
            );
            self.note("defaults.languages", what);
        }
    }

    fn crm(&mut self) {
        let contacts = self.config.crm.contacts.clone();
        if !contacts.as_os_str().is_empty() {
            let key = "crm.contacts";
            if !self.config.crm.description.as_os_str().is_empty() {
                let what = "is for the CRM that comes with the program, and `crm.description` names another: \
                            leave one of them out";
                self.problem(key, what.to_owned());
            } else if !contacts.is_file() {
                self.missing(key, &contacts, "file", "no customers");
            }
        }
        let file = self.config.crm.description.clone();
        if file.as_os_str().is_empty() {
            return;
        }
        let key = "crm.description";
        if !file.is_file() {
            self.missing(key, &file, "file", "the CRM that comes with the program");
        } else if let Err(error) = crm::Rest::load(&file) {
            self.problem(key, format!("has a fault: {error}"));
        }
    }

    fn store(&mut self) {
        let spill = &self.config.store.spill_dir;
        if !spill.as_os_str().is_empty()
            && let Err(error) = writable(spill)
        {
            let what = format!(
                "is {}, where nothing can be written ({error}): give this user the right to, or name \
                 another directory",
                spill.display()
            );
            self.problem("store.spill_dir", what);
        }
        match storage::sqlite::directory(&self.config.store) {
            Err(error) => self.problem("store.dir", format!("has no place: {error}")),
            Ok(dir) => {
                if let Err(error) = writable(&dir) {
                    let what = format!(
                        "is {}, where nothing can be written ({error}): give this user the right to, or \
                         name another directory",
                        dir.display()
                    );
                    self.problem("store.dir", what);
                }
            }
        }
    }

    fn recording(&mut self) {
        let dir = &self.config.recording.dir;
        if !dir.as_os_str().is_empty()
            && let Err(error) = writable(dir)
        {
            let what = format!(
                "is {}, where nothing can be written ({error}): give this user the right to, or name \
                 another directory",
                dir.display()
            );
            self.problem("recording.dir", what);
        }
    }

    fn missing(&mut self, key: &str, path: &Path, kind: &str, without: &str) {
        let tried = match std::path::absolute(path) {
            Ok(whole) if whole != path => format!(", looked for at {},", whole.display()),
            _ => ",".to_owned(),
        };
        let what = format!(
            "is {}{tried} and there is no such {kind}: make it, or remove the line for {without}",
            path.display()
        );
        self.problem(key, what);
    }
}

/// What a head was trained on, and on what terms.
fn terms(sources: &[Source]) -> String {
    if sources.is_empty() {
        return "does not say what it was trained on, nor whether that may be used here".to_owned();
    }
    let sources: Vec<String> = sources.iter().map(ToString::to_string).collect();
    format!(
        "was trained on {}: see that these terms allow what you do with it",
        sources.join(", ")
    )
}

fn known_models() -> Result<Vec<ModelName>, sidetone_weights::WeightsError> {
    let entries = Weights::from_env()?.list()?.into_iter();
    let recognisers = entries.filter(|entry| entry.kind == sidetone_weights::Kind::Asr);
    Ok(recognisers.map(|entry| entry.name).collect())
}

/// Tries to write where `dir` is, or is to be made.
fn writable(dir: &Path) -> io::Result<()> {
    let there: PathBuf = dir
        .ancestors()
        .find(|at| at.exists())
        .unwrap_or(Path::new("."))
        .to_owned();
    if !there.is_dir() {
        return Err(io::Error::new(
            io::ErrorKind::NotADirectory,
            format!("{} is a file", there.display()),
        ));
    }
    let at = match there.as_os_str().is_empty() {
        true => Path::new("."),
        false => &there,
    };
    tempfile::tempfile_in(at).map(drop)
}

#[cfg(test)]
mod tests {
    use super::super::read::tests::draft;

    /// What the start would trip over with this configuration, one line each.
    fn problems(text: &str) -> Vec<String> {
        let mut draft = draft(text, &[]);
        draft.check_start();
        draft.problems.iter().map(ToString::to_string).collect()
    }

    /// With a store that can be written, whoever runs the tests.
    fn with_store(dir: &tempfile::TempDir, text: &str) -> Vec<String> {
        let store = dir.path().join("store");
        problems(&format!("{text}\n[store]\ndir = {store:?}\n"))
    }

    #[test]
    fn everything_the_start_would_trip_over_is_told_at_once() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("a-file");
        std::fs::write(&file, "").expect("writable");
        let text = format!(
            "[server]\nlisten = \"192.0.2.7:7600\"\nplain_text = true\n\n[media]\nbind = \"0.0.0.0\"\n\n\
             [recogniser]\nmodel = \"whisper-huge\"\nrecord_model = \"whisper-vast\"\nemotion_head = \"no/head\"\n\
             language_model = \"no/model.lm\"\n\n[call.emotion]\nread = true\nnotice = \"Told\"\n\n\
             [knowledge]\narticles = \"no/articles\"\nrules = \"no/rules\"\nboost = 50.0\n\n\
             [defaults]\ntime_zone = \"Europe/Dublim\"\nregion = \"XX\"\n\n\
             [log]\nfilter = \"inof\"\n\n[crm]\ndescription = \"no/crm.toml\"\n\n\
             [store]\ndir = {below:?}\nspill_dir = {below:?}\n\n[recording]\ndir = {below:?}\n",
            below = file.join("below")
        );
        let found = problems(&text);
        for key in [
            "server.listen",
            "media.bind",
            "recogniser.model",
            "recogniser.record_model",
            "recogniser.emotion_head",
            "recogniser.language_model",
            "knowledge.articles",
            "knowledge.rules",
            "knowledge.boost",
            "access.mode",
            "recording.dir",
            "defaults.time_zone",
            "defaults.region",
            "log.filter",
            "crm.description",
            "store.dir",
            "store.spill_dir",
        ] {
            let told = found
                .iter()
                .any(|problem| problem.contains(&format!("`{key}` is ")));
            assert!(told, "{key}: {found:#?}");
        }
        assert_eq!(found.len(), 17, "{found:#?}");
        let here = std::env::current_dir().expect("there is one");
        for (named, kind) in [("no/model.lm", "file"), ("no/rules", "folder")] {
            let tried = here.join(named);
            let tried = tried.display();
            let told = format!("is {named}, looked for at {tried}, and there is no such {kind}: ");
            assert!(
                found.iter().any(|problem| problem.contains(&told)),
                "{told}"
            );
        }
    }

    #[test]
    fn faults_in_rules_articles_and_the_description_of_a_crm_are_told_with_their_place() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = |name: &str| dir.path().join(name);
        for (folder, file, text) in [
            (
                "rules",
                "a.toml",
                "lang = \"en\"\n\n[[rule]]\nname = \"x\"\nmessage = \"X\"\nany = [\"x y\"]\n",
            ),
            ("articles", "a.md", "no front matter"),
            ("crm", "crm.toml", "nonsense = 1\n"),
        ] {
            std::fs::create_dir(path(folder)).expect("writable");
            std::fs::write(path(folder).join(file), text).expect("writable");
        }
        let text = format!(
            "[knowledge]\narticles = {:?}\nrules = {:?}\n\n[crm]\ndescription = {:?}\n",
            path("articles"),
            path("rules"),
            path("crm").join("crm.toml")
        );
        let found = with_store(&dir, &text);
        for expected in ["a.md:1:", "a.toml:3:", "crm.toml"] {
            assert!(
                found.iter().any(|problem| problem.contains(expected)),
                "{expected}: {found:#?}"
            );
        }
        assert_eq!(found.len(), 3, "{found:#?}");
    }

    #[test]
    fn senders_elsewhere_that_are_told_to_send_to_loopback_are_noted() {
        for (text, key) in [
            ("[doors.siprec]\nlisten = \"127.0.0.1:0\"\n", None),
            (
                "[doors.siprec]\nlisten = \"0.0.0.0:0\"\n",
                Some("media.bind"),
            ),
            (
                "[doors.siprec]\nlisten = \"[::]:0\"\n[media]\nbind = \"0.0.0.0\"\nadvertise = \"127.0.0.1\"\n",
                Some("media.advertise"),
            ),
            (
                "[doors.siprec]\nlisten = \"0.0.0.0:0\"\n[media]\nadvertise = \"192.0.2.7\"\n",
                None,
            ),
            (
                "[doors.rtpengine]\ncontrol = \"192.0.2.8:2223\"\n",
                Some("media.bind"),
            ),
        ] {
            let mut draft = draft(text, &[]);
            draft.check_start();
            let told = |note: &&super::super::Problem| note.what.contains("their own machine");
            let keys = draft.notes.iter().filter(told).map(|note| &*note.key);
            assert_eq!(keys.collect::<Vec<_>>(), Vec::from_iter(key), "{text}");
        }
    }

    #[test]
    fn a_certificate_that_cannot_be_used_is_told_once_for_each_setting_that_names_one() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let server = "[server.tls]\ncertificate = \"no/c.pem\"\nkey = \"no/k.pem\"\n";
        let sips = "[doors.siprec]\ntls_listen = \"127.0.0.1:0\"\n";
        let own = "certificate = \"no/own.pem\"\nkey = \"no/own-key.pem\"\n";
        let (of_server, of_siprec) = ("server.tls.certificate", "doors.siprec.certificate");
        for (text, keys) in [
            (server.to_owned(), vec![of_server]),
            // It shows that of the server.
            (format!("{server}{sips}"), vec![of_server]),
            (format!("{server}{sips}{own}"), vec![of_server, of_siprec]),
            (format!("{sips}{own}"), vec![of_siprec]),
            // Nothing is shown there.
            (format!("[doors.siprec]\n{own}"), vec![]),
        ] {
            let found = with_store(&dir, &text);
            assert_eq!(found.len(), keys.len(), "{text}: {found:#?}");
            for (found, key) in found.iter().zip(keys) {
                let told = format!("`{key}` cannot be used: `no/");
                assert!(found.contains(&told), "{text}: {found}");
            }
        }
        let half = with_store(&dir, &format!("{server}{sips}key = \"no/own-key.pem\"\n"));
        let told = |problem: &String| problem.contains("`doors.siprec.certificate` is empty");
        assert!(half.iter().any(told), "{half:#?}");
    }

    #[test]
    fn a_calendar_that_nobody_knows_is_told() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for unknown in ["XX", "lunar/days", "../US"] {
            let found = with_store(&dir, &format!("[defaults]\nholidays = \"{unknown}\"\n"));
            assert_eq!(found.len(), 1, "{found:#?}");
            assert!(
                found[0].contains("`defaults.holidays` is wrong"),
                "{found:#?}"
            );
        }
    }

    #[test]
    fn the_defaults_can_be_started_with() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        assert_eq!(with_store(&dir, ""), [""; 0]);
        assert!(
            !dir.path().join("store").exists(),
            "a check leaves nothing behind"
        );
    }

    #[test]
    fn ports_that_somebody_holds_are_noted_and_no_error() {
        let tcp = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let udp = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let listen = tcp.local_addr().expect("bound");
        let port = udp.local_addr().expect("bound").port();
        let dir = tempfile::tempdir().expect("a temporary directory");
        let text = format!(
            "[server]\nlisten = \"{listen}\"\n\n[doors.rtp]\nports = [\"{port}\"]\n\n[store]\ndir = {:?}\n",
            dir.path()
        );
        let mut draft = draft(&text, &[]);
        draft.check_start();
        assert_eq!(draft.problems.len(), 0, "nothing is wrong");
        let notes: Vec<String> = draft.notes.iter().map(ToString::to_string).collect();
        for key in ["server.listen", "doors.rtp.ports"] {
            let told = notes
                .iter()
                .any(|note| note.contains(&format!("`{key}` has")));
            assert!(told, "{key}: {notes:?}");
        }
    }

    #[test]
    fn a_language_without_rules_and_articles_is_noted_and_no_error() {
        let mut draft = draft("[defaults]\nlanguages = [\"en\", \"fr\"]\n", &[]);
        draft.check_start();
        let notes: Vec<String> = draft.notes.iter().map(ToString::to_string).collect();
        assert!(notes.iter().any(|note| note.contains("`fr`")), "{notes:?}");
        assert!(!notes.iter().any(|note| note.contains("`en`")), "{notes:?}");
    }
}
