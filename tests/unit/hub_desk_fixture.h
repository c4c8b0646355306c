/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_UNIT_HUB_DESK_FIXTURE_H
#define TIDINGS_TESTS_UNIT_HUB_DESK_FIXTURE_H
/*
 * hub_desk_fixture - one desk for all tests of a program, made anew for each
 */
#include "tests/unit/hub_desk.h"

static struct desk desk;

static inline int desk_setup(void **state)
{
	room_setup(state);
	desk_open(&desk, *state);
	return 0;
}

static inline int desk_teardown(void **state)
{
	desk_close(&desk);
	return room_teardown(state);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

#endif
