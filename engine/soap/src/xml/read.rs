//! Text to a tree. Nothing is fetched and nothing expanded: a document with a DTD is refused, so that
//! there are no entities but XML's own five.

use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::escape::{resolve_predefined_entity, unescape};
use quick_xml::events::{BytesStart, Event};

use super::{Element, Name, Scope, XML, XMLNS};

/// How much of a document is read.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Elements and attributes, together.
    pub items: usize,
    /// Elements within each other.
    pub depth: usize,
}

impl Bounds {
    /// Those of a message. Nobody's call has as many parts.
    pub const MESSAGE: Self = Self {
        items: 100_000,
        depth: 64,
    };
    /// Those of a description of a service: the largest of CRMs have some 100,000 parts.
    pub const DESCRIPTION: Self = Self {
        items: 500_000,
        depth: 100,
    };
}

/// What is no document, or none that is taken.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum XmlError {
    /// It is written in another way.
    #[error("it is no well-formed XML: {0}")]
    Syntax(String),
    /// There is no element in it.
    #[error("it is empty")]
    Empty,
    /// Nobody's messages are like that.
    #[error("it has more than {} elements and attributes, or more than {} elements within each other", .0.items, .0.depth)]
    Much(Bounds),
    /// It would have entities of its own.
    #[error("it has a DTD (`<!DOCTYPE`), which is not taken: leave it out")]
    Dtd,
    /// An entity that only a DTD could declare.
    #[error("it has the entity `&{0};`, which is none of XML's own: write the character itself")]
    Entity(String),
    /// A prefix that stands for nothing.
    #[error("the prefix of `{0}` is not declared: `xmlns:…` says which namespace it stands for")]
    Prefix(String),
    /// An encoding that is not known.
    #[error("it is written in `{0}`, which is not known here: use UTF-8")]
    Encoding(String),
    /// It says that it is in an encoding and is not.
    #[error(
        "it has bytes that are no {0}, the encoding that it says it is in, or has to be in where it says none"
    )]
    NotThat(&'static str),
}

impl PartialEq for Bounds {
    fn eq(&self, other: &Self) -> bool {
        (self.items, self.depth) == (other.items, other.depth)
    }
}

impl Eq for Bounds {}

/// Elements that are open, from the outermost.
struct Reading {
    open: Vec<Element>,
    bounds: Bounds,
    items: usize,
}

impl Element {
    /// Reads a document.
    ///
    /// # Errors
    ///
    /// It is none, goes beyond `bounds`, or has a DTD.
    pub fn read(text: &str, bounds: Bounds) -> Result<Self, XmlError> {
        let syntax = |error: &dyn ToString| XmlError::Syntax(error.to_string());
        let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}').trim_start());
        let mut reading = Reading {
            open: Vec::new(),
            bounds,
            items: 0,
        };
        let mut root = None;
        loop {
            let closed = match reader.read_event().map_err(|error| syntax(&error))? {
                Event::Start(start) if root.is_none() => {
                    let element = reading.element(&start)?;
                    reading.open.push(element);
                    None
                }
                Event::Empty(start) if root.is_none() => Some(reading.element(&start)?),
                Event::Start(_) | Event::Empty(_) => {
                    return Err(syntax(&"there is more than one element at its top"));
                }
                Event::End(_) => reading.open.pop(),
                Event::Text(text) => {
                    reading.write(
                        &text
                            .xml_content(quick_xml::XmlVersion::Explicit1_0)
                            .map_err(|error| syntax(&error))?,
                    )?;
                    None
                }
                Event::CData(text) => {
                    reading.write(
                        &text
                            .xml_content(quick_xml::XmlVersion::Explicit1_0)
                            .map_err(|error| syntax(&error))?,
                    )?;
                    None
                }
                Event::GeneralRef(reference) => {
                    let character = reference.resolve_char_ref();
                    match character.map_err(|error| syntax(&error))? {
                        Some(character) => reading.write(character.encode_utf8(&mut [0; 4]))?,
                        None => {
                            let name = reference.decode().map_err(|error| syntax(&error))?;
                            let known = resolve_predefined_entity(&name);
                            reading
                                .write(known.ok_or_else(|| XmlError::Entity(name.into_owned()))?)?;
                        }
                    }
                    None
                }
                Event::DocType(_) => return Err(XmlError::Dtd),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => None,
                Event::Eof if !reading.open.is_empty() => {
                    return Err(syntax(&"it ends too soon"));
                }
                Event::Eof => return root.ok_or(XmlError::Empty),
            };
            let Some(closed) = closed else { continue };
            match reading.open.last_mut() {
                Some(parent) => parent.children.push(closed),
                None => root = Some(closed),
            }
        }
    }
}

