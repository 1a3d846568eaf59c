//! A document as a tree. Names are compared without their prefix and in any case, since peers agree
//! on neither.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// One element.
#[derive(Clone, Debug, Default)]
pub(super) struct Element {
    /// Its name without a prefix.
    pub name: String,
    attributes: Vec<(String, String)>,
    text: String,
    pub children: Vec<Element>,
}

/// What is no document, or no reasonable one.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum XmlError {
    /// It is written in another way.
    #[error("it is not well formed: {0}")]
    Syntax(String),
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// Nobody's metadata are like that.
    #[error("it has more than {MOST} elements, or more than {DEEPEST} within each other")]
    Much,
}

const MOST: usize = 2_000;
const DEEPEST: usize = 16;

impl Element {
    /// Reads a document. Entities of its own are not resolved.
    pub fn read(text: &str) -> Result<Self, XmlError> {
        let syntax = |error: quick_xml::Error| XmlError::Syntax(error.to_string());
        let mut reader = Reader::from_str(text.trim_start());
        reader.config_mut().allow_dangling_amp = true;
        let mut open: Vec<Self> = Vec::new();
        let mut count = 0;
        loop {
            let closed = match reader.read_event().map_err(syntax)? {
                Event::Start(start) => {
                    open.push(Self::start(&start));
                    count += 1;
                    None
                }
                Event::Empty(start) => {
                    count += 1;
                    Some(Self::start(&start))
                }
                Event::End(_) => open.pop(),
                Event::Text(text) => write(&mut open, &String::from_utf8_lossy(&text)),
                Event::CData(text) => write(&mut open, &String::from_utf8_lossy(&text)),
                Event::GeneralRef(reference) => {
                    let name = String::from_utf8_lossy(&reference);
                    let known = quick_xml::escape::resolve_predefined_entity(&name);
                    match reference.resolve_char_ref() {
                        Ok(Some(character)) => write(&mut open, character.encode_utf8(&mut [0; 4])),
                        _ => write(&mut open, known.unwrap_or_default()),
                    }
                }
                Event::Eof if open.is_empty() => return Err(XmlError::Empty),
                Event::Eof => return Err(XmlError::Syntax("it ends too soon".to_owned())),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => None,
            };
            if count > MOST || open.len() > DEEPEST {
                return Err(XmlError::Much);
            }
            let Some(mut closed) = closed else {
                continue;
            };
            closed.text = closed.text.trim().to_owned();
            match open.last_mut() {
                Some(parent) => parent.children.push(closed),
                None => return Ok(closed),
            }
        }
    }

    fn start(start: &BytesStart<'_>) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        // One that cannot be read says nothing.
        let mut attributes = start.attributes();
        let attributes = attributes.with_checks(false).flatten().map(|attribute| {
            let value = text(&attribute.value);
            let value = match quick_xml::escape::unescape(&value) {
                Ok(value) => value.into_owned(),
                Err(_) => value.clone(),
            };
            (text(attribute.key.local_name().as_ref()), value)
        });
        Self {
            name: text(start.local_name().as_ref()),
            attributes: attributes.collect(),
            text: String::new(),
            children: Vec::new(),
        }
    }

    /// Whether it is called so.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The elements of a name that it has.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.is(name))
    }

    /// The first element of a name that it has.
    pub fn first(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.is(name))
    }

    /// The first of these attributes that it has.
    pub fn attribute(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| {
            let mut attributes = self.attributes.iter();
            let found = attributes.find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.trim())
        })
    }

    /// What stands in it; in its `id`, where it has one.
    pub fn value(&self) -> &str {
        match self.first("id") {
            Some(id) if self.text.is_empty() => id.value(),
            _ => &self.text,
        }
    }

    /// What stands in an element that it has; empty if there is none.
    pub fn value_of(&self, name: &str) -> &str {
        self.first(name).map_or("", Self::value)
    }
}

/// Text in the innermost element that is open. It closes none.
fn write(open: &mut [Element], text: &str) -> Option<Element> {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_without_prefixes_and_with_its_references() {
        let text = "\r\n<?xml version='1.0'?><!-- x --><r:Recording xmlns:r='urn:x'>\
                    <a:Name Id=' 7 &amp; 8 '>A &lt;b&gt; &#65;<![CDATA[ & ]]></a:Name><send><id> s1 </id></send></r:Recording>";
        let root = Element::read(text).expect("a document");
        assert!(root.is("recording"));
        assert_eq!(root.value_of("NAME"), "A <b> A &");
        let name = root.first("name").expect("it is there");
        assert_eq!(name.attribute(&["x", "id"]), Some("7 & 8"));
        assert_eq!(root.value_of("send"), "s1");
        assert_eq!((root.value_of("none"), root.all("send").count()), ("", 1));
    }

    #[test]
    fn what_is_no_document_is_told() {
        for text in ["<a><b></a>", "<a>", "<a b", "</a>"] {
            assert!(
                matches!(Element::read(text), Err(XmlError::Syntax(_))),
                "{text}"
            );
        }
        for text in ["", "hello", "<!-- -->"] {
            assert_eq!(Element::read(text).err(), Some(XmlError::Empty), "{text}");
        }
        let deep = "<a>".repeat(17);
        assert_eq!(Element::read(&deep).err(), Some(XmlError::Much));
        let many = format!("<a>{}</a>", "<b/>".repeat(2_000));
        assert_eq!(Element::read(&many).err(), Some(XmlError::Much));
    }
}
