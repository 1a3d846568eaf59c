//! A further language is a folder of word lists and texts (`tests/es`), and this table. No code
//! knows Spanish.

use std::sync::Arc;
use std::time::Duration;

use sidetone_core::escalation::Watch;
use sidetone_core::rules::RuleSet;
use sidetone_core::script;
use sidetone_core::stable_words::StableWords;
use sidetone_core::wrap_up::{Facts, Line, summarise};
use sidetone_language::dates::{When, times};
use sidetone_language::itn;
use sidetone_language::lexicon::Lexicon;
use sidetone_types::lang::{Lang, LanguageTag};
use sidetone_types::party::Direction;
use sidetone_types::party::Side;
use sidetone_types::time::MediaTime;

const FILES: [(&str, &str); 12] = [
    ("es/alert.toml", include_str!("es/alert.toml")),
    ("es/dates.toml", include_str!("es/dates.toml")),
    ("es/commitments.toml", include_str!("es/commitments.toml")),
    ("es/contractions.toml", include_str!("es/contractions.toml")),
    ("es/figures.toml", include_str!("es/figures.toml")),
    ("es/keywords.toml", include_str!("es/keywords.toml")),
    ("es/negation.toml", include_str!("es/negation.toml")),
    ("es/note.toml", include_str!("es/note.toml")),
    ("es/numbers.toml", include_str!("es/numbers.toml")),
    ("es/reason.toml", include_str!("es/reason.toml")),
    ("es/speech.toml", include_str!("es/speech.toml")),
    ("es/modality.toml", include_str!("es/modality.toml")),
];

const RULES: &str = r#"
lang = "es"

[[rule]]
name = "baja"
role = "customer"
action = "escalate"
message = "Quiere darse de baja"
any = ["darme de baja", "cancelar mi contrato"]

[[rule]]
name = "plazo"
role = "customer"
action = "escalate"
message = "Pone un plazo"
any = ["dentro de 48 horas", "el plazo del contrato"]
"#;

fn spanish() -> Lang {
    let tag: LanguageTag = "es-ES".parse().expect("a language");
    tag.lang
}

fn lexicon() -> Arc<Lexicon> {
    Arc::new(Lexicon::parse(FILES).expect("they are good"))
}

/// What the customer says in one utterance.
fn said(text: &str) -> StableWords {
    script::said(1, Side::Customer, spanish(), MediaTime::ZERO, text)
}

#[test]
fn its_words_are_cut_and_levelled() {
    let lexicon = lexicon();
    let words = |text| {
        let tokens = lexicon.tokenise(text).into_iter();
        tokens.map(|token| token.text).collect::<Vec<_>>().join(" ")
    };
    for (text, expected) in [
        ("Buenos días, ¿me oye? ¡Sí!", "buenos días me oye sí"),
        ("Mañana a las 10, señor.", "mañana a las 10 señor"),
        (
            "Al final del contrato, ¡pa'lante!",
            "a el final de el contrato para adelante",
        ),
        ("I don't know", "i do not know"),
    ] {
        assert_eq!(words(text), expected);
    }
}

#[test]
fn its_rules_hear_what_was_said_and_not_what_was_denied_and_say_why() {
    let rules = RuleSet::read(&[("es.toml", RULES)], &[], lexicon()).expect("they are good");
    let rules = Arc::new(rules);
    for (text, expected) in [
        (
            "Quiero darme de baja hoy.",
            Some("cliente dijo «darme de baja» en 00:00"),
        ),
        (
            "Pues voy a cancelar eh mi contrato.",
            Some("cliente dijo «cancelar eh mi contrato» en 00:01"),
        ),
        ("No quiero darme de baja.", None),
        ("Nunca voy a cancelar mi contrato.", None),
        (
            "No se preocupe, quiero darme de baja.",
            Some("cliente dijo «darme de baja» en 00:01"),
        ),
        (
            "Lo quiero dentro de cuarenta y ocho horas.",
            Some("cliente dijo «dentro de cuarenta y ocho horas» en 00:00"),
        ),
        ("Lo quiero dentro de cuarenta horas.", None),
        (
            "Es el plazo de el contrato.",
            Some("cliente dijo «plazo de el contrato» en 00:00"),
        ),
    ] {
        let alerts = Watch::new(Arc::clone(&rules), &[spanish()]).observe_words(&said(text));
        let why = alerts.first().map(|alert| alert.raised.why.as_str());
        assert_eq!(why, expected, "{text}");
    }
}

