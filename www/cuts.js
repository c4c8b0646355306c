// SPDX-License-Identifier: MIT
// cuts - what became of the streams, as notes among the events, and what it cost
//
// A cut is told once for all streams, and so is a refusal; what came after it for
// each of them.

import { t } from "./i18n.js";
import { noteRow } from "./row.js";

const nameOf = (key) => key.replace(/^(channel|pattern):/, "");

// tell: is given a function that makes the row
export function noteCuts(tell, bus, connections) {
	const begun = new Set(); // keys: what never began is not cut
	const refused = new Set(); // keys
	const lost = new Set(); // keys
	const gaps = new Set(); // keys that were told of a gap since they were lost
	const recovered = new Map(); // key -> how many are told already
	const unread = new Set(); // ids that could not be read: told once for all

	const lose = (key) => {
		if (lost.size === 0 && begun.has(key))
			tell(() => noteRow("cut", t("cut")));
		if (!lost.has(key))
			gaps.delete(key);
		lost.add(key);
	};
	const judge = (key, isRefused) => {
		if (isRefused && refused.size === 0)
			tell(() => noteRow("cut", t("refused")));
		refused[isRefused ? "add" : "delete"](key);
	};
	const count = (key, all) => {
		const more = all - (recovered.get(key) ?? 0);
		recovered.set(key, all);
		if (more > 0)
			tell(() => noteRow("note", t(gaps.has(key) ? "recovered-some" : "recovered",
				{ count: more, name: nameOf(key) })));
	};
	bus.addEventListener("gap", ({ detail: { key, unreadable } }) => {
		gaps.add(key);
		if (unreadable === undefined)
			tell(() => noteRow("gap", t("gap", { name: nameOf(key) })));
		else if (!unread.has(unreadable))
			tell(() => noteRow("gap", t("unreadable", { id: unreadable })));
		unread.add(unreadable);
	});
	bus.addEventListener("stream", ({ detail: { key, state } }) => {
		judge(key, connections.get(key)?.trouble?.isFinal === true);
		if (state === "live" || state === "catching up")
			begun.add(key);
		if (state === "lost")
			lose(key);
		else if (state === null || state === "live" || state === "ended")
			lost.delete(key);
		if (state === null) {
			recovered.delete(key);
			begun.delete(key);
		} else {
			count(key, connections.get(key)?.recovered ?? 0);
		}
	});
}
