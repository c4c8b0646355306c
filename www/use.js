// SPDX-License-Identifier: MIT
// use - the panel "Use it": what one writes to publish and to listen, in one's own
// language, with this place and with what stands in the form filled in

import { copyButton, el, setText } from "./dom.js";
import { addWords, translate } from "./i18n.js";
import { RUNS, Run } from "./run.js";
import { snippetsOf } from "./snippets.js";
import { tabs } from "./tabs.js";
import { words } from "./words/use.js";

addWords(words);

const TABS = [
	["js", "JavaScript"], ["htmx", "htmx"], ["php", "PHP"], ["python", "Python"],
	["curl", "curl"], ["sql", "SQL"], ["command"],
];
const KEPT = "tidings.use";
const INBOX = "inbox.db"; // where nobody tells its path
// What is in no column of that name.
const TITLES = { "htmx publish": "use-server", "sql listen": "use-transaction" };

function kept() {
	try {
		const name = localStorage.getItem(KEPT);
		return TABS.some(([known]) => known === name) ? name : "js";
	} catch {
		return "js";
	}
}

function keep(name) {
	try {
		localStorage.setItem(KEPT, name);
	} catch {
		// then it begins with the first
	}
}

// On a phone what comes is first, and this opens by its tabs.
const isNarrow = () => matchMedia("(max-width: 40rem)").matches;

class Snippet {
	constructor(language, verb, page) {
		this.code = el("code", { tabindex: "0", lang: "en", ...verb === "publish" ? { id: `as-${language}` } : {} });
		const said = el("output", { class: "ran", hidden: true });
		const buttons = [copyButton(() => this.code.textContent, { copy: "use-copy" })];
		if (RUNS[language] !== undefined)
			buttons.unshift(new Run(RUNS[language][verb], said, page, () => this.event).button);
		this.element = el("div", { class: "snippet" },
			el("div", { class: "snippet-head" }, el("h3", { "data-t": TITLES[`${language} ${verb}`] ?? `use-${verb}` }), ...buttons),
			el("pre", {}, this.code), said);
	}

	show(text, event) {
		this.event = event;
		setText(this.code, text);
	}
}

export function mount(section, page) {
	const { bus, token } = page;
	const snippets = {};
	const panels = TABS.map(([name, label]) => {
		snippets[name] = Object.fromEntries(["publish", "listen"].map((verb) => [verb, new Snippet(name, verb, page)]));
		const { publish, listen } = snippets[name];
		return { name, label, key: label === undefined ? "use-command" : undefined, panel: el("div", { class: "snippets" }, publish.element, listen.element) };
	});
	const { tabs: row, choose } = tabs("use", panels, keep, isNarrow);
	section.append(...[row, ...panels.map(({ panel }) => panel)].map(translate));
	choose(isNarrow() ? null : kept());

	let inbox = INBOX;
	let event = { channel: "main", type: "", data: "hello" };
	const show = () => {
		const texts = snippetsOf(event, { withToken: token.isUsed, inbox });
		for (const [name, verbs] of Object.entries(texts))
			for (const [verb, text] of Object.entries(verbs))
				snippets[name][verb].show(text, event);
	};
	bus.addEventListener("composed", ({ detail }) => {
		event = detail;
		show();
	});
	bus.addEventListener("token", show);
	bus.addEventListener("inbox", ({ detail = INBOX }) => {
		inbox = detail;
		show();
	});
	show();
}
