// SPDX-License-Identifier: MIT
// Tells the page around this one what its library did: an event for each line
// that came into the list.
'use strict';

function say(what) {
	parent.postMessage({ name: document.documentElement.dataset.name, said: what }, '*');
}

addEventListener('error', (event) => say({ thrown: String(event.message) }));
addEventListener('unhandledrejection', (event) => say({ thrown: String(event.reason) }));
addEventListener('DOMContentLoaded', () => {
	new MutationObserver((records) => {
		for (const record of records)
			for (const node of record.addedNodes)
				if (node.nodeName === 'LI')
					say({ type: 'message', data: node.textContent, id: null });
	}).observe(document.querySelector('#list'), { childList: true });
});
