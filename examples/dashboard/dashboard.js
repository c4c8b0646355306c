// SPDX-License-Identifier: MIT
// Draws the last sixty values of each figure; a channel is a figure.
const LENGTH = 60;
const values = new Map([["load", []], ["memory", []], ["disk", []]]);

function draw(name) {
	const list = values.get(name);
	const section = document.getElementById(name);
	const most = Math.max(...list) || 1;
	const points = list.map((value, i) => `${LENGTH - list.length + i},${20 - 18 * value / most}`);
	section.querySelector("output").value = list.at(-1).toLocaleString();
	section.querySelector("polyline").setAttribute("points", points.join(" "));
}

const query = new URLSearchParams({ pattern: "dashboard/{name}", envelope: 1, since: "1h" });
const stream = new EventSource("/stream?" + query);
stream.onmessage = (event) => {
	const { channel, data } = JSON.parse(event.data);
	const name = channel.slice("dashboard/".length);
	const list = values.get(name);
	if (list === undefined || !Number.isFinite(Number(data)))
		return;
	list.push(Number(data));
	if (list.length > LENGTH)
		list.shift();
	draw(name);
};
