// SPDX-License-Identifier: MIT
// How long a program goes on that listens in Node. TIDINGS_CLIENT: as in client.test.mjs.
import assert from "node:assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { Server, until } from "./server.mjs";

const CLIENT = pathToFileURL(process.env.TIDINGS_CLIENT).href;

async function program(server, text) {
	const all = `import { listen } from ${JSON.stringify(CLIENT)}; const url = ${JSON.stringify(server.url)}; ${text}`;
	const child = spawn(process.execPath, ["--input-type=module", "--eval", all], { stdio: ["ignore", "pipe", "inherit"] });
	const said = { text: "", code: undefined, child };
	child.stdout.on("data", (more) => said.text += more);
	once(child, "exit").then(([code, signal]) => said.code = signal ?? code);
	return said;
}

const served = async (t) => {
	const server = await new Server().start();
	t.after(() => server.stop());
	return server;
};

test("a program goes on as long as it listens, also while the server is away, and then ends", async (t) => {
	const server = await served(t);
	const said = await program(server, `
		const feed = listen(url, { channels: ["a"] });
		feed.on("message", ({ data }) => { console.log(data); if (data === "end") feed.close(); });`);
	t.after(() => said.child.kill());
	await until(() => server.streams.size === 1, "it listening");
	server.publish("a", "one");
	await until(() => said.text === "one\n");
	await server.stop();
	await new Promise((done) => setTimeout(done, 300));
	assert.equal(said.code, undefined, "nothing holds it but a timer");
	await server.start();
	server.publish("a", "end");
	await until(() => said.code !== undefined, "its end");
	assert.deepEqual([said.text, said.code], ["one\nend\n", 0]);
});

test("a program whose feed is refused, or over, ends", async (t) => {
	const server = await served(t);
	for (const status of [403, 204]) {
		server.answers.push({ status });
		const said = await program(server, `listen(url, { channels: ["a"] }).on("${status === 403 ? "refused" : "close"}", () => console.log("so"));`);
		t.after(() => said.child.kill());
		await until(() => said.code !== undefined, `its end by ${status}`);
		assert.deepEqual([said.text, said.code], ["so\n", 0]);
	}
});

test("a program that renews a token ends with its last feed", async (t) => {
	const server = await served(t);
	const said = await program(server, `
		const authorize = () => ({ token: "t", expires: Date.now() + 3600_000 });
		const feed = listen(url, { channels: ["a"], authorize });
		feed.on("open", () => feed.close());`);
	t.after(() => said.child.kill());
	await until(() => said.code !== undefined, "its end");
	assert.equal(said.code, 0);
});
