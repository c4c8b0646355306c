// SPDX-License-Identifier: MIT
// moment - when an event was
//
// An id is no time: ids begin at the clock's microseconds when the hub starts, and
// then count. So it is what the server says of it, where it does; else what the
// event's own data says, as /api/broadcast and `tidings run` add it; else when it
// came, if it came live; else nobody knows.

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

// All of these: ms, or NaN.
export const timeOf = (text) => typeof text === "string" && RFC3339.test(text) ? Date.parse(text) : NaN;
export const timeIn = (said) => timeOf(said?.timestamp);

function timeInData(data) {
	if (!data.startsWith("{") || !data.includes('"timestamp"'))
		return NaN;
	try {
		return timeIn(JSON.parse(data));
	} catch {
		return NaN;
	}
}

// event as in feed.js.
export function cameAt({ published = NaN, at, replayed }) {
	if (!Number.isNaN(published))
		return published;
	return replayed ? NaN : at;
}

export function momentOf(event) {
	const { published = NaN } = event;
	if (!Number.isNaN(published))
		return published;
	const own = timeInData(event.data);
	return Number.isNaN(own) ? cameAt(event) : own;
}
