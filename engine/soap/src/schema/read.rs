//! Schemas as they are written.
//!
//! What cannot be written in messages here is kept as [`Type::Untaken`] with the reason, so that it is told
//! once an operation needs it, and not where only others would.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Attribute, Complex, Field, Kind, Of, Schema, Simple, Type, XS};
use crate::xml::{Element, Name};

/// The type of arrays of SOAP encoding.
const ENCODING: &str = "http://schemas.xmlsoap.org/soap/encoding/";

/// Groups within each other; more go round in a circle.
const DEEPEST: usize = 32;

/// Schemas that are read, one after another.
#[derive(Default)]
pub(crate) struct Reading {
    schema: Schema,
    groups: BTreeMap<Name, Element>,
    attribute_groups: BTreeMap<Name, Element>,
}

/// One schema of several.
struct Within<'a> {
    all: &'a Reading,
    space: Arc<str>,
    qualified: bool,
    attributes_qualified: bool,
}

/// What stands in a complex type so far.
#[derive(Default)]
struct Content {
    complex: Complex,
    untaken: Option<String>,
}

/// How often what stands in a group may be there.
#[derive(Clone, Copy)]
struct Group {
    required: bool,
    many: bool,
    depth: usize,
}

impl Reading {
    /// Takes the groups of a schema, which others may name before they stand there.
    pub fn groups(&mut self, schema: &Element) {
        let space: Arc<str> = schema
            .attribute("targetNamespace")
            .unwrap_or_default()
            .into();
        for child in &schema.children {
            let Some(name) = child.attribute("name") else {
                continue;
            };
            let name = Name::new(space.clone(), name);
            match &*child.name.local {
                "group" => drop(self.groups.insert(name, child.clone())),
                "attributeGroup" => drop(self.attribute_groups.insert(name, child.clone())),
                _ => {}
            }
        }
    }

    /// Takes the elements and types of a schema. `space` is its namespace where it has none of its own and is
    /// part of another.
    pub fn add(&mut self, schema: &Element, space: &str) {
        let is = |name, value: &str| schema.attribute(name) == Some(value);
        let within = Within {
            all: self,
            space: schema.attribute("targetNamespace").unwrap_or(space).into(),
            qualified: is("elementFormDefault", "qualified"),
            attributes_qualified: is("attributeFormDefault", "qualified"),
        };
        let (mut elements, mut types) = (Vec::new(), Vec::new());
        for child in &schema.children {
            let Some(name) = child.attribute("name") else {
                continue;
            };
            let name = Name::new(within.space.clone(), name);
            match &*child.name.local {
                "element" => elements.push(within.field(child, name)),
                "complexType" => types.push((name, within.complex(child))),
                "simpleType" => types.push((name, Type::Simple(within.simple(child, 0)))),
                _ => {}
            }
        }
        for field in elements {
            self.schema.add_element(field);
        }
        for (name, of) in types {
            self.schema.types.insert(name, Arc::new(of));
        }
    }

    /// All that was read.
    pub fn done(self) -> Schema {
        self.schema
    }
}

