//! JSON to elements, in the order and with the namespaces that a schema says.

use serde_json::Value;

use super::{ValueError, boolean, is_integer, listed, real};
use crate::schema::{Complex, Field, Kind, Of, Schema, Simple, Type, XSI};
use crate::xml::{Element, Name, XMLNS};

/// What becomes of names that the schema does not have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unknown {
    /// They are an error.
    Refused,
    /// They are left out.
    LeftOut,
}

/// The prefix of the namespace of a type that is said (`xsi:type="t:Ticket"`).
const OF_TYPE: &str = "t";

/// Elements within each other.
const DEEPEST: usize = 64;

struct Writer<'a> {
    schema: &'a Schema,
    unknown: Unknown,
}

impl Schema {
    /// The element `field` with what `value` says.
    ///
    /// # Errors
    ///
    /// Something is missing, is not of its type, or has no place in it.
    pub fn write(
        &self,
        field: &Field,
        value: &Value,
        unknown: Unknown,
    ) -> Result<Element, ValueError> {
        let writer = Writer {
            schema: self,
            unknown,
        };
        writer.element(field, value, &mut Vec::new())
    }
}

impl Writer<'_> {
    fn element<'p>(
        &self,
        field: &Field,
        value: &'p Value,
        path: &mut Vec<&'p str>,
    ) -> Result<Element, ValueError> {
        let element = Element::new(field.name.clone());
        if value.is_null() {
            return match field.nillable {
                true => Ok(element.with(Name::new(XSI, "nil"), "true")),
                false if !self.has_elements(&field.of) => Err(ValueError::new(
                    path,
                    "is empty, and the schema wants a value there",
                )),
                false => self.content(&field.of, element, value, path),
            };
        }
        self.content(&field.of, element, value, path)
    }

    fn has_elements(&self, of: &Of) -> bool {
        matches!(
            self.schema.find(of).as_deref(),
            Some(Type::Complex(_)) | None
        )
    }

    fn content<'p>(
        &self,
        of: &Of,
        mut element: Element,
        value: &'p Value,
        path: &mut Vec<&'p str>,
    ) -> Result<Element, ValueError> {
        if path.len() > DEEPEST {
            return Err(ValueError::new(path, "goes deeper than messages do"));
        }
        let said = value.get("@xsi:type").and_then(Value::as_str);
        let said = match said {
            None => None,
            Some(said) => Some(self.said(said, of, &mut element, path)?),
        };
        let of = said.as_ref().unwrap_or(of);
        match self.schema.find(of).as_deref() {
            None => Ok(anything(element, value)),
            Some(Type::Untaken(why)) => {
                Err(ValueError::new(path, format!("cannot be written: {why}")))
            }
            Some(Type::Simple(simple)) => {
                element.text = text(simple, value).map_err(|why| ValueError::new(path, why))?;
                Ok(element)
            }
            Some(Type::Complex(complex)) => self.complex(complex, element, value, path),
        }
    }

    /// The type that a value says it is of.
    fn said(
        &self,
        said: &str,
        of: &Of,
        element: &mut Element,
        path: &[&str],
    ) -> Result<Of, ValueError> {
        let near = match of {
            Of::Named(name) => &*name.space,
            _ => &*element.name.space,
        };
        let Some(name) = self.schema.named(said, near) else {
            return Err(ValueError::new(
                path,
                format!("is said to be `{said}`, which is no type of the schema"),
            ));
        };
        let value = format!("{OF_TYPE}:{}", name.local);
        element
            .attributes
            .push((Name::new(XMLNS, OF_TYPE), name.space.to_string()));
        element.attributes.push((Name::new(XSI, "type"), value));
        Ok(Of::Named(name.clone()))
    }

    fn complex<'p>(
        &self,
        complex: &Complex,
        mut element: Element,
        value: &'p Value,
        path: &mut Vec<&'p str>,
    ) -> Result<Element, ValueError> {
        let whole = self.schema.whole(complex);
        let whole =
            whole.map_err(|why| ValueError::new(path, format!("cannot be written: {why}")))?;
        let object = match (value, whole.text) {
            (Value::Object(object), _) => Some(object),
            (Value::Null, _) => None,
            (scalar, Some(of)) if !scalar.is_array() => {
                return self.content(of, element, value, path);
            }
            _ => {
                let fields = listed(whole.fields.iter().map(|field| &*field.name.local));
                return Err(ValueError::new(
                    path,
                    format!("has to be an object with {fields}"),
                ));
            }
        };
        let get = |key: &str| object.and_then(|object| object.get_key_value(key));
        for attribute in &whole.attributes {
            let key = format!("@{}", attribute.name.local);
            match get(&key).map(|(_, value)| value) {
                None | Some(Value::Null) if attribute.required => {
                    return Err(ValueError::new(
                        path,
                        format!("lacks the attribute `{key}`"),
                    ));
                }
                None | Some(Value::Null) => {}
                Some(value) => {
                    let text = match self.schema.find(&attribute.of).as_deref() {
                        Some(Type::Simple(simple)) => text(simple, value),
                        _ => scalar(value),
                    };
                    let text = text.map_err(|why| {
                        ValueError::new(path, format!("has `{key}`, which {why}"))
                    })?;
                    element.attributes.push((attribute.name.clone(), text));
                }
            }
        }
        if let (Some(of), Some((_, said))) = (whole.text, get("#text")) {
            let text = self.content(of, Element::new(element.name.clone()), said, path)?;
            element.text = text.text;
        }
        for field in &whole.fields {
            let Some((key, value)) = get(&field.name.local) else {
                self.missing(field, &mut element, path)?;
                continue;
            };
            path.push(key);
            let values = match value {
                Value::Array(values) if field.many => &values[..],
                Value::Array(_) => {
                    return Err(ValueError::new(path, "is a list, and may be there once"));
                }
                one => std::slice::from_ref(one),
            };
            if values.is_empty() && field.required {
                return Err(ValueError::new(
                    path,
                    "is an empty list, and has to be there",
                ));
            }
            for value in values {
                let says_nothing = value.is_null() || self.is_blank(&field.of, value);
                if says_nothing && !field.required && !field.nillable {
                    continue;
                }
                let value = if says_nothing { &Value::Null } else { value };
                element.children.push(self.element(field, value, path)?);
            }
            path.pop();
        }
        let is_known = |key: &str| {
            let mut fields = whole.fields.iter();
            let mut attributes = whole.attributes.iter();
            key == "@xsi:type"
                || (key == "#text" && whole.text.is_some())
                || fields.any(|field| &*field.name.local == key)
                || attributes.any(|one| key.strip_prefix('@') == Some(&*one.name.local))
        };
        for (key, value) in object
            .into_iter()
            .flatten()
            .filter(|(key, _)| !is_known(key))
        {
            if whole.any && !key.starts_with(['@', '#']) {
                let name = Name::new(element.name.space.clone(), key.as_str());
                push_anything(&mut element, &name, value);
            } else if self.unknown == Unknown::Refused {
                path.push(key);
                let fields = whole
                    .fields
                    .iter()
                    .map(|field| field.name.local.to_string());
                let attributes = whole
                    .attributes
                    .iter()
                    .map(|one| format!("@{}", one.name.local));
                let known: Vec<String> = fields.chain(attributes).collect();
                let known = listed(known.iter().map(String::as_str));
                return Err(ValueError::new(
                    path,
                    format!("is not in the schema, which has {known}"),
                ));
            }
        }
        Ok(element)
    }

    fn missing(
        &self,
        field: &Field,
        element: &mut Element,
        path: &[&str],
    ) -> Result<(), ValueError> {
        if !field.required {
            return Ok(());
        }
        let lacks = |why: &str| {
            let local = &*field.name.local;
            let path: Vec<&str> = path.iter().copied().chain([local]).collect();
            Err(ValueError::new(&path, why))
        };
        match (field.nillable, self.schema.find(&field.of).as_deref()) {
            (true, _) => {
                let nil = Element::new(field.name.clone()).with(Name::new(XSI, "nil"), "true");
                element.children.push(nil);
                Ok(())
            }
            _ => lacks("is missing, and the schema says that it has to be there"),
        }
    }

    /// Whether a value is an empty text where something else has to stand.
    fn is_blank(&self, of: &Of, value: &Value) -> bool {
        value.as_str() == Some("")
            && matches!(self.schema.find(of).as_deref(), Some(Type::Simple(simple)) if simple.kind != Kind::Text)
    }
}

