// SPDX-License-Identifier: MIT
// A chat: what comes is only ever put in as text.
import { listen } from "./node_modules/@tidings/client/index.js";

const LENGTH = 50;
const token = location.hash.slice(1);
const name = nameIn(token);
const element = (id) => document.getElementById(id);

// The second part of a JWT says whose it is; that it is true is for the server to see to.
function nameIn(token) {
	const text = atob((token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/"));
	const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
	return bytes.length === 0 ? "" : JSON.parse(new TextDecoder().decode(bytes)).sub;
}

function show({ data }) {
	const { from, text } = JSON.parse(data);
	const line = document.createElement("li");
	line.textContent = `${from}: ${text}`;
	element("messages").append(line);
	if (element("messages").children.length > LENGTH)
		element("messages").firstChild.remove();
}

async function send(event) {
	event.preventDefault();
	const answer = await fetch("/realtime/chat", {
		method: "POST",
		headers: { Authorization: `Bearer ${token}` },
		body: JSON.stringify({ from: name, text: element("text").value }),
	});
	if (answer.ok)
		element("text").value = "";
	else
		element("state").textContent = (await answer.json()).message;
}

const feed = listen("/stream", {
	channels: ["chat"], since: "all", presence: true, as: name, authorize: () => token,
});
feed.on("message", show);
feed.on("presence", ({ members }) => {
	element("here").textContent = members.map(({ user }) => user ?? "somebody").sort().join(", ");
});
feed.on("open", () => element("state").textContent = "");
for (const trouble of ["away", "refused"])
	feed.on(trouble, ({ reason }) => element("state").textContent = reason);
element("form").addEventListener("submit", send);
