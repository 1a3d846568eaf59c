//! Descriptions of services of several makers, and some that cannot be used.

use serde_json::json;

use super::*;
use crate::envelope::Envelope;

fn wsdl(types: &str, rest: &str) -> String {
    format!(
        "<definitions xmlns='http://schemas.xmlsoap.org/wsdl/' xmlns:xs='http://www.w3.org/2001/XMLSchema' \
         xmlns:s='http://schemas.xmlsoap.org/wsdl/soap/' xmlns:s12='http://schemas.xmlsoap.org/wsdl/soap12/' \
         xmlns:c='urn:crm' targetNamespace='urn:crm'><types>{types}</types>{rest}</definitions>"
    )
}

const TYPES: &str = "<xs:schema targetNamespace='urn:crm' elementFormDefault='qualified'>\
    <xs:element name='Create'><xs:complexType><xs:sequence><xs:element name='key' type='xs:string'/></xs:sequence></xs:complexType></xs:element>\
    <xs:element name='CreateResponse'><xs:complexType><xs:sequence><xs:element name='id' type='xs:int'/></xs:sequence></xs:complexType></xs:element>\
    </xs:schema>";

fn one(style: &str, usage: &str, transport: &str) -> String {
    let part = match style {
        "rpc" => {
            "<message name='In'><part name='key' type='xs:string'/></message><message name='Out'><part name='id' type='xs:int'/></message>"
        }
        _ => {
            "<message name='In'><part name='p' element='c:Create'/></message><message name='Out'><part name='p' element='c:CreateResponse'/></message>"
        }
    };
    format!(
        "{part}<portType name='T'><operation name='Create'><input message='c:In'/><output message='c:Out'/></operation></portType>\
         <binding name='B' type='c:T'><s:binding style='{style}' transport='{transport}'/><operation name='Create'>\
         <s:operation soapAction='urn:create'/><input><s:body use='{usage}' namespace='urn:crm'/></input>\
         <output><s:body use='{usage}' namespace='urn:crm'/></output></operation></binding>\
         <service name='S'><port name='P' binding='c:B'><s:address location='http://crm.example.com/soap'/></port></service>"
    )
}

const OVER_HTTP: &str = "http://schemas.xmlsoap.org/soap/http";

fn read(text: &str) -> Result<Wsdl, WsdlError> {
    Wsdl::read(text.as_bytes(), &mut |_| Err("it is elsewhere".to_owned()))
}

#[test]
fn document_and_rpc_are_asked_and_answered_as_each_wants_it() {
    for (style, request, answer) in [
        (
            "document",
            "<n0:Create xmlns:n0=\"urn:crm\"><n0:key>a</n0:key></n0:Create>",
            "<CreateResponse xmlns='urn:crm'><id>7</id></CreateResponse>",
        ),
        (
            "rpc",
            "<n0:Create xmlns:n0=\"urn:crm\"><key>a</key></n0:Create>",
            "<r:CreateResponse xmlns:r='urn:crm'><id>7</id></r:CreateResponse>",
        ),
    ] {
        let wsdl = read(&wsdl(TYPES, &one(style, "literal", OVER_HTTP))).expect("a description");
        let create = wsdl.operation("Create", None).expect("it is there");
        assert_eq!(
            (create.version, &*create.action),
            (Version::V11, "urn:create")
        );
        assert_eq!(create.address, "http://crm.example.com/soap");
        let said = wsdl
            .request(&create, &json!({"key": "a"}))
            .expect("it fits")
            .expect("something");
        assert_eq!(
            said.document().split_once("?>\n").expect("a declaration").1,
            request,
            "{style}"
        );
        let answered = Element::read(answer, crate::xml::Bounds::MESSAGE).expect("a document");
        assert_eq!(
            wsdl.answer(&create, Some(&answered)),
            json!({"id": 7}),
            "{style}"
        );
        assert_eq!(wsdl.answer(&create, None), Value::Null);
    }
}

#[test]
fn an_answer_that_is_not_as_described_is_read_by_its_names() {
    let wsdl = read(&wsdl(TYPES, &one("document", "literal", OVER_HTTP))).expect("a description");
    let create = wsdl.operation("Create", None).expect("it is there");
    let text = "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><Made><id>7</id><id>8</id></Made></s:Body></s:Envelope>";
    let read = Envelope::read(text.as_bytes(), None).expect("a message");
    let said = read.body.expect("no fault");
    assert_eq!(
        wsdl.answer(&create, said.as_ref()),
        json!({"id": ["7", "8"]})
    );
}

