#!/bin/bash
# SPDX-License-Identifier: MIT
# listen.sh URL: curl and a shell.  curl comes back only if it is called again.
id='' retry=1

say() # TYPE DATA
{
	local data=${2//\\/\\\\}
	printf '{"type": "%s", "data": "%s", "id": "%s"}\n' "${1:-message}" "${data//\"/\\\"}" "$id"
}

listen()
{
	local line type='' data='' own=$id
	while IFS= read -r line; do
		case $line in
		'') [ -z "$data" ] || { id=$own; say "$type" "${data%$'\n'}"; }; type='' data='' ;;
		id:*) own=${line#id: } ;;
		event:*) type=${line#event: } ;;
		data:*) data+=${line#data: }$'\n' ;;
		retry:*) retry=$(printf "%d.%03d" $((${line#retry: } / 1000)) $((${line#retry: } % 1000))) ;;
		esac
	done
}

while :; do
	listen < <(exec curl -sSfN -H "Last-Event-ID: $id" -H 'Accept: text/event-stream' "$1" 2>/dev/null)
	echo '{"error": "curl has ended"}'
	sleep "$retry"
done
