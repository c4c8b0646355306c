/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_UNIT_KEYRING_ROOM_H
#define TIDINGS_TESTS_UNIT_KEYRING_ROOM_H
/*
 * keyring_room - what a keyring with one secret says of tokens signed with it
 */
#include "tests/unit/token_room.h"

#define HEADER "{\"alg\":\"HS256\"}"
#define ACCESS "{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}"
#define HS256  "algorithms = HS256\n"

static inline struct rights *verify_with(struct token_room *room,
	const char *header, struct span payload, uint64_t now_ms)
{
	struct buf token = {0};
	struct rights *rights;

	add_hs256(&token, header, payload);
	rights = keyring_verify(room->keyring, buf_span(&token), now_ms);
	buf_release(&token);
	return rights;
}

static inline struct rights *verify(
	struct token_room *room, const char *payload)
{
	return verify_with(room, HEADER, span_of(payload), NOW_MS);
}

static inline bool is_good(struct token_room *room, const char *payload)
{
	struct rights *rights = verify(room, payload);

	rights_release(rights);
	return rights != NULL;
}

struct claim {
	const char *payload;
	bool good;
};

static inline void check_claims(struct token_room *room, const char *header,
	const struct claim *claims, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct rights *rights = verify_with(
			room, header, span_of(claims[i].payload), NOW_MS);

		CHECK(claims[i].payload, (rights != NULL) == claims[i].good);
		rights_release(rights);
	}
}

#endif
