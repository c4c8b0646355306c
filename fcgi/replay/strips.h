/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_REPLAY_STRIPS_H
#define TIDINGS_FCGI_REPLAY_STRIPS_H
/*
 * strips - those that lanes need: from the shelf, or asked of the hub
 */
#include <stdbool.h>
#include <stddef.h>

struct erasure;
struct inquiries;
struct inquiry;
struct lane;
struct paged;
struct straggler;
struct strip;
struct strips;
struct window;

/* `shelf`: bytes. */
struct strips *strips_new(
	struct inquiries *inquiries, const struct window *window, size_t shelf);
/* Nobody may hold a strip any more. */
void strips_free(struct strips *strips);

/* Gives the lane the strip for what follows its straggler's cursor, held, and
 * lets go another that it has; false if that is not on the shelf. */
bool strips_find(struct strips *strips, struct lane *lane);
/* Asks for it; the lane waits. */
void strips_ask(struct strips *strips, struct lane *lane);
/* Asks for the one that follows the lane's, if that is half read; false if
 * there was nothing to ask. */
bool strips_ask_ahead(struct strips *strips, const struct lane *lane);
/* What has been asked has come; the caller holds it. */
struct strip *strips_take(struct strips *strips, const struct inquiry *inquiry,
	const struct paged *paged);

/* As many are held as there is room for: nothing more is to be asked for. */
bool strips_are_enough(const struct strips *strips);
void strips_hold(struct strip *strip);
void strips_let_go(struct strips *strips, struct strip *strip);
/* Closes the straggler's lanes and lets go what they hold. */
void strips_close(struct strips *strips, struct straggler *straggler);
/* Nobody finds it, or any, any more. */
void strips_discard(struct strips *strips, struct strip *strip);
void strips_clear(struct strips *strips);
/* Nor any that may have what was deleted. */
void strips_erase(struct strips *strips, const struct erasure *erasure);

#endif
