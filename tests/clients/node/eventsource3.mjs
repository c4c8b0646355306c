// SPDX-License-Identifier: MIT
import { EventSource } from 'eventsource';
import { listen, url } from './say.mjs';

listen(new EventSource(url));
