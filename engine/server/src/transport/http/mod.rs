//! What browsers and operations ask for: the desk, events, calls, search, metrics, health.

mod app;
mod audio;
mod board;
mod body;
mod calls;
mod customers;
mod desk;
mod doors;
mod events;
mod failure;
mod friction;
mod headers;
mod identity;
mod knowledge;
mod login_page;
mod metrics;
mod notes;
mod oidc;
mod open;
mod past_calls;
mod search;
mod session;
mod soap;
mod supervision;
mod work;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, delete, get, patch, post, put};
use sidetone_access::Right;
use tokio_util::sync::CancellationToken;

use super::LONGEST_MESSAGE;
use super::identify::identify;
use super::needs::Needs;
use super::origin::own_pages_alone;
use super::probes::{self, Probe};
use super::timing;
use crate::api::Api;
use app::App;
pub(in crate::transport) use failure::Failure;
pub(in crate::transport) use login_page::{LoginPage, Then};
pub(in crate::transport) use oidc::{CALLBACK_PATH, LOGIN_PATH};
pub(in crate::transport) use session::SESSION_PATH;
pub(in crate::transport) use soap::SOAP_PATH;

/// Something that is answered over HTTP.
struct Route {
    method: &'static str,
    path: &'static str,
    needs: Needs,
    handler: MethodRouter<App>,
}

