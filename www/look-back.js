// SPDX-License-Identifier: MIT
// look-back - older events, for those who want them and for nobody else
//
//   idle     nobody looks back
//   looking  one stream from some place in the past, until it has caught up
//
//   idle -> looking    begin()
//   looking -> idle    it has caught up, end(), or nobody wants it any more
//
// A want that looks back is in phase "side", and "waiting" again if that ends too
// early; what it has been given counts.

export class LookBack {
	#connection = null;
	#wants = [];
	#room;

	// room: { connect(topics, query, on), isOf(topic, event), event(event, wants),
	//         gap(said, wants), done(wants) }
	constructor(room) {
		this.#room = room;
	}

	get isBusy() {
		return this.#connection !== null;
	}

	addTypes(types) {
		this.#connection?.addTypes(types);
	}

	// Wants that begin at the same place.
	begin(wants) {
		const [{ since, after }] = wants;
		for (const want of wants)
			want.phase = "side";
		this.#wants = wants;
		this.#connection = this.#room.connect(new Set(wants.map(({ topic }) => topic)),
			since === undefined ? { lastEventId: after } : { since }, this.#on);
	}

	drop(want) {
		this.#wants = this.#wants.filter((one) => one !== want);
		if (this.#wants.length === 0)
			this.end();
	}

	end() {
		this.#connection?.close();
		this.#connection = null;
		for (const want of this.#wants)
			want.phase = "waiting";
		this.#wants = [];
	}

	#on = {
		state: (connection) => {
			if (connection === this.#connection && connection.isLive)
				this.#finish();
		},
		event: (connection, event) => {
			if (connection !== this.#connection || event.id === "")
				return;
			const wants = this.#wants.filter(({ topic }) => this.#room.isOf(topic, event));
			for (const want of wants)
				progress(want, event.id);
			this.#room.event(event, wants);
		},
		reset: (connection, said) => this.#room.gap(said, this.#wants),
	};

	#finish() {
		const wants = this.#wants;
		for (const want of wants) {
			progress(want, this.#connection.cursor);
			want.isBehind = false;
		}
		this.end();
		this.#room.done(wants);
	}
}

// The want has everything up to that id.
function progress(want, id) {
	want.after = id;
	want.since = undefined;
}
