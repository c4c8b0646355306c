// SPDX-License-Identifier: MIT
// run - a snippet run by the page itself, which does what the text says
//
//   idle     a click begins
//   running  lines come, the last few are shown; a click ends it, or RUN_MS do

import { publication, streamAddress } from "./commands.js";
import { el, setText } from "./dom.js";
import { onLanguage, t } from "./i18n.js";

const LINES_MAX = 4;
const LINE_MAX = 400; // characters
const RUN_MS = 60_000;

async function publish(event, token) {
	const { address, type, body } = publication(event);
	const answer = await fetch(address, { method: "POST", headers: { "Content-Type": type, ...token.headers }, body });
	return `${answer.status} ${(await answer.text()).trim()}`;
}

// As EventSource hears it.
async function hear(event, token, say, signal) {
	const ticket = token.isUsed ? `&ticket=${encodeURIComponent((await token.ticket()).ticket)}` : "";
	if (signal.aborted)
		return;
	const stream = new EventSource(streamAddress(event) + ticket);
	signal.addEventListener("abort", () => stream.close());
	const type = event.type || "message";
	stream.addEventListener(type, (heard) => {
		if (heard instanceof MessageEvent)
			say(`${heard.lastEventId} ${heard.data}`);
	});
	stream.addEventListener("open", (opened) => opened instanceof MessageEvent || say.ours(t("use-open", { type })));
	stream.addEventListener("error", (error) => error instanceof MessageEvent || say.ours(t("use-lost")));
}

// As it stands on the wire.
async function read(event, token, say, signal) {
	const answer = await fetch(streamAddress(event), { headers: token.headers, signal });
	const pieces = answer.body.pipeThrough(new TextDecoderStream());
	let rest = "";
	for (const reader = pieces.getReader(); ;) {
		const { value, done } = await reader.read();
		if (done)
			return;
		const lines = (rest + value).split("\n");
		rest = lines.pop();
		lines.forEach((line) => say(line));
	}
}

const once = async (event, token, say) => say(await publish(event, token));
export const RUNS = { js: { publish: once, listen: hear }, curl: { publish: once, listen: read } };

export class Run {
	#stop = null; // an AbortController while it runs
	#timer = 0;
	#lines = [];

	// act: one of RUNS. event: () => what the form would publish.
	constructor(act, output, { token }, event) {
		Object.assign(this, { act, output, token, event });
		this.button = el("button", { type: "button", class: "button quiet run", onclick: () => (this.#stop === null ? this.#begin() : this.#end()) });
		onLanguage(() => this.#show());
		this.#show();
	}

	#show() {
		setText(this.button, t(this.#stop === null ? "use-run" : "use-stop"));
	}

	// lang: of the line; what the page itself says is in its own.
	#say(line, lang = "en") {
		this.#lines.push(el("span", { lang }, `${line.slice(0, LINE_MAX)}\n`));
		if (this.#lines.length > LINES_MAX)
			this.#lines.shift();
		this.output.hidden = false;
		this.output.replaceChildren(...this.#lines);
	}

	// Silent once it is stopped; say(line) of the server's, say.ours(line) of the page's.
	#voice(signal) {
		const say = (line, lang) => signal.aborted || this.#say(line, lang);
		return Object.assign(say, { ours: (line) => say(line, document.documentElement.lang) });
	}

	async #begin() {
		const stop = this.#stop = new AbortController();
		this.#lines = [];
		this.#timer = setTimeout(() => this.#end(), RUN_MS);
		this.#show();
		try {
			await this.act(this.event(), this.token, this.#voice(stop.signal), stop.signal);
		} catch (error) {
			if (!stop.signal.aborted)
				this.#say(String(error?.said ?? error?.message ?? error));
		}
		if (this.act === once && stop === this.#stop)
			this.#end();
	}

	#end() {
		clearTimeout(this.#timer);
		this.#stop.abort();
		this.#stop = null;
		this.#show();
	}
}
