//! Values of a schema with all that services use.

use serde_json::{Value, json};

use super::*;
use crate::schema::{Of, Reading, Schema};
use crate::xml::{Bounds, Element, Name};

const SCHEMA: &str = "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema' xmlns='urn:crm' targetNamespace='urn:crm'
    elementFormDefault='qualified'>
  <xs:simpleType name='Priority'><xs:restriction base='xs:string'>
    <xs:enumeration value='High'/><xs:enumeration value='Low'/></xs:restriction></xs:simpleType>
  <xs:complexType name='Record'><xs:sequence><xs:element name='Key' type='xs:string'/></xs:sequence>
    <xs:attribute name='version' type='xs:int' use='required'/></xs:complexType>
  <xs:complexType name='Ticket'><xs:complexContent><xs:extension base='Record'><xs:sequence>
    <xs:element name='Subject' type='xs:string'/>
    <xs:element name='Priority' type='Priority' minOccurs='0'/>
    <xs:element name='Contact' type='xs:int' nillable='true'/>
    <xs:element name='Due' type='xs:date' minOccurs='0'/>
    <xs:element name='Tag' type='xs:string' minOccurs='0' maxOccurs='unbounded'/>
    <xs:choice><xs:element name='Open' type='xs:boolean'/><xs:element name='Closed' type='xs:dateTime'/></xs:choice>
    <xs:element name='Amount' minOccurs='0'><xs:complexType><xs:simpleContent><xs:extension base='xs:decimal'>
      <xs:attribute name='currency' type='xs:string'/></xs:extension></xs:simpleContent></xs:complexType></xs:element>
    <xs:element ref='Next' minOccurs='0'/>
    <xs:element name='Local' form='unqualified' type='xs:anyType' minOccurs='0'/>
  </xs:sequence></xs:extension></xs:complexContent></xs:complexType>
  <xs:complexType name='Urgent'><xs:complexContent><xs:extension base='Ticket'><xs:sequence>
    <xs:element name='Until' type='xs:time'/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>
  <xs:complexType name='Circle'><xs:complexContent><xs:extension base='Circle'/></xs:complexContent></xs:complexType>
  <xs:element name='Next' type='Ticket'/>
  <xs:element name='Circle' type='Circle'/>
  <xs:element name='Ticket' type='Ticket'/>
</xs:schema>";

fn schema() -> Schema {
    let schema = Element::read(SCHEMA, Bounds::DESCRIPTION).expect("a document");
    let mut reading = Reading::default();
    reading.groups(&schema);
    reading.add(&schema, "");
    reading.done()
}

fn written(value: &Value) -> Result<Element, ValueError> {
    let schema = schema();
    let ticket = schema
        .element(&Name::new("urn:crm", "Ticket"))
        .expect("it is there");
    schema.write(ticket, value, Unknown::Refused)
}

fn least() -> Value {
    json!({"@version": 1, "Key": "a", "Subject": "b", "Contact": null})
}

fn with(more: Value) -> Value {
    let mut value = least();
    for (name, one) in more.as_object().expect("an object") {
        value[name] = one.clone();
    }
    value
}

#[test]
fn elements_come_in_the_order_of_the_schema_and_with_its_namespaces() {
    let value = with(json!({
        "Local": {"x": 1}, "Tag": ["p", "q"], "Open": true, "Due": "", "Amount": {"#text": "4.50", "@currency": "EUR"},
        "Priority": "High",
    }));
    let text = written(&value).expect("it fits").document();
    let (_, body) = text.split_once("?>\n").expect("a declaration");
    let spaces = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:n0=\"urn:crm\"";
    assert_eq!(
        body,
        format!(
            "<n0:Ticket {spaces} version=\"1\"><n0:Key>a</n0:Key><n0:Subject>b</n0:Subject><n0:Priority>High</n0:Priority>\
             <n0:Contact xsi:nil=\"true\"/><n0:Tag>p</n0:Tag><n0:Tag>q</n0:Tag><n0:Open>true</n0:Open>\
             <n0:Amount currency=\"EUR\">4.50</n0:Amount><Local><x>1</x></Local></n0:Ticket>"
        )
    );
}

