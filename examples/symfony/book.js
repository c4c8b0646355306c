// SPDX-License-Identifier: MIT
// Mercure's path and words: any hub of Mercure's serves this page.
const url = new URL("/.well-known/mercure", location.href);
url.searchParams.append("topic", "https://example.com/books/1");
const stream = new EventSource(url);
stream.onmessage = ({ data }) => {
	document.getElementById("left").value = JSON.parse(data).left;
};
