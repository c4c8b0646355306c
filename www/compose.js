// SPDX-License-Identifier: MIT
// compose - publishes, and says what became of it
//
// The time that is told is from the click to the moment when this very event
// has come back over a stream; without a stream on that channel there is only
// the answer's time.

import { el, setText } from "./dom.js";
import { addWords, formatNumber, onLanguage, t, translate } from "./i18n.js";
import { NoAnswer, Returns, Sender } from "./sending.js";
import { words } from "./words/compose.js";

addWords(words);

function field(name, key, attributes = {}) {
	return el("label", { class: "field" }, el("span", { "data-t": key }),
		el("input", { name, autocomplete: "off", spellcheck: "false", autocapitalize: "none", ...attributes }));
}

function makeForm() {
	return translate(el("form", { id: "publish", novalidate: true },
		el("label", { class: "field message" }, el("span", { "data-t": "message" }),
			el("textarea", { name: "message", rows: "1", required: true, "data-t-placeholder": "say-something" })),
		field("channel", "channel", { value: "main", required: true }),
		field("type", "type", { placeholder: "message" }),
		el("label", { class: "field" }, el("span", { "data-t": "format" }),
			el("select", { name: "format" }, el("option", { value: "text", "data-t": "format-text" }),
				el("option", { value: "json" }, "JSON"))),
		el("button", { class: "button send", "data-t": "publish" })));
}

// ---- sending

const read = (form) => {
	const { channel, type, message, format } = form.elements;
	return { channel: channel.value, type: type.value, data: message.value, format: format.value };
};

// What is wrong with it: a word's key, or null.
function faultOf({ channel, data, format }) {
	if (channel === "")
		return "no-channel";
	if (data === "")
		return "no-message";
	if (format === "json")
		try {
			JSON.parse(data);
		} catch {
			return "no-json";
		}
	return null;
}

const inMs = (ms) => formatNumber(ms, { maximumFractionDigits: ms < 10 ? 1 : 0 });

export function mount(section, { bus, token }) {
	const form = makeForm();
	const told = el("p", { id: "published", role: "status" });
	const [sender, returns] = [new Sender(), new Returns()];
	section.append(form, el("div", { class: "below" }, told));

	// Without a message, the last one.
	let last = "hello";
	const tell = () => {
		const event = read(form);
		event.data ||= last;
		bus.dispatchEvent(new CustomEvent("composed", { detail: event }));
	};
	const say = (text, tone) => {
		told.dataset.tone = tone;
		setText(told, text);
	};
	const send = async () => {
		const event = read(form);
		const fault = faultOf(event);
		if (fault !== null) {
			say(t(fault), "bad");
			form.elements[fault.endsWith("channel") ? "channel" : "message"].focus();
			return;
		}
		const began = performance.now();
		try {
			const said = await sender.send(event, token.headers);
			if (said === null)
				return;
			const { id } = said;
			bus.dispatchEvent(new CustomEvent("sent", { detail: { channel: event.channel, id } }));
			say(t("stored", { id, ms: inMs(performance.now() - began) }), "good");
			returns.wait(id, began, (ms) => say(t("stored-and-back", { id, ms: inMs(ms) }), "good"));
			last = event.data;
			if (form.elements.message.value === event.data)
				form.elements.message.value = "";
			tell();
		} catch (error) {
			say(error instanceof NoAnswer ? t("no-answer")
				: t("not-published", { why: error.message }), "bad");
		}
	};

	bus.addEventListener("event", ({ detail: { id } }) => id !== "" && returns.hear(id));
	form.addEventListener("input", tell);
	form.addEventListener("change", tell);
	form.addEventListener("submit", (event) => {
		event.preventDefault();
		send();
	});
	form.elements.message.addEventListener("keydown", (event) => {
		if (event.key !== "Enter" || event.shiftKey || event.isComposing)
			return;
		event.preventDefault();
		send();
	});
	onLanguage(() => say("", ""));
	tell();
}