#[test]
fn its_days_are_understood() {
    for (text, day) in [
        ("Le llamo hoy", Some("2026-05-04")),
        ("mañana", Some("2026-05-05")),
        ("pasado mañana", Some("2026-05-06")),
        ("el jueves", Some("2026-05-07")),
        ("la próxima semana", Some("2026-05-15")),
        ("en 3 días", Some("2026-05-07")),
        ("dentro de 48 horas", Some("2026-05-06")),
        ("en cuarenta y ocho horas", Some("2026-05-06")),
        ("en veintiún días", Some("2026-05-25")),
        ("dentro de treinta y un días", Some("2026-06-04")),
        ("en ciento veinte horas", Some("2026-05-09")),
        ("dentro de tres a cinco días", Some("2026-05-09")),
        ("dentro de dos semanas", Some("2026-05-18")),
        ("dentro de un par de días", Some("2026-05-06")),
        ("en un día", Some("2026-05-05")),
        ("hace veinte días", None),
        ("hace 3 días", None),
        ("gracias", None),
    ] {
        let monday = "2026-05-04T10:30".parse().expect("a date and time");
        let lexicon = lexicon();
        let times = times(&lexicon.tokenise(text), monday, &lexicon);
        let found = times.first().and_then(|time| match time.when {
            When::By(day) => Some(day.to_string()),
            When::AtOnce | When::Unclear => None,
        });
        assert_eq!(found.as_deref(), day, "{text}");
    }
}

#[test]
fn its_numbers_are_written_in_figures() {
    let lexicon = lexicon();
    for (line, expected) in [
        ("Son cuarenta y ocho horas.", "Son 48 horas."),
        ("Mil doscientos clientes", "1.200 clientes"),
        ("dos mil quinientos treinta y un clientes", "2.531 clientes"),
        ("cien mil", "100.000"),
        ("tres millones de clientes", "3 millones de clientes"),
        ("un millón doscientos mil euros", "1.200.000 €"),
        ("un millón de euros", "un millón de euros"),
        ("veinticinco euros", "25 €"),
        ("veinticinco euros con cincuenta céntimos", "25,50 €"),
        ("veinte o treinta euros", "20 € o 30 €"),
        ("un veinte por ciento", "un 20%"),
        ("dos coma cinco por ciento", "2,5%"),
        ("el seis uno dos tres cuatro cinco", "el 612345"),
        ("seis uno doble cinco cero dos", "615502"),
        ("el código es siete uno cuatro", "el código es 714"),
        ("tres días y dos noches", "tres días y dos noches"),
        ("veinte y medio", "veinte y medio"),
        ("dos o trescientos clientes", "dos o trescientos clientes"),
        ("uno, dos, tres", "uno, dos, tres"),
        ("las mil y una noches", "las mil y una noches"),
        ("sin números", "sin números"),
    ] {
        let numbers = itn::numbers(line, spanish(), &lexicon);
        assert_eq!(itn::written(line, &numbers), expected, "{line}");
    }
}

#[test]
fn its_numbers_are_not_read_in_lines_of_other_languages() {
    let lexicon = lexicon();
    for (lang, line, expected) in [
        (Lang::EN, "it was once mine", "it was once mine"),
        (Lang::EN, "once dollars", "once dollars"),
        (Lang::EN, "forty eight hours", "48 hours"),
        (Lang::ZH, "四十八小时", "48小时"),
    ] {
        let numbers = itn::numbers(line, lang, &lexicon);
        assert_eq!(itn::written(line, &numbers), expected, "{line}");
    }
}

#[test]
fn its_notes_are_written_in_it_and_what_it_lacks_in_english() {
    let facts = Facts {
        began: "2026-05-04T10:30".parse().expect("a date and time"),
        direction: Direction::Inbound,
        main_lang: spanish(),
        customer_name: "Ana Ruiz".to_owned(),
        terms: ["factura".to_owned()].into(),
        lexicon: lexicon(),
    };
    let lines = [
        (Side::Customer, "Hola, me han cobrado dos veces la factura."),
        (Side::Agent, "Lo reviso y le llamaré el jueves."),
    ];
    let lines = lines.into_iter().zip(0..).map(|((side, text), place)| {
        let start = MediaTime::from_millis(place * 6_000);
        Line {
            side,
            lang: spanish(),
            start,
            end: start + Duration::from_secs(5),
            text: text.to_owned(),
            doubtful: Vec::new(),
        }
    });
    let note = summarise(&facts, &lines.collect::<Vec<_>>(), &[], &[]);
    assert_eq!(note.lang, spanish());
    assert_eq!(
        note.text,
        "Llamada con Ana Ruiz, 2026-05-04\n\
         Motivo: Me han cobrado dos veces la factura.\n\
         Prometido: agente: Lo reviso y le llamaré el jueves (antes del 2026-05-07)\n\
         Pendiente: Devolver la llamada: Lo reviso y le llamaré el jueves (antes del 2026-05-07)\n\
         Keywords: factura; cobrado\n\
         Tiempo de habla: agente 0:05, cliente 0:05"
    );
}
