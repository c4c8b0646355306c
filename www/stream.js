// stream - one EventSource that does not give up
//
//   connecting  being opened, or the browser is coming back by itself
//   open        the server has answered
//   closed      the browser has given up (any answer but 200 makes it), and a
//               new EventSource is due in a few seconds
//
// Knows the last id, so that a new EventSource goes on where the old one was:
// only the browser's own reconnects send Last-Event-ID.

const AGAIN_MS = 3000;

export class Stream {
	#source = null;
	#timer = 0;
	#lastId = "";

	// on: { state(name), id(last), event({type, id, channel, data}),
	//       gap({requested, oldest, newest}) }
	constructor(channels, types, on) {
		this.channels = channels;
		this.types = types;
		this.on = on;
		this.#open();
	}

	close() {
		clearTimeout(this.#timer);
		this.#source?.close();
	}

	#url() {
		const query = new URLSearchParams({ envelope: 1 });
		for (const channel of this.channels)
			query.append("channel", channel);
		if (this.#lastId !== "")
			query.set("lastEventId", this.#lastId);
		return `/stream?${query}`;
	}

	#open() {
		this.on.state("connecting");
		const source = this.#source = new EventSource(this.#url());
		source.onerror = (event) => event instanceof MessageEvent || this.#lost();
		this.#hear("connected", () => this.on.state("open"));
		this.#hear("reset", (event) => this.on.gap(JSON.parse(event.data)));
		for (const type of this.types)
			this.#hear(type, (event) => this.#pass(event));
	}

	#hear(type, act) {
		this.#source.addEventListener(type, (event) => {
			// what was published as "error" or "open" is not the browser's own
			if (!(event instanceof MessageEvent))
				return;
			this.#lastId = event.lastEventId;
			this.on.id(this.#lastId);
			act(event);
		});
	}

	#pass(event) {
		const { channel, data } = JSON.parse(event.data);
		this.on.event({ type: event.type, id: event.lastEventId, channel, data });
	}

	#lost() {
		if (this.#source.readyState !== EventSource.CLOSED) {
			this.on.state("connecting");
			return;
		}
		this.on.state("closed");
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.#open(), AGAIN_MS * (1 + Math.random()));
	}
}
