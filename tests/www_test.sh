#!/bin/sh
# SPDX-License-Identifier: MIT
# The page's static rules, which no browser tells of before it is too late:
#   1  each module is valid JavaScript
#   2  nothing makes HTML or code out of text
#   3  no script, style or handler stands in the HTML: the Content-Security-
#      Policy would block it
#   4  each module that is imported, and each file that the HTML names, is there,
#      and is installed
#   5  nothing names a path from the root: the page may be below any prefix
srcdir=${srcdir:-$(dirname "$0")/..}
cd "$srcdir" || exit 1
failed=0
complain() { echo "www_test: $1" >&2; failed=1; }

command -v node >/dev/null || { echo "www_test: no node here"; exit 77; }

# node takes a .js for a script unless a package.json says otherwise.
for module in www/*.js js/*.js; do
	node --input-type=module --check <"$module" ||
		complain "$module is not valid JavaScript"
done

makers='innerHTML|outerHTML|insertAdjacentHTML|setHTML|document\.write|DOMParser'
makers="$makers|createContextualFragment|parseHTMLUnsafe|srcdoc|\beval\(|new Function"
makers="$makers|set(Timeout|Interval)\(['\"\`]|javascript:|cssText"
makers="$makers|setAttribute\(['\"\`](on|style)"
! grep -nE "$makers" www/*.js js/*.js www/*.html ||
	complain "text must not become HTML or code"

! grep -nE "<style|[[:space:]]style=|[[:space:]]on[a-z]+=|<script[^>]*>[^<]" www/*.html ||
	complain "script and style belong into files of their own"
! grep -n '<script' www/*.html | grep -v 'src=' ||
	complain "an inline script would be blocked"

named()
{
	sed -nE 's/.*\b(from|import)\(? ?["'\'']\.\/([^"'\'']+)["'\''].*/\2/p' www/*.js
	sed -nE 's/.*\b(from|import)\(? ?["'\'']\.\/([^"'\'']+)["'\''].*/js\/\2/p' js/*.js
	sed -nE 's/.*\b(src|href)="([a-z][^":#]*)".*/\2/p' www/*.html
}
for file in $(named | sort -u); do
	[ -f "www/$file" ] || complain "www/$file is named, and is not there"
	case $file in js/*) ;; *) file=www/$file ;; esac
	grep -qw "$file" www/Makefile.inc ||
		complain "$file is not in www/Makefile.inc"
done

! grep -nE "[\"'\`(]/[a-z]+(/|[\"'\`?])" www/*.html www/*.js www/words/*.js |
	grep -vE '^[^:]*:[0-9]+:[[:space:]]*//' ||
	complain "a path from the root: see www/place.js"

exit $failed
