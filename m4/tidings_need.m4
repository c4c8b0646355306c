# SPDX-License-Identifier: MIT
# TIDINGS_NEED(VARIABLE, MODULE, VERSION, PACKAGE, [TESTED])
#
# PKG_CHECK_MODULES, but whoever lacks the library is told in one sentence which
# version is there and what to install. Of one newer than TESTED it is said that
# nobody has tried it: it is used all the same.
AC_DEFUN([TIDINGS_NEED],
	[PKG_CHECK_MODULES([$1], [$2 >= $3], [],
		[tidings_have=`$PKG_CONFIG --modversion "$2" 2>/dev/null`
		AC_MSG_ERROR([$2 $3 or newer is needed, and ${tidings_have:-none} is here (Debian: $4)])])
	m4_ifval([$5],
		[tidings_have=`$PKG_CONFIG --modversion "$2" 2>/dev/null`
		AS_IF([$PKG_CONFIG --atleast-version=$5 "$2" && test "$tidings_have" != $5],
			[AC_MSG_WARN([$2 $tidings_have is newer than $5, the newest that was tried: "make check" says whether it will do])])])])
