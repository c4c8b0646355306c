// SPDX-License-Identifier: MIT
// emptiness - why there is no event to be seen, in a sentence

import { topicOf } from "./connections.js";
import { t } from "./i18n.js";
import { shortOf, troubleOf } from "./status.js";

const NAMES_MAX = 3;

function namesOf(connections) {
	const names = connections.map(({ source }) => topicOf(source)).filter(Boolean);
	return names.length > NAMES_MAX ? `${names.slice(0, NAMES_MAX).join(", ")} …` : names.join(", ");
}

// sought: what was looked for among the events that are there, "" if nothing was.
export function emptiness(connections, sought) {
	if (sought !== "")
		return t("empty-found", { text: sought });
	if (connections.length === 0)
		return t("empty-none");
	const why = connections.map(troubleOf).find((trouble) => trouble !== null);
	if (why !== undefined)
		return t(why.isFinal ? "empty-refused" : "empty-lost", { what: shortOf(why) });
	if (connections.some(({ state }) => state === "live"))
		return t("empty-live", { names: namesOf(connections) });
	return t(connections.some(({ state }) => state === "lost") ? "empty-cut" : "empty-connecting");
}
