// SPDX-License-Identifier: MIT
// snippets - how one publishes and listens, in each language, filled in
//
//   snippetsOf({ channel, type, data }, { withToken, inbox })
//       { js: { publish, listen }, … }    a text each; null where there is none
//
// inbox: the path of the inbox, or a name if that is not known. The token itself is
// in no text: it is a variable, as it should be in a program.

import { asCurl, asSql, isFolder, publication, shell, sqlText, streamAddress } from "./commands.js";
import { at } from "./place.js";

// Also between <script> and </script>, where a few words have a meaning of their own.
const jsText = (text) => JSON.stringify(text).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029")
	.replace(/<(?=\/?script|!--)/gi, "\\x3C");
// Python knows \uXXXX and the same escapes; it has no halves of a pair.
const python = jsText;
const php = (text) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
const html = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

const isTyped = ({ type }) => type !== "" && type !== "message";

function jsOf(event, { withToken }) {
	const bearer = withToken ? ["Authorization: `Bearer ${token}`"] : [];
	const headersOf = (all) => all.length === 0 ? "" : `\n\theaders: { ${all.join(", ")} },`;
	const { address: to, type, body } = publication(event);
	const json = type === "text/plain" ? [] : [`"Content-Type": ${jsText(type)}`];
	const heard = isTyped(event) ? `stream.addEventListener(${jsText(event.type)}, (event) => {\n\tconsole.log(event.lastEventId, event.data);\n});`
		: "stream.onmessage = (event) => {\n\tconsole.log(event.lastEventId, event.data);\n};";
	const ticket = `const asked = await fetch(${jsText(at("api/ticket"))}, {\n\tmethod: "POST",${headersOf(bearer)}\n});\nconst { ticket } = await asked.json();\n`;
	const address = withToken ? `${jsText(`${streamAddress(event)}&ticket=`)} + ticket` : jsText(streamAddress(event));
	return {
		publish: `await fetch(${jsText(to)}, {\n\tmethod: "POST",${headersOf([...json, ...bearer])}\n\tbody: ${jsText(body)},\n});`,
		listen: `${withToken ? ticket : ""}const stream = new EventSource(\n\t${address});\n${heard}`,
	};
}

function htmx(event, { withToken }) {
	return {
		publish: `# the server publishes a piece of HTML\n${asCurl({ ...event, data: "<li>hello</li>" }, withToken)}`,
		listen: `<script src="htmx.min.js"></script>\n<script src="htmx-ext-sse.js"></script>\n\n` +
			`<ul hx-ext="sse" hx-swap="beforeend"\n    sse-swap="${html(isTyped(event) ? event.type : "message")}"\n` +
			`    sse-connect="${html(streamAddress(event))}"></ul>`,
	};
}

function phpOf(event, { withToken }) {
	const bearer = withToken ? `\n\t\t. "Authorization: Bearer " . getenv('TIDINGS_TOKEN') . "\\r\\n"` : "";
	// what comes in chunks, PHP holds back until there is more
	const header = withToken ? `, 'header' =>\n\t"Authorization: Bearer " . getenv('TIDINGS_TOKEN')` : "";
	const how = `$how = stream_context_create(['http' => ['protocol_version' => 1.0${header}]]);\n`;
	const { address, type, body } = publication(event);
	return {
		publish: `<?php\nfile_get_contents(${php(address)}, false,\n\tstream_context_create(['http' => [\n` +
			`\t\t'method' => 'POST',\n\t\t'header' => "Content-Type: ${type}\\r\\n"${bearer},\n\t\t'content' => ${php(body)},\n\t]]));`,
		listen: `<?php\n${how}$stream = fopen(${php(streamAddress(event))}, 'r', false, $how);\nwhile (($line = fgets($stream)) !== false)\n` +
			"\tif (str_starts_with($line, 'data: '))\n\t\techo substr($line, 6);",
	};
}

function pythonOf(event, { withToken }) {
	const { address, type, body } = publication(event);
	const bearer = withToken ? [`"Authorization": "Bearer " + os.environ["TIDINGS_TOKEN"]`] : [];
	const json = type === "text/plain" ? [] : [`"Content-Type": ${python(type)}`];
	const start = (headers) => `${withToken ? "import os\n" : ""}from urllib.request import ${headers.length > 0 ? "Request, " : ""}urlopen\n\n`;
	const request = (to, data, headers) => headers.length > 0
		? `Request(\n\t${python(to)},${data ? `\n\t${data},` : ""}\n\theaders={${headers.join(", ")}})` : `${python(to)}${data ? `,\n\t${data}` : ""}`;
	const data = `${python(body)}.encode()`;
	return {
		publish: `${start([...json, ...bearer])}urlopen(${request(address, data, [...json, ...bearer])})`,
		listen: `${start(bearer)}for line in urlopen(${request(streamAddress(event), "", bearer)}):\n\tif line.startswith(b"data: "):\n\t\tprint(line[6:].decode(), end="")`,
	};
}

function curl(event, { withToken }) {
	const bearer = withToken ? '-H "Authorization: Bearer $TIDINGS_TOKEN" ' : "";
	return { publish: asCurl(event, withToken), listen: `curl -N ${bearer}${shell(streamAddress(event))}` };
}

function sql(event, { inbox }) {
	return {
		publish: asSql(event, inbox),
		listen: "BEGIN;\nUPDATE orders SET paid = 1 WHERE id = 7;\n" +
			`INSERT INTO broadcast(channel, data)\n\tVALUES (${sqlText(event.channel)}, 'order 7 is paid');\nCOMMIT;`,
	};
}

// A name that begins with "-" is no flag behind "--"; a message that is "-" would be
// what comes in.
function command(event, { withToken }) {
	const url = `--url ${shell(at("").replace(/\/$/, ""))}`;
	const token = withToken ? "export TIDINGS_TOKEN=…\n" : "";
	const type = isTyped(event) ? ` --event ${shell(event.type)}` : "";
	return {
		publish: isFolder(event.channel) ? `# the command cannot publish on a channel of this name\n${asCurl(event, withToken)}`
			: `${token}${event.data === "-" ? "printf %s - | " : ""}tidings pub ${url}${type} \\\n\t-- ${shell(event.channel)} ${shell(event.data)}`,
		listen: `${token}tidings sub ${url} \\\n\t-- ${shell(event.channel)}`,
	};
}

const LANGUAGES = { js: jsOf, htmx, php: phpOf, python: pythonOf, curl, sql, command };

export const snippetsOf = (event, how) =>
	Object.fromEntries(Object.entries(LANGUAGES).map(([name, make]) => [name, make(event, how)]));
