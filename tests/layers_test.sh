#!/bin/sh
# SPDX-License-Identifier: MIT
# layers_test - who may know whom
#
# lib knows neither program, the programs do not know each other, and each
# foreign library has one room.  Within a program rooms call downwards only: the
# objects that were built say who calls whom, and no call comes back.
built=$PWD
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
inbox=$(files inbox)
fcgi=$(files fcgi)
client=$(files client)
all="$lib $hub $inbox $fcgi $client"
[ -n "$lib" ] || { echo "not ok - there is no lib in $PWD"; exit 1; }

include='^ *# *include *[<"]'
# shellcheck disable=SC2086
{
ok "lib knows neither program" - "$include(\.\./)?(hub|inbox|fcgi|client|tests)/" $lib
ok "the hub does not know the responder" - "$include(\.\./)?(inbox|fcgi|client|tests)/" $hub
ok "the inbox's reader does not know the others" - "$include(\.\./)?(hub|fcgi|client|tests)/" $inbox
ok "the responder does not know the hub" - "$include(\.\./)?(hub|inbox|client|tests)/" $fcgi
ok "the client does not know the daemons" - "$include(\.\./)?(hub|inbox|fcgi|tests)/" $client
ok "nobody goes up to go down" - "$include\.\./" $all
}
room "SQLite" "lib/db/db.c lib/db/db_files.c lib/db/db_join.c lib/db/db_query.c" 'sqlite3\.h'
room "json-c" "lib/json/json.c lib/json/json_read.c" 'json-c/.*|json\.h'
room "libfcgi" fcgi/http/parse.c 'fcgiapp\.h|fcgi_stdio\.h|fcgios\.h'
room "libcurl" "client/http/http.c client/http/transfer.h" 'curl/.*'
room "ncurses" client/show/screen.c 'n?curses\.h'
room "PCRE2" lib/event/selector.c 'pcre2\.h'
room "libcrypto" "lib/crypto/module.h lib/crypto/module.c lib/crypto/module_key.c lib/crypto/module_sign.c" 'openssl/.*'
room "xxhash" lib/digest.c 'xxhash\.h'
room "syslog" lib/log.c 'syslog\.h'
room "timerfd" lib/alarm.c 'sys/timerfd\.h'
room "hiredis" "hub/shared/redis.c hub/shared/redis_reply.h" 'hiredis/.*'
room "zlib" fcgi/stream/deflater_module.c 'zlib\.h'
room "libseccomp" inbox/walls/filter.c 'seccomp\.h'
room "Landlock" inbox/walls/landlock.c 'linux/landlock\.h'
room "libev" lib/loop.c 'ev\.h'
all="$lib $hub $inbox $fcgi"
room "inih" lib/config/config_file.c 'ini\.h'
all=$client
room "inih for client.conf" client/option/option_file.c 'ini\.h'

# ---- within a program

# calls FOLDER...: "caller callee" for each two rooms, by their objects' symbols.
# A room is its source without .c; what is left of one that is gone is not one.
calls()
{
	(cd "$built" && find "$@" -name '*.o' -exec nm -A {} + 2>/dev/null) |
	awk '
	function room(object) {
		sub(/\.o$/, "", object)
		sub(/[a-z_]*-/, "", object)
		if (!(object in is_room))
			is_room[object] = (getline line < (object ".c")) >= 0
		return is_room[object] ? object : ""
	}
	{
		caller = room(substr($1, 1, index($1, ":") - 1))
		symbol = $NF
		kind = $(NF - 1)
	}
	caller == "" { next }
	kind == "U" || kind ~ /:U$/ { wanted[caller, symbol] = 1; next }
	kind ~ /^[TDBRC]$/ { home[symbol] = caller }
	END {
		for (pair in wanted) {
			split(pair, part, SUBSEP)
			to = home[part[2]]
			if (to != "" && to != part[1])
				print part[1], to
		}
	}' | sort -u
}

