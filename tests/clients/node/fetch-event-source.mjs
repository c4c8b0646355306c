// SPDX-License-Identifier: MIT
import { failed, say, take, url } from './say.mjs';

globalThis.window = globalThis;
globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };
const { fetchEventSource } = await import('@microsoft/fetch-event-source');

// As its README has it: an end is an error that is tried again.
fetchEventSource(url, {
	async onopen(response) {
		if (!response.ok)
			throw new Error(`status ${response.status}`);
		say({ open: true });
	},
	onmessage: ({ event, data, id }) => take(event, data, id),
	onclose() { throw new Error('ended'); },
	onerror: failed,
});
