//! What can be said of the values alone: bounds, order among keys, and names that must be known.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use sidetone_core::phone;
use sidetone_doors::Fields;
use sidetone_weights::ModelName;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use url::Url;

use super::keys::{entries, sections_of};
use super::read::{Draft, like};
use super::{MOST_CALLS, listeners, plain_text};
use crate::access::Mode;
use crate::audio_file::ChannelMap;
use crate::knowledge;

/// Pairs of which the first must not be above the second.
const ORDERED: [(&str, &str); 9] = [
    ("media.port_min", "media.port_max"),
    ("call.segment.post_roll_ms", "call.segment.pause_ms"),
    ("call.segment.post_roll_ms", "call.segment.end_silence_ms"),
    ("call.segment.pause_ms", "call.segment.end_silence_ms"),
    ("call.segment.min_voice_ms", "call.segment.soft_max_ms"),
    ("call.segment.soft_max_ms", "call.segment.hard_max_ms"),
    ("voice.second_opinion.offset", "voice.second_opinion.onset"),
    ("voice.second_opinion.onset", "voice.second_opinion.sure"),
    ("crm.retry.first_ms", "crm.retry.longest_ms"),
];

/// Legs of a usual call, each of which takes a port.
const LEGS: usize = 2;

/// Adds all that is wrong with the values.
pub(super) fn check(draft: &mut Draft) {
    numbers(draft);
    media(draft);
    access(draft);
    doors(draft);
    files_and_ports(draft);
    names(draft);
    moods(draft);
    if let Some(what) = draft.config.crm.dispositions_problem() {
        draft.problem("crm.dispositions", what);
    }
    for (key, what) in draft.config.board.problems() {
        draft.problem(&format!("board.{key}"), what);
    }
    for (key, what) in draft.config.recording.problems() {
        draft.problem(&format!("recording.{key}"), what);
    }
}

fn numbers(draft: &mut Draft) {
    let entries = entries(&draft.config);
    let written: HashMap<&str, &str> = entries
        .iter()
        .map(|entry| (entry.path.as_str(), entry.value.as_str()))
        .collect();
    // What is written has no more digits than were given, unlike an `f32` turned into an `f64`.
    let number = |key: &str| written.get(key).and_then(|text| text.parse::<f64>().ok());
    let mut outside = Vec::new();
    for key in sections_of(&draft.config)
        .into_iter()
        .flat_map(|section| section.keys)
    {
        let (Some((least, greatest)), Some(value)) = (key.bounds, number(&key.path)) else {
            continue;
        };
        // NaN lies in no range.
        if !(least..=greatest).contains(&value) {
            let allowed = key.allowed().unwrap_or_default();
            let what = format!(
                "is {value}: it must be a number {allowed}; without the line it is {}",
                key.default
            );
            draft.problem(&key.path, what);
            outside.push(key.path);
        }
    }
    for (low, high) in ORDERED {
        let (Some(a), Some(b)) = (number(low), number(high)) else {
            continue;
        };
        let told = outside.iter().any(|key| key == low || key == high);
        if a > b && !told {
            let what =
                format!("is {a}, above `{high}`, which is {b}: lower one or raise the other");
            draft.problem(low, what);
        }
    }
}

fn media(draft: &mut Draft) {
    let media = draft.config.media.clone();
    let advertise = media.advertise.as_str();
    if advertise.is_empty() && media.bind.is_unspecified() {
        let what = format!(
            "is {}, which no media server can send to: set `media.advertise` to the address or name \
             under which they reach this machine, or bind to one address",
            media.bind
        );
        draft.problem("media.bind", what);
    }
    if !advertise.is_empty() && !is_host(advertise) {
        let what = format!(
            "is `{advertise}`, which is no host: write an address or a name without port, like \
             192.0.2.7 or voice.example.org"
        );
        draft.problem("media.advertise", what);
    }
    let ports = media.even_ports().1 as usize;
    let calls = draft.config.server.max_calls.max(1);
    if media.port_min <= media.port_max && calls <= MOST_CALLS && ports / LEGS < calls {
        let what = format!(
            "is {}: from {} there are {ports} even ports, two for each call, which is too few for {calls} \
             calls: widen the range, or lower `server.max_calls`",
            media.port_max, media.port_min
        );
        draft.problem("media.port_max", what);
    }
}

