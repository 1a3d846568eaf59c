//! Schemas as services publish them.

use std::sync::Arc;

use super::{Complex, Field, Kind, Of, Schema, Type, XS};
use crate::xml::{Element, Name};

/// The prefix of the service's own namespace in values.
pub(crate) const OWN: &str = "tns";

impl Schema {
    /// The elements and types of one namespace, as one schema.
    pub(crate) fn written(&self, space: &str) -> Element {
        let types = self.types.iter().filter(|(name, _)| &*name.space == space);
        let types = types.map(|(name, of)| {
            let (kind, _) = kind(of);
            type_of(of)
                .with(Name::plain("name"), &*name.local)
                .named(kind)
        });
        let elements = self.elements.values();
        let elements = elements.filter(|field| &*field.name.space == space);
        Element::new(xs("schema"))
            .with(Name::plain("targetNamespace"), space)
            .with(Name::plain("elementFormDefault"), "qualified")
            .holding(types)
            .holding(elements.map(|field| element(field, true)))
    }
}

impl Element {
    fn named(mut self, local: &str) -> Self {
        self.name = xs(local);
        self
    }
}

fn xs(local: &str) -> Name {
    Name::new(XS, local)
}

fn kind(of: &Arc<Type>) -> (&'static str, bool) {
    match **of {
        Type::Simple(_) => ("simpleType", true),
        Type::Complex(_) | Type::Untaken(_) => ("complexType", false),
    }
}

fn element(field: &Field, is_global: bool) -> Element {
    let mut out = Element::new(xs("element")).with(Name::plain("name"), &*field.name.local);
    if !is_global {
        if !field.required {
            out = out.with(Name::plain("minOccurs"), "0");
        }
        if field.many {
            out = out.with(Name::plain("maxOccurs"), "unbounded");
        }
    }
    if field.nillable {
        out = out.with(Name::plain("nillable"), "true");
    }
    if let Of::Named(name) = &field.of {
        let prefix = if &*name.space == XS { "xs" } else { OWN };
        out = out.with(Name::plain("type"), format!("{prefix}:{}", name.local));
    }
    if !field.doc.is_empty() {
        let doc = Element::of_text(xs("documentation"), &*field.doc);
        out = out.holding([Element::new(xs("annotation")).holding([doc])]);
    }
    match &field.of {
        Of::Here(of) => out.holding([type_of(of)]),
        Of::Named(_) | Of::Same(_) | Of::Anything => out,
    }
}

fn type_of(of: &Arc<Type>) -> Element {
    match &**of {
        Type::Simple(simple) => {
            let base = match simple.kind {
                Kind::Text | Kind::Other => "xs:string",
                Kind::Boolean => "xs:boolean",
                Kind::Integer => "xs:integer",
                Kind::Real => "xs:double",
            };
            let values = simple.allowed.iter().map(|value| {
                Element::new(xs("enumeration")).with(Name::plain("value"), value.as_str())
            });
            let restriction = Element::new(xs("restriction"))
                .with(Name::plain("base"), base)
                .holding(values);
            Element::new(xs("simpleType")).holding([restriction])
        }
        Type::Complex(complex) => Element::new(xs("complexType")).holding([group(complex)]),
        Type::Untaken(_) => Element::new(xs("complexType")),
    }
}

fn group(complex: &Complex) -> Element {
    let name = if complex.choice { "choice" } else { "sequence" };
    let fields = complex.fields.iter().map(|field| match complex.choice {
        // One of them is there.
        true => element(
            &Field {
                required: !field.many,
                ..field.clone()
            },
            false,
        ),
        false => element(field, false),
    });
    Element::new(xs(name)).holding(fields)
}
