// SPDX-License-Identifier: MIT
// i18n - the page's words, in the reader's language
//
//   addWords({ en: { hello: "Hello, {name}" }, "pt-BR": { ... } });
//   t("hello", { name: "Ann" });        t("events", { count: 3 })
//
// A word with a count has a form for each plural category: "events.one",
// "events.other". Elements name theirs in data-t (their text), data-t-title,
// data-t-placeholder or data-t-aria-label; setLanguage() gives all of them
// their words anew, and translate() those of one that was just made.

const LANGUAGES = ["en", "pt-BR"];
const KEPT = "tidings.language";
const words = Object.fromEntries(LANGUAGES.map((tag) => [tag, new Map()]));
const listeners = new Set();
let current = "en";
let plurals = new Intl.PluralRules(current);

export function addWords(more) {
	for (const tag of LANGUAGES)
		for (const [key, text] of Object.entries(more[tag]))
			words[tag].set(key, text);
}

function find(key, values) {
	if (values.count === undefined)
		return words[current].get(key);
	return words[current].get(`${key}.${plurals.select(values.count)}`) ??
		words[current].get(`${key}.other`);
}

export function t(key, values = {}) {
	const text = find(key, values) ?? key;
	return text.replace(/\{(\w+)\}/g, (whole, name) => {
		const value = values[name];
		return typeof value === "number" ? formatNumber(value) : value ?? whole;
	});
}

// To make a formatter takes a hundred times as long as to use it.
const formatters = new Map();

function formatter(Kind, options) {
	const key = `${current} ${Kind.name} ${JSON.stringify(options)}`;
	if (!formatters.has(key))
		formatters.set(key, new Kind(current, options));
	return formatters.get(key);
}

export const formatNumber = (number, options = {}) =>
	formatter(Intl.NumberFormat, options).format(number);

const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };

export const formatTime = (ms) => formatter(Intl.DateTimeFormat, CLOCK).format(ms);

const DAY = { day: "2-digit", month: "2-digit", year: "numeric" };

// With the date, unless it is today's.
export function formatMoment(ms) {
	const isToday = new Date(ms).toDateString() === new Date().toDateString();
	return isToday ? formatTime(ms) : formatter(Intl.DateTimeFormat, { ...DAY, ...CLOCK }).format(ms);
}

const SPLIT = { fractionalSecondDigits: 3 };

// To the millisecond, with the date.
export const formatExactly = (ms) =>
	formatter(Intl.DateTimeFormat, { ...DAY, ...CLOCK, ...SPLIT }).format(ms);

const UNITS = [[86_400, "day"], [3600, "hour"], [60, "minute"], [0, "second"]];

// "now", "5s ago", "3 days ago", of so many milliseconds.
export function formatAgo(ms) {
	const seconds = Math.max(0, Math.floor(ms / 1000));
	const [least, unit] = UNITS.find(([most]) => seconds >= most);
	const options = { style: "narrow", numeric: "auto" };
	return formatter(Intl.RelativeTimeFormat, options).format(-Math.floor(seconds / Math.max(1, least)), unit);
}

const ATTRIBUTES = ["title", "placeholder", "aria-label"];

export function translate(root) {
	for (const element of [root, ...root.querySelectorAll("*")]) {
		if (element.dataset.t !== undefined)
			element.textContent = t(element.dataset.t);
		for (const name of ATTRIBUTES) {
			const key = element.getAttribute(`data-t-${name}`);
			if (key !== null)
				element.setAttribute(name, t(key));
		}
	}
	return root;
}

// Told at each switch; returns how to stop that.
export function onLanguage(listener) {
	listeners.add(listener);
	return () => listeners.delete(listener);
}

export function setLanguage(tag) {
	current = tag;
	plurals = new Intl.PluralRules(tag);
	document.documentElement.lang = tag;
	translate(document.body);
	for (const listener of listeners)
		listener();
}

function kept() {
	try {
		return localStorage.getItem(KEPT);
	} catch {
		return null; // a browser that keeps nothing
	}
}

export function keepLanguage(tag) {
	try {
		localStorage.setItem(KEPT, tag);
	} catch {
		// then it is asked for again next time
	}
}

// What was chosen once, or the first of the browser's that we speak.
export function preferred() {
	if (LANGUAGES.includes(kept()))
		return kept();
	for (const tag of navigator.languages ?? [])
		if (tag.startsWith("pt"))
			return "pt-BR";
		else if (tag.startsWith("en"))
			return "en";
	return "en";
}
