// SPDX-License-Identifier: MIT
// pack - the modules here as one file without comments, dist/tidings.js, which
// `npm pack` makes by itself
//
// Not a minifier: it knows the few forms that these sources have, and tests/ runs
// its outcome through all tests of the sources. Comments, indentation and spaces
// between signs go; private names and those of a module's own things, which nobody
// else can know, become short, and `const` is `let`, which is shorter.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const MODULES = ["peers", "pass", "stream", "leader", "share", "index"]; // none before what it imports
const here = (path) => new URL(path, import.meta.url);
const WORDS = new Map([["const", "let"], ["true", "!0"], ["false", "!1"], ["undefined", "void 0"], ["Number", "+"], ["Infinity", "1/0"]]);
// Of what no window tells another, and nobody gives or is given.
const PROPERTIES = new Map(["isPlain", "isLive", "movedAt", "isAsked", "spoil", "reopen", "hurry", "round", "line",
	"joined", "pass", "down", "ended", "failed", "gone", "plan", "stream", "hear", "renewed", "others", "last"].map((name, n) => [name, `$${n}`]));
const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LITERAL = /("(?:[^"\\]|\\.)*"|`[^`]*`|(?<=[(,] ?|= )\/(?:[^/\\\n]|\\.)+\/[a-z]*)/;

const withoutComments = (text) => text.split("\n")
	.map((line) => line.replace(/^\s*\/\/.*/, "").replace(/\s\/\/ .*$/, "").trim())
	.filter((line) => line !== "" && !line.startsWith("import ")).join("\n")
	.replace(/^export (?!function listen)/gm, "");

const tight = (text) => text.split(LITERAL).map((part, n) => n % 2 === 1 ? part
	: part.replace(/ ?(=>|[=!]==|&&|\|\||\?\?=?|[-+*]|[=<>?:,;{}()|]) ?/g, "$1")
		.replace(/,(\n?[\])}])/g, "$1").replace(/([{};,)])\n/g, "$1").replace(/\n([}.?:&|])/g, "$1").replace(/;}/g, "}")
		.replace(/\b(let|return|of) (?=\[)/g, "$1").replace(/\b(\d+)_000\b/g, "$1e3")
		.replace(/(?<![\w$])\(([\w$]+)\)=>/g, "$1=>")).join("");

// Two classes may have the same: private names are of their class.
function shortNames(text) {
	return text.split(/^(?=class )/m).map((one) => {
		const names = [...new Set(one.match(/#\w+/g))];
		return one.replace(/#\w+/g, (name) => `#${LETTERS[names.indexOf(name)]}`);
	}).join("");
}

// A name that is declared, or the one parameter of a function, and nowhere a key, a
// property, or in a text: the same name means one thing less, and may be another one.
function isOwn(name, code, texts) {
	const isKey = new RegExp(`[.#]${name}\\b|[{,]\\s*${name}\\s*[,}:=]|\\b${name}:|\\b(get|async|static) ${name}\\b|^${name}(\\(| =|;)`, "m");
	return !isKey.test(code) && !new RegExp(`\\b${name}\\b`).test(texts);
}

function shortThings(text) {
	const parts = text.split(LITERAL);
	const [code, texts] = [0, 1].map((odd) => parts.filter((_, n) => n % 2 === odd).join("\0"));
	const declared = code.matchAll(/\b(?:const|let|function\*?|class) (\w{2,})|\((\w{2,})\) =>/g);
	const names = [...new Set([...declared].map(([, name, parameter]) => name ?? parameter))]
		.filter((name) => name !== "listen" && isOwn(name, code, texts));
	const free = [...LETTERS].filter((letter) => !new RegExp(`(?<![.#\\w])${letter}\\b`).test(code));
	const short = new Map(names.map((name, n) => [name, free[n] ?? `${free[n % free.length]}${Math.floor(n / free.length)}`]));
	return parts.map((part, n) => n % 2 === 1 ? part
		: part.replace(/(?<![.#\w])\w+\b/g, (word) => short.get(word) ?? WORDS.get(word) ?? word)
			.replace(/(?<!#)\b\w+\b/g, (word) => PROPERTIES.get(word) ?? word)).join("");
}

export function pack() {
	const text = MODULES.map((name) => withoutComments(readFileSync(here(`${name}.js`), "utf8"))).join("\n");
	return `// @tidings/client, MIT\n${tight(shortThings(shortNames(text)))}\n`;
}

if (process.argv[1] === here("pack.mjs").pathname) {
	mkdirSync(here("dist"), { recursive: true });
	writeFileSync(here("dist/tidings.js"), pack());
}
