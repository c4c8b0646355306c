// SPDX-License-Identifier: MIT
// status - one word on all streams together, in the page's head, and what keeps
// them away, in sentences

import { el, setText } from "./dom.js";
import { addWords, onLanguage, t } from "./i18n.js";
import { words } from "./words/status.js";

addWords(words);

// The worst comes first.
const STATES = [["lost", "bad"], ["connecting", "warn"], ["catching up", "info"], ["live", "good"]];
// What a web server says when nobody behind it answers.
const NOBODY = [502, 503, 504];
const HINTS = [401, 403, 404];

// A stream that is there has no trouble, unless it is there in vain.
export const troubleOf = ({ state, trouble }) =>
	state === "lost" || state === "connecting" || ["held", "ended"].includes(trouble?.kind) ? trouble : null;

// In a word, for a badge.
export const shortOf = (why) => why.kind === "status" ? String(why.status) : t(`short-${why.kind}`);

function hintOf({ kind, status, isOurs, said }) {
	if (kind !== "status")
		return kind === "ended" && said !== "" ? "trouble-ended-why" : `trouble-${kind}`;
	if (status === 404 && isOurs)
		return "trouble-404-ours";
	if (NOBODY.includes(status) && !isOurs)
		return "trouble-nobody";
	return HINTS.includes(status) ? `trouble-${status}` : "trouble-status";
}

const sentenceOf = (why) => t(hintOf(why), { ...why, status: String(why.status) });

function paragraphOf(why) {
	const said = why.kind === "status" && why.said !== "" ? [" ", el("q", { lang: "en" }, why.said)] : [];
	return el("p", {}, sentenceOf(why), ...said);
}

export function mount(element, board, { bus, connections }) {
	let told = "";
	const showTroubles = (troubles) => {
		const all = new Map(troubles.map((why) => [sentenceOf(why), why]));
		const now = [...all.keys()].join("\n");
		if (now === told)
			return; // it is said aloud only if it is new
		told = now;
		board.hidden = all.size === 0;
		board.replaceChildren(...[...all.values()].map(paragraphOf));
	};
	const show = () => {
		const troubles = connections.all.map(troubleOf).filter((why) => why !== null);
		const states = connections.all.map(({ state }) => state);
		const [state, tone] = STATES.find(([name]) => states.includes(name)) ?? ["none", "off"];
		element.dataset.tone = troubles.length ? "bad" : tone;
		setText(element, troubles.length ? t("all-trouble", { what: shortOf(troubles[0]) }) : t(`all-${state}`));
		showTroubles(troubles);
	};
	bus.addEventListener("stream", show);
	onLanguage(show);
}
