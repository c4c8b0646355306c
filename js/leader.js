// SPDX-License-Identifier: MIT
// leader - one stream for all that the windows listen to
//
// A want is what one feed listens to; it is
//
//   waiting  not yet, or no more, on the main stream
//   joined   on it: it has everything up to the main stream's last id
//   refused  may not be heard (`why`); the others go on without it
//
//   waiting -> joined    the next stream, with all channels, from the main one's last
//                        id on, is live and takes over
//   joined -> waiting    the main stream is refused
//
// What begins in the past (`since`) is first brought up to now by a side stream of
// its own. Streams that run at once bring events twice: a feed passes over what is
// not behind its position. A plain stream, without channels and ids that grow, is
// one stream, and has no position.

import { Stream } from "./stream.js";

const FRESH_MS = 10_000;
const REACH_MS = 1000;

// Ids are numbers of any length; "" is before all.
export const isAfter = (a, b) => a.length === b.length ? a > b : a.length > b.length;
const earliest = (ids) => ids.reduce((a, b) => isAfter(a, b) ? b : a);
const isJoined = ({ joined }) => joined;
const channelsOf = (wants) => new Set(wants.flatMap(({ channels }) => channels));

function read(data, id) {
	try {
		return JSON.parse(data) ?? {};
	} catch {
		return { unreadable: id };
	}
}

export class Leader {
	#how;
	#pass;
	#tell;
	#wants = new Map(); // key -> { key, channels, isAll, since, after, joined, why }
	#main = null; // { line: Stream, wants: that came with it, channels, isLive, since, movedAt, why: it is down }
	#side = null; // the next one, or one with `since`
	#few = Infinity; // so many wants at once, while it is not known which are refused
	#isHeld = true; // until begin()
	#reached = 0; // timer

	// how: { url(channels, { lastEventId | since }), headers(last), isPlain, silence,
	// presence: only a new stream is told who is there }
	// tell(say, what, wants, cursor): to these; they have all up to the cursor
	constructor(how, pass, tell) {
		this.#how = how;
		this.#pass = pass;
		this.#tell = tell;
	}

	begin() {
		this.#isHeld = false;
		this.plan();
	}

