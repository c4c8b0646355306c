// app - the page: forms in, events out. What others published is only ever
// set as text.
import { Stream } from "./stream.js";

const SHOWN_MAX = 200; // older ones leave the page

const $ = (id) => document.getElementById(id);
const words = (text) => [...new Set(text.split(/\s+/).filter(Boolean))];

let stream = null;

function show(kind, from, id, text) {
	const item = document.createElement("li");
	item.className = kind;
	for (const [name, value] of [["from", from], ["id", id], ["data", text]]) {
		const part = document.createElement("span");
		part.className = name;
		part.textContent = value;
		item.append(part);
	}
	$("events").prepend(item);
	while ($("events").childElementCount > SHOWN_MAX)
		$("events").lastElementChild.remove();
}

function sayState(state) {
	const sentences = {
		connecting: "connecting",
		open: `listening to ${stream?.channels.join(", ") ?? ""}`,
		closed: "refused; trying again soon",
	};
	$("state").dataset.state = state;
	$("state").textContent = sentences[state];
}

function listen() {
	const form = new FormData($("listen"));
	const channels = words(form.get("channels"));
	const types = words(form.get("types"));
	stream?.close();
	stream = new Stream(channels.length ? channels : ["main"], types.length ? types : ["message"], {
		state: sayState,
		id(last) {
			$("last-id").value = last || "none yet";
		},
		event({ type, id, channel, data }) {
			show("event", type === "message" ? channel : `${channel} · ${type}`, id, data);
		},
		gap({ requested }) {
			show("gap", "gap", "", `Some events after ${requested} are no longer held.`);
		},
	});
}

async function publish(form) {
	const { channel, message } = Object.fromEntries(new FormData(form));
	const answer = await fetch("/api/broadcast", {
		method: "POST",
		headers: { "Content-Type": "application/json" },
		body: JSON.stringify({ channel, message }),
	});
	const said = await answer.json();
	if (!answer.ok)
		throw new Error(said.message);
	return `stored as ${said.id}`;
}

$("listen").addEventListener("submit", (event) => {
	event.preventDefault();
	listen();
});

$("publish").addEventListener("submit", async (event) => {
	event.preventDefault();
	const form = event.currentTarget;
	const note = $("published");
	delete note.dataset.bad;
	try {
		note.textContent = await publish(form);
		form.elements.message.value = "";
	} catch (error) {
		note.dataset.bad = "";
		note.textContent = `Not published: ${error.message}`;
	}
});

listen();
