// SPDX-License-Identifier: MIT
import { EventSource } from 'eventsource5';
import { listen, url } from './say.mjs';

listen(new EventSource(url));
