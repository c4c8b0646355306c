// SPDX-License-Identifier: MIT
// tasks - programs that tell how far they are, as bars
//
// The demonstration's two tasks, and those of any channel on which somebody
// publishes start, progress, end and close (`tidings run` does). A task is told
// by the `task` of its data, or by its channel's name.
//
//   waiting  nothing was heard of it      running  start or progress came
//   done     end came; its clock stands
//   failed   end came, with a `status` other than 0: its bar stays where it was
//   stopped  close came, or the stream has ended, before its end

import { el, setText } from "./dom.js";
import { isChannelName } from "./feed.js";
import { addWords, formatNumber, formatTime, onLanguage, t, translate } from "./i18n.js";
import { words } from "./words/tasks.js";

addWords(words);

const STEPS_MAX = 10; // of a task, in its list
const TASKS_MAX = 20;
const TEXT_MAX = 240; // of a name or a message
const TYPES = new Set(["start", "progress", "end", "close"]);

const cut = (said) => said.length > TEXT_MAX ? `${said.slice(0, TEXT_MAX)} …` : said;
const text = (value) => typeof value === "string" || typeof value === "number" ? cut(String(value)) : "";

function parse(data) {
	try {
		const said = JSON.parse(data);
		return said !== null && typeof said === "object" ? said : { message: data };
	} catch {
		return { message: data };
	}
}

const isFailure = ({ status }) => typeof status === "number" && status !== 0;

function timeOf(said, at) {
	const ms = Date.parse(text(said.timestamp));
	return Number.isNaN(ms) ? at : ms;
}

// ---- one task

class Task {
	state = "waiting";
	#began = null; // ms
	#ended = null;
	#words = () => t("task-waiting");

	constructor(name) {
		this.name = name;
		this.bar = el("progress", { max: 100, value: 0, "aria-label": name });
		this.percent = el("span", { class: "percent" });
		this.step = el("span", { class: "step" });
		this.elapsed = el("span", { class: "elapsed" });
		this.steps = el("ol", { class: "steps" });
		this.element = el("article", { class: "task", "data-task": name },
			el("div", { class: "task-head" }, el("h3", {}, name), this.percent, this.elapsed),
			this.bar, this.step, this.steps);
		this.show();
	}

