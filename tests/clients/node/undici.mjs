// SPDX-License-Identifier: MIT
import { EventSource } from 'undici';
import { listen, url } from './say.mjs';

listen(new EventSource(url));
