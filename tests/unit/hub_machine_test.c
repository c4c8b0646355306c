/* SPDX-License-Identifier: MIT */
/*
 * machine - what /proc says
 */
#include "config.h"

#include "hub/peers/machine.h"

#include "tests/unit/unit.h"

static void test_waiting_for_a_disk_is_idle_and_guests_count_once(void **state)
{
	struct machine machine = {0};

	(void)state;
	machine_read_stat(&machine, "cpu  100 20 30 4000 500 6 7 8 90 10\n"
				    "cpu0 1 2 3 4 5 6 7 8 9 10\nintr 1\n");
	assert_int_equal(machine.busy.sum, 100 + 20 + 30 + 6 + 7 + 8);
	assert_int_equal(machine.idle.sum, 4500);
}

static void test_memory_is_what_is_available_not_what_is_free(void **state)
{
	struct machine machine = {0};

	(void)state;
	machine_read_meminfo(&machine,
		"MemTotal:        8000 kB\nMemFree:          100 kB\n"
		"MemAvailable:    6000 kB\n");
	assert_int_equal(machine.memory, 8000 * 1024);
	assert_int_equal(machine.available, 6000 * 1024);
	machine_read_meminfo(
		&machine, "MemTotal: 50 kB\nMemAvailable: 60 kB\n");
	assert_int_equal(machine.available, 50 * 1024);
}

static void test_network_bytes_are_those_of_all_interfaces(void **state)
{
	struct machine machine = {0};

	(void)state;
	machine_read_net(&machine,
		"Inter-|   Receive                            |  Transmit\n"
		" face |bytes    packets errs drop fifo frame compressed "
		"multicast|bytes    packets errs\n"
		"    lo: 1000 1 0 0 0 0 0 0 1000 1 0 0 0 0 0 0\n"
		"  eth0:18446744073709550000 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0\n"
		" wlan0:9 1 0 0\n");
	assert_true(machine.received.sum == 18446744073709551000u);
	assert_int_equal(machine.sent.sum, 1007);
}

static void test_an_interface_that_goes_takes_nothing_back(void **state)
{
	static const char *const texts[] = {
		"lo: 10 0 0 0 0 0 0 0 20\neth0: 1000 0 0 0 0 0 0 0 2000\n",
		"lo: 15 0 0 0 0 0 0 0 26\n",
		"",
		"lo: 18 0 0 0 0 0 0 0 30\n",
	};
	struct machine machine = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		machine_read_net(&machine, texts[i]);
	assert_int_equal(machine.received.sum, 1010 + 3);
	assert_int_equal(machine.sent.sum, 2020 + 4);
}

static void test_what_proc_does_not_say_is_not_made_up(void **state)
{
	static const char *const texts[] = {
		"", "\n", "cpu", "lo:", ":", "MemTotal", "nonsense 1 2 3\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct machine machine = {0};

		machine_read_stat(&machine, texts[i]);
		machine_read_meminfo(&machine, texts[i]);
		machine_read_net(&machine, texts[i]);
		assert_int_equal(machine.busy.sum + machine.idle.sum, 0);
		assert_int_equal(machine.memory + machine.available, 0);
		assert_int_equal(machine.received.sum + machine.sent.sum, 0);
	}
}

static void test_this_machine_can_be_read(void **state)
{
	struct machine machine = {0};

	(void)state;
	machine_read(&machine);
	assert_true(machine.busy.sum > 0 && machine.idle.sum > 0);
	assert_true(
		machine.available > 0 && machine.available < machine.memory);
	assert_true(machine.own_memory > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_waiting_for_a_disk_is_idle_and_guests_count_once),
		cmocka_unit_test(
			test_memory_is_what_is_available_not_what_is_free),
		cmocka_unit_test(
			test_network_bytes_are_those_of_all_interfaces),
		cmocka_unit_test(
			test_an_interface_that_goes_takes_nothing_back),
		cmocka_unit_test(test_what_proc_does_not_say_is_not_made_up),
		cmocka_unit_test(test_this_machine_can_be_read),
	};

	return cmocka_run_group_tests_name("hub_machine", tests, NULL, NULL);
}
