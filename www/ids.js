// SPDX-License-Identifier: MIT
// ids - which of two ids comes first
//
// An id is a number of any length ("1795232262243520"), or several with dashes
// between them, as the tasks have it ("<start>-<interval>-<step>"). "" is
// before all others. Pure.

function number(a, b) {
	if (a.length !== b.length)
		return a.length - b.length;
	return a < b ? -1 : Number(a > b);
}

// < 0, 0 or > 0, as sort() likes it.
export function compareIds(a, b) {
	const left = a.split("-");
	const right = b.split("-");
	for (let i = 0; i < Math.max(left.length, right.length); i++) {
		const order = number(left[i] ?? "", right[i] ?? "");
		if (order !== 0)
			return order;
	}
	return 0;
}

export const isAfter = (a, b) => compareIds(a, b) > 0;
