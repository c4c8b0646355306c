// SPDX-License-Identifier: MIT
// menu - what is not needed all the time: a button that shows it

import { el } from "./dom.js";

// title: a word's key. Escape closes it, and so does a click beside it.
export function menu(id, title, ...items) {
	const box = el("div", { class: "menu-items" }, ...items);
	const button = el("summary", { class: "button quiet", "data-t-aria-label": title, "data-t-title": title }, "⋯");
	const details = el("details", { id, class: "menu" }, button, box);
	details.addEventListener("keydown", ({ key }) => {
		if (key !== "Escape" || !details.open)
			return;
		details.open = false;
		button.focus();
	});
	document.addEventListener("pointerdown", ({ target }) => {
		if (details.open && !details.contains(target))
			details.open = false;
	});
	return details;
}
