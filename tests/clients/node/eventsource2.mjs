// SPDX-License-Identifier: MIT
import EventSource from 'eventsource2';
import { listen, url } from './say.mjs';

listen(new EventSource(url));
