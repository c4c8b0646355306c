# SPDX-License-Identifier: MIT
# fish completion for tidings.  Verbs, flags and what they take are asked of the
# program itself: `tidings help --words` has them, with tabs between.

# The verb that stands on the line, whatever flags are before it.
function __tidings_verb
	set -l words (commandline -opc)
	for word in $words[2..-1]
		if contains -- $word $__tidings_verbs
			echo $word
			return
		end
	end
	return 1
end

function __tidings_is
	test (__tidings_verb; or echo -) = $argv[1]
end

function __tidings_has_none
	not __tidings_verb >/dev/null
end

# Where on the line arguments stand, behind the verb: neither flags nor what
# these take, nor the word that is typed.
function __tidings_places
	set -l words (commandline -opc)
	set -l verb (__tidings_verb); or return 1
	set -l at (contains -i -- $verb $words)
	while test $at -lt (count $words)
		set at (math $at + 1)
		if contains -- "$verb $words[$at]" $__tidings_valued
			set at (math $at + 1)
		else if not string match -q -- '-*' $words[$at]
			echo $at
		end
	end
end

function __tidings_behind
	test (count (__tidings_places)) -ge $argv[1]
end

# Those of the server that is meant, if it answers within a second.
function __tidings_channels
	set -l words (commandline -opc)
	set -l asking $words[1] channels --quiet --json
	set -l at (contains -i -- --url $words; or contains -i -- -u $words)
	and set -a asking --url $words[(math $at + 1)]
	set -a asking (string match -- '--url=*' $words)
	timeout 1 $asking 2>/dev/null |
		string replace -rf '^\{"channel":"([^"\\\\]*)".*' '$1'
end

# Behind `run CHANNEL [--]` stands a command of its own.
function __tidings_command
	set -l words (commandline -opc)
	set -l places (__tidings_places)
	set -l skip (count $words)
	test (count $places) -gt 1; and set skip (math $places[2] - 1)
	__fish_complete_subcommand --fcs-skip=$skip
end

# What completes what --help calls $argv[1].
function __tidings_value
	switch $argv[1]
		case 'CHANNEL*' '[CHANNEL*'
			echo '(__tidings_channels)'
		case 'WHEN*' '*'
			string match -qr '^[a-z]' -- $argv[1]; and echo $argv[1]
	end
end

function __tidings_flag
	set -l verb $argv[1]
	set -l name (string sub -s 3 -- $argv[2])
	set -l more -l $name
	test $argv[3] = --; or set -a more -s (string sub -s 2 -- $argv[3])
	test $argv[4] = -; or set -ga __tidings_valued "$verb $argv[2]" "$verb $argv[3]"
	if string match -q 'FILE*' -- $argv[4]
		set -a more -r -F
	else if test $argv[4] != -
		set -l takes $argv[4]
		test "$verb $name" = 'inbox channel'; and set takes CHANNEL
		set -a more -x -a (__tidings_value $takes | string collect --allow-empty)
	end
	complete -c tidings -n "__tidings_is $verb" $more -d $argv[5]
	# the menu has only those of all verbs, which may stand before the verb
	test $verb = menu
	and complete -c tidings -n __tidings_has_none $more -d $argv[5]
end

function __tidings_argument
	set -l verb $argv[1]
	for word in (string split ' ' -- $argv[2])
		switch $word
			case 'FILE*'
				complete -c tidings -n "__tidings_is $verb" -F
			case 'COMMAND*'
				complete -c tidings -n "__tidings_is $verb; and __tidings_behind 1" \
					-x -a '(__tidings_command)'
			case '*'
				set -l values (__tidings_value $word | string collect --allow-empty)
				test -n "$values"
				and complete -c tidings -n "__tidings_is $verb" \
					-a $values
		end
	end
end

set -g __tidings_verbs
set -g __tidings_valued
complete -c tidings -e
complete -c tidings -f
for line in (command tidings help --words 2>/dev/null)
	set -l row (string split \t -- $line)
	if test $row[2] = -
		set -a __tidings_verbs $row[1]
		complete -c tidings -n __tidings_has_none -a $row[1] -d $row[5]
		test $row[4] = -; or __tidings_argument $row[1] $row[4]
	else
		__tidings_flag $row
	end
end
complete -c tidings -n __tidings_has_none -a help -d 'show how it is used'
complete -c tidings -n __tidings_has_none -l version -s V -d 'print which one it is'