impl Within<'_> {
    /// An element that is described there.
    fn field(&self, element: &Element, name: Name) -> Field {
        let count = |name| element.attribute(name);
        let here = element
            .children
            .iter()
            .find_map(|child| match &*child.name.local {
                "complexType" => Some(self.complex(child)),
                "simpleType" => Some(Type::Simple(self.simple(child, 0))),
                _ => None,
            });
        Field {
            name,
            of: match (element.attribute("type"), here) {
                (Some(named), _) => of_name(element, named),
                (None, Some(here)) => Of::Here(Arc::new(here)),
                (None, None) => Of::Anything,
            },
            required: count("minOccurs") != Some("0"),
            many: !matches!(count("maxOccurs"), None | Some("0" | "1")),
            nillable: matches!(count("nillable"), Some("true" | "1")),
            doc: String::new(),
        }
    }

    fn complex(&self, element: &Element) -> Type {
        let mut content = Content::default();
        self.content(element, &mut content);
        match content.untaken {
            Some(why) => Type::Untaken(why),
            None => Type::Complex(content.complex),
        }
    }

    fn content(&self, element: &Element, content: &mut Content) {
        let once = Group {
            required: true,
            many: false,
            depth: 0,
        };
        for child in &element.children {
            match &*child.name.local {
                "sequence" | "all" | "choice" | "group" => self.particle(child, once, content),
                "attribute" => self.attribute(child, content),
                "attributeGroup" => self.attribute_group(child, content, 0),
                "complexContent" | "simpleContent" => self.derived(child, content),
                _ => {}
            }
        }
    }

    /// A type that is made of another.
    fn derived(&self, element: &Element, content: &mut Content) {
        let is_text = &*element.name.local == "simpleContent";
        for child in &element.children {
            let is_extension = &*child.name.local == "extension";
            if !is_extension && &*child.name.local != "restriction" {
                continue;
            }
            let base = child.attribute("base").map(|base| of_name(child, base));
            let Some(Of::Named(base)) = base else {
                self.content(child, content);
                continue;
            };
            if &*base.space == ENCODING {
                content.untaken = Some(format!("{base} is SOAP encoding, which is not taken"));
                return;
            }
            if is_text {
                content.complex.text = Some(Of::Named(base.clone()));
            }
            // A restriction says all that it has itself.
            if (is_extension || is_text) && &*base.space != XS {
                content.complex.base = Some(base);
            }
            self.content(child, content);
        }
    }

    fn particle(&self, element: &Element, within: Group, content: &mut Content) {
        if within.depth > DEEPEST {
            content.untaken = Some("its groups stand in each other without an end".to_owned());
            return;
        }
        let is_choice = &*element.name.local == "choice";
        let max = element.attribute("maxOccurs");
        let repeats = !matches!(max, None | Some("0" | "1"));
        let several = element.children.iter().filter(|child| {
            matches!(
                &*child.name.local,
                "element" | "sequence" | "choice" | "group" | "any"
            )
        });
        if repeats && !is_choice && several.count() > 1 {
            content.untaken = Some("it has a group of several elements that repeats".to_owned());
            return;
        }
        let group = Group {
            required: within.required && !is_choice && element.attribute("minOccurs") != Some("0"),
            many: within.many || repeats,
            depth: within.depth + 1,
        };
        if let Some(named) = element.attribute("ref") {
            let found = element
                .meant(named)
                .and_then(|name| self.all.groups.get(&name));
            match found {
                Some(found) => {
                    for child in &found.children {
                        self.particle(child, group, content);
                    }
                }
                None => content.untaken = Some(format!("the group `{named}` is not described")),
            }
            return;
        }
        for child in &element.children {
            match &*child.name.local {
                "element" => content.complex.fields.push(self.local(child, group)),
                "any" => content.complex.any = true,
                "sequence" | "choice" | "group" | "all" => self.particle(child, group, content),
                _ => {}
            }
        }
    }

    /// An element that stands in a type.
    fn local(&self, element: &Element, group: Group) -> Field {
        let mut field = match element.attribute("ref") {
            Some(named) => {
                let name = element.meant(named).unwrap_or_else(|| Name::plain(named));
                Field {
                    of: Of::Same(name.clone()),
                    ..self.field(element, name)
                }
            }
            None => {
                let name = element.attribute("name").unwrap_or_default();
                let qualified = element.attribute("form").map(|form| form == "qualified");
                let name = match qualified.unwrap_or(self.qualified) {
                    true => Name::new(self.space.clone(), name),
                    false => Name::plain(name),
                };
                self.field(element, name)
            }
        };
        field.required &= group.required;
        field.many |= group.many;
        field
    }

    fn attribute(&self, element: &Element, content: &mut Content) {
        if element.attribute("use") == Some("prohibited") {
            return;
        }
        let name = match (element.attribute("ref"), element.attribute("name")) {
            (Some(named), _) => element.meant(named).unwrap_or_else(|| Name::plain(named)),
            (None, Some(name)) => {
                let form = element.attribute("form").map(|form| form == "qualified");
                match form.unwrap_or(self.attributes_qualified) {
                    true => Name::new(self.space.clone(), name),
                    false => Name::plain(name),
                }
            }
            (None, None) => return,
        };
        let simple = element
            .children
            .iter()
            .find(|child| &*child.name.local == "simpleType");
        content.complex.attributes.push(Attribute {
            name,
            of: match (element.attribute("type"), simple) {
                (Some(named), _) => of_name(element, named),
                (None, Some(simple)) => Of::Here(Arc::new(Type::Simple(self.simple(simple, 0)))),
                (None, None) => Of::xs("string"),
            },
            required: element.attribute("use") == Some("required"),
        });
    }

    fn attribute_group(&self, element: &Element, content: &mut Content, depth: usize) {
        let named = element
            .attribute("ref")
            .and_then(|named| element.meant(named));
        let Some(group) = named.and_then(|name| self.all.attribute_groups.get(&name)) else {
            return;
        };
        for child in &group.children {
            match &*child.name.local {
                "attribute" => self.attribute(child, content),
                "attributeGroup" if depth < DEEPEST => {
                    self.attribute_group(child, content, depth + 1);
                }
                _ => {}
            }
        }
    }

    fn simple(&self, element: &Element, depth: usize) -> Simple {
        let text = Simple {
            kind: Kind::Text,
            allowed: Vec::new(),
        };
        let Some(restriction) = element.first(XS, "restriction") else {
            // Lists and unions are passed on as text.
            return text;
        };
        let base = match restriction
            .attribute("base")
            .map(|base| of_name(restriction, base))
        {
            Some(Of::Named(name)) if &*name.space == XS => super::kind(&name.local),
            _ => match restriction.first(XS, "simpleType") {
                Some(inner) if depth < DEEPEST => Some(self.simple(inner, depth + 1).kind),
                _ => None,
            },
        };
        let values = restriction.all(XS, "enumeration");
        let values = values.filter_map(|value| value.attribute("value"));
        Simple {
            kind: base.unwrap_or(Kind::Text),
            allowed: values.map(str::to_owned).collect(),
        }
    }
}

/// What stands behind a name that an attribute has.
fn of_name(element: &Element, named: &str) -> Of {
    match element.meant(named) {
        Some(name) if name.is(XS, "anyType") => Of::Anything,
        Some(name) => Of::Named(name),
        None => Of::Here(Arc::new(Type::Untaken(format!(
            "the prefix of `{named}` stands for no namespace there"
        )))),
    }
}
