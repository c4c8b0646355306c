// SPDX-License-Identifier: MIT
// theatre - the process that holds the streams is killed, for all to see: nothing
// is lost
//
// Where this page may do that, which is in quickstart. All but this file is fetched
// only there.

import { killSwitch } from "./kill-switch.js";

export async function mount(section, { feeds }) {
	const kill = await killSwitch();
	if (kill === null)
		return;
	const { Stage } = await import("./theatre-show.js");
	new Stage(section, feeds, kill);
}
