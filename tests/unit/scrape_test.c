/* SPDX-License-Identifier: MIT */
/* scrape: the server's figures */
#include <config.h>

#include "client/show/scrape.h"
#include "lib/buf.h"
#include "tests/unit/unit.h"

#define FIGURES                                               \
	"# HELP tidings_subscribers Streams that are open.\n" \
	"# TYPE tidings_subscribers gauge\n"                  \
	"tidings_responders 2\n"                              \
	"tidings_events_total 1234567\n"                      \
	"tidings_deliveries_total{kind=\"live\"} 10\n"        \
	"tidings_deliveries_total{kind=\"replayed\"} 3\n"     \
	"tidings_http_requests_total{class=\"2xx\"} 1\n"      \
	"tidings_http_requests_total{class=\"3xx\"} 0\n"      \
	"tidings_http_requests_total{class=\"4xx\"} 2\n"      \
	"tidings_http_requests_total{class=\"5xx\"} 0\n"      \
	"tidings_log_events 12\n"                             \
	"tidings_log_size_bytes 4096\n"                       \
	"tidings_log_writable 1\n"                            \
	"process_start_time_seconds 1795252430.5\n"           \
	"tidings_log_newest_id 1795252430630049\n"

static const char text[] =
	FIGURES "tidings_subscribers 7\n"
		"something_else{le=\"3\"} 4\n"
		"tidings_delivery_latency_seconds_bucket{le=\"0.001\"} 50\n"
		"tidings_delivery_latency_seconds_bucket{le=\"0.01\"} 90\n"
		"tidings_delivery_latency_seconds_bucket{le=\"0.1\"} 100\n"
		"tidings_delivery_latency_seconds_bucket{le=\"+Inf\"} 100\n";

static void close_to(double got, double expected)
{
	assert_true(got >= expected - 1e-6 && got <= expected + 1e-6);
}

static void test_each_figure_is_found_by_name_and_labels(void **state)
{
	struct scrape scrape;

	(void)state;
	assert_true(scrape_read(&scrape, span_of(text)));
	close_to(scrape.subscribers, 7);
	close_to(scrape.events, 1234567);
	close_to(scrape.live, 10);
	close_to(scrape.replayed, 3);
	close_to(scrape.newest, 1795252430630049.0);
	assert_int_equal(scrape.latency.bounds, 4);
	assert_int_equal(scrape.commits.bounds, 0);
}

static void test_a_page_of_something_else_has_no_figures(void **state)
{
	struct scrape scrape;

	(void)state;
	assert_false(scrape_read(&scrape, span_of("<html>\n<b>404 4</b>\n")));
	assert_false(scrape_read(&scrape, span_of("")));
}

static const struct {
	const char *name, *line;
	bool good;
} last[] = {
	{"it is a number", "tidings_subscribers 7", true},
	{"it is beyond all measure", "tidings_subscribers 1e300", true},
	{"it is not there", "", false},
	{"it is none", "tidings_subscribers NaN", false},
	{"it is a word", "tidings_subscribers many", false},
	{"it is empty", "tidings_subscribers ", false},
	{"something hangs on it", "tidings_subscribers 7x", false},
	{"another is there, too, and none",
		"tidings_subscribers 7\ntidings_log_events +Inf", false},
	{"a bucket's count is a word",
		"tidings_subscribers 7\n"
		"tidings_commit_duration_seconds_bucket{le=\"1\"} x",
		false},
	{"a bucket's bound is a word",
		"tidings_subscribers 7\n"
		"tidings_commit_duration_seconds_bucket{le=\"x\"} 1",
		false},
	{"a bucket's bound is cut",
		"tidings_subscribers 7\n"
		"tidings_commit_duration_seconds_bucket{le=\"1 1",
		false},
};

static void test_a_figure_that_cannot_be_read_is_not_shown_as_0(void **state)
{
	struct scrape scrape;

	(void)state;
	for (size_t i = 0; i < COUNT(last); i++) {
		struct buf page = {0};

		buf_printf(&page, "%s%s\n", FIGURES, last[i].line);
		CHECK(last[i].name,
			scrape_read(&scrape, buf_span(&page)) == last[i].good);
		buf_release(&page);
	}
}

static void test_quantiles_lie_within_their_bucket(void **state)
{
	struct scrape scrape;

	(void)state;
	scrape_read(&scrape, span_of(text));
	close_to(scrape_quantile(&scrape.latency, NULL, 0.25), 0.5);
	close_to(scrape_quantile(&scrape.latency, NULL, 0.5), 1);
	close_to(scrape_quantile(&scrape.latency, NULL, 0.95), 55);
	close_to(scrape_quantile(&scrape.latency, NULL, 1), 100);
	assert_true(scrape_quantile(&scrape.commits, NULL, 0.5) < 0);
}

static void test_quantiles_since_the_last_look_leave_out_what_was_before(
	void **state)
{
	struct scrape before, now;

	(void)state;
	scrape_read(&before, span_of(text));
	now = before;
	assert_true(scrape_quantile(&now.latency, &before.latency, 0.5) < 0);
	for (size_t i = 2; i < now.latency.bounds; i++)
		now.latency.count[i] += 10; /* all of them over 10 ms */
	close_to(scrape_quantile(&now.latency, &before.latency, 0.5), 55);
}

static void test_more_buckets_than_there_is_room_for_are_no_curve(void **state)
{
	struct buf many = {0};
	struct scrape scrape;

	(void)state;
	buf_add_span(&many, span_of(text));
	for (int i = 0; i < 100; i++)
		buf_printf(&many,
			"tidings_commit_duration_seconds_bucket{le=\"%d\"} 1\n",
			i);
	assert_false(scrape_read(&scrape, buf_span(&many)));
	assert_int_equal(scrape.commits.bounds, SCRAPE_BOUNDS);
	buf_release(&many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_figure_is_found_by_name_and_labels),
		cmocka_unit_test(test_a_page_of_something_else_has_no_figures),
		cmocka_unit_test(
			test_a_figure_that_cannot_be_read_is_not_shown_as_0),
		cmocka_unit_test(test_quantiles_lie_within_their_bucket),
		cmocka_unit_test(
			test_quantiles_since_the_last_look_leave_out_what_was_before),
		cmocka_unit_test(
			test_more_buckets_than_there_is_room_for_are_no_curve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
