//! What elements may stand where, and what values they have: as much of XML Schema 1.0 as messages of
//! services use.

mod read;
mod write;

use std::borrow::Cow::{self, Borrowed, Owned};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) use read::Reading;
pub(crate) use write::OWN;

use crate::xml::Name;

/// The namespace of schemas and of the types that come with them.
pub const XS: &str = "http://www.w3.org/2001/XMLSchema";
/// The namespace of `xsi:type` and `xsi:nil`.
pub const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Types that derive from each other this often go round in a circle.
const DEEPEST_TYPE: usize = 32;

/// The elements and types of a service.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    pub(crate) elements: BTreeMap<Name, Field>,
    pub(crate) types: BTreeMap<Name, Arc<Type>>,
}

/// An element, where it may stand.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: Name,
    /// What is in it.
    pub of: Of,
    /// Whether it has to be there.
    pub required: bool,
    /// Whether it may be there several times.
    pub many: bool,
    /// Whether `xsi:nil` may say that it is nothing.
    pub nillable: bool,
    /// What it means, for whoever reads the description of the service.
    pub doc: String,
}

/// What is in an element.
#[derive(Clone, Debug)]
pub enum Of {
    /// A type that has a name.
    Named(Name),
    /// That of an element which is described elsewhere.
    Same(Name),
    /// One that is described in its place.
    Here(Arc<Type>),
    /// Whatever somebody likes.
    Anything,
}

/// A type.
#[derive(Clone, Debug)]
pub enum Type {
    /// Text of some form.
    Simple(Simple),
    /// Elements and attributes.
    Complex(Complex),
    /// One that cannot be written here, and why.
    Untaken(String),
}

/// Text of some form.
#[derive(Clone, Debug)]
pub struct Simple {
    /// Which form.
    pub kind: Kind,
    /// The values that it may have; all if empty.
    pub allowed: Vec<String>,
}

/// Forms of text that are told apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Any.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A number with a fraction, as computers have it.
    Real,
    /// Another form, such as a date: it is passed on as it is, and is never empty.
    Other,
}

/// Elements and attributes.
#[derive(Clone, Debug, Default)]
pub struct Complex {
    /// The type that it adds to.
    pub(crate) base: Option<Name>,
    /// The elements, in order.
    pub(crate) fields: Vec<Field>,
    /// The attributes.
    pub(crate) attributes: Vec<Attribute>,
    /// The text that stands beside its attributes, if it has no elements.
    pub(crate) text: Option<Of>,
    /// Whether other elements may stand there.
    pub(crate) any: bool,
    /// Whether one of the elements is there, and no other.
    pub(crate) choice: bool,
}

/// An attribute.
#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    pub name: Name,
    pub of: Of,
    pub required: bool,
}

/// A complex type with all that it has from those that it adds to.
#[derive(Default)]
pub(crate) struct Whole<'a> {
    pub fields: Vec<&'a Field>,
    pub attributes: Vec<&'a Attribute>,
    pub text: Option<&'a Of>,
    pub any: bool,
    /// Whether one of the elements is there, and no other.
    pub choice: bool,
}

impl Field {
    /// An element that has to be there, once.
    pub fn new(name: Name, of: Of) -> Self {
        Self {
            name,
            of,
            required: true,
            many: false,
            nillable: false,
            doc: String::new(),
        }
    }

    /// The same, which need not be there.
    #[must_use]
    pub fn optional(self) -> Self {
        Self {
            required: false,
            ..self
        }
    }

    /// The same, as often as one likes.
    #[must_use]
    pub fn many(self) -> Self {
        Self {
            required: false,
            many: true,
            ..self
        }
    }

    /// The same, with what it means.
    #[must_use]
    pub fn doc(self, doc: impl Into<String>) -> Self {
        Self {
            doc: doc.into(),
            ..self
        }
    }
}

impl Of {
    /// A type that comes with schemas: `string`.
    pub fn xs(name: &str) -> Self {
        Self::Named(Name::new(XS, name))
    }

