//! CRMs that speak SOAP: what they are sent, and what becomes of what they answer.

use std::path::Path;

use crate::crm::rest::tests::{answer, serve, write_ticket};
use crate::crm::{Crm as _, CrmError, Rest};

const SAMPLE: &str = include_str!("../../../../crm/generic-soap.toml");

/// The sample beside its WSDL.
fn path() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("crm/generic-soap.toml")
}

fn parse(text: &str) -> Result<Rest, String> {
    let rest = Rest::parse(&path(), text, |_| Some("secret".to_owned()));
    rest.map_err(|error| error.to_string())
}

/// The sample, at that address.
fn at(url: &str) -> Rest {
    let at = "# address = \"https://crm.example.com/services/crm\"";
    assert!(SAMPLE.contains(at), "it is there to be changed");
    parse(&SAMPLE.replace(at, &format!("address = \"{url}\""))).expect("well formed")
}

fn envelope(body: &str) -> String {
    format!(
        "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' xmlns:c='urn:example:crm' \
         xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'><s:Body>{body}</s:Body></s:Envelope>"
    )
}

fn fault(code: &str, reason: &str) -> Vec<u8> {
    let fault = format!(
        "<s:Fault><faultcode>{code}</faultcode><faultstring>{reason}</faultstring></s:Fault>"
    );
    answer("500 Internal Server Error", envelope(&fault))
}

fn created(id: &str) -> String {
    envelope(&format!(
        "<c:CreateTicketResponse><c:Id>{id}</c:Id></c:CreateTicketResponse>"
    ))
}

#[test]
fn a_ticket_is_sent_as_the_wsdl_says_and_its_id_is_read() {
    let (url, asked) = serve(vec![answer("200 OK", created("T-7"))]);
    assert_eq!(write_ticket(&at(&url)).expect("written"), "T-7");
    let asked = asked.lock().expect("nobody panics here");
    for part in [
        "POST / HTTP/1.1",
        "soapaction: \"urn:example:crm/CreateTicket\"",
        "content-type: text/xml; charset=utf-8",
        "<wsse:Username>sidetone</wsse:Username>",
        "#PasswordDigest",
        "<wsu:Expires>",
        ":Ticket source=\"sidetone\">",
        ":ExternalId>sample/ticket</",
        ":ContactId xsi:nil=\"true\"/>",
        ":Text>Charged twice.\nCall back on Thursday.</",
        ":Priority>High</",
    ] {
        assert!(asked[0].contains(part), "{part}: {}", asked[0]);
    }
    assert!(!asked[0].contains("secret"), "{}", asked[0]);
}

#[test]
fn contacts_are_found_by_what_their_elements_are_called() {
    let ann = "<c:Contact><c:Id>1</c:Id><c:Name>Ann &amp; Co</c:Name><c:Tier xsi:nil='true'/><c:Language>de</c:Language></c:Contact>";
    let tickets = "<c:FindTicketsResponse><c:Ticket><c:Id>T-1</c:Id><c:Subject>Router</c:Subject>\
                   <c:Status>Open</c:Status><c:Opened>2026-05-04</c:Opened></c:Ticket></c:FindTicketsResponse>";
    let contacts = |all: &str| {
        envelope(&format!(
            "<c:FindContactsResponse>{all}</c:FindContactsResponse>"
        ))
    };
    let (url, _) = serve(vec![
        answer("200 OK", contacts(ann)),
        answer("200 OK", envelope(tickets)),
        answer("200 OK", contacts("")),
        fault("c:NotFound", "nobody"),
    ]);
    let rest = at(&url);
    let found = rest
        .find("+14155550117")
        .expect("answered")
        .expect("somebody");
    assert_eq!(
        (&*found.customer_id, &*found.name, &*found.tier),
        ("1", "Ann & Co", "")
    );
    assert_eq!(found.preferences["language"], "de");
    assert_eq!(found.open_tickets[0].opened, "2026-05-04");
    assert!(rest.find("+14155550118").expect("answered").is_none());
    assert!(
        rest.find("+14155550119").expect("answered").is_none(),
        "a fault that means nobody"
    );
}

