/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "tests/unit/hub_end.h"

#include <sys/socket.h>

#include "tests/unit/hub_desk.h"

struct hub_end {
	struct desk desk;
	bool fails;
};

struct hub_end *hub_end_new(struct room *room)
{
	struct hub_end *hub = mem_new(sizeof(*hub));

	desk_open(&hub->desk, room);
	return hub;
}

void hub_end_free(struct hub_end *hub)
{
	desk_close(&hub->desk);
	free(hub);
}

struct loop *hub_end_loop(struct hub_end *hub)
{
	return hub->desk.loop;
}

static void introduce(int fd, const char *inbox)
{
	struct buf out = {0};
	size_t begun = wire_begin(&out, WIRE_HELLO);

	wire_put_u16(&out, WIRE_VERSION);
	wire_put_u64(&out, 9);
	wire_put_str8(&out, span_of("a test"));
	wire_end(&out, begun);
	begun = wire_begin(&out, WIRE_READER);
	wire_put_str8(&out, span_of(inbox));
	wire_end(&out, begun);
	assert_int_equal(send(fd, out.at, out.len, 0), out.len);
	buf_release(&out);
}

int hub_end_connect(struct hub_end *hub, const char *inbox)
{
	char path[128];
	int listener, fd;

	snprintf(path, sizeof(path), "%s/socket", hub->desk.room->folder);
	listener = sock_listen(path, 0600, (gid_t)-1);
	fd = sock_connect(path);
	assert_true(listener >= 0 && fd >= 0);
	introduce(fd, inbox);
	assert_true(peers_accept(&hub->desk.peers, listener));
	close(listener);
	unlink(path);
	return fd;
}

void hub_end_fail(struct hub_end *hub)
{
	hub->fails = true;
}

void hub_end_turn(struct hub_end *hub)
{
	struct desk *desk = &hub->desk;
	struct ledger *ledger = &desk->room->ledger;

	loop_turn_over(desk->loop);
	inboxes_pull(&desk->inboxes);
	if (hub->fails && ledger->store.writing) {
		ledger->store.trouble = DB_FULL;
		hub->fails = false;
	}
	ledger_commit(ledger);
	ledger->writable = true;
	inboxes_answer(&desk->inboxes);
	peers_flush(&desk->peers);
	loop_turn_over(desk->loop);
}
