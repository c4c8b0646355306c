/*
 * trial_stream - what is tried with streams
 */
#include <config.h>

#include <inttypes.h>

#include "client/interrupt.h"
#include "client/listed.h"
#include "client/trial_room.h"
#include "lib/clock.h"
#include "lib/json.h"

enum {
	SAMPLE_MS = 2000, /* metrics come so often */
	LEAVE_MS = 40000, /* two keep-alives and some: a reader who has left */
	APART_MS = 400,	  /* between two publishes that must not come as one */
};

static bool begins(struct trial *trial, const char *path)
{
	uint64_t began = clock_mono_us();
	struct ear ear = {0};
	bool good;

	trial_listen(trial, &ear, path);
	good = trial_wait(trial, &ear, is_connected, trial->patience_ms);
	if (good)
		trial_fine(trial, "begins after %.1f ms",
			(double)(clock_mono_us() - began) / 1e3);
	else
		trial_no_beginning(trial, &ear);
	ear_close(&ear);
	return good;
}

bool trial_main(struct trial *trial)
{
	return begins(trial, "/stream");
}

/* What is not known is null: that it is named says that it is a sample. */
static bool is_sample(struct span text)
{
	struct json_object *sample = json_parse(text);
	bool good = json_has(sample, "subscribers");

	json_free(sample);
	return good;
}

bool trial_metrics(struct trial *trial)
{
	struct ear ear = {0};
	bool good;

	trial_listen(trial, &ear, "/metrics");
	good = trial_wait(trial, &ear, is_connected, trial->patience_ms);
	if (!good)
		trial_no_beginning(trial, &ear);
	else if (!trial_wait(trial, &ear, has_event,
			 trial->patience_ms + SAMPLE_MS))
		good = trial_wrong(trial, trial_hint(trial, TRIAL_HELD),
			"no sample came within %.1f s", trial_seconds(trial));
	else
		good = is_sample(buf_span(&trial->heard))
			       ? trial_fine(trial, "a sample came")
			       : trial_wrong(trial, NULL,
					 "the event that came is not a sample");
	ear_close(&ear);
	return good;
}

static void own_path(struct trial *trial, struct buf *path, struct span after)
{
	buf_printf(path, "/realtime/%s", trial->channel);
	if (after.len > 0)
		buf_printf(path, "?lastEventId=%.*s", (int)after.len, after.at);
	buf_add_char(path, '\0');
}

bool trial_custom(struct trial *trial)
{
	struct buf path = {0};
	bool good;

	own_path(trial, &path, span(NULL, 0));
	good = begins(trial, path.at);
	buf_release(&path);
	return good;
}

/* Publishes a text of its own and waits for it; *took in ms. */
static bool round_trip(struct trial *trial, struct ear *ear,
	bool (*publish)(struct trial *, const char *), double *took)
{
	uint64_t began = clock_mono_us();

	buf_clear(&trial->text);
	buf_printf(&trial->text, "check %" PRIu64, began);
	buf_add_char(&trial->text, '\0');
	trial->text.len--;
	if (!publish(trial, trial->text.at))
		return false;
	if (!trial_wait(trial, ear, has_heard, trial->patience_ms))
		return trial_wrong(trial, trial_hint(trial, TRIAL_HELD),
			"the event that was published did not arrive within "
			"%.1f s",
			trial_seconds(trial));
	*took = (double)(trial->heard_at - began) / 1e3;
	return true;
}

bool trial_api(struct trial *trial)
{
	struct buf path = {0};
	struct ear ear = {0};
	double took = 0;
	bool good;

	own_path(trial, &path, span(NULL, 0));
	trial_listen(trial, &ear, path.at);
	good = trial_wait(trial, &ear, is_connected, trial->patience_ms);
	if (!good)
		trial_no_beginning(trial, &ear);
	else
		good = round_trip(trial, &ear, trial_broadcast, &took) &&
		       trial_fine(trial, "published and back in %.1f ms", took);
	ear_close(&ear);
	buf_release(&path);
	return good;
}

static bool came_once(struct trial *trial, struct ear *ear)
{
	if (!trial_wait(trial, ear, has_heard, trial->patience_ms))
		return trial_wrong(
			trial, NULL, "the missed event did not come");
	if (ear->events != 1)
		return trial_wrong(trial, NULL,
			"it came with %" PRIu64 " older events",
			ear->events - 1);
	return trial_fine(
		trial, "the missed event came, and nothing came twice");
}