#[test]
fn a_crm_that_is_not_itself_makes_notes_wait_and_its_refusals_do_not() {
    let latin = [
        b"<?xml version='1.0' encoding='ISO-8859-1'?>".as_slice(),
        &created("\u{fc}").replace('\u{fc}', "?").into_bytes(),
    ]
    .concat();
    let utf_16: Vec<u8> = format!("\u{feff}{}", created("T-9"))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (case, raw, told, waits, maybe_written) in [
        (
            "maintenance page",
            answer("200 OK", "<html>back soon</html>"),
            "no SOAP message but <html>",
            true,
            true,
        ),
        (
            "a page with a DTD",
            answer("502 Bad Gateway", "<!DOCTYPE html><html></html>"),
            "502",
            true,
            true,
        ),
        (
            "a proxy's refusal",
            answer("403 Forbidden", "<html>no</html>"),
            "403",
            true,
            false,
        ),
        (
            "JSON",
            answer("200 OK", "{\"id\": 7}"),
            "no SOAP",
            true,
            true,
        ),
        (
            "nothing",
            answer("200 OK", ""),
            "has no id at `/Id`",
            true,
            true,
        ),
        (
            "no id",
            answer("200 OK", envelope("<c:CreateTicketResponse/>")),
            "has no id at `/Id`",
            true,
            true,
        ),
        (
            "broken off",
            answer("200 OK", &created("T-7")[..90]),
            "no SOAP",
            true,
            true,
        ),
        (
            "ten megabytes",
            answer("200 OK", created(&"7".repeat(10_000_000))),
            "longer than 4 MiB",
            true,
            true,
        ),
        (
            "very deep",
            answer("200 OK", "<a>".repeat(5_000)),
            "within each other",
            true,
            true,
        ),
        (
            "an encoding that it does not keep",
            answer("200 OK", b"<a>\xfc</a>"),
            "no UTF-8",
            true,
            true,
        ),
        (
            "in trouble",
            fault("s:Server", "out of memory"),
            "the CRM could not do it (Server)",
            true,
            true,
        ),
        (
            "a lock",
            fault("s:Client.RecordLocked", "try later"),
            "(Client.RecordLocked)",
            true,
            true,
        ),
        (
            "unknown to it",
            fault("wsse:FailedAuthentication", "no"),
            "does not take us for who we say",
            true,
            false,
        ),
        (
            "its own refusal",
            fault("s:Client", "the subject is too long"),
            "the CRM refused it (Client)",
            false,
            false,
        ),
        (
            "a code of its own",
            fault("c:TOO_LONG", "the subject is too long"),
            "refused it (TOO_LONG)",
            false,
            false,
        ),
        (
            "a refusal that it takes for trouble",
            fault("s:Server.ValidationFailed", "no"),
            "refused it",
            false,
            false,
        ),
        (
            "another version",
            fault("s:VersionMismatch", "1.2, please"),
            "does not take messages of this form",
            false,
            false,
        ),
    ] {
        let (url, _) = serve(vec![raw]);
        let failure = write_ticket(&at(&url)).expect_err(case);
        assert_eq!(
            matches!(failure, CrmError::Unavailable { .. }),
            waits,
            "{case}: {failure}"
        );
        assert_eq!(failure.maybe_written(), maybe_written, "{case}: {failure}");
        assert!(failure.to_string().contains(told), "{case}: {failure}");
    }
    for (raw, id) in [(latin, "?"), (utf_16, "T-9")] {
        let (url, _) = serve(vec![answer("200 OK", raw)]);
        assert_eq!(write_ticket(&at(&url)).expect("written"), id);
    }
}

#[test]
fn what_the_crm_says_of_a_refusal_is_kept_with_its_detail() {
    let text = "<s:Fault><faultcode>s:Client</faultcode><faultstring>not taken</faultstring><detail><c:e>\
                <c:field>Subject</c:field><c:why>too long</c:why></c:e></detail></s:Fault>";
    let (url, _) = serve(vec![answer("500 Oops", envelope(text))]);
    let failure = write_ticket(&at(&url)).expect_err("refused");
    assert_eq!(
        failure.in_full(),
        "the CRM refused it (Client): not taken Subject too long"
    );
}

