// SPDX-License-Identifier: MIT
// who - who is there on the page's channels, while somebody wants to know
//
// A folded box below the streams. Open, it is a stream of its own that is there
// too (presence=1), on the channels to which the page listens.

import { el, setText } from "./dom.js";
import { addWords, formatNumber, onLanguage, t, translate } from "./i18n.js";
import { at } from "./place.js";
import { words } from "./words/who.js";

addWords(words);

const MANY = 50; // names that are shown of a channel

// Who is on each channel, out of the events present, join and leave.
export class Attendance {
	#channels = new Map(); // channel -> { entries: Map of id -> entry, count }

	hear(type, told) {
		if (type === "present") {
			const entries = new Map(told.subscribers.map((entry) => [entry.id, entry]));
			this.#channels.set(told.channel, { entries, count: told.count });
			return;
		}
		const there = this.#channels.get(told.channel);
		if (!there)
			return;
		if (type === "join")
			there.entries.set(told.id, told);
		else
			there.entries.delete(told.id);
		there.count += type === "join" ? 1 : -1;
	}

	// [channel, entries, count], by channel: of many not all are entries.
	get all() {
		return [...this.#channels].sort(([a], [b]) => (a < b ? -1 : 1))
			.map(([channel, { entries, count }]) => [channel, [...entries.values()], count]);
	}
}

const addressOf = (channels) =>
	at(`stream?${channels.map((channel) => `channel=${encodeURIComponent(channel)}&`).join("")}presence=1&by=user`);

function itemOf(channel, entries, count) {
	const names = entries.slice(0, MANY).map(({ user }) => user ?? t("who-somebody"));
	const more = count > names.length ? [t("who-more", { count: formatNumber(count - names.length) })] : [];
	return el("li", { "data-channel": channel }, el("b", {}, channel), ` ${formatNumber(count)}: `,
		[...names, ...more].join(", "));
}

export function mount(section, { bus, connections }) {
	const list = el("ul");
	const hint = el("p", { class: "empty", hidden: true });
	const box = translate(el("details", { id: "who" }, el("summary", { "data-t": "who-title" }), list, hint));
	let [stream, wanted, attendance] = [null, "", new Attendance()];

	const show = () => list.replaceChildren(...attendance.all.map((one) => itemOf(...one)));
	const close = () => {
		stream?.close();
		[stream, wanted] = [null, ""];
	};
	const refused = () => {
		hint.hidden = stream.readyState !== EventSource.CLOSED;
		setText(hint, t("who-off"));
	};
	const listen = (channels) => {
		close();
		attendance = new Attendance();
		hint.hidden = true;
		show();
		if (channels.length === 0)
			return;
		stream = new EventSource(addressOf(channels));
		stream.onerror = refused;
		for (const type of ["present", "join", "leave"])
			stream.addEventListener(type, ({ data }) => {
				attendance.hear(type, JSON.parse(data));
				show();
			});
	};
	const look = () => {
		const channels = connections.all.filter(({ source }) => source.kind === "channel" && source.channel !== "metrics")
			.map(({ source }) => source.channel).sort();
		if (box.open && channels.join("\n") !== wanted) {
			listen(channels);
			wanted = channels.join("\n");
		}
	};
	box.addEventListener("toggle", () => (box.open ? look() : close()));
	bus.addEventListener("stream", look);
	onLanguage(show);
	section.append(box);
}