/// All that is answered over HTTP.
fn routes() -> Vec<Route> {
    use Needs::{Login, Nothing, Right as May};
    let route = |method, path, needs, handler| Route {
        method,
        path,
        needs,
        handler,
    };
    vec![
        route("GET", "/", Login, get(desk::page)),
        route("GET", "/desk/{*part}", Login, get(desk::part)),
        route("GET", "/healthz", Nothing, get(alive)),
        route("GET", "/readyz", Nothing, get(ready)),
        route("POST", SESSION_PATH, Nothing, post(session::begin)),
        route("DELETE", SESSION_PATH, Login, delete(session::end)),
        route("GET", oidc::LOGIN_PATH, Nothing, get(oidc::begin)),
        route("GET", oidc::CALLBACK_PATH, Nothing, get(oidc::end)),
        route("GET", "/v1/me", Login, get(session::me)),
        route("GET", "/v1/calls", May(Right::ListCalls), get(calls::list)),
        route("POST", "/v1/calls", May(Right::OpenCalls), post(open::open)),
        route("POST", "/v1/taps", May(Right::OpenCalls), post(open::tap)),
        route(
            "GET",
            "/v1/calls/{id}",
            May(Right::ReadCalls),
            get(calls::one),
        ),
        route(
            "PATCH",
            "/v1/calls/{id}",
            May(Right::ChangeCalls),
            patch(open::update),
        ),
        route(
            "DELETE",
            "/v1/calls/{id}",
            May(Right::CloseCalls),
            delete(open::close),
        ),
        route(
            "GET",
            "/v1/calls/{id}/transcript.json",
            May(Right::ReadCalls),
            get(calls::transcript_json),
        ),
        route(
            "GET",
            "/v1/calls/{id}/transcript.vtt",
            May(Right::ReadCalls),
            get(calls::transcript_vtt),
        ),
        route(
            "GET",
            "/v1/calls/{id}/audio",
            May(Right::HearCalls),
            get(audio::audio),
        ),
        route(
            "POST",
            "/v1/calls/{id}/note/retry",
            May(Right::RetryNotes),
            post(notes::retry),
        ),
        route(
            "GET",
            "/v1/calls/{id}/note",
            May(Right::ReadCalls),
            get(notes::one),
        ),
        route(
            "PUT",
            "/v1/calls/{id}/note",
            May(Right::ReviewNotes),
            put(notes::review),
        ),
        route(
            "POST",
            "/v1/calls/{id}/feedback",
            May(Right::RateCards),
            post(calls::feedback),
        ),
        route(
            "POST",
            "/v1/calls/{id}/alerts/{alert}/acknowledge",
            May(Right::Acknowledge),
            post(calls::acknowledge),
        ),
        route(
            "POST",
            "/v1/calls/{id}/claim",
            May(Right::Supervise),
            post(supervision::claim),
        ),
        route(
            "DELETE",
            "/v1/calls/{id}/claim",
            May(Right::Supervise),
            delete(supervision::release),
        ),
        route(
            "POST",
            "/v1/calls/{id}/messages",
            May(Right::Supervise),
            post(supervision::write),
        ),
        route(
            "POST",
            "/v1/calls/{id}/messages/{message}/read",
            May(Right::Acknowledge),
            post(supervision::read),
        ),
        route(
            "PUT",
            "/v1/calls/{id}/memo",
            May(Right::ReviewNotes),
            put(work::set_memo),
        ),
        route(
            "PUT",
            "/v1/calls/{id}/customer",
            May(Right::ReviewNotes),
            put(identity::choose),
        ),
        route(
            "DELETE",
            "/v1/calls/{id}/customer",
            May(Right::ReviewNotes),
            delete(identity::undo),
        ),
        route(
            "POST",
            "/v1/crm/changes",
            May(Right::EditCustomers),
            post(identity::changed),
        ),
        route(
            "GET",
            "/v1/calls/{id}/customers",
            May(Right::ReviewNotes),
            get(identity::look_for),
        ),
        route(
            "PUT",
            "/v1/calls/{id}/pins/{pin}",
            May(Right::ReviewNotes),
            put(work::pin),
        ),
        route(
            "DELETE",
            "/v1/calls/{id}/pins/{pin}",
            May(Right::ReviewNotes),
            delete(work::unpin),
        ),
        route(
            "PUT",
            "/v1/calls/{id}/promises/{number}",
            May(Right::ReviewNotes),
            put(work::edit_promise),
        ),
        route(
            "DELETE",
            "/v1/calls/{id}/promises/{number}",
            May(Right::ReviewNotes),
            delete(work::remove_promise),
        ),
        route(
            "GET",
            "/v1/past-calls",
            May(Right::ReadCalls),
            get(past_calls::list),
        ),
        route("GET", "/v1/doors", May(Right::ReadDoors), get(doors::doors)),
        route(
            "GET",
            "/v1/board",
            May(Right::ReadMetrics),
            get(board::board),
        ),
        route(
            "GET",
            "/v1/board/thresholds",
            May(Right::ReadMetrics),
            get(board::thresholds),
        ),
        route(
            "PUT",
            "/v1/board/thresholds",
            May(Right::EditThresholds),
            put(board::set),
        ),
        route(
            "GET",
            "/v1/events",
            Needs::Either(Right::Follow, Right::ReadMetrics),
            get(events::events),
        ),
        route(
            "GET",
            "/v1/rules",
            May(Right::ReadRules),
            get(search::rules),
        ),
        route(
            "GET",
            "/v1/knowledge/articles",
            May(Right::ReadKnowledge),
            get(knowledge::articles),
        ),
        route(
            "GET",
            "/v1/knowledge/articles/{id}",
            May(Right::ReadKnowledge),
            get(knowledge::article),
        ),
        route(
            "GET",
            "/v1/knowledge/search",
            May(Right::ReadKnowledge),
            get(knowledge::find),
        ),
        route(
            "GET",
            "/v1/knowledge/files",
            May(Right::EditKnowledge),
            get(knowledge::files),
        ),
        route(
            "GET",
            "/v1/knowledge/files/{kind}/{name}",
            May(Right::EditKnowledge),
            get(knowledge::file),
        ),
        route(
            "PUT",
            "/v1/knowledge/files/{kind}/{name}",
            May(Right::EditKnowledge),
            put(knowledge::publish),
        ),
        route(
            "DELETE",
            "/v1/knowledge/files/{kind}/{name}",
            May(Right::EditKnowledge),
            delete(knowledge::remove),
        ),
        route(
            "GET",
            "/v1/knowledge/files/{kind}/{name}/versions",
            May(Right::EditKnowledge),
            get(knowledge::versions),
        ),
        route(
            "GET",
            "/v1/knowledge/files/{kind}/{name}/versions/{version}",
            May(Right::EditKnowledge),
            get(knowledge::version),
        ),
        route(
            "POST",
            "/v1/knowledge/checks",
            May(Right::EditKnowledge),
            post(knowledge::check),
        ),
        route(
            "POST",
            "/v1/knowledge/trials",
            May(Right::EditKnowledge),
            post(knowledge::try_out),
        ),
        route(
            "GET",
            "/v1/customers",
            May(Right::ReadCustomers),
            get(customers::list),
        ),
        route(
            "POST",
            "/v1/customers",
            May(Right::EditCustomers),
            post(customers::add),
        ),
        route(
            "GET",
            "/v1/customers/{customer}",
            May(Right::ReadCustomers),
            get(customers::one),
        ),
        route(
            "PUT",
            "/v1/customers/{customer}",
            May(Right::EditCustomers),
            put(customers::change),
        ),
        route(
            "DELETE",
            "/v1/customers/{customer}",
            May(Right::EditCustomers),
            delete(customers::remove),
        ),
        route(
            "GET",
            "/v1/tickets",
            May(Right::ReadCustomers),
            get(customers::tickets),
        ),
        route(
            "PATCH",
            "/v1/tickets/{ticket}",
            May(Right::EditCustomers),
            patch(customers::set_ticket),
        ),
        route(
            "GET",
            "/v1/tasks",
            May(Right::ReadCustomers),
            get(customers::tasks),
        ),
        route(
            "PATCH",
            "/v1/tasks/{task}",
            May(Right::EditCustomers),
            patch(customers::set_task),
        ),
        // Each operation asks for the right of its own.
        route("POST", SOAP_PATH, Login, post(soap::answer)),
        route("GET", SOAP_PATH, Nothing, get(soap::describe)),
        route("POST", "/v1/friction", Login, post(friction::report)),
        route(
            "DELETE",
            "/v1/friction/{report}",
            Login,
            delete(friction::withdraw),
        ),
        route(
            "GET",
            "/v1/friction",
            May(Right::ReadFriction),
            get(friction::list),
        ),
        route(
            "GET",
            "/v1/friction/trend",
            May(Right::ReadFriction),
            get(friction::trend),
        ),
        route("GET", "/v1/search", May(Right::Search), get(search::search)),
        route(
            "GET",
            "/metrics",
            May(Right::ReadMetrics),
            get(metrics::metrics),
        ),
    ]
}

