// SPDX-License-Identifier: MIT
// Judges the streams of events.c by a parser that others wrote from the same
// standard (eventsource-parser) and by the decoder of this engine.  Standard
// input: batches, see events.c.  Standard output: a line of JSON with what was
// counted, or with the first fault and the exit status 1.

import {createParser} from "eventsource-parser";

const REFUSED = 1, ENVELOPE = 2, MATCHES = 4;
const TYPE_MAX = 64, CHANNEL_MAX = 255;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const strict = new TextDecoder("utf-8", {fatal: true, ignoreBOM: true});
const counted = {events: 0, refused: 0, equal: 0, envelopes: 0, bytes: 0, patterns: 0, matched: 0};

class Fault extends Error {}

function must(condition, what, ...things) {
	if (!condition) throw new Fault(`event ${counted.events}: ${what}: ${JSON.stringify(things)}`);
}

// ---- a batch

class Batch {
	constructor(bytes) {
		this.bytes = bytes;
		this.at = 0;
	}

	number() {
		this.at += 4;
		if (this.at > this.bytes.length) throw new RangeError("more is to come");
		return this.bytes.readUInt32LE(this.at - 4);
	}

	byte() {
		return this.bytes[this.at++];
	}

	text() {
		const length = this.number();
		this.at += length;
		if (this.at > this.bytes.length) throw new RangeError("more is to come");
		return this.bytes.subarray(this.at - length, this.at);
	}
}

// The text, null if it is not UTF-8.
function decode(bytes) {
	try {
		return strict.decode(bytes);
	} catch {
		return null;
	}
}

function isName(text, bytes, least, most) {
	return text !== null && bytes.length >= least && bytes.length <= most && !CONTROL.test(text);
}

function readEvent(batch) {
	const flags = batch.byte();
	const id = batch.text().latin1Slice();
	const typed = batch.text(), named = batch.text(), said = batch.text();
	const type = decode(typed), channel = decode(named), data = decode(said);
	const pattern = decode(batch.text());
	const good = data !== null && isName(type, typed, 0, TYPE_MAX) &&
		isName(channel, named, 1, CHANNEL_MAX);
	return {flags, id, type, channel, data, good, pattern};
}

// ---- patterns: a template as a regular expression, in this engine's words

const UNRESERVED = "-.0-9A-Z_a-z~,", NAMED = UNRESERVED + "=";
const RESERVED = NAMED + "!#$&'()*+/:;?@[\\]";
const FORMS = {"+": ["", ",", RESERVED], "#": ["#", ",", RESERVED], ".": [".", ".", UNRESERVED],
	"/": ["/", "/", UNRESERVED], ";": [";", ";", NAMED], "?": ["?", "&", NAMED],
	"&": ["&", "&", NAMED]};

function quoted(text) {
	return text.replace(/[^\w]/gu, c => `\\u{${c.codePointAt(0).toString(16)}}`);
}

function expression(sign, list) {
	const [first, separator, set] = FORMS[sign] ?? ["", ",", UNRESERVED];
	const names = list.split(",");
	const explodes = names.map(name => name.endsWith("*"));
	const run = more => `(?:[${(more && set === UNRESERVED ? NAMED : set).replace("[", "\\[")}]|%[0-9A-Fa-f]{2})*`;
	const any = explodes.includes(true);
	const next = names.length === 1 && !any ? "" :
		`(?:${quoted(separator)}${run(any)}){0,${any ? "" : names.length - 1}}`;
	return `(?:${quoted(first)}${run(explodes[0])}${next})?`;
}

const known = new Map();

function regex(pattern) {
	let found = known.get(pattern);
	if (found) return found;
	if (known.size > 10_000) known.clear();
	const text = pattern.replace(/\{([+#./;?&]?)([^}]*)\}|[^{]+/g,
		(whole, sign, list) => list === undefined ? quoted(whole) : expression(sign, list));
	found = new RegExp(`^${text}$`, "u");
	known.set(pattern, found);
	return found;
}

function judgePattern({pattern, channel, flags}) {
	if (!pattern) return;
	counted.patterns++;
	const matches = pattern === channel || regex(pattern).test(channel);
	must(matches === !!(flags & MATCHES), "is matched wrongly", pattern, channel, regex(pattern).source);
	counted.matched += matches;
}

// ---- what came of an event

function lines(data) {
	return data.replace(/\r\n?/g, "\n");
}

function compare(event, heard) {
	must(heard, "was not heard", event);
	must((heard.id ?? "") === event.id, "has another id", event, heard);
	must((heard.event ?? "message") === (event.type || "message"), "has another type", event, heard);
	if (event.flags & ENVELOPE) {
		must(!heard.data.includes("\n"), "its envelope is more than a line", event, heard);
		const {channel, data, ...rest} = JSON.parse(heard.data);
		must(channel === event.channel && data === event.data && !Object.keys(rest).length,
			"its envelope says something else", event, heard);
		counted.envelopes++;
	} else {
		must(heard.data === lines(event.data), "has other data", event, heard);
	}
	counted.equal++;
}

// Pieces of any length, as they come over a network; the same ones each time.
let chance = 1;
function piece(most) {
	chance = chance * 1103515245 + 12345 & 0x7fffffff;
	return 1 + chance % most;
}

function hear(stream) {
	const heard = [];
	const parser = createParser({
		onEvent: event => heard.push(event),
		onError: fault => must(false, "is not understood", fault.message),
		onRetry: value => must(false, "sets retry", value),
		onComment: text => must(false, "has a comment", text),
	});
	const text = decode(stream);
	must(text !== null, "a stream is not UTF-8");
	for (let at = 0; at < text.length;) {
		const length = piece(4000);
		parser.feed(text.slice(at, at + length));
		at += length;
	}
	return heard;
}

function judge(events, stream) {
	const heard = hear(stream);
	let next = 0;
	for (const event of events) {
		counted.events++;
		judgePattern(event);
		must(event.good === !(event.flags & REFUSED), "was taken or refused wrongly", event);
		if (event.good) compare(event, heard[next++]);
		else counted.refused++;
	}
	must(next === heard.length, "more was heard than said", heard.length - next);
	counted.bytes += stream.length;
}

// ---- standard input

// Judges what is whole; returns what is not.
function take(bytes) {
	const batch = new Batch(bytes);
	let done = 0;
	try {
		for (;;) {
			const events = [];
			for (let left = batch.number(); left > 0; left--) events.push(readEvent(batch));
			judge(events, batch.text());
			done = batch.at;
		}
	} catch (fault) {
		if (!(fault instanceof RangeError)) throw fault;
	}
	return bytes.subarray(done);
}

try {
	let rest = [], length = 0;
	for await (const bytes of process.stdin) {
		rest.push(bytes);
		length += bytes.length;
		if (length < 1 << 20) continue;
		rest = [take(Buffer.concat(rest))];
		length = rest[0].length;
	}
	const left = take(Buffer.concat(rest));
	must(left.length === 0, "the last batch is not whole");
	console.log(JSON.stringify(counted));
} catch (fault) {
	if (!(fault instanceof Fault)) throw fault;
	console.log(JSON.stringify({fault: fault.message}));
	process.exitCode = 1;
}
