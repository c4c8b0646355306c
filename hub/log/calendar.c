/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/calendar.h"

#include <stdio.h>
#include <stdlib.h>

#include "hub/lines.h"
#include "lib/log.h"

#define MINUTE_US INT64_C(60000000)
#define HOUR_MS	  UINT64_C(3600000)

enum {
	WRITE_MS = 60000, /* a date in the log may be so old */
};

/* ---- dates */

static int64_t offset_now(const struct calendar *calendar)
{
	return (int64_t)(clock_date_us(calendar->clock) -
			 clock_now_us(calendar->clock));
}

static uint64_t date_by(const struct calendar *calendar, int64_t offset)
{
	int64_t us = (int64_t)clock_now_us(calendar->clock) + offset;

	return us < 0 ? 0 : (uint64_t)us / 1000;
}

/* Of the two that a doubt is between the earlier, by which less is old: what
 * comes after a clock was put back has the time that is doubted. */
uint64_t calendar_date(const struct calendar *calendar)
{
	int64_t offset = calendar->offset;

	if (calendar->doubted && calendar->other < offset)
		offset = calendar->other;
	return date_by(calendar, offset);
}

uint64_t calendar_before(const struct calendar *calendar, uint64_t age_ms)
{
	uint64_t date = calendar_date(calendar);

	return age_ms < date ? date - age_ms : 0;
}

/* ---- what is believed */

struct date {
	char text[32];
};

static struct date in_words(uint64_t ms)
{
	struct buf text = {0};
	struct date date;

	clock_rfc3339(&text, ms);
	buf_add_char(&text, '\0');
	snprintf(date.text, sizeof(date.text), "%s", text.at);
	buf_release(&text);
	return date;
}

static void believe(struct calendar *calendar, int64_t offset)
{
	calendar->offset = offset;
	calendar->reckoned_at = clock_now_us(calendar->clock);
	calendar->doubted = false;
}

static void doubt(struct calendar *calendar, int64_t offset)
{
	calendar->doubted = true;
	calendar->other = offset;
	calendar->doubted_since = clock_now_us(calendar->clock);
}

static bool is_near(int64_t one, int64_t other)
{
	return llabs(one - other) <= MINUTE_US;
}

/* Small steps add up: no more than a minute of them within an hour. */
static void look_believing(struct calendar *calendar, int64_t offset)
{
	uint64_t passed = clock_now_us(calendar->clock) - calendar->reckoned_at;

	if (!is_near(offset, calendar->offset)) {
		log_warnx(LINE_CLOCK_JUMPED,
			in_words(calendar_date(calendar)).text,
			in_words(date_by(calendar, offset)).text);
		doubt(calendar, offset);
	} else if (passed > CALENDAR_DOUBT_US) {
		believe(calendar, offset);
	}
}

static void look_doubting(struct calendar *calendar, int64_t offset)
{
	uint64_t passed =
		clock_now_us(calendar->clock) - calendar->doubted_since;

	if (is_near(offset, calendar->offset)) {
		log_info(LINE_CLOCK_BACK);
		believe(calendar, calendar->offset);
	} else if (!is_near(offset, calendar->other)) {
		doubt(calendar, offset);
	} else if (passed > CALENDAR_DOUBT_US) {
		log_info(LINE_CLOCK_BELIEVED);
		believe(calendar, offset);
	}
}

void calendar_look(struct calendar *calendar)
{
	int64_t offset = offset_now(calendar);

	if (calendar->doubted)
		look_doubting(calendar, offset);
	else
		look_believing(calendar, offset);
}

/* ---- in the log */

static uint64_t read_date(struct store *store)
{
	int64_t date = 0;

	if (db_ask(&store->db, "SELECT value FROM meta WHERE name = 'date'",
		    &date) != DB_DONE)
		log_fatalx(LINE_LOG_SQLITE, store->path, db_error(&store->db));
	return date < 0 ? 0 : (uint64_t)date;
}

void calendar_open(struct calendar *calendar, struct store *store,
	const struct clock *clock, uint64_t newest)
{
	int64_t offset;
	uint64_t last, date;

	*calendar = (struct calendar){.store = store, .clock = clock};
	store_prepare(store, &calendar->write,
		"UPDATE meta SET value = ? WHERE name = 'date'");
	calendar->written = read_date(store);
	last = calendar->written != 0 ? calendar->written : newest;
	offset = offset_now(calendar);
	date = date_by(calendar, offset);
	believe(calendar, offset);
	if (last == 0 || date <= last || date - last <= HOUR_MS)
		return;
	log_warnx(LINE_CLOCK_AWAY, in_words(date).text, in_words(last).text);
	doubt(calendar, offset);
	calendar->offset -= (int64_t)(1000 * (date - last));
}

void calendar_close(struct calendar *calendar)
{
	query_release(&calendar->write);
}

void calendar_write(struct calendar *calendar)
{
	uint64_t date = calendar_date(calendar);

	if (date < calendar->written + WRITE_MS && date >= calendar->written)
		return;
	calendar->draft = date;
	query_bind_int(&calendar->write, 1, date);
	store_run(calendar->store, &calendar->write);
}

void calendar_settle(struct calendar *calendar)
{
	if (calendar->draft != 0)
		calendar->written = calendar->draft;
	calendar->draft = 0;
}

void calendar_revert(struct calendar *calendar)
{
	calendar->draft = 0;
}
