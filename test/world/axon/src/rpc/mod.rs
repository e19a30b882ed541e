//! JSON-RPC over HTTP and WebSockets, and what Prometheus reads.

pub mod methods;
mod views;

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::{
        State,
        ws::{Message as Frame, WebSocket, WebSocketUpgrade},
    },
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{config::bound, consensus::ledger::Ledger, network::Network, rpc::methods::Methods};

pub async fn serve_http(address: SocketAddr, methods: Methods) -> Result<(), String> {
    serve(address, Router::new().route("/", post(over_http)).with_state(methods)).await
}

pub async fn serve_websockets(address: SocketAddr, methods: Methods) -> Result<(), String> {
    serve(address, Router::new().route("/", any(over_websocket)).with_state(methods)).await
}

pub async fn serve_metrics(
    address: SocketAddr,
    ledger: Arc<Ledger>,
    network: Arc<Network>,
) -> Result<(), String> {
    let metrics = move || async move { metrics(&ledger, &network) };
    serve(address, Router::new().route("/metrics", get(metrics))).await
}

/// Binds before it returns; serves for as long as the program runs.
async fn serve(address: SocketAddr, router: Router) -> Result<(), String> {
    let address = bound(address);
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("cannot listen at {address}: {error}"))?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(())
}

const NO_JSON: &str =
    "Supplied content type is not allowed. Content-Type: application/json is required";

async fn over_http(State(methods): State<Methods>, headers: HeaderMap, body: Bytes) -> Response {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !given.starts_with("application/json") {
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, NO_JSON).into_response();
    }
    let reply = answer(&methods, &body).await.to_string();
    ([(CONTENT_TYPE, "application/json; charset=utf-8")], reply).into_response()
}

async fn over_websocket(
    State(methods): State<Methods>,
    upgrade: WebSocketUpgrade,
) -> impl IntoResponse {
    upgrade.on_upgrade(|socket| converse(socket, methods))
}

async fn converse(mut socket: WebSocket, methods: Methods) {
    while let Some(Ok(frame)) = socket.recv().await {
        let text = match &frame {
            Frame::Text(text) => text.as_bytes(),
            Frame::Binary(bytes) => bytes.as_ref(),
            _ => continue,
        };
        let reply = answer(&methods, text).await.to_string();
        if socket.send(Frame::Text(reply.into())).await.is_err() {
            return;
        }
    }
}

async fn answer(methods: &Methods, body: &[u8]) -> Value {
    match serde_json::from_slice(body) {
        Ok(Value::Array(calls)) => {
            let mut replies = Vec::with_capacity(calls.len());
            for call in &calls {
                replies.push(answer_one(methods, call).await);
            }
            json!(replies)
        }
        Ok(call) => answer_one(methods, &call).await,
        Err(_) => json!({
            "jsonrpc": "2.0", "error": { "code": -32700, "message": "Parse error" }, "id": null,
        }),
    }
}

async fn answer_one(methods: &Methods, call: &Value) -> Value {
    let id = &call["id"];
    let Some(method) = call["method"].as_str() else {
        return json!({
            "jsonrpc": "2.0", "error": { "code": -32600, "message": "Invalid request" }, "id": id,
        });
    };
    match methods.call(method, &call["params"]).await {
        Ok(result) => json!({ "jsonrpc": "2.0", "result": result, "id": id }),
        Err(error) => json!({
            "jsonrpc": "2.0", "error": { "code": error.code, "message": error.message }, "id": id,
        }),
    }
}

fn metrics(ledger: &Ledger, network: &Network) -> String {
    let store = ledger.store.read();
    let gauges = [
        ("axon_consensus_height", "Height of axon", store.number() + 1),
        ("axon_consensus_round", "Round count of consensus", store.proof().round),
        ("axon_mempool_tx_count", "Tx len in mempool", ledger.mempool.len() as u64),
        ("axon_network_connected_peers", "Total connected peer count", network.peer_count() as u64),
    ];
    let lines = gauges.map(|(name, help, value)| {
        format!("# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n")
    });
    lines.concat()
}
