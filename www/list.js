// SPDX-License-Identifier: MIT
// list - the rows of what came: the newest at the foot, at most ROWS_MAX
//
// In the document the newest is the first, so that what is added moves nothing;
// the style turns it round. Events wait in `fresh` until the next frame and become
// rows together; of more than ROWS_MAX that wait only the newest ever do, but what
// is told of cuts and gaps always does. While paused they wait on. What is not
// looked for stays a row, and is shown again once it is.
//
//   calm     rows are made in the next frame
//   flooded  BATCH and more came at once: the next ones are made PACE_MS later, and
//            only as many filled as are seen; the others when it is calm, or wanted
//
// Whoever reads further up, or has opened a row, goes on reading there; `unseen`
// counts what came since.

import { eventRow, fill, holds, isOpen, toggle } from "./row.js";

const ROWS_MAX = 250;
const NOTES_MAX = 20; // that are older than the newest ROWS_MAX
const FRAME_MS = 250; // a window that is not seen has no frames
const BATCH = 10;
const PACE_MS = 100;
const ROW_PX = 24; // at least, of a row that is closed
const SLICE = 25; // rows that are filled at once without need
const SPARE = 6; // rows that are filled beyond what is seen
const AT_END = 8; // px

// How the arrow keys go, up being older.
const STEPS = {
	ArrowUp: (row) => row.nextElementSibling, ArrowDown: (row) => row.previousElementSibling,
	Home: (row) => row.parentElement.lastElementChild, End: (row) => row.parentElement.firstElementChild,
};

export class List {
	#fresh = []; // what is not a row yet: an event, or a function that makes a note
	#skipped = 0; // events that will never be rows
	#frame = 0;
	#timer = 0;
	#calm = 0; // timer
	#isFlooded = false;
	#seen = 50; // rows
	#sent = new Set(); // ids that this window has published
	#type = ""; // the type that is shown; "" = all
	#text = ""; // what rows are looked for, in small letters
	paused = false;
	unseen = 0;

