//! What can be asked for over SOAP: the table of which the WSDL is written and by which requests are read.
//!
//! Fields are called as those of REST and have their meanings: a request becomes the JSON that REST takes. What
//! is an object of names and values there is a list of `name` and `value` here, since elements need names of
//! their own.

use std::sync::OnceLock;

use sidetone_soap::{Contract, Described, Field, Name, Of};
use sidetone_types::party::{Direction, Role};

/// The namespace of all of it. A change that somebody would notice gets another one.
pub(super) const SPACE: &str = "urn:sidetone:soap:v1";

/// What can be asked for.
pub(super) fn contract() -> &'static Contract {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    CONTRACT.get_or_init(made)
}

fn field(name: &str, of: Of) -> Field {
    Field::new(Name::new(SPACE, name), of)
}

fn text(name: &str) -> Field {
    field(name, Of::xs("string")).optional()
}

fn texts(name: &str) -> Field {
    text(name).many()
}

fn truth(name: &str) -> Field {
    field(name, Of::xs("boolean")).optional()
}

fn number(name: &str) -> Field {
    field(name, Of::xs("unsignedLong")).optional()
}

fn required(field: Field) -> Field {
    Field {
        required: true,
        ..field
    }
}

fn call_id() -> Field {
    required(text("call_id")).doc("The call.")
}

/// The types that several operations use.
struct Types {
    pair: Of,
    direction: Of,
    leg: Of,
    control: Of,
    address: Of,
}

fn types(contract: &mut Contract) -> Types {
    let role = contract.add_type("Role", &Of::one_of(Role::ALL.map(Role::as_str)));
    let directions = [Direction::Inbound, Direction::Outbound, Direction::Unknown];
    let direction = contract.add_type("Direction", &Of::one_of(directions.map(Direction::as_str)));
    let pair = Of::elements([required(text("name")), required(text("value"))]);
    let payload = Of::elements([
        required(number("payload_type")),
        required(text("encoding")),
        number("clock_rate"),
    ]);
    let payload = contract.add_type("Payload", &payload);
    let in_role = || field("role", role.clone());
    let leg = Of::elements([
        in_role(),
        text("party_id"),
        text("party_name"),
        field("payloads", payload.clone()).many(),
    ]);
    let party = Of::elements([in_role(), text("id"), text("name")]);
    let key = Of::elements([
        required(text("key")).doc("One of 0-9 * # A-D."),
        number("duration_ms"),
    ]);
    let what = Of::choice([
        truth("hold"),
        truth("mute"),
        truth("pause"),
        field("join", party).doc("Somebody else is on the leg."),
        // An element with nothing in it is one that some clients leave out.
        field("leave", Of::one_of(["true"])).doc("Nobody is on the leg any more."),
        field("dtmf", key).doc("A key was pressed."),
        field("payloads", payload)
            .many()
            .doc("Other codecs were agreed."),
    ]);
    let control = Of::elements([
        in_role().doc("With `party_id`, which leg."),
        text("party_id"),
        number("at_ms")
            .doc("When, in milliseconds since the call was opened; now, if it is not there."),
        field("do", what),
    ]);
    let address = Of::elements([in_role(), text("party_id"), text("host"), number("port")]);
    Types {
        pair: contract.add_type("Pair", &pair),
        leg: contract.add_type("Leg", &leg),
        control: contract.add_type("Control", &control),
        address: contract.add_type("Address", &address),
        direction,
    }
}

fn made() -> Contract {
    let mut contract = Contract::new("Sidetone", SPACE);
    let types = types(&mut contract);
    let customer = customer(&types);
    let customer = contract.add_type("Customer", &customer);
    contract.add(Described {
        name: "FindCustomer",
        doc: "Who has a number or an id, in the CRM that comes with the engine. Where nobody has the number, there are no customers.",
        takes: vec![
            text("phone").doc("As it is dialled, or in E.164."),
            text("customer_id").doc("Instead of the number."),
        ],
        gives: vec![field("customers", customer).many()],
    });
    contract.add(opening(&types));
    contract.add(update(&types));
    contract.add(Described {
        name: "CloseCall",
        doc: "Ends a call that is open.",
        takes: vec![call_id()],
        gives: Vec::new(),
    });
    contract.add(Described {
        name: "PushEvent",
        doc: "Something has happened in a call: to one of its legs (`control`), or elsewhere (`metadata`), which is kept with \
              the call and told to its followers.",
        takes: vec![
            call_id(),
            field("control", types.control.clone()).optional(),
            field("metadata", types.pair.clone()).many(),
        ],
        gives: vec![texts("notices")],
    });
    let summary = contract.add_type("Summary", &summary());
    contract.add(Described {
        name: "GetSummary",
        doc: "What remains of a call. `summary` is not there while the call goes on, where nothing was said, and for those who \
              may not see it.",
        takes: vec![call_id()],
        gives: vec![
            call_id(),
            required(truth("ended")),
            number("opened_ms").doc("In milliseconds since 1970."),
            number("ended_ms"),
            text("agent_id"),
            text("caller"),
            text("callee"),
            field("direction", types.direction.clone()).optional(),
            field("metadata", types.pair.clone()).many(),
            text("customer_id"),
            text("customer_name"),
            field("summary", summary).optional(),
        ],
    });
    contract
}

