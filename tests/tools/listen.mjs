// SPDX-License-Identifier: MIT
// Listens as a standard EventSource: node listen.mjs URL COUNT [TYPE ...]
// Prints a line of JSON for each event, {"open":true} for each opening, and
// ends after COUNT events that were not the server's own.
import { EventSource } from 'eventsource';

const [url, count, ...types] = process.argv.slice(2);
const own = new Set(['connected', 'live']);
const source = new EventSource(url);
let left = Number(count);

function say(what) {
	process.stdout.write(JSON.stringify(what) + '\n');
}

function take(event) {
	say({ type: event.type, data: event.data, id: event.lastEventId });
	if (own.has(event.type) || --left > 0)
		return;
	source.close();
}

source.addEventListener('open', () => say({ open: true }));
source.addEventListener('error', (event) => {
	if (event.data === undefined)
		say({ error: true, state: source.readyState });
});
for (const type of ['message', 'connected', 'live', 'reset', ...types])
	source.addEventListener(type, take);
