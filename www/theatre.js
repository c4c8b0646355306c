// SPDX-License-Identifier: MIT
// theatre - the process that holds the streams is killed, for all to see: nothing
// is lost
//
// Where this page may do that, which is in quickstart. All but this file is fetched
// only there.

import { killSwitch } from "./kill-switch.js";

// bus: "inbox" tells the path of the server's inbox.
export async function mount(section, { feeds, bus }) {
	const found = await killSwitch();
	if (found === null)
		return;
	bus.dispatchEvent(new CustomEvent("inbox", { detail: found.inbox }));
	const { Stage } = await import("./theatre-show.js");
	new Stage(section, feeds, found.kill);
}
