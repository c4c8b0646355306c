/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_BENCH_OPTIONS_H
#define TIDINGS_TESTS_BENCH_OPTIONS_H
/*
 * options - what one run of the load generator does
 *
 * Plain data, the same until the end.  options.c has the one table of names,
 * defaults and help.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	OPTIONS_SERVERS = 16,
	OPTIONS_PUBLISHERS = 64,
	OPTIONS_PATH = 32 << 10, /* bytes of a path, filled in */
};

struct options {
	uint16_t port;
	uint16_t publish_port; /* 0 = the same */
	const char *listen;    /* path; {} becomes the channel's number */
	const char *publish;   /* path; {} likewise, {key} a unique key */
	const char *form;      /* what is before the data in a form, likewise;
				  NULL = it is none */
	const char *token;     /* that publishers show; NULL = none */
	const char *show;      /* likewise streams */
	uint32_t streams;
	uint32_t stalled; /* of them, that do not read until the end */
	uint32_t channels;
	uint32_t publishers;
	uint32_t size;	  /* bytes of an event's data */
	uint32_t opening; /* connections being opened at once */
	double rate;	  /* events a second, 0 = next after acknowledgement */
	double seconds;	  /* publish as long as this */
	uint32_t events;  /* but at most so many, 0 = no limit */
	uint32_t past;	  /* 1 = all is published before the streams come */
	double settle;	  /* seconds of rest before memory is read */
	double drain;	  /* seconds to wait for what is still to come */
	const char *insert; /* shell command that publishes instead */
	uint32_t reconnect; /* 1 = a stream that ends comes back */
	pid_t kill;	    /* to be killed, 0 = nobody */
	double kill_after;  /* seconds after the first event */
	pid_t servers[OPTIONS_SERVERS];
	size_t server_count;
};

/* Ends the process on a wrong option. */
void options_parse(struct options *options, int argc, char **argv);

/* The most events that a run can have. */
uint32_t options_capacity(const struct options *options);

/* Writes `pattern` with {} and {key} filled in.  Ends the process if that has
 * no room: half a path would listen to something else. */
void options_path(char *out, size_t size, const char *pattern, uint32_t channel,
	uint32_t number);

#endif
