// SPDX-License-Identifier: MIT
// What each of these programs says: a line of JSON for each event that its
// library gave it, and for each error.  The data is parsed, as an application
// does, where the library gives it: what that throws, the library gets.

export const url = process.argv[2];
const OWN = ['connected', 'live', 'reset'];
export const TYPES = ['message', 'note', ...OWN];

export function say(what) {
	process.stdout.write(JSON.stringify(what) + '\n');
}

export function take(type, data, id) {
	say({ type: type || 'message', data, id });
	if (!OWN.includes(type))
		JSON.parse(data);
}

export function failed(error) {
	say({ error: String(error?.message ?? error ?? 'an error without a word') });
}

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// Some libraries do not keep a program alive that waits to come back.
setInterval(() => {}, 1 << 30);

for (const name of ['uncaughtException', 'unhandledRejection'])
	process.on(name, (error) => say({ thrown: String(error) }));

// What is used as the standard EventSource is.
export function listen(source) {
	source.onopen = () => say({ open: true });
	source.onerror = (event) => {
		if (event.data === undefined)
			failed(event.message ?? event.status);
	};
	for (const type of TYPES)
		source.addEventListener(type, (event) => take(event.type, event.data, event.lastEventId));
	return source;
}
