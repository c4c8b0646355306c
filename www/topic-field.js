// SPDX-License-Identifier: MIT
// topic-field - where one types a channel, or a pattern

import { el } from "./dom.js";
import { isChannelName } from "./feed.js";
import { t } from "./i18n.js";
import { isPattern, looksLikePattern } from "./pattern.js";

// What is wrong with it: a word's key, or null.
function faultOf(text) {
	if (looksLikePattern(text))
		return isPattern(text) ? null : "bad-pattern";
	return isChannelName(text) ? null : "bad-channel";
}

// As feed.js wants it. A brace or * is meant as a pattern, though a channel may
// be called so, too: a pattern is for the channel of its own name as well.
const sourceOf = (text) => looksLikePattern(text)
	? { kind: "pattern", pattern: text } : { kind: "channel", channel: text };

// example: the key of its placeholder. What is no good is refused with a word,
// and judged anew while it is mended.
export class TopicField {
	constructor(example) {
		this.element = el("input", {
			name: "channel", required: true, autocomplete: "off", spellcheck: "false",
			autocapitalize: "none", "data-t-placeholder": example,
		});
		this.element.addEventListener("input", () => this.element.hasAttribute("aria-invalid") && this.#judge());
	}

	#judge() {
		const fault = faultOf(this.element.value);
		this.element.setCustomValidity(fault === null ? "" : t(fault));
		this.element.setAttribute("aria-invalid", String(fault !== null));
		return fault === null;
	}

	// act(source) is called whenever its form is sent with something good.
	serve(form, act) {
		form.addEventListener("submit", (event) => {
			event.preventDefault();
			if (this.#judge())
				act(sourceOf(this.element.value));
			else
				form.reportValidity();
		});
	}

	clear() {
		this.element.value = "";
		this.element.removeAttribute("aria-invalid");
	}
}