#[test]
fn what_is_written_is_read_back_with_lists_nothing_and_types() {
    let value = with(json!({
        "Tag": ["one"], "Open": false, "Contact": 7, "Next": least(), "Amount": {"#text": "1", "@currency": "EUR"},
        "Local": {"x": "1", "y": ["2", "3"]},
    }));
    let schema = schema();
    let element = written(&value).expect("it fits");
    let again = Element::read(&element.document(), Bounds::MESSAGE).expect("written here");
    let ticket = Of::Named(Name::new("urn:crm", "Ticket"));
    let mut expected = value;
    // Attributes are texts.
    expected["@version"] = json!("1");
    expected["Next"]["@version"] = json!("1");
    assert_eq!(schema.read(&again, &ticket), expected);
    schema
        .check(&again, &ticket)
        .expect("it is as the schema says");
    // Without a schema names alone tell what is what.
    let by_names = schema.read(&again, &Of::Anything);
    assert_eq!(
        (&by_names["Tag"], &by_names["Open"], &by_names["Local"]["y"]),
        (&json!("one"), &json!("false"), &json!(["2", "3"]))
    );
}

#[test]
fn a_type_that_is_said_is_written_and_read() {
    let value = with(json!({"@xsi:type": "Urgent", "Until": "15:30:00"}));
    let element = written(&value).expect("it fits");
    let text = element.document();
    assert!(
        text.contains("xmlns:t=\"urn:crm\" xsi:type=\"t:Urgent\""),
        "{text}"
    );
    let again = Element::read(&text, Bounds::MESSAGE).expect("written here");
    let ticket = Of::Named(Name::new("urn:crm", "Ticket"));
    assert_eq!(schema().read(&again, &ticket)["Until"], json!("15:30:00"));
}

#[test]
fn a_value_that_does_not_fit_is_told_with_its_place() {
    for (value, told) in [
        (json!("x"), "`` has to be an object with"),
        (
            json!({"@version": 1, "Key": "a"}),
            "`Subject` is missing, and the schema says that it has to be there",
        ),
        (json!({"Key": "a"}), "`` lacks the attribute `@version`"),
        (
            with(json!({"@version": "x"})),
            "`` has `@version`, which is no whole number",
        ),
        (
            with(json!({"Priority": "Medium"})),
            "`Priority` is none of `High` and `Low`",
        ),
        (
            with(json!({"Subject": ["a", "b"]})),
            "`Subject` is a list, and may be there once",
        ),
        (
            with(json!({"Subject": null})),
            "`Subject` is empty, and the schema wants a value there",
        ),
        (
            with(json!({"Subject": {"a": 1}})),
            "`Subject` has to be a text or a number",
        ),
        (
            with(json!({"Open": "maybe"})),
            "`Open` is neither true nor false",
        ),
        (
            with(json!({"Next": with(json!({"Contact": "x"}))})),
            "`Next/Contact` is no whole number",
        ),
        (
            with(json!({"Colour": 1})),
            "`Colour` is not in the schema, which has `Key`, `Subject`",
        ),
        (
            with(json!({"@xsi:type": "Slow"})),
            "`` is said to be `Slow`, which is no type of the schema",
        ),
    ] {
        let error = written(&value).expect_err(told).to_string();
        assert!(error.starts_with(told), "{error}");
    }
    let schema = schema();
    let circle = schema
        .element(&Name::new("urn:crm", "Circle"))
        .expect("it is there");
    let error = schema
        .write(circle, &json!({}), Unknown::Refused)
        .expect_err("a circle")
        .to_string();
    assert!(error.contains("adds to itself"), "{error}");
}