# upwards FLOOR...: those calls that go to a floor above, or to another house on
# the same one.  A floor is houses with | between them, a house rooms with commas
# between them: the name of one, or of a folder.  The longest name counts; who
# is on no floor is named too.
upwards()
{
	awk -v plan="$*" '
	function find(room,    name) {
		for (name = room; name != ""; name = \
			name ~ /\// ? substr(name, 1, match(name, /\/[^\/]*$/) - 1) : "")
			if (name in floor)
				return name
		return ""
	}
	BEGIN {
		floors = split(plan, all, " ")
		for (i = 1; i <= floors; i++) {
			count = split(all[i], houses, "|")
			for (j = 1; j <= count; j++) {
				rooms = split(houses[j], names, ",")
				for (k = 1; k <= rooms; k++) {
					floor[names[k]] = i
					house[names[k]] = i "." j
				}
			}
		}
	}
	{
		from = find($1)
		to = find($2)
		if (from == "" || to == "")
			print (from == "" ? $1 : $2) " is on no floor"
		else if (floor[to] < floor[from] || (floor[to] == floor[from] &&
			house[to] != house[from]))
			print $1 " calls " $2
	}' | sort -u
}

# downwards PROGRAM FLOOR...: its rooms call downwards, and never in a circle.
downwards()
{
	program=$1
	shift
	found=$(calls "$program")
	if [ -z "$found" ]; then
		echo "ok - $program # SKIP nothing of it was built here"
		return
	fi
	circles=$(echo "$found" | tsort 2>&1 >/dev/null)
	up=
	[ $# -eq 0 ] || up=$(echo "$found" | upwards "$@")
	if [ -z "$circles$up" ]; then
		echo "ok - rooms of $program call downwards only"
	else
		printf 'not ok - rooms of %s call downwards only\n%s\n%s\n' \
			"$program" "$up" "$circles"
		failed=1
	fi
}

# The plan itself: a call up, one across and one on the same floor.
plan='a/top a/left,a/west|a/right a'
# shellcheck disable=SC2086
found=$(printf '%s\n' 'a/top a/left/x' 'a/left/x a/deep/y' 'a/left/x a/west' \
	'a/left/x a/right' 'a/deep/y a/left/x' 'b/z a/top' | upwards $plan)
if [ "$found" != "a/deep/y calls a/left/x
a/left/x calls a/right
b/z is on no floor" ]; then
	printf 'not ok - a call upwards is found\n%s\n' "$found"
	failed=1
fi

downwards lib 'lib/service|lib/config|lib/db' lib/crypto lib/event lib/json lib
downwards hub hub/main hub/hub hub/dispatch 'hub/peers|hub/cursor_file|hub/demo|hub/together' hub/log 'hub/log/disk|hub/shared'
downwards hub/shared hub/shared/shared \
	hub/shared/links,hub/shared/links_look,hub/shared/links_state,hub/shared/links_through \
	'hub/shared/append|hub/shared/follow|hub/shared/trim|hub/shared/founding|hub/shared/cursors|hub/shared/machines|hub/shared/tally|hub/shared/dial' \
	hub/shared
downwards inbox inbox/main inbox/reader inbox/inbox,inbox/pull,inbox/stock,inbox/tidy inbox \
	inbox/walls 'inbox/walls/landlock|inbox/walls/filter'
downwards fcgi fcgi/main fcgi/worker fcgi/rooms \
	'fcgi/route|fcgi/feed|fcgi/drain' \
	'fcgi/stream,fcgi/replay,fcgi/presence,fcgi/history|fcgi/post|fcgi/pass|fcgi/cursor,fcgi/status|fcgi/metrics|fcgi/kill|fcgi/description' fcgi/guard fcgi/http \
	fcgi/uplink fcgi/counters
downwards client client/main client/verbs 'client/verb|client/check|client/menu' \
	'client/inbox|client/run|client/token' client/show client/http client/option client/exit_status
exit $failed
