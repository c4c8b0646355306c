// SPDX-License-Identifier: MIT

/** What `authorize()` may return: a token, or more, or nothing if it has seen to a cookie. */
export type Shown = string | void | {
	/** Sent as `Authorization: Bearer …`. */
	token?: string;
	/** Sent as they are. */
	headers?: Record<string, string>;
	/** When it ends; `authorize()` is called again before. Of a JWT its own `exp`. */
	expires?: string | number | Date;
};

export interface Options {
	/** Channels of Tidings. Without channels and patterns the URL is any server's event stream. */
	channels?: string[];
	/** URI templates of channels: `builds/{name}`, `*`. */
	patterns?: string[];
	/** Of patterns, without channels: is a channel one of them? Such feeds have one connection together. */
	matches?: (channel: string) => boolean;
	/** Only events of these types. */
	types?: string[];
	/** Begin in the past: `10m`, `2h`, `all`; `last`: the last value of each channel first. */
	since?: string;
	/** Begin behind this id, as a page has it that was rendered with it. */
	after?: string | number;
	/** Be there, and be told who else is. */
	presence?: boolean;
	/** Events have `at`, when they were stored. */
	time?: boolean;
	/** Called for what is shown to the server, whenever there is need. */
	authorize?: () => Shown | Promise<Shown>;
	/** Who that is: windows share with those of the same name only, and, unless `shared` is true, of the same channels. */
	as?: string;
	/** One connection for all windows. True in browsers, but with `authorize` only if there is `as`. */
	shared?: boolean;
	/** As of fetch; `same-origin` without it. */
	credentials?: RequestCredentials;
	/** A connection that brings no byte for so many ms is a dead one; 0: never. 60,000, or 0 without channels. */
	silence?: number;
}

export interface Message {
	/** The event's id; empty if it is not stored. */
	id: string;
	/** `message` unless it was published under another one. */
	type: string;
	data: string;
	/** Missing on a plain event stream. */
	channel?: string;
	/** When it was stored, in UTC: with `time`. */
	at?: string;
	/** It came while catching up. */
	replayed: boolean;
}

/** Why there is no stream. */
export interface Trouble {
	reason: string;
	/** Of the answer, if there was one. */
	status?: number;
	/** Of Tidings: `not_granted`, `bad_token` …; `authorize` if that has thrown. */
	code?: string;
	/** Of the answer, if there was one: its media type. */
	type?: string;
}

/** Events are missing: what was asked for is no longer held. Ids are null if there is none. */
export interface Gap {
	/** Only this one, which came in no shape that can be read. */
	unreadable?: string;
	requested?: string | null;
	oldest?: string | null;
	newest?: string | null;
}

export interface Member {
	id: string;
	user?: string;
	payload?: unknown;
	since: string;
}

export interface Presence {
	channel: string;
	/** All who are there now, as far as the list goes. */
	members: Member[];
	join?: Member;
	leave?: Member;
}

export interface Events {
	message: Message;
	/** The stream is up to date. */
	open: unknown;
	/** The connection is lost, and comes back by itself. */
	away: Trouble;
	/** It may not be heard. */
	refused: Trouble;
	lost: Gap;
	presence: Presence;
	close: unknown;
}

export interface Feed extends AsyncIterable<Message> {
	readonly state: "connecting" | "open" | "away" | "refused" | "closed";
	/** Everything up to this id has been told. */
	readonly lastId: string;
	/** Returns how to stop. */
	on<Type extends keyof Events>(type: Type, listener: (what: Events[Type]) => void): () => void;
	close(): void;
}

export function listen(url: string | URL, options?: Options): Feed;
