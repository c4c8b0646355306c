// SPDX-License-Identifier: MIT
// token - the one that this window shows, typed in by hand
//
//   none    only what the browser has of its own is shown, cookies and logins
//   asking  the server is asked whether it takes it
//   used    what is published shows it, and the streams; if it may only publish, or
//           there are no tickets, the streams show nothing
//
//   none, used -> asking    the form
//   asking -> used, none    the answer
//   used -> none            "forget it", or the window's end: it is kept nowhere

import { el, setText } from "./dom.js";
import { addWords, onLanguage, t, translate } from "./i18n.js";
import { ticketFor } from "./ticket.js";
import { words } from "./words/token.js";

addWords(words);

export class Token {
	#text = "";

	get isUsed() {
		return this.#text !== "";
	}

	// What a request has of it.
	get headers() {
		return this.isUsed ? { Authorization: `Bearer ${this.#text}` } : {};
	}

	// What a stream's address has of it, as in ticket.js.
	ticket() {
		return ticketFor(this.#text);
	}

	// Windows with the same one share streams.
	async use(text, feeds, mayListen) {
		this.#text = text;
		if (mayListen)
			feeds.authorize(() => text, await digestOf(text));
		else
			feeds.authorize();
	}

	forget(feeds) {
		this.#text = "";
		feeds.authorize();
	}
}

async function digestOf(text) {
	const bytes = await crypto.subtle?.digest("SHA-256", new TextEncoder().encode(text));
	return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const TONES = { "token-about": "", "token-bad": "bad", "token-no-answer": "bad" };

// What may be used of it, though it gets no ticket: a word's key, or null.
const REST = { not_granted: "token-publishes", not_found: "token-no-tickets" };
const FAULTS = { bad_token: "token-bad", bad_authorization: "token-bad", authorize: "token-bad", none: "token-no-answer" };

function makeForm() {
	const field = el("input", {
		name: "token", type: "text", class: "secret", required: true, autocomplete: "off",
		spellcheck: "false", autocapitalize: "none",
	});
	const told = el("p", { id: "token-told", role: "status" });
	const forget = el("button", { type: "button", class: "button quiet", "data-t": "token-forget", hidden: true });
	const form = el("form", { novalidate: true },
		el("label", { class: "field" }, el("span", { "data-t": "token-label" }), field),
		el("button", { class: "button", "data-t": "token-use" }), forget);
	const details = translate(el("details", { id: "token", class: "folded" },
		el("summary", { "data-t": "token-with" }), form, told));
	return { details, form, field, forget, told };
}

export function mount(section, { bus, feeds, token }) {
	const { details, form, field, forget, told } = makeForm();
	section.querySelector(".below").append(details);

	let said = "token-about";
	const say = (key) => {
		said = key;
		told.dataset.tone = TONES[key] ?? "good";
		setText(told, t(key));
		forget.hidden = !token.isUsed;
		details.toggleAttribute("data-used", token.isUsed);
		bus.dispatchEvent(new CustomEvent("token"));
	};
	const take = async (text) => {
		const why = await ticketFor(text).then(() => undefined, (why) => why);
		const rest = why && REST[why.code];
		if (why === undefined || rest !== undefined) {
			field.value = "";
			await token.use(text, feeds, why === undefined);
			say(rest ?? "token-used");
			return;
		}
		if (token.isUsed && why.isFinal)
			token.forget(feeds);
		say(FAULTS[why.code || why.kind] ?? "token-no-answer");
	};
	form.addEventListener("submit", (event) => {
		event.preventDefault();
		if (field.value.trim() !== "")
			take(field.value.trim());
	});
	forget.addEventListener("click", () => {
		token.forget(feeds);
		say("token-about");
	});
	bus.addEventListener("wants-token", () => {
		details.open = true;
		field.scrollIntoView({ block: "center" });
		field.focus();
	});
	onLanguage(() => setText(told, t(said)));
	say("token-about");
}
