// SPDX-License-Identifier: MIT
import { EventSourcePolyfill } from 'event-source-polyfill';
import { listen, url } from './say.mjs';

listen(new EventSourcePolyfill(url));
