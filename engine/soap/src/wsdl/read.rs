//! Descriptions as they are written, in one file or several.

use std::collections::BTreeSet;

use super::{BINDING, Bound, Port, WSDL, Wsdl, WsdlError, rpc};
use crate::schema::{Field, Of, Reading, Schema, XS};
use crate::xml::{Bounds, Element, Name, decode};

/// Files that a description may name, and those name, and so on.
const MOST_FILES: usize = 200;

/// The transport that bindings name.
const HTTP: [&str; 2] = [
    "http://schemas.xmlsoap.org/soap/http",
    "http://www.w3.org/2003/05/soap/bindings/HTTP/",
];

type Fetch<'a> = &'a mut dyn FnMut(&str) -> Result<Vec<u8>, String>;

/// The files of a description.
#[derive(Default)]
struct Files {
    /// Definitions of WSDL.
    definitions: Vec<Element>,
    /// Schemas, each with the namespace of the one that it is part of.
    schemas: Vec<(Element, String)>,
    /// What was fetched.
    seen: BTreeSet<String>,
}

impl Wsdl {
    /// Reads a description. `fetch` gives the files that it names (`schemaLocation` of `xs:import` and
    /// `xs:include`, `location` of `wsdl:import`), or says why it does not; those that such a file names
    /// itself are asked for as they lie to the description.
    ///
    /// # Errors
    ///
    /// It is none, or names what cannot be had. What of it cannot be used is told by the operations that
    /// need it.
    pub fn read(bytes: &[u8], fetch: Fetch<'_>) -> Result<Self, WsdlError> {
        let mut files = Files::default();
        let root = document("the WSDL", bytes)?;
        files.definitions(root, "", fetch)?;
        let mut reading = Reading::default();
        for (schema, _) in &files.schemas {
            reading.groups(schema);
        }
        for (schema, space) in &files.schemas {
            reading.add(schema, space);
        }
        let schema = reading.done();
        let ports: Vec<Port> = {
            let described = Described {
                files: &files,
                schema: &schema,
            };
            described.ports()
        };
        match ports.is_empty() {
            true => Err(WsdlError::NoPort),
            false => Ok(Self { schema, ports }),
        }
    }
}

fn document(file: &str, bytes: &[u8]) -> Result<Element, WsdlError> {
    let read = decode(bytes, None).and_then(|text| Element::read(&text, Bounds::DESCRIPTION));
    read.map_err(|problem| WsdlError::Xml {
        file: file.to_owned(),
        problem,
    })
}

impl Files {
    fn definitions(
        &mut self,
        root: Element,
        folder: &str,
        fetch: Fetch<'_>,
    ) -> Result<(), WsdlError> {
        if root.name.is("http://www.w3.org/ns/wsdl", "description") {
            return Err(WsdlError::Version2);
        }
        if !root.name.is(WSDL, "definitions") {
            return Err(WsdlError::Other(root.name.local.to_string()));
        }
        for import in root.all(WSDL, "import") {
            let named = import.attribute("location");
            if let Some((imported, folder)) = self.fetched(named, folder, fetch)? {
                match imported.name.is(XS, "schema") {
                    true => self.schema(&imported, ("", &folder), fetch)?,
                    false => self.definitions(imported, &folder, fetch)?,
                }
            }
        }
        for types in root.all(WSDL, "types") {
            for schema in types.all(XS, "schema") {
                self.schema(schema, ("", folder), fetch)?;
            }
        }
        self.definitions.push(root);
        Ok(())
    }

    fn schema(
        &mut self,
        schema: &Element,
        (around, folder): (&str, &str),
        fetch: Fetch<'_>,
    ) -> Result<(), WsdlError> {
        let space = schema
            .attribute("targetNamespace")
            .unwrap_or(around)
            .to_owned();
        for child in &schema.children {
            let part_of = match &*child.name.local {
                "import" => "",
                // What is included is of the namespace of what includes it.
                "include" | "redefine" => space.as_str(),
                _ => continue,
            };
            let named = child.attribute("schemaLocation");
            if let Some((part, folder)) = self.fetched(named, folder, fetch)? {
                self.schema(&part, (part_of, &folder), fetch)?;
            }
        }
        self.schemas.push((schema.clone(), space));
        Ok(())
    }

    /// A file that is named in one of that folder, and its own folder; unless it was fetched before.
    fn fetched(
        &mut self,
        location: Option<&str>,
        folder: &str,
        fetch: Fetch<'_>,
    ) -> Result<Option<(Element, String)>, WsdlError> {
        let Some(location) = location.filter(|location| !location.is_empty()) else {
            return Ok(None);
        };
        let location = match location.contains("://") || location.starts_with('/') {
            true => location.to_owned(),
            false => format!("{folder}{location}"),
        };
        if !self.seen.insert(location.clone()) {
            return Ok(None);
        }
        if self.seen.len() > MOST_FILES {
            return Err(WsdlError::Files(MOST_FILES));
        }
        let bytes = fetch(&location).map_err(|why| WsdlError::Import {
            location: location.clone(),
            why,
        })?;
        let folder = location.rfind('/').map_or("", |at| &location[..=at]);
        Ok(Some((document(&location, &bytes)?, folder.to_owned())))
    }
}

/// All that was described.
struct Described<'a> {
    files: &'a Files,
    schema: &'a Schema,
}

/// How a message stands in the body.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Style {
    Document,
    Rpc,
}

impl Style {
    fn of(element: &Element) -> Option<Self> {
        match element.attribute("style")? {
            "rpc" => Some(Self::Rpc),
            _ => Some(Self::Document),
        }
    }
}