#[test]
fn files_that_it_names_are_fetched_once_each() {
    let types = "<xs:schema targetNamespace='urn:crm'><xs:include schemaLocation='a.xsd'/></xs:schema>\
                 <xs:schema><xs:import namespace='urn:other' schemaLocation='types/b.xsd'/></xs:schema>";
    let mut asked = Vec::new();
    let text = wsdl(types, &one("document", "literal", OVER_HTTP));
    let read = Wsdl::read(text.as_bytes(), &mut |location| {
        asked.push(location.to_owned());
        let text = match location {
            // Of the namespace of what includes it, and naming what names it.
            "a.xsd" => {
                "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:include schemaLocation='a.xsd'/>\
                        <xs:element name='Create' type='xs:string'/><xs:element name='CreateResponse' type='xs:int'/></xs:schema>"
            }
            // Names one that lies beside it.
            "types/b.xsd" => {
                "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema' targetNamespace='urn:other'>\
                        <xs:include schemaLocation='c.xsd'/></xs:schema>"
            }
            _ => "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'/>",
        };
        Ok(text.as_bytes().to_vec())
    });
    let read = read.expect("a description");
    assert_eq!(asked, ["a.xsd", "types/b.xsd", "types/c.xsd"]);
    let create = read.operation("Create", Some("P")).expect("it is there");
    let said = read
        .request(&create, &json!("a"))
        .expect("it fits")
        .expect("something");
    assert_eq!(
        (said.name, &*said.text),
        (Name::new("urn:crm", "Create"), "a")
    );
}

#[test]
fn what_cannot_be_used_is_told_in_words() {
    let imports =
        "<xs:schema><xs:import schemaLocation='http://crm.example.com/a.xsd'/></xs:schema>";
    for (text, told) in [
        ("<html/>".to_owned(), "it is no WSDL 1.1 but <html>"),
        (
            "<description xmlns='http://www.w3.org/ns/wsdl'/>".to_owned(),
            "it is WSDL 2.0",
        ),
        ("<a".to_owned(), "the WSDL: it is no well-formed XML"),
        (
            wsdl("", ""),
            "it has no port with a binding to SOAP over HTTP",
        ),
        (
            wsdl(
                TYPES,
                &one(
                    "document",
                    "literal",
                    "http://schemas.xmlsoap.org/soap/smtp",
                ),
            ),
            "it has no port",
        ),
        (
            wsdl(imports, ""),
            "it names `http://crm.example.com/a.xsd`, which cannot be had: it is elsewhere",
        ),
    ] {
        let error = read(&text).expect_err(told).to_string();
        assert!(error.starts_with(told), "{error}");
    }
    for (text, told) in [
        (
            wsdl(TYPES, &one("rpc", "encoded", OVER_HTTP)),
            "the operation `Create` cannot be used: it is rpc/encoded",
        ),
        (
            wsdl("", &one("document", "literal", OVER_HTTP)),
            "the operation `Create` cannot be used: the element `c:Create` is not described in it",
        ),
    ] {
        let error = read(&text)
            .expect("a description")
            .operation("Create", None)
            .expect_err(told)
            .to_string();
        assert!(error.starts_with(told), "{error}");
    }
    let wsdl = read(&wsdl(TYPES, &one("document", "literal", OVER_HTTP))).expect("a description");
    let error = wsdl
        .operation("Delete", None)
        .expect_err("none")
        .to_string();
    assert_eq!(error, "it has no operation `Delete`; it has `Create`");
    let error = wsdl
        .operation("Create", Some("Q"))
        .expect_err("none")
        .to_string();
    assert_eq!(
        error,
        "it has no port `Q` with a binding to SOAP over HTTP; it has `P`"
    );
}

proptest::proptest! {
    #[test]
    fn reading_what_was_a_description_never_panics(cut in 0_usize..2_500, length in 0_usize..200, again in proptest::bool::ANY) {
        let whole = wsdl(TYPES, &one("document", "literal", OVER_HTTP));
        let from = cut.min(whole.len());
        let to = (from + length).min(whole.len());
        let piece = if again { &whole[from..to] } else { "" };
        let text = format!("{}{piece}{piece}{}", &whole[..from], &whole[to..]);
        if let Ok(wsdl) = read(&text) {
            for name in wsdl.operations() {
                if let Ok(operation) = wsdl.operation(name, None) {
                    let _ = wsdl.request(&operation, &json!({"key": "a"}));
                }
            }
        }
    }
}
