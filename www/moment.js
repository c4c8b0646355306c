// SPDX-License-Identifier: MIT
// moment - when an event was
//
// An id is no time: ids begin at the clock's microseconds when the hub starts, and
// then count. So it is what the event's own data says, as /api/broadcast and
// `tidings run` add it; else when it came, if it came live; else nobody knows.

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

// ms, or NaN.
export const timeIn = (said) =>
	typeof said?.timestamp === "string" && RFC3339.test(said.timestamp) ? Date.parse(said.timestamp) : NaN;

function timeInData(data) {
	if (!data.startsWith("{") || !data.includes('"timestamp"'))
		return NaN;
	try {
		return timeIn(JSON.parse(data));
	} catch {
		return NaN;
	}
}

export const cameAt = ({ at, replayed }) => replayed ? NaN : at;

// event as in feed.js. ms, or NaN.
export function momentOf(event) {
	const own = timeInData(event.data);
	return Number.isNaN(own) ? cameAt(event) : own;
}