	// said: to be called when something has changed.
	constructor(element, said) {
		this.element = element;
		this.said = said;
		element.addEventListener("click", ({ target }) => this.#click(target));
		element.addEventListener("keydown", (event) => this.#press(event));
		element.addEventListener("scroll", () => this.#scrolled(), { passive: true });
		new ResizeObserver(([{ contentRect }]) => {
			this.#seen = Math.ceil(contentRect.height / ROW_PX) + SPARE;
		}).observe(element);
	}

	get waiting() {
		return this.#fresh.length + this.#skipped;
	}

	add(item) {
		this.#fresh.push(item);
		if (this.#fresh.length >= 2 * ROWS_MAX)
			this.#trim();
		this.wake();
	}

	#trim() {
		const old = this.#fresh.splice(0, Math.max(0, this.#fresh.length - ROWS_MAX));
		const notes = old.filter((item) => typeof item === "function").slice(-NOTES_MAX);
		this.#skipped += old.length - notes.length;
		this.#fresh.unshift(...notes);
	}

	wake() {
		if (this.paused || this.#timer !== 0)
			return;
		const flush = () => this.#flush();
		if (this.#isFlooded) {
			this.#timer = setTimeout(flush, PACE_MS);
			return;
		}
		this.#frame = requestAnimationFrame(flush);
		this.#timer = setTimeout(flush, FRAME_MS);
	}

	#pace(count) {
		this.#isFlooded = count >= BATCH;
		this.element.toggleAttribute("data-flooded", this.#isFlooded);
		clearTimeout(this.#calm);
		if (this.#isFlooded)
			this.#calm = setTimeout(() => this.#pace(0), 3 * PACE_MS);
		else
			this.#fillRest();
	}

	// A few at a time: there may be all of them to fill.
	#fillRest() {
		const empty = [...this.element.children].filter((row) => row.firstChild === null);
		empty.slice(0, SLICE).forEach(fill);
		if (empty.length > SLICE)
			this.#calm = setTimeout(() => this.#fillRest(), FRAME_MS / 4);
	}

	#fillAll() {
		[...this.element.children].forEach(fill);
	}

	// Those that are seen, whoever has scrolled where.
	#fillSeen() {
		const { children, scrollTop } = this.element;
		const first = Math.floor(-scrollTop / ROW_PX);
		for (let n = Math.max(0, first - 2 * this.#seen); n <= first + SPARE + this.#seen && n < children.length; n++)
			fill(children[n]);
	}

	#flush() {
		cancelAnimationFrame(this.#frame);
		clearTimeout(this.#timer);
		this.#timer = 0;
		if (this.paused)
			return;
		this.#trim();
		this.#skipped = 0;
		const { element } = this;
		const isRead = this.#isRead;
		const before = isRead ? element.scrollHeight : 0;
		const rows = this.#fresh.splice(0).map((item) => this.#row(item)).reverse();
		if (!isRead)
			rows.slice(0, this.#seen).forEach(fill);
		element.prepend(...rows);
		if (isRead) {
			element.scrollTop -= element.scrollHeight - before;
			this.#fillSeen();
			this.unseen += rows.filter(({ hidden }) => !hidden).length;
		}
		while (element.childElementCount > ROWS_MAX)
			element.lastElementChild.remove();
		this.#pace(rows.length);
		this.said();
	}

	// scrollTop is 0 at the foot, and less above it.
	get #isRead() {
		return this.element.scrollTop < -AT_END || this.element.querySelector(".detail") !== null;
	}

	#row(item) {
		const row = typeof item === "function" ? item() : eventRow(item, this.#sent.has(item.id));
		row.hidden = this.#isHidden(row);
		return row;
	}

	#isHidden(row) {
		return row.said !== undefined && (this.#type !== "" && row.said.type !== this.#type ||
			this.#text !== "" && !holds(row, this.#text));
	}

	// Shows only what is of the type, if one is given, and has the text in it.
	look(type, text) {
		this.#fillAll();
		this.#type = type;
		this.#text = text.toLowerCase();
		for (const row of this.element.children)
			row.hidden = this.#isHidden(row);
		this.toEnd();
	}

	// How many rows there are, and how many of them are shown.
	get counts() {
		const { children } = this.element;
		return { all: children.length, shown: [...children].filter(({ hidden }) => !hidden).length };
	}

	sent(id) {
		this.#sent.add(id);
		if (this.#sent.size > ROWS_MAX)
			this.#sent.delete(this.#sent.values().next().value);
		this.element.querySelector(`[data-id="${CSS.escape(id)}"]`)?.classList.add("mine");
	}

	clear() {
		this.#fresh.length = this.#skipped = this.unseen = 0;
		this.element.replaceChildren();
		this.said();
	}

	toEnd() {
		for (const row of this.element.querySelectorAll("li.event"))
			if (isOpen(row))
				toggle(row);
		this.element.scrollTop = 0;
		this.unseen = 0;
		this.said();
	}

	#scrolled() {
		this.#fillSeen();
		if (this.unseen === 0 || this.#isRead)
			return;
		this.unseen = 0;
		this.said();
	}

	// ---- opening rows

	#click(target) {
		const row = target.closest(".line")?.parentElement;
		if (row && getSelection().isCollapsed)
			this.#toggle(row);
	}

	#toggle(row) {
		if (toggle(row))
			row.scrollIntoView({ block: "nearest" });
		this.said();
	}

	#press(event) {
		const row = event.target.closest("li.event");
		const isOnLine = event.target.matches(".line");
		if (event.key === "Escape" && row !== null && isOpen(row))
			this.#leave(row);
		else if (isOnLine && (event.key === "Enter" || event.key === " "))
			this.#toggle(row);
		else if (event.key in STEPS && (isOnLine || event.target === this.element))
			this.#step(row, STEPS[event.key]);
		else
			return;
		event.preventDefault();
	}

	#leave(row) {
		this.#toggle(row);
		row.firstElementChild.focus();
	}

	#step(row, next) {
		let to = row === null ? this.element.firstElementChild : next(row);
		while (to !== null && (to.hidden || to.said === undefined))
			to = next(to) === to ? null : next(to);
		if (to === null)
			return;
		fill(to); // in a flood it may be empty yet
		to.firstElementChild.focus();
	}

	// What is shown, oldest first, a JSON object per line.
	text() {
		return [...this.element.querySelectorAll("li.event:not([hidden])")].reverse()
			.map(({ said: { id, channel, type, data } }) => JSON.stringify({ id, channel, event: type, data }))
			.join("\n");
	}
}
