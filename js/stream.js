// SPDX-License-Identifier: MIT
// stream - one connection that does not give up, over fetch
//
//   trying -> open     an answer that is an event stream
//   any -> waiting     it is lost, or any other answer; tried again, later each time
//   any -> refused     400, 401, 403, 414, 431; tried again by hurry()
//   any -> closed      close(), or a 204
//
// A new try goes on behind `last`, the id of the last event that was passed on.

const FIRST_MS = 1000; // unless `retry:` says something else
const LEAST_MS = 100; // whatever it says
const LONGEST_MS = 30_000;
const BUSY_MS = 15; // then others have their turn: what is read from memory never waits

// A turn of the loop; when it is over. No timer: those of a hidden window are held up.
const turn = () => new Promise((done) => {
	const { port1, port2 } = new MessageChannel();
	port1.onmessage = () => {
		port1.close();
		done(Date.now());
	};
	port2.postMessage(0);
});

// The events of a body: { type, data, id }, id "" if there is none; { retry }.
export async function* parse(body, alive = () => {}) {
	const reader = body.getReader();
	const decoder = new TextDecoder();
	let rest = "", wasCr = false, event = {};
	for (;;) {
		const { done, value } = await reader.read();
		if (done)
			return;
		alive();
		let text = decoder.decode(value, { stream: true });
		if (text === "")
			continue;
		if (wasCr && text[0] === "\n")
			text = text.slice(1);
		wasCr = text.endsWith("\r");
		const lines = (rest + text).split(/\r\n?|\n/);
		rest = lines.pop();
		for (const line of lines) {
			if (line === "") {
				if (event.data !== undefined || event.id !== undefined)
					yield { type: event.event || "message", data: event.data?.join("\n"), id: event.id ?? "" };
				event = {};
				continue;
			}
			const [, name, said = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
			if (name === "data")
				(event.data ??= []).push(said);
			else if (name === "retry" && /^\d+$/.test(said))
				yield { retry: Number(said) };
			else if (name === "event" || name === "id" && !said.includes("\0"))
				event[name] = said;
		}
	}
}

// Why there is no stream: { status, type, code, reason }.
async function refusal(answer) {
	const type = answer.headers.get("content-type") ?? "";
	const { error, message } = /json/.test(type) && await answer.json().catch(() => 0) || {};
	return { status: answer.status, type, code: error, reason: message ?? "no event stream" };
}

export class Stream {
	#how;
	#on;
	#stop = null; // of the try under way
	#timer = 0;
	#failures = 0;
	#wait = 0; // Retry-After
	#renewed = false;
	#retry = FIRST_MS;

	// how: { url: (last) => address, last, pass, silence: ms without a byte after
	// which a connection is a dead one (0: never), headers: (last) => { … } }
	// on: { open(), event({ type, id, data }), down(why), refused(why), ended() }
	constructor(how, on) {
		this.#how = how;
		this.#on = on;
		this.last = how.last;
		this.#run();
	}

	close() {
		clearTimeout(this.#timer);
		this.#stop?.abort();
		this.#stop = null;
	}

	// At once, with what is shown now.
	reopen() {
		this.close();
		this.#run();
	}

	// The machine is online again, or the page is looked at: why wait?
	hurry() {
		if (this.#stop === null)
			this.#run();
	}

	async #run() {
		clearTimeout(this.#timer);
		this.#wait = 0;
		const { pass } = this.#how;
		const stop = this.#stop = new AbortController();
		let why = { reason: "connection lost" };
		let code = "authorize"; // it has thrown
		try {
			const shown = await pass.headers();
			code = undefined;
			this.round = pass.round;
			if (this.#stop === stop)
				why = await this.#read(stop, shown) ?? why;
		} catch (error) {
			if (!stop.signal.aborted)
				why = { code, reason: String(error?.message ?? error) };
		}
		stop.abort();
		if (this.#stop === stop)
			this.#after(why);
	}

	async #read(stop, shown) {
		const { url, headers, pass, silence } = this.#how;
		let timer;
		const alive = () => {
			clearTimeout(timer);
			if (silence > 0)
				timer = setTimeout(() => stop.abort(), silence);
		};
		try {
			alive();
			const answer = await fetch(url(this.last), {
				headers: { Accept: "text/event-stream", ...headers(this.last), ...shown },
				cache: "no-store", credentials: pass.credentials, signal: stop.signal,
			});
			if (answer.status !== 200 || !answer.headers.get("content-type")?.startsWith("text/event-stream")) {
				this.#wait = 1000 * answer.headers.get("retry-after") || 0;
				return await refusal(answer);
			}
			this.#on.open();
			let begun = 0;
			for await (const event of parse(answer.body, alive)) {
				if (this.#stop !== stop)
					return;
				this.#take(event);
				if (Date.now() - begun > BUSY_MS)
					begun = await turn();
			}
		} finally {
			clearTimeout(timer);
		}
	}

	#take({ retry = this.#retry, ...event }) {
		this.#retry = Math.max(LEAST_MS, retry);
		if (event.type === undefined)
			return;
		this.#failures = 0;
		this.#renewed = false;
		if (event.data !== undefined)
			this.#on.event(event);
		this.last = event.id || this.last; // not before: what throws there comes again
	}

	#after(why) {
		this.#stop = null;
		const { pass } = this.#how;
		if (why.status === 204) {
			this.#on.ended();
		} else if (why.status === 401 && pass.isAsked && !this.#renewed) {
			this.#renewed = true;
			pass.spoil(this.round);
			this.#run();
		} else if ([400, 401, 403, 414, 431].includes(why.status)) {
			this.#on.refused(why);
		} else {
			const delay = Math.min(Math.max(LONGEST_MS, this.#retry), this.#retry * 2 ** this.#failures++);
			this.#timer = setTimeout(() => this.#run(), Math.min(1e9, Math.max(this.#wait, delay) * (1 + Math.random() / 2)));
			this.#on.down(why);
		}
	}
}