fn opening(types: &Types) -> Described {
    let phrase = Of::elements([
        required(text("text")),
        field("boost", Of::xs("float")).optional(),
    ]);
    let wish = Of::elements([truth("record"), text("class"), truth("consent")]);
    Described {
        name: "OpenCall",
        doc: "Opens a call that comes as RTP, and says where to send the sound of each leg.",
        takes: vec![
            text("call_id").doc("An id of your own; without it the engine makes one."),
            text("caller"),
            text("callee"),
            field("direction", types.direction.clone()).optional(),
            text("agent_id"),
            texts("languages").doc("Those that may be spoken: `en`, `zh`."),
            field("vocabulary", phrase).many(),
            field("metadata", types.pair.clone()).many(),
            field("recording", wish).optional(),
            truth("interim_results"),
            required(field("legs", types.leg.clone()).many()),
        ],
        gives: vec![
            call_id(),
            field("addresses", types.address.clone()).many(),
            texts("notices").doc("What is odd about the request."),
        ],
    }
}

fn update(types: &Types) -> Described {
    let correction = Of::elements([
        required(number("utterance")),
        required(text("text")),
        text("by"),
    ]);
    let wanted = [
        "start",
        "stop",
        "pause",
        "resume",
        "consent_given",
        "consent_refused",
    ];
    let order = Of::elements([field("do", Of::one_of(wanted)), text("by")]);
    Described {
        name: "UpdateCall",
        doc: "Changes a call that is open, as a whole or not at all.",
        takes: vec![
            call_id(),
            text("caller"),
            text("callee"),
            field("direction", types.direction.clone()).optional(),
            field("metadata", types.pair.clone()).many(),
            field("controls", types.control.clone()).many(),
            field("legs", types.leg.clone())
                .many()
                .doc("Legs that are added."),
            field("corrections", correction).many(),
            field("recording", order).optional(),
        ],
        gives: vec![
            field("addresses", types.address.clone()).many(),
            texts("notices"),
        ],
    }
}

fn customer(types: &Types) -> Of {
    let ticket = Of::elements([
        text("ticket_id"),
        text("title"),
        text("body"),
        text("status"),
        truth("urgent"),
        text("agent_id"),
        text("opened"),
        text("disposition"),
    ]);
    let task = Of::elements([
        text("task_id"),
        text("ticket_id"),
        text("kind"),
        text("title"),
        text("due"),
        number("done_ms"),
    ]);
    let contact = Of::elements([text("day"), text("channel"), text("about")]);
    Of::elements([
        text("customer_id"),
        text("name"),
        texts("phones"),
        text("email"),
        text("tier"),
        field("preferences", types.pair.clone()).many(),
        field("tickets", ticket).many(),
        field("tasks", task).many(),
        field("contacts", contact).many(),
    ])
}

fn summary() -> Of {
    let promise = Of::elements([
        text("role"),
        text("text"),
        text("kind"),
        text("said"),
        text("due"),
    ]);
    let follow_up = Of::elements([
        text("kind"),
        text("title"),
        text("due"),
        text("due_time"),
        text("when_said"),
    ]);
    Of::elements([
        text("lang"),
        text("reason"),
        texts("actions"),
        field("promises", promise).many(),
        texts("risks"),
        texts("keywords"),
        field("follow_ups", follow_up).many(),
        truth("urgent"),
        text("disposition"),
        text("reviewed_by"),
        texts("missed"),
        text("memo"),
        number("agent_talk_ms"),
        number("customer_talk_ms"),
        text("text"),
    ])
}
