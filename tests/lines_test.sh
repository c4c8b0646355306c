#!/bin/sh
# SPDX-License-Identifier: MIT
# lines_test - the manual has the lines of the logs as the programs have them
cd "${srcdir:-$(dirname "$0")/..}" || exit 1
failed=0
for page in man/*.[1-9]; do
	if awk -f man/lines.awk "$page" | diff "$page" -; then
		echo "ok - $page has the lines of the programs' lines.h"
	else
		echo "not ok - $page has others than the programs' lines.h: make man-lines"
		failed=1
	fi
done
exit $failed