/// The method, the path and what is needed of all that is answered over HTTP.
pub fn listed() -> Vec<(&'static str, &'static str, Needs)> {
    let routes = routes().into_iter();
    routes
        .map(|route| (route.method, route.path, route.needs))
        .collect()
}

/// All that is not gRPC.
pub(in crate::transport) fn router(api: Api, done: CancellationToken) -> Router {
    let app = App {
        api: api.clone(),
        done,
    };
    let frames = headers::Frames::of(api.embed_origins());
    let router = routes().into_iter().fold(Router::new(), |router, route| {
        let timed = api.counts().http_route(route.method, route.path);
        let timed = from_fn_with_state(timed, timing::route);
        router.route(route.path, route.handler.layer(timed))
    });
    router
        .fallback(failure::no_such_path)
        .with_state(app)
        .layer(DefaultBodyLimit::max(LONGEST_MESSAGE))
        .layer(from_fn_with_state(api.clone(), identify))
        .layer(from_fn_with_state(api.clone(), own_pages_alone))
        .layer(from_fn_with_state(api, timing::answers))
        .layer(from_fn_with_state(frames, headers::set))
}

async fn alive(State(app): State<App>) -> Probe {
    probes::alive(app.api.is_draining())
}

/// Whoever asks is not known: where that matters, they are not told why no calls are taken.
async fn ready(State(app): State<App>) -> Probe {
    let ready = app.api.ready();
    probes::ready(match app.api.guard().is_open() {
        true => ready,
        false => ready.map_err(|_| "not ready".to_owned()),
    })
}