#[test]
fn a_secret_that_was_renewed_in_its_file_needs_no_restart() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("password");
    std::fs::write(&file, "old\n").expect("writable");
    let unknown = || fault("wsse:FailedAuthentication", "no");
    let (url, asked) = serve(vec![unknown(), unknown(), answer("200 OK", created("T-7"))]);
    let from = format!("file = {:?}", file.display().to_string());
    let text = SAMPLE
        .replace("env = \"CRM_PASSWORD\"", &from)
        .replace("digest = true", "digest = false")
        .replace(
            "# address = \"https://crm.example.com/services/crm\"",
            &format!("address = \"{url}\""),
        );
    let rest = parse(&text).expect("well formed");
    write_ticket(&rest).expect_err("the secret is not known, and there is no other");
    std::fs::write(&file, "new\n").expect("writable");
    assert_eq!(write_ticket(&rest).expect("with the new one"), "T-7");
    let asked = asked.lock().expect("nobody panics here");
    for (request, secret) in asked.iter().zip([">old<", ">old<", ">new<"]) {
        assert!(request.contains(secret), "{request}");
    }
}

#[test]
fn a_mistake_in_a_description_is_named_with_its_line() {
    for (right, wrong, message) in [
        (
            "\"generic-soap.wsdl\"",
            "\"none.wsdl\"",
            "`soap.wsdl` names `none.wsdl`: it cannot be read",
        ),
        (
            "\"generic-soap.wsdl\"",
            "\"generic-soap.toml\"",
            "`soap.wsdl` names `generic-soap.toml`: the WSDL: it is no",
        ),
        (
            "\"CreateTicket\"",
            "\"CreateTickets\"",
            "create_ticket: it has no operation `CreateTickets`; it has `CreateTask`",
        ),
        (
            "{{ vars.pool }}",
            "null",
            "create_ticket body: `Ticket/Pool` is empty",
        ),
        (
            "\"High\" if",
            "\"Urgent\" if",
            "create_ticket body: `Ticket/Priority` is none of `Normal` and `High`",
        ),
        (
            "\"Subject\": {{",
            "\"Subjekt\": {{",
            "create_ticket body: `Ticket/Subject` is missing",
        ),
        (
            "\"Phone\": {{ phone }}",
            "\"Phone\": \"{{ phone }}\"",
            "find body: no JSON",
        ),
        (
            "operation = \"CreateTask\"",
            "path = \"/tasks\"",
            "create_task: a `path` needs `base_url`",
        ),
        (
            "operation = \"CreateTask\"",
            "operation = \"CreateTask\"\nmethod = \"PUT\"",
            "create_task: `method` is for requests with a `path`",
        ),
        (
            "operation = \"CreateTask\"",
            "operation = \"CreateTask\"\npath = \"/\"",
            "create_task: ",
        ),
        (
            "# port = \"CrmSoap\"",
            "port = \"CrmSoap12\"",
            "it has no port `CrmSoap12` with a binding to SOAP over HTTP; it has `CrmSoap`",
        ),
        (
            "# address = \"https://",
            "address = \"ftp://",
            "`address` begins with neither http:// nor https://",
        ),
        (
            "digest = true",
            "digested = true",
            "unknown field `digested`",
        ),
    ] {
        assert!(SAMPLE.contains(right), "{right} is in the sample");
        let error = parse(&SAMPLE.replacen(right, wrong, 1)).err();
        let error = error.unwrap_or_else(|| panic!("{wrong} is wrong"));
        assert!(error.contains(message), "{wrong}: {error}");
        assert!(error.contains(".toml:"), "{error}");
    }
    let without = SAMPLE
        .replace("[soap]", "[vars.unused]")
        .replace("[soap.security]", "[vars.a]")
        .replace("[soap.faults]", "[vars.b]");
    let error = parse(&without).err().expect("there is no service");
    assert!(
        error.contains("`operation` needs a section [soap]"),
        "{error}"
    );
    let error = Rest::parse(&path(), SAMPLE, |_| None)
        .err()
        .expect("there is no secret")
        .to_string();
    assert!(
        error.contains("`soap.security.env` names the environment variable CRM_PASSWORD"),
        "{error}"
    );
}

#[test]
fn the_description_in_the_docs_is_understood() {
    let docs = include_str!("../../../../../docs/INTEGRATE.md");
    let (_, from) = docs.split_once("```toml crm.toml\n").expect("it is there");
    let (text, _) = from.split_once("```").expect("it ends");
    let text = text.replace("crm.wsdl", "generic-soap.wsdl");
    if let Err(error) = parse(&text) {
        panic!("{error}");
    }
}
