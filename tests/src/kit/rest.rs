//! Requests as a program makes them over REST.

use std::net::SocketAddr;

use serde_json::Value;

/// What is answered to a request over HTTP: the status, and JSON if there is any.
pub async fn rest(
    address: SocketAddr,
    method: &'static str,
    path: &str,
    body: Value,
) -> (u16, Value) {
    let url = format!("http://{address}{path}");
    let asked = tokio::task::spawn_blocking(move || {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build();
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(url)
            .header("content-type", "application/json");
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let request = request.body(body).expect("a request");
        let mut answer = ureq::Agent::new_with_config(agent)
            .run(request)
            .expect("served");
        let text = answer.body_mut().read_to_string().expect("text");
        (
            answer.status().as_u16(),
            serde_json::from_str(&text).unwrap_or(Value::Null),
        )
    });
    asked.await.expect("asked")
}
