/* SPDX-License-Identifier: MIT */
/*
 * fuzz_client - any bytes as what a server, or a program, tells the command
 *
 * As figures, as JSON, and as a line that is printed: nothing of it can move
 * the cursor, and no figure is none.
 */
#include <config.h>

#include <math.h>

#include "client/run/percent.h"
#include "client/show/scrape.h"
#include "lib/escape.h"
#include "lib/json/json.h"
#include "lib/text.h"
#include "tests/fuzz/fuzz.h"

static void check_curve(const struct scrape_curve *curve)
{
	MUST(curve->bounds <= SCRAPE_BOUNDS);
	for (int part = 0; part <= 4; part++)
		(void)scrape_quantile(curve, NULL, part / 4.0);
}

static void figures(struct span text)
{
	struct scrape scrape;

	if (!scrape_read(&scrape, text))
		return;
	MUST(isfinite(scrape.subscribers) && isfinite(scrape.events));
	MUST(isfinite(scrape.began) && isfinite(scrape.newest));
	check_curve(&scrape.latency);
	check_curve(&scrape.commits);
	(void)scrape_quantile(&scrape.latency, &scrape.commits, 0.5);
}

/* What was read and written is read and written the same. */
static void again(struct span text)
{
	struct json_object *object = json_parse(text);
	struct buf out = {0};

	MUST(object != NULL);
	json_end(object, &out);
	MUST(span_equal(buf_span(&out), text));
	buf_release(&out);
}

static void answer(struct span text)
{
	struct json_object *object = json_parse(text);
	struct json_object *list = json_list(object, "channels");
	struct json_fault fault;
	uint64_t number;
	struct span name;
	struct buf out = {0};

	for (size_t i = 0; i < json_length(list); i++) {
		struct json_object *item = json_item(list, i);

		if (json_text(item, "channel", &name))
			MUST(text_is_utf8(name, NULL));
		(void)json_number(item, "events", &number);
		(void)json_id(item, "newest", &number);
	}
	if (object != NULL) {
		json_write(object, &out);
		MUST(strict_json(buf_span(&out), &fault));
		MUST(strict_json(text, &fault));
		again(buf_span(&out));
	}
	buf_release(&out);
	json_free(object);
}

static void check_printable(const struct buf *out)
{
	for (size_t i = 0; i < out->len; i++)
		MUST((unsigned char)out->at[i] >= ' ' || out->at[i] == '\t');
}

static bool is_control(struct span text, size_t at)
{
	unsigned char c = (unsigned char)text.at[at];

	if (c >= 0x80 && c < 0xa0)
		return at > 0 && text.at[at - 1] == '\xc2';
	return (c < ' ' && c != '\t') || c == 0x7f;
}

static bool has_control(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (is_control(text, i))
			return true;
	return false;
}

/* What orders text anew begins so: U+2028 to U+202E, U+2066 to U+2069; and
 * there is U+061C. */
static bool may_order(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] == '\xe2' || text.at[i] == '\xd8')
			return true;
	return false;
}

/* Where there is nothing to be afraid of it is shown as it is. */
static void show(struct span text)
{
	bool plain = !has_control(text) && !may_order(text) &&
		     text_is_utf8(text, NULL);
	struct buf out = {0};

	escape_add(&out, text);
	MUST(!has_control(buf_span(&out)));
	MUST(text_is_utf8(buf_span(&out), NULL));
	MUST(!plain || span_equal(buf_span(&out), text));
	buf_release(&out);
}

static void line(struct span text)
{
	struct buf out = {0};
	struct buf quoted = {0};
	double percent = percent_in(text);
	struct json_fault fault;

	MUST(percent == -1 || (percent >= 0 && percent <= 100));
	percent_strip(&out, text);
	MUST(out.len <= text.len);
	check_printable(&out);
	json_quote(&quoted, text);
	MUST(strict_json(buf_span(&quoted), &fault));
	MUST(text_is_utf8(buf_span(&quoted), NULL));
	buf_release(&out);
	buf_release(&quoted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span(data, size);

	figures(text);
	answer(text);
	line(text);
	show(text);
	return 0;
}
