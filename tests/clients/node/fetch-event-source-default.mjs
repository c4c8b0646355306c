// SPDX-License-Identifier: MIT
// Without an onclose, as most write it.
import { failed, say, take, url } from './say.mjs';

globalThis.window = globalThis;
globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };
const { fetchEventSource } = await import('@microsoft/fetch-event-source');

await fetchEventSource(url, { onmessage: ({ event, data, id }) => take(event, data, id), onerror: failed });
say({ ended: true });
