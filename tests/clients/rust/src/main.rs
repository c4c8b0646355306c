// SPDX-License-Identifier: MIT
//! clients NAME URL: what each says is a line of JSON for each event that its
//! library gave it, and for each error.

use eventsource_client::{Client, ClientBuilder, SSE};
use futures::StreamExt;
use launchdarkly_sdk_transport::HyperTransport;
use reqwest_eventsource::{Event, EventSource};
use serde_json::json;
use std::fmt::Debug;

fn take(kind: &str, data: &str, id: Option<&str>) {
    println!("{}", json!({"type": kind, "data": data, "id": id}));
}

fn failed(error: impl Debug) {
    println!("{}", json!({"error": format!("{error:?}")}));
}

async fn eventsource_client(url: &str) {
    let transport = HyperTransport::builder().build_http().unwrap();
    let client = ClientBuilder::for_url(url).unwrap().build_with_transport(transport);
    let mut stream = client.stream();
    while let Some(event) = stream.next().await {
        match event {
            Ok(SSE::Event(event)) => take(&event.event_type, &event.data, event.id.as_deref()),
            Ok(_) => (),
            Err(error) => failed(error),
        }
    }
}

async fn reqwest_eventsource(url: &str) {
    let mut source = EventSource::get(url);
    while let Some(event) = source.next().await {
        match event {
            Ok(Event::Message(event)) => take(&event.event, &event.data, Some(&event.id)),
            Ok(Event::Open) => println!("{}", json!({"open": true})),
            Err(error) => failed(error),
        }
    }
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments[1].as_str() {
        "eventsource-client" => eventsource_client(&arguments[2]).await,
        _ => reqwest_eventsource(&arguments[2]).await,
    }
    println!("{}", json!({"ended": true}));
}
