// SPDX-License-Identifier: MIT
// tabs - one of several panels at a time, chosen by tabs above them
//
// As the ARIA practices have it: one tab is in the order of Tab, the arrows go
// from one to the next.

import { el } from "./dom.js";

function makeTab(id, { name, key, label }) {
	const words = key === undefined ? {} : { "data-t": key };
	return el("button", { type: "button", role: "tab", id: `${id}-${name}-tab`, "aria-controls": `${id}-${name}`, ...words }, label ?? "");
}

// panels: [{ name, label (what stands for itself) or key (a word's), panel }]
// { tabs: their row, choose(name) }; chosen(name) is called at each choice by hand.
// isFolding: () => is there little room? Then none may be chosen (null), and a second
// click on the chosen one folds it.
export function tabs(id, panels, chosen, isFolding) {
	const made = panels.map((one) => ({ ...one, tab: makeTab(id, one) }));
	const row = el("div", { role: "tablist", "aria-labelledby": `${id}-title` }, ...made.map(({ tab }) => tab));
	let now = null;
	const choose = (name) => {
		now = name;
		for (const one of made) {
			const isIt = one.name === name;
			one.tab.setAttribute("aria-selected", String(isIt));
			one.tab.tabIndex = isIt || name === null && one === made[0] ? 0 : -1;
			one.panel.hidden = !isIt;
		}
	};
	const chooseByHand = (name) => {
		choose(name === now && isFolding() ? null : name);
		if (now !== null)
			chosen(now);
	};
	for (const { name, tab, panel } of made) {
		for (const [attribute, value] of [["role", "tabpanel"], ["id", `${id}-${name}`], ["aria-labelledby", tab.id]])
			panel.setAttribute(attribute, value);
		tab.addEventListener("click", () => chooseByHand(name));
	}
	const STEPS = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };
	row.addEventListener("keydown", (event) => {
		const step = STEPS[event.key];
		if (step === undefined)
			return;
		event.preventDefault();
		const n = made.findIndex(({ tab }) => tab === event.target);
		const next = Number.isFinite(step) ? (n + step + made.length) % made.length : step < 0 ? 0 : made.length - 1;
		choose(made[next].name);
		chosen(made[next].name);
		made[next].tab.focus();
	});
	return { tabs: row, choose };
}