fn doors(draft: &mut Draft) {
    let doors = draft.config.doors.clone();
    let control = doors.rtpengine.control.trim();
    let [websocket, audio_socket, sip, sips] = doors.listening();
    for ((key, listen), example) in [
        (websocket, "10.0.0.5:7610"),
        (audio_socket, "10.0.0.5:7611"),
        (sip, "10.0.0.5:5060"),
        (sips, "10.0.0.5:5061"),
        (("doors.rtpengine.control", control), "10.0.0.6:2223"),
    ] {
        if !listen.is_empty() && listen.parse::<SocketAddr>().is_err() {
            let what = format!(
                "is `{listen}`, which is no address with a port: write {example} for instance, or \"\" to \
                 keep the door closed"
            );
            draft.problem(key, what);
        }
    }
    if doors.rtpengine.name.is_empty() {
        let what =
            "is empty: what the engine calls itself at rtpengine tells its own subscriptions from \
                    participants"
                .to_owned();
        draft.problem("doors.rtpengine.name", what);
    }
    siprec(draft);
    listeners::check(draft);
    plain_text::check(draft);
}

fn siprec(draft: &mut Draft) {
    let siprec = draft.config.doors.siprec.clone();
    if let Err(error) = siprec.sides() {
        draft.problem("doors.siprec.agents", format!("is wrong: {error}"));
    }
    // Without a certificate of its own, that of the server is shown.
    let shown = draft.config.siprec_tls();
    let is_own = !matches!(shown, Some(("server.tls.certificate", _)));
    if !siprec.tls_listen.trim().is_empty() && is_own {
        for (key, path) in [
            ("doors.siprec.certificate", &siprec.certificate),
            ("doors.siprec.key", &siprec.key),
        ] {
            if path.as_os_str().is_empty() {
                let what = "is empty: `doors.siprec.tls_listen` needs a certificate and its key, as PEM files, or those \
                            of `[server.tls]`";
                draft.problem(key, what);
            }
        }
    }
}

fn access(draft: &mut Draft) {
    let listen = draft.config.server.listen;
    if draft.config.access.mode == Mode::Open && !listen.ip().to_canonical().is_loopback() {
        let what = format!(
            "is \"open\", and the engine listens at {listen}: whoever reaches it could read all calls. Set \
             it to \"secure\" and let people and programs in (`sidetone users`, `sidetone tokens`), or, in a \
             network that nobody else reaches, to \"open_to_all\""
        );
        draft.problem("access.mode", what);
    }
    if let Some(host) = draft.config.access.hosts.iter().find(|host| !is_host(host)) {
        let what = format!("has `{host}`, which is no host: write names without port");
        draft.problem("access.hosts", what);
    }
    let mut origins = draft.config.server.embed_origins.iter();
    let wrong = origins.find_map(|given| match origin(given) {
        Some(origin) if origin == *given => None,
        meant => Some((given, meant.unwrap_or("https://crm.example.org".to_owned()))),
    });
    if let Some((given, meant)) = wrong {
        let what = format!(
            "has `{given}`, which is no origin as browsers write it: scheme and host in small letters, and the port \
             where it is not the usual one, like {meant}"
        );
        draft.problem("server.embed_origins", what);
    }
    let oidc = draft.config.access.oidc.clone();
    for (key, what) in oidc.problems() {
        draft.problem(&format!("access.oidc.{key}"), what);
    }
    if oidc.is_on() && draft.config.access.mode != Mode::Secure {
        let what = "is set, and nobody is asked who they are: set `access.mode` to \"secure\", or leave it empty";
        draft.problem("access.oidc.issuer", what);
    }
}

/// Ports and payload types of plain senders, channels of recordings.
fn files_and_ports(draft: &mut Draft) {
    let config = draft.config.doors.rtp.clone();
    if let Err(error) = config.lines() {
        draft.problem("doors.rtp.ports", format!("is wrong: {error}"));
    }
    file_names(draft);
    let channels = &draft.config.doors.folder.channels;
    if !channels.is_empty()
        && let Err(error) = channels.parse::<ChannelMap>()
    {
        draft.problem("doors.folder.channels", format!("is wrong: {error}"));
    }
    if let Err(error) = config.payload_map() {
        draft.problem("doors.rtp.payloads", format!("is wrong: {error}"));
    }
}

