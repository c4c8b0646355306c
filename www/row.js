// SPDX-License-Identifier: MIT
// row - one line of the list: an event, or a note on what happened to the streams
//
// An event's row holds it as `said`. Opened, it shows the data as it is, JSON
// with a member a line, and when it was published and came.

import { copyButton, el, timeElement } from "./dom.js";
import { formatExactly, formatMoment, formatTime, t, translate } from "./i18n.js";
import { pretty } from "./json-text.js";
import { momentOf } from "./moment.js";
import { summaryOf } from "./summary.js";

const SHOWN_MAX = 20_000; // characters of an event's data

// Empty until fill(): in a flood most rows leave before anybody sees them.
export function eventRow(event, mine) {
	const { type, id, channel, replayed } = event;
	const row = el("li", {
		class: `event${mine ? " mine" : ""}${replayed ? " replayed" : ""}`,
		"data-id": id, "data-type": type, "data-channel": channel,
	});
	row.said = event;
	return row;
}

export function fill(row) {
	if (row.said === undefined || row.firstChild !== null)
		return;
	const { type, channel, data, replayed } = row.said;
	const moment = momentOf(row.said);
	row.append(el("div", { class: "line", role: "button", tabindex: "-1", "aria-expanded": "false" },
		translate(timeElement(moment, formatMoment)),
		el("span", { class: "channel" }, channel),
		type === "message" ? "" : el("span", { class: "type", "data-type": type }, type),
		replayed ? el("span", { class: "mark", "data-t": "replayed" }, t("replayed")) : "",
		summaryOf(data, moment)));
}

export function noteRow(kind, text) {
	return el("li", { class: kind }, el("time", {}, formatTime(Date.now())),
		el("span", { class: "data" }, text));
}

const shorten = (text) => text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)} …`;

function fact(key, ...value) {
	return el("div", {}, el("dt", { "data-t": key }), el("dd", {}, ...value));
}

function detailOf(event) {
	const { id, channel, type, data, at } = event;
	const moment = momentOf(event);
	return translate(el("div", { class: "detail" },
		el("pre", { tabindex: "0", lang: "en" }, shorten(pretty(data) ?? data)),
		el("dl", {}, fact("row-channel", channel), fact("row-type", type),
			id === "" ? fact("row-id", el("span", { "data-t": "row-volatile" })) : fact("row-id", id),
			Number.isNaN(moment) ? "" : fact("row-published", formatExactly(moment)),
			fact("row-came", formatExactly(at)),
			copyButton(() => data, { copy: "copy" }))));
}

// Opens it, or closes it again; whether it is open now.
export function toggle(row) {
	const line = row.querySelector(".line");
	const opens = line.getAttribute("aria-expanded") === "false";
	line.setAttribute("aria-expanded", String(opens));
	if (opens)
		row.append(detailOf(row.said));
	else
		row.querySelector(".detail").remove();
	return opens;
}

export const isOpen = (row) => row.querySelector(".detail") !== null;

// Whether the text, in small letters, stands anywhere in it.
export function holds(row, text) {
	const { channel, type, id, data } = row.said;
	return `${channel}\n${type}\n${id}\n${data}`.toLowerCase().includes(text);
}
