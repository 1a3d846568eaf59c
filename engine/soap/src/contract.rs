//! What a service of ours does: one table, of which its WSDL is written and by which messages are read.

use serde_json::Value;

use crate::envelope::Version;
use crate::schema::{Field, OWN, Of, Schema};
use crate::value::{Unknown, ValueError};
use crate::wsdl::{BINDING, WSDL};
use crate::xml::{Element, Name, XMLNS};

/// The transport that bindings name.
const HTTP: &str = "http://schemas.xmlsoap.org/soap/http";

/// A service of ours.
#[derive(Clone, Debug)]
pub struct Contract {
    name: &'static str,
    space: &'static str,
    schema: Schema,
    operations: Vec<Described>,
}

/// An operation of a service of ours.
#[derive(Clone, Debug)]
pub struct Described {
    /// What it is called; the element that asks for it, too.
    pub name: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// What it takes.
    pub takes: Vec<Field>,
    /// What it gives.
    pub gives: Vec<Field>,
}

impl Contract {
    /// A service of that name, with elements and types of that namespace.
    pub fn new(name: &'static str, space: &'static str) -> Self {
        Self {
            name,
            space,
            schema: Schema::default(),
            operations: Vec::new(),
        }
    }

    /// A type that several operations use.
    pub fn add_type(&mut self, name: &str, of: &Of) -> Of {
        self.schema.add_type(self.named(name), of)
    }

    /// Adds an operation.
    pub fn add(&mut self, operation: Described) {
        let element = |name: String, fields: &[Field]| {
            Field::new(self.named(&name), Of::elements(fields.iter().cloned()))
        };
        let request = element(operation.name.to_owned(), &operation.takes);
        let answer = element(format!("{}Response", operation.name), &operation.gives);
        self.schema.add_element(request);
        self.schema.add_element(answer);
        self.operations.push(operation);
    }

    /// An element or type of this service.
    pub fn named(&self, name: &str) -> Name {
        Name::new(self.space, name)
    }

