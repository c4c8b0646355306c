// SPDX-License-Identifier: MIT
// place - where Tidings is: its paths begin in the folder that these files come
// from, "/" or any other
//
// Nothing in the page names a path from the root, so that a web server can put
// all of it below a prefix (`base` in tidings.conf).

const HEALTH_MS = 3000;

let base = new URL(".", import.meta.url);

// The address of a path of Tidings: at("stream").
export const at = (path) => new URL(path, base).href;

// The same as people say it: "/tidings/stream".
export const pathAt = (path) => new URL(path, base).pathname;

// For a page whose Tidings is elsewhere.
export function placeIs(url) {
	base = new URL(url, import.meta.url);
}

async function answersAt(url) {
	try {
		const answer = await fetch(new URL("health", url), {
			cache: "no-store", signal: AbortSignal.timeout(HEALTH_MS),
		});
		const said = answer.status === 404 ? {} : await answer.json();
		return { status: answer.status, isOurs: typeof said.status === "string" };
	} catch {
		return { status: 0, isOurs: false };
	}
}

// Before there was `base`, web servers had the page at /tidings/ and the streams
// at the root: where a configuration of that time goes on, so does the page.
export async function findPlace() {
	const root = new URL("/", base);
	if (base.pathname === "/" || (await answersAt(base)).status !== 404)
		return;
	if ((await answersAt(root)).isOurs)
		base = root;
}
