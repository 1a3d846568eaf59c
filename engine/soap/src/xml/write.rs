//! A tree to text.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::{Element, Name, XML, XMLNS};

/// How namespaces that everybody knows are called, so that people who read along find their way.
const USUAL: [(&str, &str); 10] = [
    ("http://schemas.xmlsoap.org/soap/envelope/", "soap"),
    ("http://www.w3.org/2003/05/soap-envelope", "soap"),
    ("http://www.w3.org/2001/XMLSchema-instance", "xsi"),
    ("http://www.w3.org/2001/XMLSchema", "xs"),
    ("http://schemas.xmlsoap.org/wsdl/", "wsdl"),
    ("http://schemas.xmlsoap.org/wsdl/soap/", "soap11"),
    ("http://schemas.xmlsoap.org/wsdl/soap12/", "soap12"),
    (
        "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd",
        "wsse",
    ),
    (
        "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd",
        "wsu",
    ),
    (XML, "xml"),
];

/// What the namespaces of a document are called in it.
struct Prefixes(BTreeMap<Arc<str>, String>);

impl Element {
    /// The document, in UTF-8.
    pub fn document(&self) -> String {
        let mut prefixes = Prefixes(BTreeMap::new());
        prefixes.collect(self);
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        prefixes.element(&mut out, self, true);
        out
    }
}

impl Prefixes {
    fn collect(&mut self, element: &Element) {
        self.add(&element.name);
        for (name, _) in &element.attributes {
            self.add(name);
        }
        for child in &element.children {
            self.collect(child);
        }
    }

    fn add(&mut self, name: &Name) {
        if name.space.is_empty() || &*name.space == XMLNS || self.0.contains_key(&name.space) {
            return;
        }
        let usual = USUAL.iter().find(|(space, _)| *space == &*name.space);
        let is_free = |prefix: &str| !self.0.values().any(|taken| taken == prefix);
        let prefix = match usual {
            Some((_, prefix)) if is_free(prefix) => (*prefix).to_owned(),
            _ => (0..)
                .map(|n| format!("n{n}"))
                .find(|prefix| is_free(prefix))
                .unwrap_or_default(),
        };
        self.0.insert(name.space.clone(), prefix);
    }

    fn name(&self, out: &mut String, name: &Name) {
        if &*name.space == XMLNS {
            out.push_str("xmlns:");
        } else if let Some(prefix) = self.0.get(&name.space) {
            out.push_str(prefix);
            out.push(':');
        }
        out.push_str(&name.local);
    }

    fn element(&self, out: &mut String, element: &Element, is_root: bool) {
        out.push('<');
        self.name(out, &element.name);
        if is_root {
            for (space, prefix) in self.0.iter().filter(|(space, _)| &***space != XML) {
                write!(out, " xmlns:{prefix}=\"{}\"", escaped(space, true))
                    .expect("a string takes all");
            }
        }
        for (name, value) in &element.attributes {
            out.push(' ');
            self.name(out, name);
            write!(out, "=\"{}\"", escaped(value, true)).expect("a string takes all");
        }
        if element.children.is_empty() && element.text.is_empty() {
            out.push_str("/>");
            return;
        }
        out.push('>');
        out.push_str(&escaped(&element.text, false));
        for child in &element.children {
            self.element(out, child, false);
        }
        out.push_str("</");
        self.name(out, &element.name);
        out.push('>');
    }
}

/// Text as it stands in a document. A character that XML 1.0 cannot write (§2.2) becomes U+FFFD.
fn escaped(text: &str, in_attribute: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if in_attribute => out.push_str("&quot;"),
            // These would be read as other white space.
            '\r' => out.push_str("&#13;"),
            '\n' if in_attribute => out.push_str("&#10;"),
            '\t' if in_attribute => out.push_str("&#9;"),
            '\n' | '\t' => out.push(character),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::xml::Bounds;

    #[test]
    fn each_namespace_is_declared_once_and_at_the_top() {
        let leaf = |space: &str| Element::of_text(Name::new(space, "b"), "<&\"\u{1}");
        let root = Element::new(Name::new(
            "http://www.w3.org/2003/05/soap-envelope",
            "Envelope",
        ))
        .with(Name::plain("x"), "a\"\n")
        .holding([leaf("urn:crm"), leaf(""), leaf("urn:crm")]);
        assert_eq!(
            root.document(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soap:Envelope \
             xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:n0=\"urn:crm\" x=\"a&quot;&#10;\">\
             <n0:b>&lt;&amp;\"\u{fffd}</n0:b><b>&lt;&amp;\"\u{fffd}</b><n0:b>&lt;&amp;\"\u{fffd}</n0:b></soap:Envelope>"
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(text in "\\PC*[\r\n\t]?\\PC*", space in "(urn:[a-z]{1,3})?") {
            let root = Element::of_text(Name::new(&*space, "a"), &*text).with(Name::plain("b"), &*text);
            let again = Element::read(&root.document(), Bounds::MESSAGE).expect("written here");
            prop_assert_eq!(&again.name, &root.name);
            prop_assert_eq!(&again.text, &text);
            prop_assert_eq!(again.attribute("b"), Some(&*text));
        }
    }
}
