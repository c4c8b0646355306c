/* SPDX-License-Identifier: MIT */
/* request: what one HTTP request says */
#include <config.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/http/request.h"
#include "tests/unit/pairs.h"
#include "tests/unit/unit.h"

static void says(struct request *request, char *const *environment)
{
	struct buf pairs = pairs_of(environment);

	request_read(request, buf_span(&pairs));
	buf_release(&pairs);
}

static void test_a_variable_that_is_not_there_is_empty(void **state)
{
	char *environment[] = {NULL};
	struct request *request = request_new();

	(void)state;
	says(request, environment);
	assert_string_equal(request->method, "");
	assert_string_equal(request->uri, "");
	assert_string_equal(request->last_event_id, "");
	assert_string_equal(request->fetch_site, "");
	assert_string_equal(request->scheme, "http");
	request_free(request);
}

static void test_texts_are_copied_as_they_were(void **state)
{
	char method[] = "REQUEST_METHOD=GET";
	char uri[] = "REQUEST_URI=/a%20b?c=d";
	char longer[] = "REQUEST_URIS=/x";
	char shorter[] = "REQUEST_UR=/y";
	char id[] = "HTTP_LAST_EVENT_ID=17";
	char bare[] = "HTTP_ACCEPT";
	char *environment[] = {method, uri, longer, shorter, id, bare, NULL};
	struct request *request = request_new();

	(void)state;
	says(request, environment);
	memset(method, 'x', sizeof(method) - 1);
	memset(uri, 'x', sizeof(uri) - 1);
	assert_string_equal(request->method, "GET");
	assert_string_equal(request->uri, "/a%20b?c=d");
	assert_string_equal(request->last_event_id, "17");
	assert_string_equal(request->accept, "");
	request_free(request);
}

static void test_what_proxies_say_twice_is_as_good_as_unknown(void **state)
{
	char *environment[] = {(char[]){"HTTP_X_FORWARDED_FOR=1"},
		(char[]){"HTTP_X_FORWARDED_FOR=2"},
		(char[]){"HTTP_X_FORWARDED_FOR="},
		(char[]){"HTTP_FORWARDED=for=3"}, (char[]){"HTTP_X_REAL_IP=4"},
		(char[]){"HTTP_VIA=5"}, NULL};
	struct request *request = request_new();

	(void)state;
	says(request, environment);
	assert_string_equal(request->forwarded_for, "unknown");
	assert_string_equal(request->forwarded, "for=3");
	assert_string_equal(request->real_ip, "4");
	assert_string_equal(request->via, "5");
	request_free(request);
}

static void test_cookies_in_several_lines_are_one_line(void **state)
{
	char *environment[] = {(char[]){"HTTP_COOKIE=a=b"},
		(char[]){"HTTP_COOKIE=c=d; e=f"}, (char[]){"HTTP_COOKIES=x"},
		(char[]){"HTTP_COOKIE="}, (char[]){"HTTP_COOKIE=a=g"}, NULL};
	struct request *request = request_new();

	(void)state;
	says(request, environment);
	assert_string_equal(request->cookie, "a=b; c=d; e=f; ; a=g");
	request_free(request);
}

static void test_an_empty_login_takes_back_the_one_before_it(void **state)
{
	char *environment[] = {(char[]){"REMOTE_USER=anybody"},
		(char[]){"REMOTE_USER="}, NULL};
	struct request *request = request_new();

	(void)state;
	says(request, environment);
	assert_string_equal(request->remote_user, "");
	request_free(request);
}

static const struct {
	const char *name;
	const char *variables[3];
	const char *scheme;
} schemes[] = {
	{"told", {"REQUEST_SCHEME=https"}, "https"},
	{"HTTPS=on", {"HTTPS=on"}, "https"},
	{"HTTPS=off", {"HTTPS=off"}, "http"},
	{"HTTPS empty", {"HTTPS="}, "http"},
	{"what is told counts", {"HTTPS=on", "REQUEST_SCHEME=http"}, "http"},
};

static void test_the_scheme_comes_from_either_variable(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(schemes); i++) {
		struct request *request = request_new();
		char *environment[4] = {0};

		for (size_t j = 0; j < 3 && schemes[i].variables[j] != NULL;
			j++)
			environment[j] =
				mem_text(span_of(schemes[i].variables[j]));
		says(request, environment);
		CHECK_TEXT(schemes[i].name, span_of(request->scheme),
			schemes[i].scheme);
		for (size_t j = 0; j < 3; j++)
			free(environment[j]);
		request_free(request);
	}
}

static void test_a_descriptor_that_nobody_took_is_closed(void **state)
{
	struct request *request = request_new();
	int ends[2], kept;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	request->fd = ends[0];
	request_free(request);
	assert_int_equal(fcntl(ends[0], F_GETFD), -1);

	request = request_new();
	request->fd = ends[1];
	kept = request->fd;
	request->fd = -1;
	request_free(request);
	assert_int_not_equal(fcntl(kept, F_GETFD), -1);
	close(kept);
	request_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_what_proxies_say_twice_is_as_good_as_unknown),
		cmocka_unit_test(test_cookies_in_several_lines_are_one_line),
		cmocka_unit_test(
			test_an_empty_login_takes_back_the_one_before_it),
		cmocka_unit_test(test_a_variable_that_is_not_there_is_empty),
		cmocka_unit_test(test_texts_are_copied_as_they_were),
		cmocka_unit_test(test_the_scheme_comes_from_either_variable),
		cmocka_unit_test(test_a_descriptor_that_nobody_took_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
