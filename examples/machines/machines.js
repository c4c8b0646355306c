// SPDX-License-Identifier: MIT
// A stream from each of three machines, and a count of what is not one more than before.
for (const machine of [0, 1, 2]) {
	const url = new URL("/stream?channel=numbers", location.href);
	url.port = Number(location.port) + machine;
	const row = document.querySelector("table").insertRow();
	const [name, state, last, events, faults] = Array.from({ length: 5 }, () => row.insertCell());
	let before, count = 0, wrong = 0;

	name.textContent = url.host;
	const stream = new EventSource(url);
	stream.onopen = () => state.textContent = "there";
	stream.onerror = () => state.textContent = "away";
	stream.onmessage = ({ data }) => {
		if (before !== undefined && Number(data) !== before + 1)
			wrong++;
		before = Number(data);
		last.textContent = before;
		events.textContent = ++count;
		faults.textContent = wrong;
	};
}
