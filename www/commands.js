// SPDX-License-Identifier: MIT
// commands - what would publish the same from a terminal
//
// Quoted for a POSIX shell: within single quotes nothing has a meaning but the
// single quote itself.

import { at } from "./place.js";

export const shell = (text) => `'${text.replaceAll("'", "'\\''")}'`;
export const sqlText = (text) => `'${text.replaceAll("'", "''")}'`;

export function publishAddress({ channel, type, id }) {
	const query = Object.entries({ event: type || undefined, id })
		.filter(([, value]) => value !== undefined)
		.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
	return at(`realtime/${encodeURIComponent(channel)}${query && `?${query}`}`);
}

export const streamAddress = ({ channel }) => at(`stream?channel=${encodeURIComponent(channel)}`);

// --data-raw, because --data-binary takes "@name" for a file. The token itself is
// in nobody's command line.
export const asCurl = (event, withToken) =>
	`curl ${withToken ? '-H "Authorization: Bearer $TIDINGS_TOKEN" ' : ""}--data-raw ${shell(event.data)} ${shell(publishAddress(event))}`;

// inbox: its path.
export function asSql({ channel, type, data }, inbox) {
	const columns = ["channel", ...(type === "" ? [] : ["event"]), "data"];
	const values = [channel, ...(type === "" ? [] : [type]), data].map(sqlText);
	const insert = `INSERT INTO broadcast(${columns.join(", ")}) VALUES (${values.join(", ")})`;
	return `sqlite3 ${/^[\w./-]+$/.test(inbox) ? inbox : shell(inbox)} ${shell(insert)}`;
}
