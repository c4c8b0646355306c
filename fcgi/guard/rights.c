/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/rights.h"

#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/crypto/key.h"
#include "lib/event/selector.h"

struct rights *rights_new(void)
{
	struct rights *rights = mem_new(sizeof(*rights));

	rights->until_ms = RIGHTS_NO_END;
	rights->holders = 1;
	return rights;
}

struct rights *rights_hold(struct rights *rights)
{
	rights->holders++;
	return rights;
}

static void free_list(struct selector **list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		selector_free(list[i]);
	free(list);
}

void rights_release(struct rights *rights)
{
	if (rights == NULL || --rights->holders > 0)
		return;
	free_list(rights->publish, rights->publish_count);
	free_list(rights->subscribe, rights->subscribe_count);
	key_release(rights->key);
	free(rights->subject);
	free(rights->payload);
	free(rights);
}

/* ---- their lists */

static void add(
	struct selector ***list, size_t *count, struct selector *selector)
{
	/* doubled whenever it is full, which is at each power of two */
	if ((*count & (*count - 1)) == 0)
		*list = mem_resize(
			*list, (*count == 0 ? 1 : *count * 2) * sizeof(**list));
	(*list)[(*count)++] = selector;
}

void rights_add(
	struct rights *rights, enum right right, struct selector *selector)
{
	if (right == RIGHT_PUBLISH)
		add(&rights->publish, &rights->publish_count, selector);
	else
		add(&rights->subscribe, &rights->subscribe_count, selector);
}

static int order(const void *a, const void *b)
{
	const struct selector *left = *(struct selector *const *)a;
	const struct selector *right = *(struct selector *const *)b;

	return selector_order(selector_kind_of(left), selector_text(left),
		selector_kind_of(right), selector_text(right));
}

/* Returns how many are left. */
static size_t sort(struct selector **list, size_t count)
{
	size_t kept = 0;

	if (count < 2)
		return count;
	qsort(list, count, sizeof(*list), order);
	for (size_t i = 0; i < count; i++)
		if (kept > 0 && order(&list[kept - 1], &list[i]) == 0)
			selector_free(list[i]);
		else
			list[kept++] = list[i];
	return kept;
}

void rights_sort(struct rights *rights)
{
	rights->publish_count = sort(rights->publish, rights->publish_count);
	rights->subscribe_count =
		sort(rights->subscribe, rights->subscribe_count);
}

/* ---- asked */

static bool lists_equal(struct selector *const *a, size_t a_count,
	struct selector *const *b, size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++)
		if (order(&a[i], &b[i]) != 0)
			return false;
	return true;
}

static bool texts_equal(const char *a, const char *b)
{
	return (a == NULL) == (b == NULL) && span_equal(span_of(a), span_of(b));
}

bool rights_equal(const struct rights *a, const struct rights *b)
{
	return a->until_ms == b->until_ms && a->key == b->key &&
	       texts_equal(a->subject, b->subject) &&
	       texts_equal(a->payload, b->payload) &&
	       lists_equal(a->publish, a->publish_count, b->publish,
		       b->publish_count) &&
	       lists_equal(a->subscribe, a->subscribe_count, b->subscribe,
		       b->subscribe_count);
}

/* The first in the list that stands behind all exact ones below `channel`. */
static size_t find(
	struct selector *const *list, size_t count, struct span channel)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (selector_order(selector_kind_of(list[middle]),
			    selector_text(list[middle]), SELECTOR_EXACT,
			    channel) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool any_matches(
	struct selector *const *list, size_t count, struct span channel)
{
	size_t at = find(list, count, channel);

	if (at < count && selector_matches(list[at], channel))
		return true;
	for (at = count; at > 0; at--) {
		if (selector_kind_of(list[at - 1]) == SELECTOR_EXACT)
			break;
		if (selector_matches(list[at - 1], channel))
			return true;
	}
	return false;
}

bool rights_may(
	const struct rights *rights, enum right right, struct span channel)
{
	return right == RIGHT_PUBLISH
		       ? any_matches(rights->publish, rights->publish_count,
				 channel)
		       : any_matches(rights->subscribe, rights->subscribe_count,
				 channel);
}
