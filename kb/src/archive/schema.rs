//! Which fields there are. Lines and alerts are documents of their own; a call ties them together.

use tantivy::query::TermSetQuery;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing,
    TextOptions, Value,
};
use tantivy::tokenizer::TokenizerManager;
use tantivy::{TantivyDocument, Term};

use sidetone_types::party::Role;

use super::line::{Line, Voice};
use super::words::analyzer;

pub(super) const CALL_ID: &str = "call_id";
pub(super) const SAID_AT: &str = "said_at";
const ANALYZER: &str = "said";

/// The fields of the index.
#[derive(Clone, Copy)]
pub(super) struct Fields {
    /// Call and utterance, or call and rule: what is added again replaces what has the same key.
    key: Field,
    pub call_id: Field,
    pub utterance: Field,
    pub speaker: Field,
    pub agent_id: Field,
    pub customer_id: Field,
    pub phone: Field,
    pub lang: Field,
    pub said_at: Field,
    pub start_ms: Field,
    pub end_ms: Field,
    pub text: Field,
    pub mood: Field,
    pub strain: Field,
    /// Only alerts have it.
    rule: Field,
}

pub(super) fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(ANALYZER)
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let said = TextOptions::default()
        .set_indexing_options(indexing)
        .set_stored();
    let fields = Fields {
        key: schema.add_text_field("key", STRING),
        call_id: schema.add_text_field(CALL_ID, STRING | STORED | FAST),
        utterance: schema.add_u64_field("utterance", STORED),
        speaker: schema.add_text_field("speaker", STRING | STORED),
        agent_id: schema.add_text_field("agent_id", STRING | STORED),
        customer_id: schema.add_text_field("customer_id", STRING | STORED),
        phone: schema.add_text_field("phone", STRING | STORED),
        lang: schema.add_text_field("lang", STRING | STORED),
        said_at: schema.add_u64_field(SAID_AT, INDEXED | STORED | FAST),
        start_ms: schema.add_u64_field("start_ms", STORED),
        end_ms: schema.add_u64_field("end_ms", STORED),
        text: schema.add_text_field("text", said),
        mood: schema.add_text_field("emotion", STRING | STORED),
        strain: schema.add_f64_field("strain", STORED | FAST),
        rule: schema.add_text_field("rule", STRING),
    };
    (schema.build(), fields)
}

pub(super) fn tokenizers() -> TokenizerManager {
    let tokenizers = TokenizerManager::default();
    tokenizers.register(ANALYZER, analyzer());
    tokenizers
}

impl Fields {
    /// What names a line. Ids may have any characters, so the number comes first.
    pub fn line_key(&self, line: &Line) -> Term {
        Term::from_field_text(self.key, &format!("{} {}", line.utterance, line.call_id))
    }

    /// What names an alert of a call.
    pub fn alert_key(&self, call_id: &str, rule: &str) -> Term {
        Term::from_field_text(self.key, &format!("alert {} {rule} {call_id}", rule.len()))
    }

    /// What names all documents of a call.
    pub fn call(&self, call_id: &str) -> Term {
        Term::from_field_text(self.call_id, call_id)
    }

    pub fn line_document(&self, line: &Line) -> TantivyDocument {
        let mut document = TantivyDocument::default();
        document.add_text(self.key, text_of(&self.line_key(line)));
        document.add_text(self.call_id, &line.call_id);
        document.add_u64(self.utterance, line.utterance);
        document.add_text(self.speaker, line.speaker.as_str());
        document.add_text(self.agent_id, &line.agent_id);
        for (field, value) in [
            (self.customer_id, &line.customer_id),
            (self.phone, &line.phone),
        ] {
            if let Some(value) = value {
                document.add_text(field, value);
            }
        }
        document.add_text(self.lang, &line.lang);
        document.add_u64(self.said_at, line.said_at);
        document.add_u64(self.start_ms, line.start_ms);
        document.add_u64(self.end_ms, line.end_ms);
        document.add_text(self.text, &line.text);
        if let Some(voice) = &line.voice {
            document.add_text(self.mood, &voice.mood);
            document.add_f64(self.strain, voice.strain.into());
        }
        document
    }

    pub fn alert_document(&self, call_id: &str, rule: &str) -> TantivyDocument {
        let mut document = TantivyDocument::default();
        document.add_text(self.key, text_of(&self.alert_key(call_id, rule)));
        document.add_text(self.call_id, call_id);
        document.add_text(self.rule, rule);
        document
    }

    /// The line that was put in.
    pub fn line(&self, document: &TantivyDocument) -> Line {
        let text = |field| {
            let value = document.get_first(field);
            value.and_then(|value| value.as_str()).map(str::to_owned)
        };
        let number = |field| {
            let value = document.get_first(field);
            value.and_then(|value| value.as_u64()).unwrap_or_default()
        };
        let speaker = text(self.speaker);
        let strain = document.get_first(self.strain);
        let voice = text(self.mood).zip(strain.and_then(|value| value.as_f64()));
        Line {
            call_id: text(self.call_id).unwrap_or_default(),
            utterance: number(self.utterance),
            speaker: speaker
                .and_then(|label| Role::ALL.into_iter().find(|role| role.as_str() == label))
                .expect("only lines are looked for, and each has a speaker"),
            agent_id: text(self.agent_id).unwrap_or_default(),
            customer_id: text(self.customer_id),
            phone: text(self.phone),
            lang: text(self.lang).unwrap_or_default(),
            said_at: number(self.said_at),
            start_ms: number(self.start_ms),
            end_ms: number(self.end_ms),
            text: text(self.text).unwrap_or_default(),
            voice: voice.map(|(mood, strain)| Voice {
                mood,
                strain: strain as f32, // as it was put in
            }),
        }
    }

    /// Finds the alerts that any of the rules raised.
    pub fn alerts_of(&self, rules: &[String]) -> TermSetQuery {
        TermSetQuery::new(
            rules
                .iter()
                .map(|rule| Term::from_field_text(self.rule, rule)),
        )
    }
}

fn text_of(term: &Term) -> String {
    let value = term.value();
    value.as_str().expect("keys are text").to_owned()
}
