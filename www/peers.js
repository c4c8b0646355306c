// SPDX-License-Identifier: MIT
// peers - the windows of this browser that have this page's Tidings: see js/peers.js

import { Peers as AnyPeers } from "./js/peers.js";
import { at } from "./place.js";

// One site may have two Tidings, whose pages share nothing; nor does a page of
// another version, whose windows tell each other something else, nor one that shows
// another pass.
const prefixOf = (as) => `tidings 2 ${at("")}${as === undefined ? "" : ` as ${encodeURIComponent(as)}`}`;

export { canShare } from "./js/peers.js";

export class Peers extends AnyPeers {
	// on: as there. as: those of the same share; undefined for those who show nothing.
	constructor(on, as) {
		super(on, prefixOf(as));
	}
}