	set(key, want) {
		this.#wants.set(key, want = { ...want, key });
		queueMicrotask(() => this.#main?.why && this.#tell("away", this.#main.why, [want])); // once it listens
		this.plan();
	}

	// Those with such a key.
	drop(prefix) {
		for (const key of this.#wants.keys())
			if (key.startsWith(prefix))
				this.#wants.delete(key);
		this.plan();
	}

	close() {
		this.#wants.clear();
		clearTimeout(this.#reached);
		this.#pass.close();
		this.#endAll();
	}

	// What waits, or is refused, is tried again now.
	hurry() {
		for (const want of this.#wants.values())
			want.why = undefined;
		this.#main?.line.hurry();
		this.#side?.line.hurry();
		this.plan();
	}

	// What is changed together is planned together.
	plan() {
		if (this.#isHeld)
			return;
		this.#isHeld = true;
		queueMicrotask(() => {
			this.#isHeld = false;
			this.#plan();
		});
	}

	#endSide() {
		this.#side?.line.close();
		this.#side = null;
	}

	#endAll() {
		this.#endSide();
		this.#main?.line.close();
		this.#main = null;
	}

	#those(condition = () => true) {
		return [...this.#wants.values()].filter((want) => want.why === undefined && condition(want));
	}

	#plan() {
		const wants = this.#those();
		const waiting = wants.filter(({ joined }) => !joined);
		if (this.#side?.since && !this.#side.wants.some((want) => waiting.includes(want)))
			this.#endSide();
		if (waiting.length === 0)
			this.#few = Infinity;
		if (wants.length === 0)
			this.#endAll();
		else if (this.#main === null)
			this.#start(waiting.slice(0, this.#few));
		else if (this.#main.isLive && this.#side === null)
			this.#change(wants, waiting);
	}

	// Who goes on comes first: a gap in those who begin now is none.
	#start(waiting) {
		const { since } = waiting[0];
		const known = waiting.filter(({ after }) => after);
		const first = known.length > 0 ? known : waiting.filter((want) => since && want.since === since);
		this.#main = this.#open(waiting, known.length > 0 ? { lastEventId: earliest(known.map(({ after }) => after)) } : since ? { since } : {});
		first.forEach((want) => want.joined = true);
	}

	#change(wants, waiting) {
		const { channels, movedAt, line, wants: first } = this.#main;
		const isOld = line.round !== this.#pass.round;
		if (this.#how.isPlain && isOld)
			line.reopen();
		const isNow = (want) => !want.since && !want.after && want.channels.every((name) => channels.has(name)) &&
			(!this.#how.presence || first.includes(want));
		for (const want of waiting)
			if (this.#how.isPlain || isNow(want))
				this.#join(want);
		if (this.#how.isPlain || this.#main === null) // a listener may have closed the last feed
			return;
		const joined = wants.filter(isJoined);
		const more = wants.filter((want) => !want.joined).slice(0, this.#few);
		const [{ since } = {}] = more;
		if (joined.length === 0) { // nobody whom it matters to
			this.#endAll();
			this.#start(more);
		} else if (since) {
			this.#side = this.#open(more.filter((want) => want.since === since), { since });
		} else if (more.length > 0 && Date.now() - movedAt > FRESH_MS && !more.some(({ after }) => after)) {
			this.#next(joined, []); // or what came on new channels since that id would come, in vain
		} else if (more.length > 0 || isOld || channels.size > channelsOf(joined).size) {
			this.#next(joined, more.filter((want) => !want.since));
		}
	}

	#next(joined, more) {
		const { last } = this.#main.line;
		this.#side = this.#open([...joined, ...more], { lastEventId: earliest([last, ...more.map(({ after }) => after || last)]) });
		this.#side.wants = more;
	}

	#open(wants, begin) {
		const channels = channelsOf(wants);
		const stream = { wants, channels, isLive: false, since: begin.since, movedAt: 0 };
		const on = (act) => (...what) => (stream === this.#main || stream === this.#side) && act(stream, ...what);
		stream.line = new Stream({
			...this.#how, pass: this.#pass, last: begin.lastEventId ?? "",
			url: (last) => this.#how.url(channels, last === "" ? begin : { lastEventId: last }),
		}, {
			open: on(() => this.#how.isPlain && this.#live(stream)),
			event: on((_, event) => this.#hear(stream, event)),
			down: on((_, why) => this.#down(stream, why)),
			refused: on((_, why) => this.#refused(stream, why)),
			ended: on(() => this.#tell("close", {}, this.#those())),
		});
		return stream;
	}

	// ---- what a stream says

	#hear(stream, { type, id, data }) {
		if (this.#how.isPlain) {
			this.#tell("message", { type, id, data }, this.#those());
			return;
		}
		if (id !== "")
			stream.movedAt = Date.now();
		const said = read(data, id);
		if (typeof said.data === "string")
			this.#bring(stream, { type, id, ...said });
		else if (type === "connected" ? !said.behind : type === "live")
			queueMicrotask(() => this.#live(stream)); // with this event's id
		else if (type === "expired")
			queueMicrotask(() => this.#expired(stream, said));
		else if (said.channel !== undefined)
			this.#tell("presence", { word: type, said }, this.#those(({ channels }) => channels.includes(said.channel)));
		else if (type === "reset" || said.unreadable !== undefined)
			this.#tell("lost", said, this.#those((want) => this.#hears(stream, want) && (stream !== this.#side || !want.joined)));
	}

	#hears(stream, want) {
		return stream === this.#main || !stream.since && want.joined ? want.joined
			: stream.wants.includes(want) && (stream.since || want.after);
	}

	// What has no id comes by the main stream.
	#bring(stream, event) {
		const names = [event.channel, ...event.also ?? []];
		const wants = this.#those((want) => this.#hears(stream, want) &&
			(want.isAll || want.channels.some((name) => names.includes(name))));
		if (event.id !== "")
			wants.forEach((want) => want.after = event.id);
		if (event.id !== "" || stream === this.#main)
			this.#tell("message", event, wants);
		this.#reached ||= setTimeout(() => this.#reach(), REACH_MS);
	}

	// So that a feed on which nothing comes does not go on from days ago.
	#reach() {
		this.#reached = 0;
		if (this.#main !== null)
			this.#tell("reach", {}, this.#those(isJoined), this.#main.line.last);
	}

	#live(stream) {
		stream.isLive = true;
		stream.why = null;
		if (stream === this.#side)
			this.#arrive(stream);
		if (stream === this.#main)
			this.#tell("open", {}, this.#those(isJoined), stream.line.last);
		this.plan();
	}

	#arrive(side) {
		const { last } = side.line;
		if (side.since) {
			side.wants.forEach((want) => Object.assign(want, { since: "", after: last }));
			this.#endSide();
			return;
		}
		this.#main.line.close();
		this.#main = side;
		this.#side = null;
		side.wants.forEach((want) => want.joined = true);
	}

	#join(want) {
		want.joined = true;
		this.#tell("open", {}, [want], this.#main.line.last);
	}

	// ---- what is wrong

	#expired(stream, { reason }) {
		if (stream !== this.#main && stream !== this.#side)
			return;
		if (reason !== "age")
			this.#pass.spoil(stream.line.round);
		stream.isLive = false;
		stream.line.reopen();
	}

	#down(stream, why) {
		stream.isLive = false;
		stream.why = why;
		if (stream === this.#main)
			this.#tell("away", why, this.#those());
	}

	// One of these, or several: found out by asking for fewer.
	#refused(stream, why) {
		const { last } = this.#main.line;
		let { wants } = stream;
		this.#endSide();
		if (stream === this.#main || wants.length === 0) {
			wants = this.#those((want) => want.joined || wants.includes(want));
			for (const want of wants)
				Object.assign(want, { joined: false, after: want.joined && last || want.after });
			this.#endAll();
		}
		this.#few = Math.ceil(wants.length / 2);
		if (wants.length === 1 || why.status === 401) {
			wants.forEach((want) => want.why = why);
			this.#few = Infinity;
			this.#tell("refused", why, wants);
		}
		this.plan();
	}
}
