#!/bin/sh
# layers_test - who may know whom
#
# lib knows neither program, the programs do not know each other, and each
# foreign library has one room.
cd "${srcdir:-.}" || exit 1
failed=0

# ok SENTENCE ALLOWED PATTERN FILES...: no line of FILES but those of ALLOWED
# (paths with | between them, or none) matches.
ok()
{
	sentence=$1 allowed=$2 pattern=$3
	shift 3
	found=$(grep -nE "$pattern" "$@" /dev/null | grep -vE "^($allowed):")
	if [ -z "$found" ]; then
		echo "ok - $sentence"
	else
		printf 'not ok - %s\n%s\n' "$sentence" "$found"
		failed=1
	fi
}

# room LIBRARY FILES HEADER: FILES include HEADER and nobody else does.
room()
{
	include="^ *# *include *[<\"]($3)[>\"]"
	# shellcheck disable=SC2086
	ok "$1 stays in $2" "$(echo "$2" | tr ' ' '|')" "$include" $all
	for file in $2; do
		if [ -f "$file" ] && ! grep -qE "$include" "$file"; then
			echo "not ok - $file is $1's room"
			failed=1
		fi
	done
}

files()
{
	for folder; do
		[ ! -d "$folder" ] || find "$folder" -name '*.[ch]' | sort
	done
}

lib=$(files lib)
hub=$(files hub)
fcgi=$(files fcgi)
client=$(files client)
all="$lib $hub $fcgi $client"
[ -n "$lib" ] || { echo "not ok - there is no lib in $PWD"; exit 1; }

include='^ *# *include *[<"]'
# shellcheck disable=SC2086
{
ok "lib knows neither program" - "$include(\.\./)?(hub|fcgi|client|tests)/" $lib
ok "the hub does not know the responder" - "$include(\.\./)?(fcgi|client|tests)/" $hub
ok "the responder does not know the hub" - "$include(\.\./)?(hub|client|tests)/" $fcgi
ok "the client does not know the daemons" - "$include(\.\./)?(hub|fcgi|tests)/" $client
ok "nobody goes up to go down" - "$include\.\./" $all
}
room "SQLite" lib/db.c 'sqlite3\.h'
room "json-c" "lib/json.c lib/json_read.c" 'json-c/.*|json\.h'
room "libfcgi" fcgi/parse.c 'fcgiapp\.h|fcgi_stdio\.h|fcgios\.h'
room "libcurl" "client/http.c client/transfer.h" 'curl/.*'
room "ncurses" client/screen.c 'n?curses\.h'
room "xxhash" lib/digest.c 'xxhash\.h'
room "syslog" lib/log.c 'syslog\.h'
room "timerfd" lib/alarm.c 'sys/timerfd\.h'
all="$lib $hub $fcgi"
room "inih" lib/config_file.c 'ini\.h'
all=$client
room "inih for client.conf" client/option_file.c 'ini\.h'
exit $failed
