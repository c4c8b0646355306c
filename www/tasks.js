// tasks - programs that tell how far they are, as bars
//
// The demonstration's two tasks, and those of any channel on which somebody
// publishes start, progress, end and close (`tidings run` does). A task is told
// by the `task` of its data, or by its channel's name.
//
//   waiting  nothing was heard of it      running  start or progress came
//   done     end came; its clock stands

import { el, setText } from "./dom.js";
import { isChannelName } from "./feed.js";
import { addWords, formatNumber, formatTime, onLanguage, t, translate } from "./i18n.js";
import { words } from "./words/tasks.js";

addWords(words);

const STEPS_MAX = 12; // of a task, in its list
const TASKS_MAX = 20;
const TYPES = new Set(["start", "progress", "end", "close"]);

const text = (value) => typeof value === "string" || typeof value === "number" ? String(value) : "";

function parse(data) {
	try {
		const said = JSON.parse(data);
		return said !== null && typeof said === "object" ? said : { message: data };
	} catch {
		return { message: data };
	}
}

function timeOf(said, at) {
	const ms = Date.parse(text(said.timestamp));
	return Number.isNaN(ms) ? at : ms;
}

// ---- one task

class Task {
	state = "waiting";
	#began = null; // ms
	#ended = null;

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
		if (type === "end")
			this.#end(when);
		const percent = type === "end" ? 100 : said.percent;
		if (typeof percent === "number" && percent >= 0 && percent <= 100)
			this.bar.value = percent;
		else if (type === "progress" && this.bar.value === 0)
			this.bar.removeAttribute("value"); // nobody knows
		const words = text(said.message) || text(said.step) || t(`task-${type}`);
		setText(this.step, words);
		this.#note(when, words);
		this.show();
	}

	#start(when) {
		[this.state, this.#began, this.#ended] = ["running", when, null];
		this.bar.value = 0;
		this.steps.replaceChildren();
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
		setText(this.percent, this.bar.hasAttribute("value") && this.state !== "waiting"
			? `${formatNumber(Math.round(this.bar.value))} %` : "");
		if (this.#began === null) {
			setText(this.step, t("task-waiting"));
			return;
		}
		const ms = Math.max(0, (this.#ended ?? Date.now()) - this.#began);
		setText(this.elapsed, t("task-seconds", {
			n: formatNumber(ms / 1000, { maximumFractionDigits: 1, minimumFractionDigits: 1 }),
		}));
	}
}

// ---- all

class Board {
	#tasks = new Map();

	constructor(element) {
		this.element = element;
	}

	get(name) {
		let task = this.#tasks.get(name);
		if (task === undefined) {
			task = new Task(name);
			this.#tasks.set(name, task);
			this.element.append(task.element);
			if (this.#tasks.size > TASKS_MAX)
				this.drop(this.#tasks.keys().next().value);
		}
		return task;
	}

	drop(name) {
		this.#tasks.get(name)?.element.remove();
		this.#tasks.delete(name);
	}

	tick() {
		for (const task of this.#tasks.values())
			if (task.state !== "done")
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
	form.addEventListener("submit", (event) => {
		event.preventDefault();
		const good = isChannelName(field.value);
		field.setAttribute("aria-invalid", String(!good));
		if (good)
			watch(field.value);
	});
	return form;
}

export function mount(section, { bus, connections }) {
	const element = el("div", { class: "board" });
	const board = new Board(element);
	const watched = new Set(["tasks"]); // keys

	const run = (interval) => {
		connections.close("tasks");
		for (const name of ["function1", "function2"]) {
			board.drop(name);
			board.get(name);
		}
		connections.open({ kind: "tasks", interval });
	};
	const watch = (channel) => {
		watched.add(`channel:${channel}`);
		connections.open({ kind: "channel", channel });
		board.get(channel);
	};
	section.append(translate(el("div", {}, el("p", { class: "lead", "data-t": "tasks-lead" }),
		el("div", { class: "bar" }, runForm(run), watchForm(watch)))), element);
	board.get("function1");
	board.get("function2");

	bus.addEventListener("event", ({ detail: { key, type, channel, data, at } }) => {
		if (!watched.has(key) || !TYPES.has(type))
			return;
		const said = parse(data);
		if (type === "close")
			return;
		board.get(text(said.task) || channel).tell(type, said, at);
	});
	setInterval(() => board.tick(), 200);
	onLanguage(() => board.tick());
}
