/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_MENU_MENU_H
#define TIDINGS_CLIENT_MENU_MENU_H
/*
 * menu - the full screen: what its panes share
 *
 *   channels  those that there are; Enter listens to one
 *   events    of one channel, or of all; Enter shows one whole
 *   event     a single one, its JSON made readable
 */
#include <stdbool.h>
#include <stdint.h>

#include "client/http/feed.h"
#include "client/http/http.h"
#include "client/menu/choice.h"
#include "client/menu/entry.h"
#include "client/show/screen.h"
#include "lib/buf.h"

struct menu_row; /* a channel */

enum { MENU_EVENTS = 1000 }; /* the newest ones, that are kept */

struct menu_event {
	char *id, *type, *channel, *data; /* owned */
	char time[24], date[24]; /* in 8 columns; whole.  "" = not known */
	uint64_t number;	 /* from 0, as they came */
};

enum menu_pane { MENU_CHANNELS, MENU_LISTEN, MENU_EVENT };
enum menu_question {
	MENU_NO_QUESTION,
	MENU_FILTER,
	MENU_OPEN,    /* which channel? */
	MENU_WHERE,   /* to which channel is it published? */
	MENU_MESSAGE, /* what? */
};

struct menu {
	struct http *http;
	bool signs;
	bool over;
	enum menu_pane pane;
	enum menu_question question;
	struct entry entry;

	/* the channels */
	struct transfer *asking;
	struct http_request request;
	struct http_answer answer;
	uint64_t ask_again; /* monotonic us */
	struct menu_row *rows;
	size_t row_count;
	struct choice row;
	struct buf row_filter; /* not terminated */
	struct buf trouble;    /* why there is no list; not terminated */
	bool asked;	       /* there has been an answer */

	/* the events */
	struct buf channel; /* terminated; "" = all */
	struct feed feed;
	struct menu_event events[MENU_EVENTS]; /* a ring */
	uint64_t heard;			       /* events, in all */
	struct choice event;
	bool following;	 /* the newest is the chosen one */
	uint64_t chosen; /* number of that which is, otherwise */
	struct buf event_filter;

	/* the one */
	struct buf whole; /* its lines */
	struct choice line;

	/* what is being published */
	struct transfer *posting;
	struct http_request post;
	struct http_answer posted;
	struct buf path, body, where;
	struct buf notice; /* what came of it; not terminated */
	enum screen_look notice_look;
	uint64_t notice_until; /* monotonic us */
};

/* ---- what all panes have: a title, lines, keys at the foot */
void menu_title(const struct menu *menu, struct span left, struct span right);
/* The foot: what is asked, else what came of the last POST, else the keys. */
void menu_keys(const struct menu *menu, const char *const *keys);
int menu_top(void);  /* the first row below the title */
int menu_room(void); /* rows between title and foot */
/* Appends "/text  " unless everything passes the filter. */
void menu_add_filter(struct buf *out, const struct buf *filter);
bool menu_is_match(const struct buf *filter, struct span text);
void menu_note(struct menu *menu, enum screen_look look, struct span text);

/* ---- the panes; `key` returns false if it is none of the pane's */
void menu_channels_turn(struct menu *menu);
void menu_channels_draw(struct menu *menu);
bool menu_channels_key(struct menu *menu, int key);
const char *menu_channels_chosen(const struct menu *menu); /* or NULL */
void menu_channels_release(struct menu *menu);

void menu_listen(struct menu *menu, const char *channel); /* "" = to all */
void menu_events_draw(struct menu *menu);
bool menu_events_key(struct menu *menu, int key);
void menu_events_close(struct menu *menu);

void menu_event_open(struct menu *menu, const struct menu_event *event);
void menu_event_draw(struct menu *menu);
bool menu_event_key(struct menu *menu, int key);

/* ---- publishing */
void menu_post(struct menu *menu, const char *channel, struct span message);
void menu_post_turn(struct menu *menu);
void menu_post_release(struct menu *menu);

/* ---- where there is no terminal: lines and digits */
enum exit_status menu_lines(void);

#endif
