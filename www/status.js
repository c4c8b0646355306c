// SPDX-License-Identifier: MIT
// status - one word on all streams together, in the page's head

import { setText } from "./dom.js";
import { addWords, onLanguage, t } from "./i18n.js";
import { words } from "./words/status.js";

addWords(words);

// The worst comes first.
const STATES = [["lost", "bad"], ["connecting", "warn"], ["catching up", "info"], ["live", "good"]];

export function mount(element, { bus, connections }) {
	const show = () => {
		const states = connections.all.map(({ state }) => state);
		const [state, tone] = STATES.find(([name]) => states.includes(name)) ?? ["none", "off"];
		element.dataset.tone = tone;
		setText(element, t(`all-${state}`));
	};
	bus.addEventListener("stream", show);
	onLanguage(show);
}