    /// The names of its operations.
    pub fn operations(&self) -> impl Iterator<Item = &'static str> {
        self.operations.iter().map(|operation| operation.name)
    }

    /// Which operation is asked for, with what; lists are there where there may be several, and what is nil is not
    /// there.
    ///
    /// # Errors
    ///
    /// There is no such operation, or it takes something else.
    pub fn asked(&self, said: &Element) -> Result<(&'static str, Value), ValueError> {
        let same = self.operations().find(|name| *name == &*said.name.local);
        let known = || self.operations().collect::<Vec<_>>().join(", ");
        let refused = |problem: String| ValueError {
            path: said.name.local.to_string(),
            problem,
        };
        let Some(name) = same else {
            return Err(refused(format!("is no operation: there are {}", known())));
        };
        let Some(field) = self.schema.element(&said.name) else {
            let (its, ours) = (&said.name.space, self.space);
            return Err(refused(format!(
                "is of the namespace `{its}`, and has to be of `{ours}`"
            )));
        };
        let within = |error: ValueError| ValueError {
            path: match error.path.as_str() {
                "" => name.to_owned(),
                path => format!("{name}/{path}"),
            },
            ..error
        };
        self.schema.check(said, &field.of).map_err(within)?;
        Ok((name, without_nil(self.schema.read(said, &field.of))))
    }

    /// What answers an operation. Names that it does not give are left out.
    ///
    /// # Errors
    ///
    /// Something that it gives is missing.
    pub fn answer(&self, operation: &str, value: &Value) -> Result<Element, ValueError> {
        let name = self.named(&format!("{operation}Response"));
        let field = Field::new(name.clone(), Of::Same(name));
        self.schema.write(&field, value, Unknown::LeftOut)
    }

    /// The WSDL 1.1 of the service, which is at `address` and is spoken to in both versions.
    pub fn wsdl(&self, address: &str) -> String {
        let wsdl = |local: &str| Element::new(Name::new(WSDL, local));
        let named = |local: &str, name: &str| wsdl(local).with(Name::plain("name"), name);
        let own = |name: &str| format!("{OWN}:{name}");
        let attribute =
            |element: Element, name: &str, value: String| element.with(Name::plain(name), value);
        let mut root = named("definitions", self.name)
            .with(Name::plain("targetNamespace"), self.space)
            .with(Name::new(XMLNS, OWN), self.space)
            .holding([wsdl("types").holding([self.schema.written(self.space)])]);
        let parts = |name: &str| {
            [
                (format!("{name}Request"), name.to_owned()),
                (format!("{name}Answer"), format!("{name}Response")),
            ]
        };
        for operation in &self.operations {
            for (message, element) in parts(operation.name) {
                let part = attribute(named("part", "parameters"), "element", own(&element));
                root = root.holding([named("message", &message).holding([part])]);
            }
        }
        let described = self.operations.iter().map(|operation| {
            let [(request, _), (answer, _)] = parts(operation.name);
            let mut doc = wsdl("documentation");
            operation.doc.clone_into(&mut doc.text);
            named("operation", operation.name).holding([
                doc,
                attribute(wsdl("input"), "message", own(&request)),
                attribute(wsdl("output"), "message", own(&answer)),
            ])
        });
        root = root.holding([named("portType", self.name).holding(described)]);
        let port_name = |version| match version {
            Version::V11 => format!("{}Soap11", self.name),
            Version::V12 => format!("{}Soap12", self.name),
        };
        for (space, version) in BINDING {
            let soap = |local: &str| Element::new(Name::new(space, local));
            let how = attribute(soap("binding"), "style", "document".to_owned())
                .with(Name::plain("transport"), HTTP);
            let operations = self.operations.iter().map(|operation| {
                let body = || attribute(soap("body"), "use", "literal".to_owned());
                let action = format!("{}/{}", self.space, operation.name);
                named("operation", operation.name).holding([
                    attribute(soap("operation"), "soapAction", action),
                    wsdl("input").holding([body()]),
                    wsdl("output").holding([body()]),
                ])
            });
            let binding = attribute(
                named("binding", &port_name(version)),
                "type",
                own(self.name),
            );
            root = root.holding([binding.holding([how]).holding(operations)]);
        }
        let ports = BINDING.iter().map(|(space, version)| {
            let at =
                Element::new(Name::new(*space, "address")).with(Name::plain("location"), address);
            attribute(
                named("port", &port_name(*version)),
                "binding",
                own(&port_name(*version)),
            )
            .holding([at])
        });
        root.holding([named("service", self.name).holding(ports)])
            .document()
    }
}