impl Reading {
    fn element(&mut self, start: &BytesStart<'_>) -> Result<Element, XmlError> {
        let around = self.open.last().map(|element| element.scope.clone());
        let around = around.unwrap_or_default();
        let mut declared = Vec::new();
        let mut plain = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| XmlError::Syntax(error.to_string()))?;
            let key = text(attribute.key.as_ref())?;
            let raw = text(&attribute.value)?;
            // White space in an attribute is a space, unless it is written as a reference (XML 1.0 §3.3.3).
            let raw = raw.replace(['\n', '\r', '\t'], " ");
            let value = unescape(&raw).map_err(|error| XmlError::Syntax(error.to_string()))?;
            let value = value.into_owned();
            match key.split_once(':') {
                None if key == "xmlns" => declared.push((String::new(), Arc::from(value))),
                Some(("xmlns", prefix)) => declared.push((prefix.to_owned(), Arc::from(value))),
                _ => plain.push((key.to_owned(), value)),
            }
        }
        self.items += 1 + declared.len() + plain.len();
        if self.items > self.bounds.items || self.open.len() >= self.bounds.depth {
            return Err(XmlError::Much(self.bounds));
        }
        let scope = around.with(declared);
        let attributes = plain.into_iter().map(|(key, value)| {
            let name = match key.contains(':') {
                true => resolved(&scope, &key)?,
                // An attribute without a prefix is of no namespace.
                false => Name::plain(key),
            };
            Ok((name, value))
        });
        Ok(Element {
            attributes: attributes.collect::<Result<_, XmlError>>()?,
            name: resolved(&scope, text(start.name().as_ref())?)?,
            children: Vec::new(),
            text: String::new(),
            scope,
        })
    }

    /// Text in the innermost element that is open.
    fn write(&mut self, text: &str) -> Result<(), XmlError> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => {
                let what = "there is text outside of its element";
                return Err(XmlError::Syntax(what.to_owned()));
            }
        }
        Ok(())
    }
}

fn text(bytes: &[u8]) -> Result<&str, XmlError> {
    std::str::from_utf8(bytes).map_err(|error| XmlError::Syntax(error.to_string()))
}

fn resolved(scope: &Scope, key: &str) -> Result<Name, XmlError> {
    let (prefix, local) = key.split_once(':').unwrap_or(("", key));
    match (prefix, scope.find(prefix)) {
        ("xml", _) => Ok(Name::new(XML, local)),
        ("xmlns", _) => Ok(Name::new(XMLNS, local)),
        (_, Some(space)) => Ok(Name::new(space, local)),
        ("", None) => Ok(Name::plain(local)),
        (_, None) => Err(XmlError::Prefix(key.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Element, XmlError> {
        Element::read(text, Bounds::MESSAGE)
    }

    #[test]
    fn names_have_the_namespace_that_their_prefix_stands_for_there() {
        let root = read(
            "<?xml version='1.0'?><!-- x --><a xmlns='urn:a' xmlns:b='urn:b'>\
             <b:c b:d=' 7 &amp; 8 ' e='tns:f' xmlns:tns='urn:t'/><c xmlns=''>A &lt; &#65;<![CDATA[ & ]]></c></a>\n",
        )
        .expect("a document");
        assert_eq!(root.name, Name::new("urn:a", "a"));
        let c = root.first("urn:b", "c").expect("it is there");
        assert_eq!(c.attribute_of("urn:b", "d"), Some(" 7 & 8 "));
        assert_eq!(c.meant("tns:f"), Some(Name::new("urn:t", "f")));
        assert_eq!(c.meant("f"), Some(Name::new("urn:a", "f")));
        assert_eq!(root.meant("tns:f"), None);
        assert_eq!(root.first("", "c").expect("there").text, "A < A & ");
    }

    #[test]
    fn what_is_no_document_or_asks_for_too_much_is_told() {
        for (text, expected) in [
            ("", XmlError::Empty),
            ("<!-- -->", XmlError::Empty),
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", XmlError::Dtd),
            ("<!DOCTYPE html><html/>", XmlError::Dtd),
            ("<a>&nbsp;</a>", XmlError::Entity("nbsp".to_owned())),
            ("<a:b/>", XmlError::Prefix("a:b".to_owned())),
        ] {
            assert_eq!(read(text).expect_err(text), expected);
        }
        for text in [
            "<a><b></a>",
            "<a>",
            "<a b",
            "</a>",
            "hello",
            "<a/><b/>",
            "<a/>more",
            "<a b='1' b='2'/>",
            "<a b='&x;'/>",
            "<a>&#0;</a>",
        ] {
            let error = read(text).expect_err(text);
            assert!(matches!(error, XmlError::Syntax(_)), "{text}: {error}");
        }
        let bounds = Bounds {
            items: 10,
            depth: 4,
        };
        for text in [
            "<a>".repeat(5),
            format!("<a>{}</a>", "<b/>".repeat(10)),
            "<a b='1' c='2' d='3' e='4' f='5' g='6' h='7' i='8' j='9' k='10'/>".to_owned(),
        ] {
            assert_eq!(
                Element::read(&text, bounds).expect_err(&text),
                XmlError::Much(bounds)
            );
        }
    }
}