fn scalar(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Null => Err("is empty, and the schema wants a value there".to_owned()),
        Value::Array(_) | Value::Object(_) => Err("has to be a text or a number".to_owned()),
    }
}

fn text(simple: &Simple, value: &Value) -> Result<String, String> {
    let text = scalar(value)?;
    match simple.kind {
        Kind::Boolean if boolean(&text).is_none() => {
            return Err("is neither true nor false".to_owned());
        }
        Kind::Real if real(&text).is_none() => return Err("is no number".to_owned()),
        Kind::Integer if !is_integer(&text) => return Err("is no whole number".to_owned()),
        Kind::Other if text.trim().is_empty() => {
            return Err("is empty, and the schema wants a value there".to_owned());
        }
        _ => {}
    }
    if !simple.allowed.is_empty() && !simple.allowed.contains(&text) {
        let allowed = listed(simple.allowed.iter().map(String::as_str));
        return Err(format!("is none of {allowed}"));
    }
    Ok(text)
}

/// A value where anything may stand, by its names.
fn anything(mut element: Element, value: &Value) -> Element {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                match (key.as_str(), key.strip_prefix('@')) {
                    ("#text", _) => element.text = scalar(value).unwrap_or_default(),
                    (_, Some("xsi:type")) => {}
                    (_, Some(name)) => {
                        let value = scalar(value).unwrap_or_default();
                        element.attributes.push((Name::plain(name), value));
                    }
                    (key, None) => push_anything(&mut element, &Name::plain(key), value),
                }
            }
        }
        Value::Array(values) => {
            for value in values {
                push_anything(&mut element, &Name::plain("item"), value);
            }
        }
        Value::Null => element
            .attributes
            .push((Name::new(XSI, "nil"), "true".to_owned())),
        one => element.text = scalar(one).unwrap_or_default(),
    }
    element
}

fn push_anything(element: &mut Element, name: &Name, value: &Value) {
    let one = |value| anything(Element::new(name.clone()), value);
    match value {
        Value::Array(values) => element.children.extend(values.iter().map(one)),
        value => element.children.push(one(value)),
    }
}
