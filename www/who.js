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
	#channels = new Map(); // channel -> Map of id -> entry

	hear(type, told) {
		if (type === "present") {
			this.#channels.set(told.channel, new Map(told.subscribers.map((entry) => [entry.id, entry])));
			return;
		}
		const there = this.#channels.get(told.channel);
		if (type === "join")
			there?.set(told.id, told);
		else
			there?.delete(told.id);
	}

	// [channel, entries], by channel.
	get all() {
		return [...this.#channels].sort(([a], [b]) => (a < b ? -1 : 1)).map(([channel, there]) => [channel, [...there.values()]]);
	}
}

const addressOf = (channels) =>
	at(`stream?${channels.map((channel) => `channel=${encodeURIComponent(channel)}&`).join("")}presence=1&by=user`);

function itemOf(channel, entries) {
	const names = entries.slice(0, MANY).map(({ user }) => user ?? t("who-somebody"));
	const more = entries.length > MANY ? [t("who-more", { count: formatNumber(entries.length - MANY) })] : [];
	return el("li", { "data-channel": channel }, el("b", {}, channel), ` ${formatNumber(entries.length)}: `,
		[...names, ...more].join(", "));
}

export function mount(section, { bus, connections }) {
	const list = el("ul");
	const hint = el("p", { class: "empty", hidden: true });
	const box = translate(el("details", { id: "who" }, el("summary", { "data-t": "who-title" }), list, hint));
	let [stream, wanted, attendance] = [null, "", new Attendance()];

	const show = () => list.replaceChildren(...attendance.all.map(([channel, entries]) => itemOf(channel, entries)));
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
	section.querySelector(".connections").append(box);
}
