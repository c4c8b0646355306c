// SPDX-License-Identifier: MIT
// tasks - programs that tell how far they are, as bars
//
// The demonstration's two tasks, and those of any channel on which somebody
// publishes start, progress, end and close (`tidings run` does), or of all that a
// pattern matches. A task is told by the `task` of its data, or by its channel's
// name.
//
//   waiting  nothing was heard of it      running  start or progress came
//   done     end came; its clock stands
//   failed   end came, with a `status` other than 0: its bar stays where it was
//   stopped  close came, or the stream has ended, before its end

import { topicOf } from "./connections.js";
import { el, setText, timeElement } from "./dom.js";
import { addWords, formatMoment, formatNumber, onLanguage, t, translate } from "./i18n.js";
import { cameAt, timeIn } from "./moment.js";
import { TopicField } from "./topic-field.js";
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

function timeOf(said, event) {
	const ms = timeIn(said);
	return Number.isNaN(ms) ? cameAt(event) : ms;
}

// ---- one task

class Task {
	state = "waiting";
	#began = null; // ms, NaN if nobody knows
	#ended = null;
	#words = () => t("task-waiting");

	// where: its channel, if there are others on the same stream.
	constructor(name, where) {
		this.name = name;
		this.bar = el("progress", { max: 100, value: 0, "aria-label": name });
		this.percent = el("span", { class: "percent" });
		this.step = el("span", { class: "step" });
		this.elapsed = el("span", { class: "elapsed" });
		this.steps = el("ol", { class: "steps" });
		this.element = el("article", { class: "task", "data-task": name },
			el("div", { class: "task-head" }, el("h3", {}, name, ...where === undefined ? [] : [" ", el("small", {}, where)]),
				this.percent, this.elapsed),
			this.bar, this.step, this.steps);
		this.show();
	}

	tell(said, event) {
		const { type } = event;
		const when = timeOf(said, event);
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
		const time = translate(timeElement(when, formatMoment));
		this.steps.append(el("li", {}, time, " ", words));
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
		setText(this.elapsed, Number.isNaN(ms) ? "" : t("task-seconds", {
			n: formatNumber(ms / 1000, { maximumFractionDigits: 1, minimumFractionDigits: 1 }),
		}));
	}
}

// ---- all

// A name is one channel's own: two of them may both have a "backup".
class Board {
	#tasks = new Map(); // key of the stream, channel and name -> Task

	constructor(element) {
		this.element = element;
	}

	get(key, channel, name) {
		const all = JSON.stringify([key, channel, name]);
		let task = this.#tasks.get(all);
		if (task === undefined) {
			const isOneOfMany = key.startsWith("pattern:") && name !== channel;
			task = new Task(name, isOneOfMany ? channel : undefined);
			[task.key, task.channel] = [key, channel];
			this.#tasks.set(all, task);
			this.element.append(task.element);
			if (this.#tasks.size > TASKS_MAX)
				this.#drop(this.#tasks.entries().next().value);
		}
		return task;
	}

	#drop([all, task]) {
		task.element.remove();
		this.#tasks.delete(all);
	}

	drop(isMeant) {
		for (const entry of this.#tasks)
			if (isMeant(entry[1]))
				this.#drop(entry);
	}

	// All of a stream, or those of a channel on it.
	stop(key, channel) {
		for (const task of this.#tasks.values())
			if (task.key === key && (channel === undefined || task.channel === channel))
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
	const field = new TopicField("task-channel-example");
	const form = el("form", { novalidate: true },
		el("label", { class: "field" }, el("span", { "data-t": "task-channel" }), field.element),
		el("button", { class: "button quiet", "data-t": "watch" }));
	field.serve(form, watch);
	return form;
}

export function mount(section, { bus, connections }) {
	const element = el("div", { class: "board" });
	const board = new Board(element);
	const watched = new Map([["tasks", "tasks"]]); // key -> channel or pattern

	const run = (interval) => {
		connections.close("tasks");
		board.drop(({ key }) => key === "tasks");
		board.get("tasks", "tasks", "function1");
		board.get("tasks", "tasks", "function2");
		connections.open({ kind: "tasks", interval });
	};
	// Until it has a task, its own name stands for one.
	const watch = (source) => {
		const { key } = connections.open(source);
		watched.set(key, topicOf(source));
		board.get(key, topicOf(source), topicOf(source));
	};
	section.append(translate(el("div", {}, el("p", { class: "lead", "data-t": "tasks-lead" }),
		el("div", { class: "bar" }, runForm(run), watchForm(watch)))), element);
	board.get("tasks", "tasks", "function1");
	board.get("tasks", "tasks", "function2");

	bus.addEventListener("event", ({ detail: event }) => {
		const { key, type, channel, data } = event;
		if (!watched.has(key) || !TYPES.has(type))
			return;
		if (type === "close") {
			board.stop(key, channel);
			return;
		}
		const said = parse(data);
		const name = text(said.task) || channel;
		const topic = watched.get(key);
		if (name !== topic) // its tasks have names: nothing will be called as it is
			board.drop((task) => task.key === key && task.name === topic && task.state === "waiting");
		board.get(key, channel, name).tell(said, event);
	});
	bus.addEventListener("stream", ({ detail: { key, state } }) => {
		if (state === null || state === "ended")
			board.stop(key);
	});
	setInterval(() => board.tick(), 200);
	onLanguage(() => board.retell());
}
