// SPDX-License-Identifier: MIT
// A server of event streams that does what a test says: Tidings' words, and a log.
import http from "node:http";

export class Server {
	log = []; // { id, channel, data, also }
	streams = new Set(); // { answer, query, headers, channels }
	asked = []; // all requests: { query, headers }
	answers = []; // what the next requests get instead: { status, headers, body }
	refuses = () => undefined; // (stream) => { status, headers, body } for who may not
	#id = 1000;

	async start() {
		this.http = http.createServer((request, answer) => this.#serve(request, answer));
		await new Promise((done) => this.http.listen(this.port ?? 0, "127.0.0.1", done));
		this.port = this.http.address().port;
		return this;
	}

	get url() {
		return `http://127.0.0.1:${this.port}/stream`;
	}

	// All connections are cut, and none is made until start().
	async stop() {
		this.http.closeAllConnections();
		await new Promise((done) => this.http.close(done));
		this.streams.clear();
	}

	cut() {
		for (const { answer } of this.streams)
			answer.destroy();
		this.streams.clear();
	}

	publish(channel, data, more = {}) {
		const event = { id: String(++this.#id), channel, data: String(data), ...more };
		this.log.push(event);
		for (const stream of this.streams)
			this.#bring(stream, event);
		return event.id;
	}

	says(type, data, id = "") {
		for (const { answer } of this.streams)
			answer.write(`${id && `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
	}

	// By the first of its channels that the stream is for; a private event names no others.
	#bring({ answer, takes }, { id, channel, data, also = [], isPrivate, type = "message" }) {
		const names = [channel, ...also];
		const by = names.find(takes);
		const others = isPrivate || also.length === 0 ? undefined : names.filter((name) => name !== by);
		if (by !== undefined)
			answer.write(`id: ${id}\nevent: ${type}\ndata: ${JSON.stringify({ channel: by, data, also: others })}\n\n`);
	}

	#serve(request, answer) {
		const query = new URL(request.url, this.url).searchParams;
		const channels = new Set(query.getAll("channel"));
		const starts = query.getAll("pattern").map((pattern) => pattern.replace(/\{.*/, "")); // all that it knows of them
		const takes = (name) => channels.has(name) || starts.some((start) => name.startsWith(start));
		const stream = { answer, query, headers: request.headers, channels, takes };
		this.asked.push(stream);
		const other = this.answers.shift() ?? this.refuses(stream);
		if (other !== undefined) {
			answer.writeHead(other.status, { "Content-Type": "application/json", ...other.headers });
			answer.end(other.body);
			return;
		}
		answer.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8" });
		this.streams.add(stream);
		request.on("close", () => this.streams.delete(stream));
		if (this.isPlain)
			this.isPlain(stream);
		else
			this.#begin(stream);
	}

	#begin(stream) {
		const { answer, query } = stream;
		const after = query.get("lastEventId") ?? (query.has("since") ? "0" : String(this.#id));
		answer.write(`retry: 20\nid: ${after}\nevent: connected\ndata: {"channels":[],"behind":true}\n\n`);
		for (const event of this.log)
			if (Number(event.id) > Number(after))
				this.#bring(stream, event);
		answer.write(`id: ${this.#id}\nevent: live\ndata: {}\n\n`);
	}
}

export async function until(condition, what = "it") {
	for (const end = Date.now() + 8000; !condition();) {
		if (Date.now() > end)
			throw new Error(`${what} did not come true`);
		await new Promise((done) => setTimeout(done, 5));
	}
}