	tell(type, said, at) {
		const when = timeOf(said, at);
		if (type === "start" || this.#began === null)
			this.#start(when);
		else if (this.state === "stopped")
			[this.state, this.#ended] = ["running", null];
		if (type === "end")
			this.#end(when);
		const words = text(said.message) || text(said.step) || t(`task-${type}`);
		if (type === "end" && isFailure(said))
			this.#fail(said.status, words);
		else
			this.#goOn(type, said.percent, words);
		this.#note(when, words);
		this.show();
	}

	#goOn(type, told, words) {
		const percent = type === "end" ? 100 : told;
		if (typeof percent === "number" && percent >= 0 && percent <= 100)
			this.bar.value = percent;
		else if (type === "progress" && this.bar.value === 0)
			this.bar.removeAttribute("value"); // nobody knows
		this.#words = () => words;
	}

	// `tidings run` says the status in its message, too.
	#fail(status, words) {
		this.state = "failed";
		this.#standStill();
		this.#words = () => {
			const failed = t("task-failed", { status: String(status) });
			return words.includes(String(status)) ? failed : `${failed}: ${words}`;
		};
	}

	#standStill() {
		if (!this.bar.hasAttribute("value"))
			this.bar.value = 0; // or it would go on moving
	}

	#start(when) {
		[this.state, this.#began, this.#ended] = ["running", when, null];
		this.bar.value = 0;
		this.steps.replaceChildren();
	}

	// Nothing more will come of it.
	stop() {
		if (this.state !== "running")
			return;
		[this.state, this.#ended] = ["stopped", Date.now()];
		this.#standStill();
		this.#words = () => t("task-stopped");
		this.show();
	}

	#end(when) {
		[this.state, this.#ended] = ["done", when];
	}

	#note(when, words) {
		this.steps.append(el("li", {}, el("time", {}, formatTime(when)), " ", words));
		while (this.steps.childElementCount > STEPS_MAX)
			this.steps.firstElementChild.remove();
	}

	show() {
		this.element.dataset.state = this.state;
		const isKnown = this.bar.hasAttribute("value") && this.state !== "waiting" &&
			!(this.state === "failed" && this.bar.value === 0);
		setText(this.percent, isKnown ? `${formatNumber(Math.round(this.bar.value))} %` : "");
		setText(this.step, this.#words());
		if (this.#began === null)
			return;
		const ms = Math.max(0, (this.#ended ?? Date.now()) - this.#began);
		setText(this.elapsed, t("task-seconds", {
			n: formatNumber(ms / 1000, { maximumFractionDigits: 1, minimumFractionDigits: 1 }),
		}));
	}
}

// ---- all

// A name is one stream's own: two channels may both have a "backup".
class Board {
	#tasks = new Map(); // key of the stream, and name -> Task

	constructor(element) {
		this.element = element;
	}

	get(key, name) {
		const both = JSON.stringify([key, name]);
		let task = this.#tasks.get(both);
		if (task === undefined) {
			task = new Task(name);
			task.key = key;
			this.#tasks.set(both, task);
			this.element.append(task.element);
			if (this.#tasks.size > TASKS_MAX)
				this.#drop(this.#tasks.entries().next().value);
		}
		return task;
	}

	#drop([both, task]) {
		task.element.remove();
		this.#tasks.delete(both);
	}

	drop(isMeant) {
		for (const entry of this.#tasks)
			if (isMeant(entry[1]))
				this.#drop(entry);
	}

	stop(key) {
		for (const task of this.#tasks.values())
			if (task.key === key)
				task.stop();
	}

	tick() {
		for (const task of this.#tasks.values())
			if (task.state === "running")
				task.show();
	}

	retell() {
		for (const task of this.#tasks.values())
			task.show();
	}
}

function runForm(run) {
	const interval = el("select", { name: "interval" },
		...[["5", "interval-5"], ["1", "interval-1"], ["0.2", "interval-0.2"]].map(([value, key]) =>
			el("option", { value, "data-t": key })));
	const form = el("form", {}, el("label", { class: "field" }, el("span", { "data-t": "interval" }), interval),
		el("button", { class: "button", "data-t": "run-tasks" }));
	form.addEventListener("submit", (event) => {
		event.preventDefault();
		run(Number(interval.value));
	});
	return form;
}

function watchForm(watch) {
	const field = el("input", {
		name: "channel", required: true, autocomplete: "off", spellcheck: "false",
		autocapitalize: "none", "data-t-placeholder": "task-channel-example",
	});
	const form = el("form", { novalidate: true },
		el("label", { class: "field" }, el("span", { "data-t": "task-channel" }), field),
		el("button", { class: "button quiet", "data-t": "watch" }));
	const judge = () => {
		const good = isChannelName(field.value);
		field.setCustomValidity(good ? "" : t("bad-channel"));
		field.setAttribute("aria-invalid", String(!good));
		return good;
	};
	field.addEventListener("input", () => field.hasAttribute("aria-invalid") && judge());
	form.addEventListener("submit", (event) => {
		event.preventDefault();
		if (judge())
			watch(field.value);
		else
			form.reportValidity();
	});
	return form;
}

export function mount(section, { bus, connections }) {
	const element = el("div", { class: "board" });
	const board = new Board(element);
	const watched = new Set(["tasks"]); // keys

	const run = (interval) => {
		connections.close("tasks");
		board.drop(({ key }) => key === "tasks");
		board.get("tasks", "function1");
		board.get("tasks", "function2");
		connections.open({ kind: "tasks", interval });
	};
	const watch = (channel) => {
		const { key } = connections.open({ kind: "channel", channel });
		watched.add(key);
		board.get(key, channel);
	};
	section.append(translate(el("div", {}, el("p", { class: "lead", "data-t": "tasks-lead" }),
		el("div", { class: "bar" }, runForm(run), watchForm(watch)))), element);
	board.get("tasks", "function1");
	board.get("tasks", "function2");

	bus.addEventListener("event", ({ detail: { key, type, channel, data, at } }) => {
		if (!watched.has(key) || !TYPES.has(type))
			return;
		if (type === "close") {
			board.stop(key);
			return;
		}
		const said = parse(data);
		const name = text(said.task) || channel;
		if (name !== channel) // its tasks have names: nothing will be called as it is
			board.drop((task) => task.key === key && task.name === channel && task.state === "waiting");
		board.get(key, name).tell(type, said, at);
	});
	bus.addEventListener("stream", ({ detail: { key, state } }) => {
		if (state === null || state === "ended")
			board.stop(key);
	});
	setInterval(() => board.tick(), 200);
	onLanguage(() => board.retell());
}