fn without_nil(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let there = object.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(
                there
                    .map(|(name, value)| (name, without_nil(value)))
                    .collect(),
            )
        }
        Value::Array(values) => Value::Array(values.into_iter().map(without_nil).collect()),
        scalar => scalar,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wsdl::Wsdl;

    const SPACE: &str = "urn:example:calls";

    fn contract() -> Contract {
        let mut contract = Contract::new("Calls", SPACE);
        let text = |name: &str| Field::new(Name::new(SPACE, name), Of::xs("string"));
        let key = Of::choice([text("hold"), text("leave").many()]);
        let leg = contract.add_type(
            "Leg",
            &Of::elements([
                Field::new(Name::new(SPACE, "role"), Of::one_of(["agent", "customer"]))
                    .doc("Whose it is."),
                Field::new(Name::new(SPACE, "do"), key).optional(),
            ]),
        );
        contract.add(Described {
            name: "Open",
            doc: "Opens a call.",
            takes: vec![
                text("id"),
                Field::new(Name::new(SPACE, "urgent"), Of::xs("boolean")).optional(),
                Field::new(Name::new(SPACE, "at_ms"), Of::xs("unsignedLong")).optional(),
                Field::new(Name::new(SPACE, "legs"), leg).many(),
            ],
            gives: vec![text("id"), text("notices").many()],
        });
        contract
    }

    fn asked(inner: &str) -> Result<(&'static str, Value), ValueError> {
        let text = format!(
            "<c:Open xmlns:c='{SPACE}' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>{inner}</c:Open>"
        );
        let said = Element::read(&text, crate::xml::Bounds::MESSAGE).expect("a document");
        contract().asked(&said)
    }

    #[test]
    fn the_description_that_is_published_is_understood_by_our_own_client() {
        let contract = contract();
        let text = contract.wsdl("https://calls.example.com/soap?a&b");
        let wsdl = Wsdl::read(text.as_bytes(), &mut |_| {
            Err("nothing is fetched".to_owned())
        });
        let wsdl = wsdl.unwrap_or_else(|error| panic!("{error}: {text}"));
        for (port, version) in [("CallsSoap11", Version::V11), ("CallsSoap12", Version::V12)] {
            let open = wsdl.operation("Open", Some(port)).expect("it is there");
            assert_eq!(
                (open.version, &*open.address),
                (version, "https://calls.example.com/soap?a&b")
            );
            assert_eq!(open.action, "urn:example:calls/Open");
            let value = json!({"id": "a", "urgent": true, "at_ms": 7, "legs": [{"role": "agent", "do": {"hold": "true"}}]});
            let said = wsdl
                .request(&open, &value)
                .expect("it takes that")
                .expect("something");
            assert_eq!(contract.asked(&said).expect("understood"), ("Open", value));
            let answered = contract
                .answer("Open", &json!({"id": "a", "notices": ["x"], "more": 1}))
                .expect("written");
            assert_eq!(
                wsdl.answer(&open, Some(&answered)),
                json!({"id": "a", "notices": ["x"]})
            );
        }
    }

    #[test]
    fn what_is_wrong_with_a_message_is_told_with_its_place() {
        for (inner, told) in [
            ("", "`Open/id` is missing"),
            (
                "<c:id>a</c:id><c:id>b</c:id>",
                "`Open/id` is there twice, and may be there once",
            ),
            (
                "<id>a</id>",
                "`Open/id` is of the namespace ``, and has to be of `urn:example:calls`",
            ),
            (
                "<c:id>a</c:id><c:at_ms>soon</c:at_ms>",
                "`Open/at_ms` is no whole number",
            ),
            (
                "<c:id>a</c:id><c:urgent>yes</c:urgent>",
                "`Open/urgent` is neither `true` nor `false`",
            ),
            (
                "<c:id>a</c:id><c:legs><c:role>agnet</c:role></c:legs>",
                "`Open/legs/role` is none of `agent` and `customer`",
            ),
            (
                "<c:id>a</c:id><c:legs><c:role>agent</c:role><c:do/></c:legs>",
                "`Open/legs/do` has to have one of `hold` and `leave`",
            ),
            (
                "<c:id>a</c:id><c:leg/>",
                "`Open/leg` has no place there: what may stand there is `id`, `urgent`, `at_ms` and `legs`",
            ),
            (
                "hello",
                "`Open` has text in it, and may have `id`, `urgent`, `at_ms` and `legs`",
            ),
        ] {
            assert_eq!(asked(inner).expect_err(inner).to_string(), told);
        }
        let nothing = asked("<c:id>a</c:id><c:urgent xsi:nil='true'/>").expect("nil is nothing");
        assert_eq!(nothing.1, json!({"id": "a"}));
        let said = Element::new(Name::new(SPACE, "Opne"));
        let error = contract().asked(&said).expect_err("none").to_string();
        assert_eq!(error, "`Opne` is no operation: there are Open");
        let said = Element::new(Name::plain("Open"));
        let error = contract().asked(&said).expect_err("none").to_string();
        assert!(
            error.contains("has to be of `urn:example:calls`"),
            "{error}"
        );
    }
}