/* Leaves after an event, misses one, and comes back with the first one's id. */
bool trial_resume(struct trial *trial)
{
	struct buf path = {0}, back = {0};
	struct ear ear = {0}, second = {0};
	double took;
	bool good;

	own_path(trial, &path, span(NULL, 0));
	trial_listen(trial, &ear, path.at);
	good = trial_wait(trial, &ear, is_connected, trial->patience_ms) ||
	       trial_no_beginning(trial, &ear);
	good = good && round_trip(trial, &ear, trial_post, &took);
	own_path(trial, &back, buf_span(&ear.last));
	ear_close(&ear);
	buf_clear(&trial->text);
	buf_add(&trial->text, "missed", 7);
	trial->text.len--;
	good = good && trial_post(trial, trial->text.at);
	if (good) {
		trial_listen(trial, &second, back.at);
		good = came_once(trial, &second);
		ear_close(&second);
	}
	buf_release(&path);
	buf_release(&back);
	return good;
}

static void pause_ms(struct trial *trial, uint64_t ms)
{
	uint64_t end = clock_mono_us() + ms * 1000;

	while (clock_mono_us() < end && !interrupt_caught())
		http_turn(trial->http, 20);
}

/* Small events, some time apart: a proxy that waits for a full buffer shows. */
bool trial_buffering(struct trial *trial)
{
	struct buf path = {0};
	struct ear ear = {0};
	double took = 0, most = 0;
	bool good;

	own_path(trial, &path, span(NULL, 0));
	trial_listen(trial, &ear, path.at);
	good = trial_wait(trial, &ear, is_connected, trial->patience_ms) ||
	       trial_no_beginning(trial, &ear);
	for (int i = 0; good && i < 3; i++) {
		good = round_trip(trial, &ear, trial_post, &took);
		most = took > most ? took : most;
		pause_ms(trial, APART_MS);
	}
	if (good && most > APART_MS)
		good = trial_wrong(trial, trial_hint(trial, TRIAL_HELD),
			"an event took %.0f ms", most);
	else if (good)
		trial_fine(trial, "three lone events, none took over %.1f ms",
			most);
	ear_close(&ear);
	buf_release(&path);
	return good;
}

/* Always true, or false with what was wrong. */
static bool count_readers(struct trial *trial, uint64_t *count)
{
	struct json_object *channel;
	struct listed listed;
	bool good;

	buf_clear(&trial->path);
	buf_printf(&trial->path, "/api/channels/%s", trial->channel);
	buf_add_char(&trial->path, '\0');
	channel = trial_ask(trial, trial->path.at);
	good = trial->answer.outcome == OUT_OK && listed_read(channel, &listed);
	if (good)
		*count = listed.subscribers;
	else
		trial_wrong(trial, NULL, "%s: the answer is not from Tidings",
			trial->path.at);
	json_free(channel);
	return good;
}

static bool wait_for_nobody(struct trial *trial)
{
	uint64_t began = clock_mono_us(), count = 1;

	while (count_readers(trial, &count) && count > 0) {
		if (clock_mono_us() - began > LEAVE_MS * 1000ull ||
			interrupt_caught())
			return trial_wrong(trial, trial_hint(trial, TRIAL_LEFT),
				"a reader who has left still counts after %d s",
				LEAVE_MS / 1000);
		pause_ms(trial, 50);
	}
	return count == 0 && trial_fine(trial, "after %.0f ms",
				     (double)(clock_mono_us() - began) / 1e3);
}

static bool is_counted(struct trial *trial)
{
	uint64_t count;

	if (!count_readers(trial, &count))
		return false;
	return count > 0 || trial_wrong(trial, NULL, "a reader is not counted");
}

/* The other stream is there to see that it stays. */
bool trial_leaving(struct trial *trial)
{
	struct buf path = {0}, other = {0};
	struct ear ear = {0}, quiet = {0};
	bool good;

	buf_printf(&other, "/realtime/%s-quiet", trial->channel);
	buf_add_char(&other, '\0');
	own_path(trial, &path, span(NULL, 0));
	trial_listen(trial, &quiet, other.at);
	trial_listen(trial, &ear, path.at);
	good = trial_wait(trial, &ear, is_connected, trial->patience_ms) ||
	       trial_no_beginning(trial, &ear);
	good = good && is_counted(trial);
	ear_close(&ear);
	good = good && wait_for_nobody(trial);
	if (good && ear_has_ended(&quiet))
		good = trial_wrong(trial, trial_hint(trial, TRIAL_CUT),
			"another stream was ended meanwhile, for being quiet");
	ear_close(&quiet);
	buf_release(&path);
	buf_release(&other);
	return good;
}
