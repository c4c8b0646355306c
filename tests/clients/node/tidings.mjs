// SPDX-License-Identifier: MIT
import { listen } from '../../../js/index.js';
import { failed, say, take, url } from './say.mjs';

// The story's stream is asked for as that of any server.
const feed = listen(url);
feed.on('open', () => say({ open: true }));
feed.on('away', ({ reason }) => failed(reason));
feed.on('message', ({ type, data, id }) => take(type, data, id));