impl<'a> Described<'a> {
    fn ports(&self) -> Vec<Port> {
        let definitions = self.files.definitions.iter();
        let services = definitions.flat_map(|all| all.all(WSDL, "service"));
        let ports = services.flat_map(|service| service.all(WSDL, "port"));
        ports.filter_map(|port| self.port(port)).collect()
    }

    fn port(&self, port: &Element) -> Option<Port> {
        let binding = port.meant(port.attribute("binding")?)?;
        let binding = self.named("binding", &binding)?;
        let (space, version, how) = BINDING.iter().find_map(|(space, version)| {
            Some((*space, *version, binding.first(space, "binding")?))
        })?;
        // Some say nothing of it, and mean HTTP.
        let transport = how.attribute("transport").unwrap_or(HTTP[0]);
        if !HTTP.contains(&transport) {
            return None;
        }
        let style = Style::of(how).unwrap_or(Style::Document);
        let kind = binding.meant(binding.attribute("type")?)?;
        let kind = self.named("portType", &kind)?;
        let operations = binding.all(WSDL, "operation");
        Some(Port {
            name: port.attribute("name").unwrap_or_default().to_owned(),
            version,
            address: port
                .first(space, "address")
                .and_then(|address| address.attribute("location"))
                .unwrap_or_default()
                .to_owned(),
            operations: operations
                .filter_map(|bound| self.bound((bound, kind), (space, style)))
                .collect(),
        })
    }

    fn bound(
        &self,
        (bound, kind): (&Element, &'a Element),
        (space, style): (&str, Style),
    ) -> Option<Bound> {
        let name = bound.attribute("name")?;
        let how = bound.first(space, "operation");
        let action = how.and_then(|how| how.attribute("soapAction"));
        let style = how.and_then(Style::of).unwrap_or(style);
        let mut operations = kind.all(WSDL, "operation");
        let described = operations.find(|one| one.attribute("name") == Some(name));
        let message = |part: &str, suffix: &str| {
            let Some(described) = described.and_then(|one| one.first(WSDL, part)) else {
                return Ok(None);
            };
            let body = bound
                .first(WSDL, part)
                .and_then(|part| part.first(space, "body"));
            let element = format!("{name}{suffix}");
            self.message(described, body, (style, &element))
        };
        let messages = match described {
            None => Err("its portType does not have it".to_owned()),
            Some(_) => message("input", "")
                .and_then(|request| Ok([request, message("output", "Response")?])),
        };
        Some(Bound {
            name: name.to_owned(),
            action: action.unwrap_or_default().to_owned(),
            messages,
        })
    }

    /// What stands in the body.
    fn message(
        &self,
        described: &Element,
        body: Option<&Element>,
        (style, element): (Style, &str),
    ) -> Result<Option<Field>, String> {
        if body.and_then(|body| body.attribute("use")) == Some("encoded") {
            return Err("it is rpc/encoded, which WS-I forbids and which is not taken: ask for document/literal".to_owned());
        }
        let named = described.attribute("message").unwrap_or_default();
        let message = described.meant(named);
        let message = message.and_then(|name| self.named("message", &name));
        let message =
            message.ok_or_else(|| format!("the message `{named}` is not described in it"))?;
        let wanted = body.and_then(|body| body.attribute("parts"));
        let wanted: Option<Vec<&str>> = wanted.map(|parts| parts.split_whitespace().collect());
        let parts = message.all(WSDL, "part").filter(|part| {
            let name = part.attribute("name").unwrap_or_default();
            wanted.as_ref().is_none_or(|wanted| wanted.contains(&name))
        });
        let parts: Vec<&Element> = parts.collect();
        match style {
            Style::Rpc => {
                let space = body.and_then(|body| body.attribute("namespace"));
                let name = Name::new(space.unwrap_or_default(), element);
                let parts = parts.into_iter().map(|part| self.rpc_part(part));
                Ok(Some(rpc(name, parts.collect::<Result<_, _>>()?)))
            }
            Style::Document => match parts[..] {
                [] => Ok(None),
                [part] => {
                    let named = part.attribute("element");
                    let named = named
                        .ok_or("its part names a type where document/literal has an element")?;
                    let name = part.meant(named);
                    let field = name.and_then(|name| self.schema.element(&name));
                    let field = field
                        .ok_or_else(|| format!("the element `{named}` is not described in it"))?;
                    Ok(Some(field.clone()))
                }
                _ => Err(
                    "its body has several parts, which document/literal does not allow".to_owned(),
                ),
            },
        }
    }

    fn rpc_part(&self, part: &Element) -> Result<Field, String> {
        let name = Name::plain(part.attribute("name").unwrap_or_default());
        match (part.attribute("type"), part.attribute("element")) {
            (Some(named), _) => {
                let of = part.meant(named);
                let of = of.ok_or_else(|| format!("the prefix of `{named}` stands for nothing"))?;
                Ok(Field::new(name, Of::Named(of)))
            }
            (None, Some(named)) => {
                let of = part.meant(named);
                let of = of.ok_or_else(|| format!("the prefix of `{named}` stands for nothing"))?;
                Ok(Field::new(name, Of::Same(of)))
            }
            (None, None) => Ok(Field::new(name, Of::Anything)),
        }
    }

    /// What is defined under a name.
    fn named(&self, kind: &str, name: &Name) -> Option<&'a Element> {
        let definitions = self.files.definitions.iter();
        let of_space = definitions
            .filter(|all| all.attribute("targetNamespace").unwrap_or_default() == &*name.space);
        of_space
            .flat_map(|all| all.children.iter())
            .filter(|child| child.name.is(WSDL, kind))
            .find(|child| child.attribute("name") == Some(&*name.local))
    }
}
