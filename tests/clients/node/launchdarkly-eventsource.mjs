// SPDX-License-Identifier: MIT
import { EventSource } from 'launchdarkly-eventsource';
import { listen, url } from './say.mjs';

// 5 s is what LaunchDarkly's own programs take
listen(new EventSource(url, { readTimeoutMillis: 5000 }));
