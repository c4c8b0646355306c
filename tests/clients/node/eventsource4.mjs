// SPDX-License-Identifier: MIT
import { EventSource } from 'eventsource4';
import { listen, url } from './say.mjs';

listen(new EventSource(url));
