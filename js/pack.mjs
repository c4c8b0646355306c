// SPDX-License-Identifier: MIT
// pack - the modules here as one file without comments, dist/tidings.js, which
// `npm pack` makes by itself
//
// Not a minifier: it knows the few forms that these sources have, and tests/ runs
// its outcome through all tests of the sources. Comments, indentation and spaces
// between signs go; private names, which nobody else can know, become short.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const MODULES = ["peers", "pass", "stream", "leader", "share", "index"]; // none before what it imports
const here = (path) => new URL(path, import.meta.url);
const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LITERAL = /("(?:[^"\\]|\\.)*"|`[^`]*`|(?<=[(,] ?|= )\/(?:[^/\\\n]|\\.)+\/[a-z]*)/;

const withoutComments = (text) => text.split("\n")
	.map((line) => line.replace(/^\s*\/\/.*/, "").replace(/\s\/\/ .*$/, "").trim())
	.filter((line) => line !== "" && !line.startsWith("import ")).join("\n")
	.replace(/^export (?!function listen)/gm, "");

const tight = (text) => text.split(LITERAL).map((part, n) => n % 2 === 1 ? part
	: part.replace(/ ?(=>|[=!]==|&&|\|\||\?\?=?|[-+*]|[=<>?:,;{}()|]) ?/g, "$1")
		.replace(/([{};,)])\n/g, "$1").replace(/\n([}.?:&|])/g, "$1").replace(/;}/g, "}")).join("");

// Two classes may have the same: private names are of their class.
function shortNames(text) {
	return text.split(/^(?=class )/m).map((one) => {
		const names = [...new Set(one.match(/#\w+/g))];
		return one.replace(/#\w+/g, (name) => `#${LETTERS[names.indexOf(name)]}`);
	}).join("");
}

export function pack() {
	const text = MODULES.map((name) => withoutComments(readFileSync(here(`${name}.js`), "utf8"))).join("\n");
	return `// @tidings/client, MIT\n${tight(shortNames(text))}\n`;
}

if (process.argv[1] === here("pack.mjs").pathname) {
	mkdirSync(here("dist"), { recursive: true });
	writeFileSync(here("dist/tidings.js"), pack());
}
