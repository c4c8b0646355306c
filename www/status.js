// SPDX-License-Identifier: MIT
// status - one word on all streams together, in the page's head, and what keeps
// them away, in sentences

import { topicOf } from "./connections.js";
import { el, setText } from "./dom.js";
import { addWords, onLanguage, t } from "./i18n.js";
import { words } from "./words/status.js";

addWords(words);

// The worst comes first.
const STATES = [["lost", "bad"], ["connecting", "warn"], ["catching up", "info"], ["live", "good"]];
// What a web server says when nobody behind it answers.
const NOBODY = [502, 503, 504];
const HINTS = [401, 403, 404];
const REFUSALS = ["no_token", "bad_token", "not_granted", "foreign_origin"];

// A stream that is there has no trouble, unless it is there in vain.
export const troubleOf = ({ state, trouble }) =>
	state === "lost" || state === "connecting" || ["held", "ended"].includes(trouble?.kind) ? trouble : null;

// In a word, for a badge.
export const shortOf = (why) => why.kind === "status" ? String(why.status) : t(`short-${why.kind}`);

function hintOf({ kind, status, isOurs, code, said }) {
	if (kind !== "status")
		return kind === "ended" && said !== "" ? "trouble-ended-why" : `trouble-${kind}`;
	if (isOurs && REFUSALS.includes(code))
		return `refused-${code}`;
	if (status === 404 && isOurs)
		return "trouble-404-ours";
	if (NOBODY.includes(status) && !isOurs)
		return "trouble-nobody";
	return HINTS.includes(status) ? `trouble-${status}` : "trouble-status";
}

const sentenceOf = (why) => t(hintOf(why), { ...why, status: String(why.status) });

// With the server's own sentence where ours is not the same; and how to help, if a
// token would.
function paragraphOf(why, act) {
	const isKnown = REFUSALS.includes(why.code);
	const said = why.kind === "status" && why.said !== "" && !isKnown ? [" ", el("q", { lang: "en" }, why.said)] : [];
	const help = why.isFinal && isKnown ? [" ", el("button", { type: "button", class: "link", onclick: act }, t("show-token"))] : [];
	return el("p", {}, sentenceOf(why), ...said, ...help);
}

const troublesOf = (connections) => connections
	.map((connection) => [troubleOf(connection), topicOf(connection.source) ?? ""])
	.filter(([why]) => why !== null).map(([why, name]) => ({ ...why, name }));

export function mount(element, board, { bus, connections }) {
	let told = "";
	const showTroubles = (troubles) => {
		const all = new Map(troubles.map((why) => [sentenceOf(why), why]));
		const now = [...all.keys()].join("\n");
		if (now === told)
			return; // it is said aloud only if it is new
		told = now;
		board.hidden = all.size === 0;
		board.replaceChildren(...[...all.values()].map((why) =>
			paragraphOf(why, () => bus.dispatchEvent(new CustomEvent("wants-token")))));
	};
	const show = () => {
		const troubles = troublesOf(connections.all);
		const states = connections.all.map(({ state }) => state);
		const [state, tone] = STATES.find(([name]) => states.includes(name)) ?? ["none", "off"];
		element.dataset.tone = troubles.length ? "bad" : tone;
		setText(element, troubles.length ? t(troubles[0].isFinal ? "all-refused" : "all-trouble", { what: shortOf(troubles[0]) }) : t(`all-${state}`));
		showTroubles(troubles);
	};
	bus.addEventListener("stream", show);
	onLanguage(show);
}