/// What names of recordings say: a name that nobody looks for is kept as metadata, and one that is
/// written wrong would be so without a word.
fn file_names(draft: &mut Draft) {
    let doors = draft.config.doors.clone();
    let (key, pattern) = ("doors.folder.names", doors.folder.names.as_str());
    let Some(fields) = Fields::in_pattern(pattern) else {
        let what = format!(
            "is `{pattern}`, of which no name is read: write fields in braces, each with a beginning and \
             an end, like {{from}}_{{to}}_{{agent}}"
        );
        return draft.problem(key, what);
    };
    let letters = |name: &str| name.replace('_', "").to_ascii_lowercase();
    for field in fields {
        let is_known = doors
            .fields
            .all()
            .any(|name| letters(name) == letters(field));
        if !is_known && let Some(name) = like(field, doors.fields.all()) {
            let what = format!(
                "has `{field}`, which is kept as metadata alone: did you mean `{name}`? `doors.fields` \
                 has the names that say something of a call"
            );
            draft.note(key, what);
        }
    }
}

/// Where a page comes from, as a browser writes it: scheme, host, and the port where it is not the usual one.
/// `None` where that cannot be a page.
fn origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let is_of_pages = ["http", "https"].contains(&url.scheme());
    is_of_pages.then(|| url.origin().ascii_serialization())
}

