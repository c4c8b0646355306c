// SPDX-License-Identifier: MIT
// commands - what would publish the same from a terminal
//
// Quoted for a POSIX shell: within single quotes nothing has a meaning but the
// single quote itself.

import { at } from "./place.js";

export const shell = (text) => `'${text.replaceAll("'", "'\\''")}'`;
export const sqlText = (text) => `'${text.replaceAll("'", "''")}'`;

function addressOf({ channel, type, id }) {
	const query = Object.entries({ event: type || undefined, id })
		.filter(([, value]) => value !== undefined)
		.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
	return at(`realtime/${encodeURIComponent(channel)}${query && `?${query}`}`);
}

// No path can name these, however they are encoded: whoever asks takes them for folders.
export const isFolder = (channel) => channel === "." || channel === "..";

const broadcastOf = ({ channel, type, data, id }) => ({
	address: at("api/broadcast"), type: "application/json",
	body: JSON.stringify({ channel, event: type || undefined, id, message: data }),
});

// { address, type, body }: the POST that publishes it.
export const publication = (event) => isFolder(event.channel) ? broadcastOf(event)
	: { address: addressOf(event), type: "text/plain", body: event.data };

export const streamAddress = ({ channel }) => at(`stream?channel=${encodeURIComponent(channel)}`);

// --data-raw, because --data-binary takes "@name" for a file. The token itself is
// in nobody's command line.
export function asCurl(event, withToken) {
	const { address, type, body } = publication(event);
	const headers = [
		...type === "text/plain" ? [] : [`-H "Content-Type: ${type}" `],
		...withToken ? ['-H "Authorization: Bearer $TIDINGS_TOKEN" '] : [],
	];
	return `curl ${headers.join("")}--data-raw ${shell(body)} ${shell(address)}`;
}

// inbox: its path.
export function asSql({ channel, type, data }, inbox) {
	const columns = ["channel", ...(type === "" ? [] : ["event"]), "data"];
	const values = [channel, ...(type === "" ? [] : [type]), data].map(sqlText);
	const insert = `INSERT INTO broadcast(${columns.join(", ")}) VALUES (${values.join(", ")})`;
	return `sqlite3 ${/^[\w./-]+$/.test(inbox) ? inbox : shell(inbox)} ${shell(insert)}`;
}
