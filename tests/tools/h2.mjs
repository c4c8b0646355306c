// SPDX-License-Identifier: MIT
// Streams over one HTTP/2 connection: node h2.mjs ORIGIN
// Reads lines: "get PATH", "post PATH BODY", "close NUMBER" (of a request, from
// 0), "leave".  Prints a line of JSON for each answer and piece of data.
import { connect } from 'node:http2';
import { createInterface } from 'node:readline';

const requests = [];
const say = (what) => process.stdout.write(JSON.stringify(what) + '\n');
const session = connect(process.argv[2], { rejectUnauthorized: false });

session.on('remoteSettings', ({ maxConcurrentStreams }) => say({ most: maxConcurrentStreams }));
session.on('error', (error) => say({ error: error.message }));

function ask(method, path, body) {
	const number = requests.length;
	const request = session.request({ ':method': method, ':path': path,
		...body !== undefined && { 'content-length': body.length } });

	requests.push(request);
	request.setEncoding('utf8');
	request.on('response', (headers) => say({
		number, status: headers[':status'], type: headers['content-type'] }));
	request.on('data', (data) => say({ number, data }));
	request.on('end', () => say({ number, end: true }));
	request.on('error', (error) => say({ number, error: error.message }));
	request.end(body);
}

const verbs = {
	get: (path) => ask('GET', path),
	post: (path, ...words) => ask('POST', path, words.join(' ')),
	close: (number) => requests[number].close(),
	leave: () => session.destroy(),
};

for await (const line of createInterface({ input: process.stdin })) {
	const [verb, ...words] = line.split(' ');
	verbs[verb](...words);
}
