// SPDX-License-Identifier: MIT
import { createEventSource } from 'eventsource-client';
import { failed, say, take, url } from './say.mjs';

createEventSource({
	url,
	onMessage: ({ data, event, id }) => take(event, data, id),
	onConnect: () => say({ open: true }),
	onDisconnect: () => failed('disconnected'),
});
