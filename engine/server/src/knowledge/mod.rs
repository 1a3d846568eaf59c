//! What agents are helped by: rules and articles, picked up anew when their authors change them.

mod check;
mod config;
mod digest;
mod draft;
mod files;
mod learnt;
mod lists;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use sidetone_core::call::AssistContext;
use sidetone_core::cards::{Fit, Query};
use sidetone_core::rules::{RuleError, RuleSet};
use sidetone_core::wrap_up::Facts;
use sidetone_kb::{Article, Audience, Date, Hit, Index, KbError, Library, Source, sample_rules};
use sidetone_language::dates::Calendar;
use sidetone_language::lexicon::{Lexicon, LexiconError};
use sidetone_types::lang::{Lang, LanguageTag};

pub use self::check::{Checked, check, check_rules};
pub use self::config::KnowledgeConfig;
pub use self::draft::{Draft, HelpedBy, Looked, Problem};
pub use self::files::{FileKind, FileName, Shelf, SourceFile, WriteError};
pub use self::lists::favoured;

use self::digest::Digest;
use self::learnt::Learnt;
use crate::config::Defaults;
use crate::storage::{Corrected, StoredCall};

/// Articles looked at for one query; more never become cards.
const FITS: usize = 4;

/// There is nothing to help agents by.
#[derive(Debug, thiserror::Error)]
pub enum KnowledgeError {
    /// An article is wrong.
    #[error(transparent)]
    Articles(#[from] KbError),
    /// A rule is wrong.
    #[error(transparent)]
    Rules(#[from] RuleError),
    /// A word list is wrong.
    #[error(transparent)]
    Lexicon(#[from] LexiconError),
    /// Rules or word lists cannot be read.
    #[error("cannot read {path}: {source}", path = path.display())]
    Read {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// No calendar has this name.
    #[error("there is no calendar `{name}`; there are {known}, and those of `knowledge.calendars`")]
    Holidays {
        /// The name.
        name: String,
        /// The names of those there are.
        known: String,
    },
    /// A calendar is wrong.
    #[error("{path}: {problem}", path = path.display())]
    Calendar {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        problem: String,
    },
    /// The time zone is not known here.
    #[error("time zone `{0}` is not known; use a name like `Europe/Dublin` or `Asia/Shanghai`")]
    TimeZone(String),
}

/// Rules and articles. Threads share it.
pub struct Knowledge {
    library: Library,
    /// The rules as they are now, and what calls need of them and of the articles.
    digest: RwLock<Arc<Digest>>,
    config: KnowledgeConfig,
    lexicon: Arc<Lexicon>,
    /// What people have corrected of late, and what is listened for because of it.
    learnt: RwLock<Learnt>,
    /// The rules as they were last read.
    texts: Mutex<RuleTexts>,
    not_taken_up: Mutex<NotTakenUp>,
    time_zone: TimeZone,
}

/// Why the newest articles and rules are not those that calls go by.
#[derive(Debug, Default)]
struct NotTakenUp {
    articles: Option<String>,
    rules: Option<String>,
}

impl Knowledge {
    /// Reads the rules and articles of `config`.
    pub fn open(config: &KnowledgeConfig, defaults: &Defaults) -> Result<Self, KnowledgeError> {
        let time_zone = time_zone(defaults)?;
        let today = day(clock(SystemTime::now(), &time_zone));
        let texts = RuleTexts::read(config)?;
        let library = Library::open(Source::from(config.articles.as_path()), today)?;
        let lexicon = lexicon_in(&config.lexicon, calendar(config, defaults)?)?;
        let rules = Arc::new(texts.parse(Arc::clone(&lexicon))?);
        let digest = Digest::new(rules, &library.current(), config.boost);
        Ok(Self {
            library,
            digest: RwLock::new(Arc::new(digest)),
            learnt: RwLock::default(),
            config: config.clone(),
            lexicon,
            texts: Mutex::new(texts),
            not_taken_up: Mutex::default(),
            time_zone,
        })
    }

    /// The rules as they are now.
    pub fn rules(&self) -> Arc<RuleSet> {
        self.digest().rules()
    }

    /// The languages that rules are written for.
    pub fn languages(&self) -> BTreeSet<Lang> {
        let rules = self.rules();
        rules.rules().iter().map(|rule| rule.lang).collect()
    }

    /// The articles as they are now.
    pub fn articles(&self) -> Arc<Index> {
        self.library.current()
    }

    /// What a call in `languages` that begins at `began` is helped by. Rules that change later are
    /// those of later calls.
    pub fn assist_context(&self, began: SystemTime, languages: &[Lang]) -> AssistContext {
        self.helpers_on(clock(began, &self.time_zone), languages)
    }

    /// The same, for a call that began at that day and time.
    pub fn helpers_on(&self, began: DateTime, languages: &[Lang]) -> AssistContext {
        let digest = self.digest();
        AssistContext {
            rules: digest.rules(),
            began,
            terms: digest.terms(),
            lexicon: Arc::clone(&self.lexicon),
            vocabulary: digest.lists().of(languages),
            learnt: self.learnt().lists().of(languages),
        }
    }

    /// What the wrap-up of a call that was stored is handed.
    pub fn facts(&self, call: &StoredCall) -> Facts {
        let opened = SystemTime::UNIX_EPOCH + Duration::from_millis(call.opened_ms);
        let context = self.assist_context(opened, &[]);
        let first = call.languages.first();
        let main_lang = first.and_then(|code| code.parse::<LanguageTag>().ok());
        let customer = call.customer.as_ref();
        Facts {
            began: context.began,
            direction: call.direction(),
            main_lang: main_lang.map_or(Lang::EN, |tag| tag.lang),
            customer_name: customer.map_or_else(String::new, |customer| customer.name.clone()),
            terms: context.terms,
            lexicon: context.lexicon,
        }
    }

    /// Has calls from now on listen for what people have `corrected`, the newest first.
    pub fn learn(&self, corrected: Vec<Corrected>) {
        if !self.learnt().is_of(&corrected) {
            let KnowledgeConfig {
                corrected_phrases,
                boost,
                ..
            } = self.config;
            let learnt = Learnt::of(corrected, corrected_phrases, boost);
            *self.learnt.write().unwrap_or_else(PoisonError::into_inner) = learnt;
        }
    }

    fn learnt(&self) -> RwLockReadGuard<'_, Learnt> {
        self.learnt.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The phrases of rules and articles that are listened for, with their languages.
    pub fn phrases(&self) -> Vec<(Lang, String)> {
        self.digest().lists().phrases().to_vec()
    }

    fn digest(&self) -> Arc<Digest> {
        let digest = self.digest.read().unwrap_or_else(PoisonError::into_inner);
        digest.clone()
    }

    /// Has calls from now on go by `rules` and by the articles as they are now.
    fn take_up(&self, rules: Arc<RuleSet>) {
        let digest = Arc::new(Digest::new(rules, &self.articles(), self.config.boost));
        *self.digest.write().unwrap_or_else(PoisonError::into_inner) = digest;
    }

    /// The articles for agents that fit what was said well enough to be shown, best first.
    pub fn search(&self, query: &Query) -> Vec<Fit> {
        fits(&self.articles(), query)
    }

    /// The word lists by which calls are understood.
    pub fn lexicon(&self) -> Arc<Lexicon> {
        Arc::clone(&self.lexicon)
    }

    /// Takes up what authors have changed, and tells whether there was anything. It waits for the
    /// disk.
    ///
    /// What is wrong leaves everything as it was, and is told once for each change.
    pub fn look_again(&self) -> Result<bool, KnowledgeError> {
        let today = day(clock(SystemTime::now(), &self.time_zone));
        let articles = self.library.reload_if_changed(today);
        let articles = told(&mut self.problems().articles, articles, |changed| *changed)?;
        let rules = self.changed_rules();
        let rules = told(&mut self.problems().rules, rules, Option::is_some);
        match &rules {
            Ok(Some(rules)) => self.take_up(rules.clone()),
            _ if articles => self.take_up(self.rules()),
            _ => {}
        }
        Ok(rules?.is_some() || articles)
    }

    /// Why calls do not go by what the files say now; `None` if they do, as of the last look.
    pub fn not_taken_up(&self) -> Option<String> {
        let problems = self.problems();
        problems.articles.clone().or_else(|| problems.rules.clone())
    }

    fn problems(&self) -> MutexGuard<'_, NotTakenUp> {
        self.not_taken_up
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The rules, if their files have changed since they were read last.
    fn changed_rules(&self) -> Result<Option<Arc<RuleSet>>, KnowledgeError> {
        let texts = RuleTexts::read(&self.config)?;
        let mut seen = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == texts {
            return Ok(None);
        }
        *seen = texts;
        Ok(Some(Arc::new(seen.parse(Arc::clone(&self.lexicon))?)))
    }
}

/// Remembers what keeps files from being taken up, until there are others.
fn told<T, E: fmt::Display>(
    problem: &mut Option<String>,
    read: Result<T, E>,
    has_changed: impl Fn(&T) -> bool,
) -> Result<T, E> {
    match &read {
        Ok(read) if has_changed(read) => *problem = None,
        Ok(_) => {}
        Err(error) => *problem = Some(error.to_string()),
    }
    read
}

/// The articles of `index` for agents that fit what was said well enough to be shown, best first.
pub fn fits(index: &Index, query: &Query) -> Vec<Fit> {
    let hits = index.suggest(&query.text, query.lang, FITS).into_iter();
    hits.filter_map(|hit| {
        let article = index.article(&hit.id)?;
        (article.audience == Audience::Agent).then(|| fit(hit, article))
    })
    .collect()
}

fn fit(hit: Hit, article: &Article) -> Fit {
    Fit {
        article_id: hit.id.to_string(),
        title: hit.title,
        snippet: hit.snippet,
        say: article.say.clone(),
        triggers: article.triggers.clone(),
        not: article.not.clone(),
        score: hit.score,
        matched: hit.words.into_iter().map(|word| word.range).collect(),
    }
}

/// Files of rules by name, with their texts.
type Texts = Vec<(String, String)>;

/// The rules that hold, as they are written.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct RuleTexts {
    own: Texts,
    /// They give way to own ones of the same name.
    built_in: Texts,
}

impl RuleTexts {
    /// What `config` names: the built-in rules alone if it names no folder.
    fn read(config: &KnowledgeConfig) -> Result<Self, KnowledgeError> {
        let alone = config.rules.as_os_str().is_empty();
        Ok(Self {
            own: match alone {
                true => Texts::new(),
                false => toml_files(&config.rules)?,
            },
            built_in: match alone || config.rules_builtin {
                true => sample_rules(),
                false => Texts::new(),
            },
        })
    }

    fn parse(&self, lexicon: Arc<Lexicon>) -> Result<RuleSet, RuleError> {
        let read = RuleSet::read(&self.own, &self.built_in, lexicon);
        read.map_err(|mut errors| errors.remove(0))
    }
}

/// The names and texts of the TOML files that lie in a folder itself, in order.
fn toml_files(dir: &Path) -> Result<Texts, KnowledgeError> {
    let mut texts = Texts::new();
    for path in entries(dir)? {
        if path.extension().is_some_and(|ending| ending == "toml") && path.is_file() {
            let text = std::fs::read_to_string(&path).map_err(cannot_read(&path))?;
            texts.push((path.display().to_string(), text));
        }
    }
    texts.sort();
    Ok(texts)
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>, KnowledgeError> {
    let entries = std::fs::read_dir(dir).map_err(cannot_read(dir))?;
    entries
        .map(|entry| Ok(entry.map_err(cannot_read(dir))?.path()))
        .collect()
}

fn cannot_read(path: &Path) -> impl FnOnce(std::io::Error) -> KnowledgeError + use<> {
    let path = path.to_owned();
    move |source| KnowledgeError::Read { path, source }
}

/// The word lists that come with the program, with those replaced that a folder names, and with the
/// days that are worked on by `calendar`. The folder has one for each language.
fn lexicon_in(dir: &Path, calendar: Option<Calendar>) -> Result<Arc<Lexicon>, KnowledgeError> {
    let mut files = Texts::new();
    if !dir.as_os_str().is_empty() {
        // One that lies in no language's folder is told of as such.
        files.extend(toml_files(dir)?);
        for language in entries(dir)?.into_iter().filter(|path| path.is_dir()) {
            files.extend(toml_files(&language)?);
        }
    }
    if files.is_empty() && calendar.is_none() {
        return Ok(Lexicon::built_in());
    }
    let calendar = calendar.unwrap_or_default();
    Ok(Arc::new(Lexicon::parse(files)?.with_calendar(calendar)))
}

/// The calendar that `defaults.holidays` names, if it names one.
pub fn calendar(
    config: &KnowledgeConfig,
    defaults: &Defaults,
) -> Result<Option<Calendar>, KnowledgeError> {
    let name = &defaults.holidays;
    if name.is_empty() {
        return Ok(None);
    }
    let path = config.calendars.join(format!("{name}.toml"));
    if config.calendars.as_os_str().is_empty() || !path.exists() {
        let known = Calendar::built_in(name);
        return known.map(Some).ok_or_else(|| KnowledgeError::Holidays {
            name: name.clone(),
            known: Calendar::names().collect::<Vec<_>>().join(", "),
        });
    }
    let text = std::fs::read_to_string(&path).map_err(cannot_read(&path))?;
    let wrong = |problem| KnowledgeError::Calendar { path, problem };
    Calendar::parse(&text).map(Some).map_err(wrong)
}

/// The day it is where the call centre is.
pub fn today(defaults: &Defaults) -> Result<Date, KnowledgeError> {
    Ok(day(clock(SystemTime::now(), &time_zone(defaults)?)))
}

/// The call centre's time zone; the system's, if none is named.
pub fn time_zone(defaults: &Defaults) -> Result<TimeZone, KnowledgeError> {
    match defaults.time_zone.as_str() {
        "" => Ok(TimeZone::system()),
        name => TimeZone::get(name).map_err(|_| KnowledgeError::TimeZone(name.to_owned())),
    }
}

/// What a clock on the wall shows at `time`.
fn clock(time: SystemTime, time_zone: &TimeZone) -> DateTime {
    let time = Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH);
    time_zone.to_datetime(time)
}

fn day(at: DateTime) -> Date {
    Date {
        year: at.year().unsigned_abs(),
        month: at.month().unsigned_abs(),
        day: at.day().unsigned_abs(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sidetone_core::cards::QueryId;

    use super::*;

    fn samples() -> Knowledge {
        let defaults = Defaults {
            time_zone: "Asia/Shanghai".to_owned(),
            ..Defaults::default()
        };
        Knowledge::open(&KnowledgeConfig::default(), &defaults).expect("the samples are right")
    }

    #[test]
    fn a_call_begins_on_the_clock_of_the_call_centre() {
        let night_before = SystemTime::UNIX_EPOCH + Duration::from_secs(1_777_910_400); // 16:00 UTC
        let began = samples().assist_context(night_before, &[]).began;
        assert_eq!(began.to_string(), "2026-05-05T00:00:00");
    }

    #[test]
    fn working_days_are_those_of_the_calendar_that_is_named() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(dir.path().join("SHOP.toml"), "free = [\"2026-05-06\"]").expect("writable");
        std::fs::write(dir.path().join("BAD.toml"), "free = [\"May\"]").expect("writable");
        let config = KnowledgeConfig {
            calendars: dir.path().to_owned(),
            ..KnowledgeConfig::default()
        };
        let worked = |holidays: &str, day: &str| {
            let holidays = holidays.to_owned();
            let defaults = Defaults {
                holidays,
                ..Defaults::default()
            };
            let calendar = calendar(&config, &defaults).map_err(|err| err.to_string())?;
            let day = day.parse().expect("a date");
            Ok::<_, String>(calendar.unwrap_or_default().is_working_day(day))
        };
        assert_eq!(worked("", "2026-10-01"), Ok(true));
        assert_eq!(worked("CN", "2026-10-01"), Ok(false));
        assert_eq!(worked("SHOP", "2026-05-06"), Ok(false));
        let unknown = worked("XX", "2026-05-06").expect_err("there is none");
        assert!(unknown.contains("`XX`; there are AT, BE"), "{unknown}");
        let bad = worked("BAD", "2026-05-06").expect_err("it is no calendar");
        assert!(
            bad.contains("BAD.toml") && bad.contains("`May` is no day"),
            "{bad}"
        );
    }

    #[test]
    fn calls_listen_for_what_rules_and_articles_say_in_their_languages() {
        let knowledge = samples();
        let began = SystemTime::UNIX_EPOCH;
        let (en, zh) = (Lang::EN, Lang::ZH);
        let listens = |languages: &[Lang], phrase: &str| {
            let vocabulary = knowledge.assist_context(began, languages).vocabulary;
            vocabulary.iter().any(|known| known.text == phrase)
        };
        assert!(listens(&[en], "paid twice") && !listens(&[en], "退款要多久"));
        assert!(listens(&[zh, en], "paid twice") && listens(&[en, zh], "退款要多久"));
        let again = |languages: &[_]| knowledge.assist_context(began, languages).vocabulary;
        assert!(
            Arc::ptr_eq(&again(&[en, zh]), &again(&[zh, en])),
            "one list for all calls"
        );
    }

    #[test]
    fn what_customers_say_finds_articles_in_their_language() {
        for (lang, text, expected) in [
            ("en", "I was charged twice and want a refund", Some("-en")),
            ("zh", "我被重复扣费了，我要退款", Some("-zh")),
            ("de", "ich wurde doppelt belastet", None),
        ] {
            let query = Query {
                id: QueryId(1),
                lang: lang
                    .parse::<sidetone_types::lang::LanguageTag>()
                    .expect(lang)
                    .lang,
                text: text.to_owned(),
            };
            let fits = samples().search(&query);
            let found = fits.first().map(|fit| fit.article_id.as_str());
            match expected {
                Some(ending) => assert!(found.is_some_and(|id| id.ends_with(ending)), "{found:?}"),
                None => assert_eq!(found, None),
            }
        }
    }

    #[test]
    fn a_folder_of_own_rules_does_not_silence_the_built_in_ones_unless_that_is_asked_for() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (_, sample) = sample_rules().remove(0);
        let samples = samples().rules().rules().len();
        let name = samples_name(&sample);
        let own = format!(
            "lang = \"en\"\n\n[[rule]]\nname = \"{name}\"\naction = \"warn\"\nmessage = \"Ours\"\n\
             any = [\"purple elephant\"]\n"
        );
        std::fs::write(dir.path().join("own.toml"), own).expect("writable");
        for (rules_builtin, expected) in [(true, samples), (false, 1)] {
            let config = KnowledgeConfig {
                rules: dir.path().to_owned(),
                rules_builtin,
                ..KnowledgeConfig::default()
            };
            let knowledge = Knowledge::open(&config, &Defaults::default()).expect("well formed");
            let rules = knowledge.rules();
            assert_eq!(rules.rules().len(), expected);
            let ours = rules.rules().iter().find(|rule| rule.name == name);
            assert_eq!(ours.map(|rule| rule.message.as_str()), Some("Ours"));
        }
    }

    /// The name of the first rule of a file.
    fn samples_name(text: &str) -> &str {
        let (_, rest) = text.split_once("name = \"").expect("a rule");
        rest.split('"').next().expect("a name")
    }

    #[test]
    fn a_folder_of_word_lists_replaces_what_it_names_and_is_read_for_mistakes() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let config = KnowledgeConfig {
            lexicon: dir.path().to_owned(),
            ..KnowledgeConfig::default()
        };
        let open = || Knowledge::open(&config, &Defaults::default());
        std::fs::create_dir(dir.path().join("en")).expect("writable");
        let file = dir.path().join("en/risks.toml");
        std::fs::write(&file, "again = [\"for the umpteenth time\"]").expect("writable");
        let lexicon = open().expect("it is right").lexicon;
        let risks = &lexicon.risks;
        assert!(
            risks
                .again
                .are_in(&lexicon.tokenise("for the umpteenth time"))
        );
        assert!(risks.must.are_in(&lexicon.tokenise("it must be today")));
        std::fs::write(&file, "agian = []").expect("writable");
        let wrong = open().err().expect("it is wrong").to_string();
        assert!(
            wrong.contains("risks.toml: `agian` is no list of `risks`"),
            "{wrong}"
        );
    }

    #[test]
    fn rules_are_taken_up_when_they_change_and_kept_when_they_break() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let config = KnowledgeConfig {
            rules: dir.path().to_owned(),
            rules_builtin: false,
            ..KnowledgeConfig::default()
        };
        let knowledge = Knowledge::open(&config, &Defaults::default()).expect("no rules are fine");
        assert!(!knowledge.look_again().expect("nothing is wrong"));
        let (name, text) = sample_rules().remove(0);
        let file = dir.path().join(name);
        std::fs::write(&file, &text).expect("writable");
        assert!(knowledge.look_again().expect("the samples are right"));
        let rules = knowledge.rules().rules().len();
        assert!(rules > 0);
        std::fs::write(&file, "no rules").expect("writable");
        assert!(knowledge.look_again().is_err());
        assert!(!knowledge.look_again().expect("told already"));
        assert_eq!(knowledge.rules().rules().len(), rules);
    }
}
