# SPDX-License-Identifier: MIT
# bash completion for tidings.  Verbs, flags and what they take are asked of the
# program itself: `tidings help --words` has them, with tabs between.

# Offers those of the lines in $1 that begin with the last of `words`; what
# stands there up to a : or = is not bash's to replace.
_tidings_offer()
{
	local word last=${words[-1]} head=

	[[ $last == --*=* ]] && last=${last#*=}
	[[ $last == *[:=]* ]] && head=${last%"${last##*[:=]}"}
	while IFS= read -r word; do
		[[ -n $word && $word == "$last"* ]] &&
			printf -v word %q "${word#"$head"}" &&
			COMPREPLY+=("$word")
	done <<<"$1"
}

# Those of the server that is meant, if it answers within a second.
_tidings_channels()
{
	timeout 1 "${asking[@]}" 2>/dev/null |
		sed -n 's/^{"channel":"\([^"\\]*\)".*/\1/p'
}

_tidings_files()
{
	local last=${words[-1]}

	[[ $last == --*=* ]] && last=${last#*=}
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -f -- "$last")
}

# A further command, at index $1 of `words`.
_tidings_command()
{
	if declare -F _command_offset >/dev/null; then
		_command_offset "$(($1 + taken))"
	elif (($1 == ${#words[@]} - 1)); then
		_tidings_offer "$(compgen -c -- "${words[-1]}")"
	else
		_tidings_files
	fi
}

# $1: what --help calls it; $2: its index in `words`.
_tidings_value()
{
	case $1 in
	CHANNEL* | \[CHANNEL* | NAME-of-channel) _tidings_offer "$(_tidings_channels)" ;;
	FILE*) _tidings_files ;;
	COMMAND*) _tidings_command "$2" ;;
	[a-z]*) _tidings_offer "$1" ;;
	esac
}

# What flag $1 of the verb takes, "-" if nothing.
_tidings_takes()
{
	awk -F '\t' -v verb="$verb" -v flag="${1%%=*}" '
		$1 == verb && $2 != "-" && ($2 == flag || $3 == flag) {
			print $2 == "--channel" ? "NAME-of-channel" : $4
			exit
		}' <<<"$table"
}

# Goes through the words; offers something for the last.
_tidings_walk()
{
	local i takes place=0 arguments
	local last=$((${#words[@]} - 1))

	read -ra arguments <<<"$(awk -F '\t' -v verb="$verb" '
		$1 == verb && $2 == "-" { print $4 }' <<<"$table" |
		sed 's/\[--\] //')"
	for ((i = 2; i <= last; i++)); do
		takes=-
		[[ ${words[i]} == -* ]] && takes=$(_tidings_takes "${words[i]}")
		if [[ ${words[i]} == -- && $i -lt $last ]]; then
			continue
		elif [[ ${words[i]} == --*=* && $i == "$last" ]]; then
			_tidings_value "$takes" "$i"
		elif [[ ${words[i]} == -* && $i == "$last" ]]; then
			_tidings_offer "$(awk -F '\t' -v verb="$verb" '
				$1 == verb && $2 != "-" { print $2 }' <<<"$table")"
		elif [[ ${words[i]} == -* ]]; then
			[[ ${words[i]} == --url=* ]] && asking+=("${words[i]}")
			[[ ${words[i]} == *=* || ${takes:--} == - ]] && continue
			[[ $((++i)) == "$last" ]] && _tidings_value "$takes" "$i"
			[[ $takes == URL ]] && asking+=(--url "${words[i]}")
		else
			_tidings_argument "$i" && return
			((++place))
		fi
	done
}

# True once there is nothing more to do.
_tidings_argument()
{
	local i=$1 name=${arguments[place]}

	[[ -z $name && ${arguments[*]} == *...* ]] && name=${arguments[-1]}
	[[ $name != COMMAND* && $i != "$last" ]] && return 1
	_tidings_value "$name" "$i"
}

# Takes the flags before the verb out of `words`; false once there is nothing
# more to do.
_tidings_before()
{
	local takes count

	mapfile -t all < <(awk -F '\t' '$1 == "menu" && $2 != "-" { print $2 }' <<<"$table")
	verb=menu # which has no others
	while ((${#words[@]} > 2)) && [[ ${words[1]} == -* ]]; do
		takes=$(_tidings_takes "${words[1]}") count=1
		[[ ${words[1]} != *=* && ${takes:--} != - ]] && count=2
		if ((${#words[@]} == count + 1)); then
			_tidings_value "$takes" "$count"
			return 1
		fi
		[[ ${words[1]} == --url=* ]] && asking+=("${words[1]}")
		[[ $takes == URL && $count == 2 ]] && asking+=(--url "${words[2]}")
		words=("${words[0]}" "${words[@]:count + 1}")
		((taken += count))
	done
	return 0
}

_tidings()
{
	local all taken=0 IFS=$' \t\n' line=${COMP_LINE:0:COMP_POINT} table words verb
	local asking=("$1" channels --quiet --json)

	COMPREPLY=()
	read -ra words <<<"$line"
	[[ $line == *[[:space:]] ]] && words+=("")
	table=$("${words[0]}" help --words 2>/dev/null) || return 0
	_tidings_before || return 0
	verb=${words[1]}
	if ((${#words[@]} == 2)); then
		_tidings_offer "$(cut -f 1 <<<"$table" | uniq
			printf '%s\n' help --version "${all[@]}")"
	elif [[ $verb == help ]]; then
		_tidings_offer "$(cut -f 1 <<<"$table" | uniq)"
	else
		_tidings_walk
	fi
	return 0
}

complete -F _tidings tidings
