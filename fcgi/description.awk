# SPDX-License-Identifier: MIT
# Each file as a list of C strings, one a line, called as the file is.
FNR == 1 {
	if (NR > 1)
		print "\t0\n};"
	name = FILENAME
	sub(/.*\//, "", name)
	sub(/\.yaml$/, "", name)
	print "static const char *const " name "[] = {"
}
{
	gsub(/\\/, "\\\\")
	gsub(/"/, "\\\"")
	print "\t\"" $0 "\\n\","
}
END { print "\t0\n};" }
