// SPDX-License-Identifier: MIT
// topic - what somebody listens to, and whether an event is of it
//
// A topic is a channel's name, or a pattern. An event may have been published on
// several channels at once: a stream brings it once, on one of them, and says
// which the others are (`also`).
//
//   channelOf(topic, event)    the channel by which the event is of the topic;
//                              undefined if it is not
//   topicsOf(event, topics)    which of a Set of them it is of

import { matcherOf } from "./pattern.js";

const MATCHERS_MAX = 200;
const matchers = new Map(); // pattern -> its matcher

function matcher(pattern) {
	if (!matchers.has(pattern)) {
		if (matchers.size === MATCHERS_MAX)
			matchers.clear();
		matchers.set(pattern, matcherOf(pattern));
	}
	return matchers.get(pattern);
}

const channelsOf = ({ channel, also = [] }) => [channel, ...also];

export const byName = {
	channelOf: (topic, event) => channelsOf(event).includes(topic) ? topic : undefined,
	topicsOf: (event, topics) => channelsOf(event).filter((channel) => topics.has(channel)),
};

export const byPattern = {
	// what is not stored comes by no pattern
	channelOf: (topic, event) => event.id === "" ? undefined : channelsOf(event).find(matcher(topic)),
	topicsOf: (event, topics) => [...topics].filter((topic) => byPattern.channelOf(topic, event) !== undefined),
};

export const waysOf = (stream) => stream === "pattern" ? byPattern : byName;
