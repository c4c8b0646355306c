// SPDX-License-Identifier: MIT
// others - the channels to which the page is not connected: one click connects it

import { keyOf } from "./connections.js";
import { el, setText } from "./dom.js";
import { formatAgo, formatNumber, onLanguage, t, translate } from "./i18n.js";

const SHOWN_MAX = 40;

function rateOf({ rate }) {
	return Number.isNaN(rate) ? "" : t("per-second", { n: formatNumber(rate, { maximumFractionDigits: 1 }) });
}

function sinceOf({ lastAt }) {
	return Number.isNaN(lastAt) ? "" : formatAgo(Date.now() - lastAt);
}

class Other {
	constructor(name, connect) {
		this.values = ["there", "rate", "since"].map((value) => el("span", { class: value }));
		this.element = el("li", {}, el("button", {
			type: "button", class: "other", "data-channel": name, "data-t-title": "connect", onclick: connect,
		}, el("span", { class: "name" }, name), el("span", { class: "facts" }, ...this.values)));
		translate(this.element);
	}

	show(channel) {
		const [there, rate, since] = this.values;
		setText(there, t("there", { count: channel.subscribers }));
		setText(rate, rateOf(channel));
		setText(since, sinceOf(channel));
	}
}

export function others({ bus, connections }) {
	const list = el("ul", { class: "others" });
	const more = el("p", { class: "more-channels", hidden: true });
	const rows = new Map(); // name -> Other
	let known = new Map();

	const show = () => {
		const free = [...known.keys()].filter((channel) => !connections.get(keyOf({ kind: "channel", channel }))).sort();
		const names = free.slice(0, SHOWN_MAX);
		for (const [name, row] of rows)
			if (!names.includes(name)) {
				row.element.remove();
				rows.delete(name);
			}
		names.forEach((name, n) => {
			if (!rows.has(name))
				rows.set(name, new Other(name, () => connections.open({ kind: "channel", channel: name })));
			const { element } = rows.get(name);
			if (list.children[n] !== element)
				list.insertBefore(element, list.children[n] ?? null);
			rows.get(name).show(known.get(name));
		});
		more.hidden = free.length <= SHOWN_MAX;
		setText(more, t("more-channels", { count: free.length - SHOWN_MAX }));
	};
	bus.addEventListener("channels", ({ detail }) => {
		known = detail;
		show();
	});
	bus.addEventListener("stream", show);
	onLanguage(show);
	return el("div", { class: "beside" }, list, more);
}
