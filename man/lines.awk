# SPDX-License-Identifier: MIT
# lines.awk PAGE - a page of the manual with the lines of the log as the programs
# have them: `make man-lines` does it.
#
# A line `.\" lines: FILE...` of the page is followed by what those files have, up
# to the next section; lib/lines.h says how they are written.

function fail(why)
{
	print file ": " name ": " why >"/dev/stderr"
	failed = 1
	exit 1
}

# Plain English, with `what is typed` in it, as the manual has it: a sentence a line.
function explain(text)
{
	gsub(/\n/, " ", text)
	gsub(/\\/, "\\e", text)
	gsub(/\047/, "\\(aq", text)
	while (sub(/`/, "\\fB", text))
		sub(/`/, "\\fR", text)
	gsub(/\. /, ".\n", text)
	if (text != "")
		print text
}

# The first line of `comment`, which then begins with the next one.
function take(    end, line)
{
	end = index(comment "\n", "\n")
	line = substr(comment, 1, end - 1)
	comment = substr(comment, end + 1)
	return line
}

# The line with words in the place of what varies.
function filled(format, words,    word, count, i, line)
{
	count = split(words, word, " ")
	gsub(/%[0-9.*]*[hlzj]*[a-z]/, "\001", format)
	gsub(/\\"/, "\\(dq", format)
	gsub(/\047/, "\\(aq", format)
	for (i = 1; sub(/\001/, word[i], format); i++)
		if (i > count)
			fail("a word for each thing that varies, please")
	line = i > count ? format : format ": " word[i++]
	if (i <= count)
		fail("more words than things that vary")
	return line
}

function open_list()
{
	if (!listing)
		print ".Bl -tag -width Ds"
	listing = 1
}

function close_list()
{
	if (listing)
		print ".El"
	listing = 0
}

function heading()
{
	close_list()
	print ".Ss " substr(take(), 6)
	explain(comment)
}

function item(format,    words, whole)
{
	if (comment ~ /^[A-Z_]+( [A-Z]+)*(\n|$)/)
		words = take()
	if (name ~ /^SENTENCE_/) {
		whole = said[substr(words, 1, index(words " ", " ") - 1)]
		if (!sub(/[A-Z]+$/, "", whole))
			fail("which line is it the end of?")
		sub(/^[A-Z_]+ ?/, "", words)
	}
	said[name] = whole filled(format, words)
	open_list()
	print ".It Li " said[name]
	explain(comment)
}

# A #define that may go on in the next lines, as NAME "TEXT".
function definition(text,    more)
{
	while (sub(/[ \t]*\\$/, "", text) && (getline more <file) > 0)
		text = text " " more
	sub(/^#define /, "", text)
	gsub(/"[ \t]+"/, "", text)
	return text
}

function table(    text, inside)
{
	while ((getline text <file) > 0) {
		if (!inside && text !~ /^\/\*/) {
			if (text ~ /^#define (LINE|SENTENCE)_/) {
				text = definition(text)
				name = substr(text, 1, index(text, "\"") - 1)
				sub(/[ \t]+$/, "", name)
				item(substr(text, index(text, "\"") + 1, length(text) - index(text, "\"") - 1))
			}
			comment = ""
			continue
		}
		inside = text !~ /\*\/$/
		gsub(/^(\/\*| \*\/?) ?| ?\*\/$/, "", text)
		comment = comment (comment == "" || text == "" ? "" : "\n") text
		if (!inside && comment ~ /^---- /)
			heading()
	}
	close(file)
}

/^\.Sh / { skipping = 0 }
!skipping { print }
/^\.\\" lines: / {
	skipping = 1
	for (field = 3; field <= NF; field++) {
		file = $field
		table()
	}
	close_list()
}
END { exit failed }
