// SPDX-License-Identifier: MIT
// A parser is no client: to come back, and where from, is the program's.
import { createParser } from 'eventsource-parser';
import { failed, pause, say, take, url } from './say.mjs';

let lastId = '', retry = 1000;

async function once() {
	const headers = { Accept: 'text/event-stream', ...(lastId && { 'Last-Event-ID': lastId }) };
	const response = await fetch(url, { headers });
	if (response.status !== 200)
		throw new Error(`status ${response.status}`);
	say({ open: true });
	const parser = createParser({
		onEvent: ({ event, data, id }) => {
			lastId = id ?? lastId;
			take(event, data, id);
		},
		onRetry: (ms) => { retry = ms; },
		onError: failed,
	});
	const decoder = new TextDecoder();
	for await (const piece of response.body)
		parser.feed(decoder.decode(piece, { stream: true }));
}

for (;;) {
	await once().catch(failed);
	await pause(retry);
}
