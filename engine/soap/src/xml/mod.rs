//! Documents as trees, within bounds.

mod decode;
mod read;
mod write;

use std::fmt;
use std::sync::Arc;

pub use decode::decode;
pub use read::{Bounds, XmlError};

/// The namespace that is always called `xml`.
pub(crate) const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// The namespace of what declares namespaces.
pub(crate) const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// A name with its namespace; an empty one is none.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Name {
    /// The namespace; empty if there is none.
    pub space: Arc<str>,
    /// The name within it.
    pub local: Arc<str>,
}

impl Name {
    /// A name of a namespace.
    pub fn new(space: impl Into<Arc<str>>, local: impl Into<Arc<str>>) -> Self {
        Self {
            space: space.into(),
            local: local.into(),
        }
    }

    /// A name of no namespace.
    pub fn plain(local: impl Into<Arc<str>>) -> Self {
        Self::new("", local)
    }

    /// Whether it is that name of that namespace.
    pub fn is(&self, space: &str, local: &str) -> bool {
        &*self.space == space && &*self.local == local
    }
}

/// `{urn:crm}Ticket`, or `Ticket` where there is no namespace.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.space {
            "" => f.write_str(&self.local),
            space => write!(f, "{{{space}}}{}", self.local),
        }
    }
}

/// One element.
#[derive(Clone, Debug)]
pub struct Element {
    /// What it is called.
    pub name: Name,
    /// Its attributes, without those that declare namespaces.
    pub attributes: Vec<(Name, String)>,
    /// The elements in it, in order.
    pub children: Vec<Element>,
    /// The text that stands in it, between its elements.
    pub text: String,
    scope: Scope,
}

impl Element {
    /// An empty one.
    pub fn new(name: Name) -> Self {
        Self {
            name,
            attributes: Vec::new(),
            children: Vec::new(),
            text: String::new(),
            scope: Scope::default(),
        }
    }

    /// One with text.
    pub fn of_text(name: Name, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::new(name)
        }
    }

    /// The same with another attribute.
    #[must_use]
    pub fn with(mut self, name: Name, value: impl Into<String>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    /// The same with more elements in it.
    #[must_use]
    pub fn holding(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    /// The value of an attribute without a namespace.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attribute_of("", name)
    }

    /// The value of an attribute.
    pub fn attribute_of(&self, space: &str, local: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        let found = attributes.find(|(name, _)| name.is(space, local));
        found.map(|(_, value)| value.as_str())
    }

    /// The elements in it of that name.
    pub fn all<'a>(&'a self, space: &'a str, local: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children
            .iter()
            .filter(move |child| child.name.is(space, local))
    }

    /// The first element in it of that name.
    pub fn first(&self, space: &str, local: &str) -> Option<&Self> {
        self.children
            .iter()
            .find(|child| child.name.is(space, local))
    }

    /// The name that a value of it means, whose prefix stands for a namespace there (`tns:Ticket`).
    /// `None` if the prefix stands for none.
    pub fn meant(&self, value: &str) -> Option<Name> {
        let value = value.trim();
        let (prefix, local) = value.split_once(':').unwrap_or(("", value));
        match (self.scope.find(prefix), prefix) {
            (Some(space), _) => Some(Name::new(space, local)),
            (None, "") => Some(Name::plain(local)),
            (None, _) => None,
        }
    }
}

/// Which prefixes stand for what: those of an element, and those of what it stands in.
#[derive(Clone, Debug, Default)]
struct Scope(Option<Arc<Declared>>);

#[derive(Debug)]
struct Declared {
    prefixes: Vec<(String, Arc<str>)>,
    around: Scope,
}

impl Scope {
    /// The namespace that a prefix stands for.
    fn find(&self, prefix: &str) -> Option<Arc<str>> {
        let mut scope = self;
        while let Some(declared) = &scope.0 {
            let mut prefixes = declared.prefixes.iter();
            if let Some((_, space)) = prefixes.find(|(its, _)| its == prefix) {
                return Some(space.clone());
            }
            scope = &declared.around;
        }
        None
    }

    /// The same with more.
    fn with(&self, prefixes: Vec<(String, Arc<str>)>) -> Self {
        if prefixes.is_empty() {
            return self.clone();
        }
        Self(Some(Arc::new(Declared {
            prefixes,
            around: self.clone(),
        })))
    }
}