/// Whether a media server can be told to send to it: an address, or a name (RFC 1123 §2.1).
fn is_host(text: &str) -> bool {
    if let Ok(address) = text.parse::<IpAddr>() {
        return !address.is_unspecified();
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let numbers = text
        .split('.')
        .all(|label| label.bytes().all(|b| b.is_ascii_digit()));
    text.len() <= 253 && !numbers && text.trim_end_matches('.').split('.').all(label)
}

fn names(draft: &mut Draft) {
    let defaults = draft.config.defaults.clone();
    if defaults.languages.is_empty() {
        draft.problem(
            "defaults.languages",
            "is empty: name at least one language, like [\"en\"]",
        );
    }
    if let Err(error) = knowledge::time_zone(&defaults) {
        draft.problem("defaults.time_zone", format!("is wrong: {error}"));
    }
    if !phone::knows_region(&defaults.region) {
        let what = format!(
            "is `{}`, which is no country: write two capital letters of ISO 3166, like US, IE or CN",
            defaults.region
        );
        draft.problem("defaults.region", what);
    }
    let recogniser = draft.config.recogniser.clone();
    for (key, model) in recogniser.models() {
        if let Err(error) = model.parse::<ModelName>() {
            draft.problem(key, format!("is wrong: {error}"));
        }
    }
    let filter = draft.config.log.filter.clone();
    if let Err(what) = log_filter(&filter) {
        draft.problem("log.filter", format!("is `{filter}`: {what}"));
    }
}

/// Whose mood is read has to be told so.
fn moods(draft: &mut Draft) {
    let emotion = draft.config.call.emotion.clone();
    let is_told = !emotion.notice.trim().is_empty();
    if emotion.read && !is_told {
        draft.problem(
            "call.emotion.notice",
            "is empty, and `call.emotion.read` is true: moods are read only of customers who are told. \
             Write here how they are told, like \"Announced before each call: your voice is analysed for \
             signs of anger\", or set `call.emotion.read` to false",
        );
    }
    if is_told && !emotion.read {
        let what = "is set, and `call.emotion.read` is false: nobody's mood is read";
        draft.note("call.emotion.notice", what);
    }
}

/// A bare word is a target to `EnvFilter`, all messages of which are let through: a misspelt level
/// would log everything, or nothing.
fn log_filter(filter: &str) -> Result<(), String> {
    const USE: &str =
        "use off, error, warn, info, debug or trace, or TARGET=LEVEL, with commas between";
    let directives = filter.split(',').map(str::trim);
    let bare = directives.filter(|part| !part.contains('=') && !part.contains('['));
    for word in bare {
        if word.parse::<LevelFilter>().is_err() {
            return Err(format!("`{word}` is no level; {USE}"));
        }
    }
    EnvFilter::try_new(filter).map_err(|error| format!("{error}; {USE}"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::read::tests::{draft, problems};
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for right in [
            "https://crm.example.org",
            "http://127.0.0.1:7600",
            "https://[::1]:8443",
            "https://xn--bcher-kva.example",
        ] {
            assert_eq!(origin(right).as_deref(), Some(right));
        }
        for (given, meant) in [
            ("https://CRM.example.org", Some("https://crm.example.org")),
            (
                "https://crm.example.org:443",
                Some("https://crm.example.org"),
            ),
            ("https://crm.example.org/", Some("https://crm.example.org")),
            ("http://[crm.example.org]", None),
            ("crm.example.org", None),
            ("ftp://crm.example.org", None),
            ("*", None),
        ] {
            assert_eq!(origin(given).as_deref(), meant, "{given}");
        }
    }

    #[test]
    fn every_value_that_would_leave_the_engine_deaf_or_never_ready_is_refused_with_its_bound() {
        for (section, key, value, bound) in [
            ("server", "drain_ms", "0", "from 100 to"),
            ("server", "max_calls", "5001", "to 5000 calls"),
            ("media", "receive_buffer_bytes", "0", "bytes"),
            ("media", "port_min", "0", "from 1024 to 65535"),
            ("capacity", "busy_percent", "0", "from 1 to 100 %"),
            ("capacity", "talk_percent", "150", "from 1 to 100 %"),
            ("capacity", "widest_percent", "50", "from 100 to 1000 %"),
            ("capacity", "narrowest_percent", "10", "from 20 to 100 %"),
            ("capacity", "late_ms", "0", "from 100 to 60000 ms"),
            ("call", "stall_ms", "0", "ms"),
            ("call", "no_media_ms", "0", "ms"),
            ("call", "media_timeout_ms", "0", "ms"),
            ("call", "drain_ms", "0", "ms"),
            ("call.segment", "onset_ms", "0", "from 20 to 140 ms"),
            ("call.segment", "onset_ms", "200", "from 20 to 140 ms"),
            (
                "call.segment",
                "hard_max_ms",
                "60000",
                "from 2000 to 28000 ms",
            ),
            ("call.partials", "every_ms", "0", "ms"),
            ("call.cards", "min_score", "nan", "from 0 to 1"),
            ("call.cards", "min_score", "1.5", "from 0 to 1"),
            ("voice.webrtc", "quietest_dbfs", "nan", "dBFS"),
            ("voice.webrtc", "quietest_dbfs", "inf", "dBFS"),
            ("voice.webrtc", "quietest_dbfs", "0.0", "dBFS"),
            ("voice.webrtc", "above_noise_db", "-inf", "dB"),
            ("voice.webrtc", "noise_window_ms", "0", "ms"),
            ("voice.second_opinion", "onset", "nan", "from 0.01 to 0.99"),
            ("recogniser", "beam", "0", "from 1 to 16"),
            ("recogniser", "language_model_weight", "nan", "from 0 to 1"),
            ("recogniser", "side_by_side", "0", "from 1 to"),
            ("knowledge", "boost", "nan", "from 0 to 20"),
            ("defaults", "boost", "21.0", "from 0 to 20"),
            ("crm", "review_s", "86401", "from 0 to 86400 s"),
            ("crm.retry", "first_ms", "0", "from 1 to"),
            ("events", "keep", "0", "from 1 to"),
        ] {
            let found = problems(&format!("[{section}]\n{key} = {value}\n"), &[]);
            let named = format!("sidetone.toml:2: `{section}.{key}` is {value}");
            let [problem] = &found[..] else {
                panic!("{named}: {found:#?}");
            };
            let named = named.trim_end_matches(".0").to_lowercase();
            assert!(
                problem.to_lowercase().contains(&named),
                "{named}: {problem}"
            );
            assert!(problem.contains(bound), "{named}: {problem}");
        }
    }

    #[test]
    fn values_at_their_bounds_are_taken() {
        let text = "[voice.second_opinion]\nonset = 0.01\noffset = 0.0\n\n[call.cards]\nmin_score = 1.0\n\n\
                    [recogniser]\nbeam = 16\n\n[defaults]\nboost = 20.0\n";
        assert_eq!(problems(text, &[]), [""; 0]);
    }

    #[test]
    fn a_least_above_its_greatest_names_both() {
        for (low, high) in ORDERED {
            let found = problems("", &[]);
            assert_eq!(found, [""; 0], "the defaults are in order: {low}, {high}");
        }
        let text = "[media]\nport_min = 5000\nport_max = 4000\n\n[crm.retry]\nfirst_ms = 9000\n\
                    longest_ms = 8000\n\n[call.segment]\npause_ms = 600\n\n[voice.second_opinion]\noffset = 0.6\n";
        let found = problems(text, &[]);
        for (low, high) in [
            ("media.port_min", "media.port_max"),
            ("crm.retry.first_ms", "crm.retry.longest_ms"),
            ("call.segment.pause_ms", "call.segment.end_silence_ms"),
            ("voice.second_opinion.offset", "voice.second_opinion.onset"),
        ] {
            let told = found
                .iter()
                .any(|p| p.contains(&format!("`{low}`")) && p.contains(high));
            assert!(told, "{low}: {found:#?}");
        }
        assert_eq!(found.len(), 4, "{found:#?}");
    }

    #[test]
    fn media_servers_are_never_told_to_send_to_no_address() {
        for bind in ["0.0.0.0", "::"] {
            let found = problems(&format!("[media]\nbind = \"{bind}\"\n"), &[]);
            assert!(
                found.len() == 1 && found[0].contains("media.advertise"),
                "{found:?}"
            );
            let text = format!("[media]\nbind = \"{bind}\"\nadvertise = \"voice.example.org\"\n");
            assert_eq!(problems(&text, &[]), [""; 0]);
        }
    }

    #[test]
    fn names_of_recordings_are_looked_at() {
        for (pattern, wrong, noted) in [
            ("{from}_{to}_{agent}", None, None),
            ("{date}_{callSid}", None, None),
            ("", None, None),
            ("{from}_{agnet}", None, Some("did you mean `agent`?")),
            ("{fron}", None, Some("did you mean `from`?")),
            ("{from_{agent}", Some("in braces"), None),
            ("{from", Some("in braces"), None),
        ] {
            let draft = draft(&format!("[doors.folder]\nnames = \"{pattern}\"\n"), &[]);
            let told = |expected: Option<&str>, lines: Vec<String>| match expected {
                None => assert_eq!(lines, [""; 0], "{pattern}"),
                Some(part) => assert!(lines.len() == 1 && lines[0].contains(part), "{lines:?}"),
            };
            told(
                wrong,
                draft.problems.iter().map(ToString::to_string).collect(),
            );
            told(noted, draft.notes.iter().map(ToString::to_string).collect());
        }
    }

    #[test]
    fn what_is_advertised_has_to_be_a_host() {
        for (host, possible) in [
            ("voice.example.org", true),
            ("pbx-1", true),
            ("192.0.2.7", true),
            ("2001:db8::7", true),
            ("bogus host", false),
            ("0.0.0.0", false),
            ("::", false),
            ("256.1.1.1", false),
            ("voice.example.org:4000", false),
            ("http://voice.example.org", false),
            ("-pbx", false),
            ("a..b", false),
        ] {
            let found = problems(&format!("[media]\nadvertise = \"{host}\"\n"), &[]);
            assert_eq!(found.is_empty(), possible, "{host}: {found:?}");
        }
    }

    #[test]
    fn too_few_ports_for_the_calls_allowed_are_refused() {
        for (range, max_calls, possible) in [
            ("port_min = 40000\nport_max = 40003", 0, true),
            ("port_min = 40001\nport_max = 40003", 0, false),
            ("port_min = 40000\nport_max = 40019", 5, true),
            ("port_min = 40000\nport_max = 40019", 6, false),
        ] {
            let text = format!("[server]\nmax_calls = {max_calls}\n\n[media]\n{range}\n");
            let found = problems(&text, &[]);
            assert_eq!(found.is_empty(), possible, "{range} {max_calls}: {found:?}");
        }
    }

    #[test]
    fn names_that_nobody_knows_are_refused() {
        for (text, expected) in [
            (
                "[defaults]\ntime_zone = \"Europe/Dublim\"\n",
                "Europe/Dublim",
            ),
            ("[defaults]\nregion = \"XX\"\n", "`XX`, which is no country"),
            ("[defaults]\nregion = \"us\"\n", "capital"),
            ("[defaults]\nlanguages = []\n", "at least one"),
            ("[defaults]\nlanguages = [\"klingon\"]\n", "klingon"),
            ("[log]\nfilter = \"inof\"\n", "`inof` is no level"),
            ("[log]\nfilter = \"sidetone=debg\"\n", "log.filter"),
            ("[recogniser]\nmodel = \"../x\"\n", "recogniser.model"),
            (
                "[recogniser]\nrecord_model = \"../x\"\n",
                "recogniser.record_model",
            ),
        ] {
            let found = problems(text, &[]);
            assert!(
                found.len() == 1 && found[0].contains(expected),
                "{text}: {found:?}"
            );
        }
        for filter in [
            "info",
            "sidetone=debug",
            "warn,sidetone::session=trace",
            "off",
        ] {
            assert_eq!(
                problems(&format!("[log]\nfilter = \"{filter}\"\n"), &[]),
                [""; 0]
            );
        }
    }

    #[test]
    fn moods_are_read_only_with_a_notice_in_so_many_words() {
        let notice = "notice = \"Announced before each call\"";
        for (text, wrong, noted) in [
            ("words = true", 0, 0),
            ("read = false", 0, 0),
            ("read = true", 1, 0),
            ("read = true\nnotice = \"  \"", 1, 0),
            (&*format!("read = true\n{notice}"), 0, 0),
            (notice, 0, 1),
        ] {
            let draft = draft(&format!("[call.emotion]\n{text}\n"), &[]);
            let told = |all: &[super::super::Problem]| {
                let about = all.iter().filter(|one| one.key == "call.emotion.notice");
                about.count()
            };
            assert_eq!(
                (told(&draft.problems), told(&draft.notes)),
                (wrong, noted),
                "{text}"
            );
            assert_eq!(draft.problems.len(), wrong, "{text}");
        }
        let [problem] = &problems("[call.emotion]\nread = true\n", &[])[..] else {
            panic!("one problem");
        };
        assert!(
            problem.contains("set `call.emotion.read` to false"),
            "{problem}"
        );
    }

    #[test]
    fn what_is_wrong_with_recordings_is_told_with_its_key() {
        for (text, key, said) in [
            (
                "pause_key = \"x7\"",
                "recording.pause_key",
                "nobody can press",
            ),
            (
                "pause_key = \"*7\"\nresume_key = \"*71\"",
                "recording.resume_key",
                "neither is within",
            ),
            ("record = \"some\"", "recording.record", "some"),
            ("pause_for = [\"pets\"]", "recording.pause_for", "pets"),
            (
                "keep_days = 50000",
                "recording.keep_days",
                "from 0 to 36500 days",
            ),
            (
                "[recording.classes.a]\nkeep_days = 50000",
                "recording.classes.a.keep_days",
                "from 0 to 36500 days",
            ),
            (
                "[recording.classes.a]\nrecrod = \"all\"",
                "recording.classes.a.recrod",
                "did you mean `record`?",
            ),
            (
                "[recording.classes.default]\nrecord = \"all\"",
                "recording.classes.default",
                "is no name",
            ),
            (
                "[recording.classes.a]\nqueues = [\"q\"]\n[recording.classes.b]\nqueues = [\"q\"]",
                "recording.classes.b.queues",
                "`recording.classes.a`",
            ),
        ] {
            let found = problems(&format!("[recording]\n{text}\n"), &[]);
            assert!(
                found.len() == 1
                    && found[0].contains(&format!("`{key}`"))
                    && found[0].contains(said),
                "{text}: {found:?}"
            );
        }
        let text = "[recording]\nrecord = \"asked\"\npause_key = \"*7\"\nresume_key = \"*8\"\n\
                    pause_for = []\n\n[recording.classes.complaints]\nqueues = [\"angry\"]\nrecord = \"all\"\n\
                    consent = \"needed\"\nkeep_days = 700\n";
        let variable = ("SIDETONE__RECORDING__CLASSES__COMPLAINTS__KEEP_DAYS", "800");
        let config = draft(text, &[variable])
            .finish()
            .expect("all of it is right");
        let written = config.commented();
        assert!(
            written.contains("\n[recording.classes.complaints]\n"),
            "{written}"
        );
        assert_eq!(problems(&written, &[]), [""; 0]);
        assert_eq!(config.recording.classes["complaints"].keep_days, 800);
    }
}
