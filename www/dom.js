// SPDX-License-Identifier: MIT
// dom - elements out of words
//
//   el("p", { class: "note", "data-t": "hello" }, "text", el("b", {}, "more"))
//
// Children are text or elements; nothing is ever read as HTML. An attribute
// that is true is set empty, one that is false or undefined is left out, and a
// function is a listener: { onclick() {} }.

export function el(tag, attributes = {}, ...children) {
	const element = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes))
		if (typeof value === "function")
			element.addEventListener(name.slice(2), value);
		else if (value !== undefined && value !== false)
			element.setAttribute(name, value === true ? "" : value);
	element.append(...children);
	return element;
}

// Sets the text only if it changes: what is the same need not be laid out.
export function setText(element, text) {
	if (element.textContent !== text)
		element.textContent = text;
}

// When something was; NaN is before now, nobody knows when.
export function timeElement(ms, format) {
	return Number.isNaN(ms) ? el("span", { class: "time", "data-t": "earlier" })
		: el("time", { datetime: new Date(ms).toISOString() }, format(ms));
}

// A button that copies what `text` returns, and says so for a moment.
export function copyButton(text, words) {
	const button = el("button", { type: "button", class: "button quiet", "data-t": words.copy });
	button.addEventListener("click", async () => {
		try {
			await navigator.clipboard.writeText(text());
		} catch {
			return; // an insecure origin has no clipboard
		}
		button.dataset.done = "";
		setTimeout(() => delete button.dataset.done, 1200);
	});
	return button;
}