    /// Text that is one of these.
    pub fn one_of<'a>(allowed: impl IntoIterator<Item = &'a str>) -> Self {
        Self::Here(Arc::new(Type::Simple(Simple {
            kind: Kind::Text,
            allowed: allowed.into_iter().map(str::to_owned).collect(),
        })))
    }

    /// Elements in this order.
    pub fn elements(fields: impl IntoIterator<Item = Field>) -> Self {
        Self::Here(Arc::new(Type::Complex(Complex {
            fields: fields.into_iter().collect(),
            ..Complex::default()
        })))
    }

    /// One of these elements.
    pub fn choice(fields: impl IntoIterator<Item = Field>) -> Self {
        Self::Here(Arc::new(Type::Complex(Complex {
            fields: fields.into_iter().map(Field::optional).collect(),
            choice: true,
            ..Complex::default()
        })))
    }
}

impl Schema {
    /// Adds an element that may stand at the top of a message.
    pub fn add_element(&mut self, field: Field) {
        self.elements.insert(field.name.clone(), field);
    }

    /// Adds a type, and gives what names it.
    pub fn add_type(&mut self, name: Name, of: &Of) -> Of {
        if let Of::Here(of) = of {
            self.types.insert(name.clone(), of.clone());
        }
        Of::Named(name)
    }

    /// An element that may stand at the top of a message.
    pub fn element(&self, name: &Name) -> Option<&Field> {
        self.elements.get(name)
    }

    /// What stands behind a name; `None` for anything at all.
    pub(crate) fn find<'a>(&'a self, of: &'a Of) -> Option<Cow<'a, Type>> {
        match of {
            Of::Anything => None,
            Of::Here(of) => Some(Borrowed(of)),
            Of::Same(name) => match self.elements.get(name).map(|field| &field.of) {
                Some(Of::Same(_)) | None => Some(Owned(Type::Untaken(format!(
                    "the element {name} is not described in it"
                )))),
                Some(of) => self.find(of),
            },
            Of::Named(name) if &*name.space == XS => {
                let kind = kind(&name.local)?;
                let allowed = Vec::new();
                Some(Owned(Type::Simple(Simple { kind, allowed })))
            }
            Of::Named(name) => match self.types.get(name) {
                Some(of) => Some(Borrowed(of)),
                None => Some(Owned(Type::Untaken(format!(
                    "the type {name} is not described in it"
                )))),
            },
        }
    }

    /// A complex type with all that it has from those that it adds to.
    pub(crate) fn whole<'a>(&'a self, complex: &'a Complex) -> Result<Whole<'a>, String> {
        let mut line = vec![complex];
        while let Some(base) = line.last().and_then(|last| last.base.as_ref()) {
            if line.len() > DEEPEST_TYPE {
                return Err(format!("the type {base} adds to itself"));
            }
            match self.types.get(base).map(|of| &**of) {
                Some(Type::Complex(base)) => line.push(base),
                Some(Type::Untaken(why)) => return Err(why.clone()),
                // Text with attributes: what is added to is the text.
                Some(Type::Simple(_)) => break,
                None => return Err(format!("the type {base} is not described in it")),
            }
        }
        let mut whole = Whole::default();
        for one in line.iter().rev() {
            whole.fields.extend(&one.fields);
            whole.attributes.extend(&one.attributes);
            whole.text = whole.text.or(one.text.as_ref());
            whole.any |= one.any;
            whole.choice |= one.choice;
        }
        Ok(whole)
    }

    /// A type that has this name in any namespace, that of `near` first.
    pub(crate) fn named(&self, local: &str, near: &str) -> Option<&Name> {
        let mut names = self.types.keys().filter(|name| &*name.local == local);
        let first = self.types.get_key_value(&Name::new(near, local));
        first.map(|(name, _)| name).or_else(|| names.next())
    }
}

/// The form of a type that comes with schemas; `None` for anything at all.
fn kind(name: &str) -> Option<Kind> {
    Some(match name {
        "anyType" => return None,
        "boolean" => Kind::Boolean,
        "integer" | "int" | "long" | "short" | "byte" | "nonNegativeInteger"
        | "positiveInteger" | "nonPositiveInteger" | "negativeInteger" | "unsignedInt"
        | "unsignedLong" | "unsignedShort" | "unsignedByte" => Kind::Integer,
        "double" | "float" => Kind::Real,
        "decimal" | "date" | "dateTime" | "time" | "duration" | "gYear" | "gYearMonth"
        | "gMonth" | "gMonthDay" | "gDay" | "QName" | "ID" | "IDREF" | "NCName" | "Name"
        | "NMTOKEN" | "language" => Kind::Other,
        _ => Kind::Text,
    })
}
