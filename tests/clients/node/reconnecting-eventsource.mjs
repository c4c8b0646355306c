// SPDX-License-Identifier: MIT
import { EventSource } from 'eventsource';
import ReconnectingEventSource from 'reconnecting-eventsource';
import { listen, url } from './say.mjs';

listen(new ReconnectingEventSource(url, { eventSourceClass: EventSource }));
