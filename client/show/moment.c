/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/show/moment.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "client/http/follow.h"
#include "lib/json/json.h"

/* Does `text` begin as `pattern` does, in which 0 is any digit? */
static bool is_like(struct span text, const char *pattern)
{
	size_t len = strlen(pattern);

	if (text.len < len)
		return false;
	for (size_t i = 0; i < len; i++) {
		bool digit = text.at[i] >= '0' && text.at[i] <= '9';

		if (pattern[i] == '0' ? !digit : text.at[i] != pattern[i])
			return false;
	}
	return true;
}

static struct span without_fraction(struct span text)
{
	size_t len = 1;

	if (text.len < 2 || text.at[0] != '.' ||
		!is_like(span(text.at + 1, text.len - 1), "0"))
		return text;
	while (len < text.len && text.at[len] >= '0' && text.at[len] <= '9')
		len++;
	return span(text.at + len, text.len - len);
}

static int two(const char *at)
{
	return (at[0] - '0') * 10 + at[1] - '0';
}

/* "Z" or "+01:30", in seconds. */
static bool read_zone(struct span text, int64_t *seconds)
{
	*seconds = 0;
	if (text.len == 1 && text.at[0] == 'Z')
		return true;
	if (text.len != 6 ||
		(!is_like(text, "+00:00") && !is_like(text, "-00:00")))
		return false;
	*seconds = two(text.at + 1) * 3600 + two(text.at + 4) * 60;
	if (text.at[0] == '-')
		*seconds = -*seconds;
	return true;
}

static bool read_date(struct span text, int64_t *seconds)
{
	const char *at = text.at;
	struct tm date = {0}, same;
	time_t time;

	if (!is_like(text, "0000-00-00T00:00:00"))
		return false;
	date.tm_year = two(at) * 100 + two(at + 2) - 1900;
	date.tm_mon = two(at + 5) - 1;
	date.tm_mday = two(at + 8);
	date.tm_hour = two(at + 11);
	date.tm_min = two(at + 14);
	date.tm_sec = two(at + 17);
	same = date;
	time = timegm(&same);
	*seconds = (int64_t)time;
	/* no 31st of February */
	return gmtime_r(&time, &same) != NULL && same.tm_mon == date.tm_mon &&
	       same.tm_mday == date.tm_mday && same.tm_hour == date.tm_hour &&
	       same.tm_min == date.tm_min && same.tm_sec == date.tm_sec;
}

static bool read_moment(struct span text, int64_t *seconds)
{
	enum { DATE = 19 }; /* characters */
	int64_t zone;

	if (!read_date(text, seconds) ||
		!read_zone(
			without_fraction(span(text.at + DATE, text.len - DATE)),
			&zone))
		return false;
	*seconds -= zone;
	return true;
}

/* Of a JSON object with a `timestamp`. */
static bool read_data(struct span data, int64_t *seconds)
{
	struct json_object *object;
	struct span text;
	bool told;

	if (data.len == 0 || data.at[0] != '{')
		return false;
	object = json_parse(data);
	told = json_text(object, "timestamp", &text) &&
	       read_moment(text, seconds);
	json_free(object);
	return told;
}

bool moment_of(const struct follow_event *event, int64_t now, int64_t *seconds)
{
	if (read_moment(event->at, seconds) || read_data(event->data, seconds))
		return true;
	*seconds = now;
	return !event->replayed;
}

enum how_long_ago { TODAY, THIS_YEAR, LONG_AGO };

static enum how_long_ago look_at(struct tm *local, int64_t seconds, int64_t now)
{
	time_t times[2] = {(time_t)seconds, (time_t)now};
	struct tm today = {0};

	localtime_r(&times[0], local);
	localtime_r(&times[1], &today);
	if (local->tm_year != today.tm_year)
		return LONG_AGO;
	return local->tm_yday == today.tm_yday ? TODAY : THIS_YEAR;
}

void moment_add(struct buf *out, int64_t seconds, int64_t now)
{
	struct tm local = {0};
	char text[40];

	if (look_at(&local, seconds, now) == TODAY)
		strftime(text, sizeof(text), "%H:%M:%S", &local);
	else
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local);
	buf_add_span(out, span_of(text));
}

void moment_add_short(struct buf *out, int64_t seconds, int64_t now)
{
	struct tm local = {0};
	char text[40];

	switch (look_at(&local, seconds, now)) {
	case TODAY:
		strftime(text, sizeof(text), "%H:%M:%S", &local);
		break;
	case THIS_YEAR:
		strftime(text, sizeof(text), "%d %b", &local);
		break;
	case LONG_AGO:
		strftime(text, sizeof(text), "%b %Y", &local);
		break;
	}
	buf_add_span(out, span_of(text));
}
