// SPDX-License-Identifier: MIT
import assert from "node:assert";
import { test } from "node:test";
import { formatTime } from "./i18n.js";

test("the hour after midnight is called 00", () => {
	assert.equal(formatTime(new Date(2026, 10, 21, 0, 5, 9).getTime()), "00:05:09");
});
