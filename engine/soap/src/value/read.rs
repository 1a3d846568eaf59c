//! Elements to JSON.

use serde_json::{Map, Number, Value};

use super::{boolean, real};
use crate::schema::{Kind, Of, Schema, Simple, Type, XSI};
use crate::xml::{Element, Name};

impl Schema {
    /// An element as JSON. What is not as the schema says is read by its names alone.
    pub fn read(&self, element: &Element, of: &Of) -> Value {
        let is_nil = element.attribute_of(XSI, "nil").and_then(boolean);
        if is_nil == Some(true) {
            return Value::Null;
        }
        let said = element.attribute_of(XSI, "type");
        let said = said.and_then(|said| element.meant(said)).map(Of::Named);
        let said =
            said.filter(|said| !matches!(self.find(said).as_deref(), Some(Type::Untaken(_))));
        let of = said.as_ref().unwrap_or(of);
        match self.find(of).as_deref() {
            // A type that was said may be what comes with schemas, where anything may stand.
            Some(Type::Simple(simple)) if element.children.is_empty() => {
                text(&element.text, simple)
            }
            Some(Type::Complex(complex)) => match self.whole(complex) {
                Ok(whole) => {
                    let field_of = |name: &Name| {
                        let mut fields = whole.fields.iter();
                        let same = fields.find(|field| field.name.local == name.local);
                        same.map(|field| (&field.of, field.many))
                    };
                    let is_text = whole.text.is_some();
                    self.object(element, is_text, field_of)
                }
                Err(_) => self.by_names(element),
            },
            _ => self.by_names(element),
        }
    }

    fn by_names(&self, element: &Element) -> Value {
        let own = element
            .attributes
            .iter()
            .any(|(name, _)| is_of_message(name));
        match element.children.is_empty() && !own {
            true => Value::String(element.text.clone()),
            false => self.object(element, false, |_| None),
        }
    }

    fn object<'a>(
        &self,
        element: &Element,
        is_text: bool,
        field_of: impl Fn(&Name) -> Option<(&'a Of, bool)>,
    ) -> Value {
        let mut object = Map::new();
        for (name, value) in &element.attributes {
            if is_of_message(name) {
                object.insert(format!("@{}", name.local), Value::String(value.clone()));
            }
        }
        let text = element.text.trim();
        if is_text || !text.is_empty() {
            object.insert("#text".to_owned(), Value::String(text.to_owned()));
        }
        for child in &element.children {
            let (of, many) = field_of(&child.name).unwrap_or((&Of::Anything, false));
            let value = self.read(child, of);
            let name = child.name.local.to_string();
            match object.get_mut(&name) {
                None if many => drop(object.insert(name, Value::Array(vec![value]))),
                None => drop(object.insert(name, value)),
                Some(Value::Array(several)) => several.push(value),
                Some(first) => *first = Value::Array(vec![first.take(), value]),
            }
        }
        Value::Object(object)
    }
}

/// Whether an attribute is one of the message, and not of how it is written.
fn is_of_message(name: &Name) -> bool {
    &*name.space != XSI
}

fn text(text: &str, simple: &Simple) -> Value {
    let trimmed = text.trim();
    match simple.kind {
        Kind::Text => Value::String(text.to_owned()),
        Kind::Other => Value::String(trimmed.to_owned()),
        Kind::Real => match real(trimmed).and_then(Number::from_f64) {
            Some(number) => Value::Number(number),
            None => Value::String(trimmed.to_owned()),
        },
        Kind::Boolean => match boolean(trimmed) {
            Some(truth) => Value::Bool(truth),
            None => Value::String(trimmed.to_owned()),
        },
        Kind::Integer => match trimmed.trim_start_matches('+').parse::<Number>() {
            Ok(number) if number.is_i64() || number.is_u64() => Value::Number(number),
            _ => Value::String(trimmed.to_owned()),
        },
    }
}
