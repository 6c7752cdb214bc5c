#!/bin/sh
# SPDX-License-Identifier: MIT
# The style that a script can see (CONTRIBUTING.md): what .editorconfig says of every text file,
# what .clang-format makes of C and C++, and how long a line, a function and a file may be.
#
# Text files are found by their names, in a checkout and in an unpacked archive. Data that tests
# read as it is and reference values that a script wrote have other names.

cd "$top_srcdir" || exit 99
export LC_ALL=C
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
result=0

# verdict NAME OFFENCES: a case passes when there is nothing to complain about.
verdict()
{
	if test -z "$2"; then
		echo "ok    $1"
	else
		printf '%s\n' "$2" | head -n 40
		echo "FAIL  $1"
		result=1
	fi
}

# find_text PATTERN…: files of the source tree with such names. A folder with a config.status is a
# build folder; autotools write m4/, and make in a tree that is not apart the files that are left
# out by name.
find_text()
{
	for pattern; do
		set -- "$@" -o -name "$pattern"
		shift
	done
	shift # the first -o
	find . -type d ! -name . \( -name .git -o -name .deps -o -name .libs -o -name m4 \
			-o -name autom4te.cache -o -exec test -f '{}/config.status' \; \) -prune \
		-o -type f \( "$@" \) ! -name Makefile.in ! -name install-sh ! -name ltmain.sh \
			! -name '*.pb-c.[ch]' ! -path './tools/python/lamina.py' -print | sort
}

# Programs without a suffix: "#!/bin/sh", where what autotools write has "#! /bin/sh".
scripts=$(find_text '[a-z]*' | grep -v '/[^/]*\.[^/]*$' | xargs grep -Hnam 1 '' |
	sed -n 's,:1:#!/.*,,p')

c_files=$(find_text '*.c' '*.h' '*.cc' '*.hpp')
python=$(printf '%s\n' "$scripts" | xargs grep -lE '^#!.*python')
tabbed=$(find_text '*.sh' '*.mk' '*.am' '*.ac' '*.js' '*.bash-completion'
	printf '%s\n' "$scripts" | grep -vxF "$python")
spaced=$(find_text '*.py' '*.yml'; echo "$python")
pages=$(find_text '*.md')
other=$(find_text '*.in' '*.map' '*.dict' '*.scd' .gitignore .gitattributes .editorconfig \
	.clang-format)
code="$c_files $tabbed $spaced"
licensed="$code $pages $other"
all="$licensed $(find_text LICENSE)"

# Every name is one word: the lists are split at spaces from here on.
verdict "a file's name has letters, digits, points and dashes" \
	"$(printf '%s\n' "$c_files" "$tabbed" "$spaced" "$pages" | grep -vE '^[A-Za-z0-9_./-]*$')"
verdict "the lists are complete" "$(for file in tests/style.sh tests/kit.h framework/lamina.h \
	README.md Makefile.am bootstrap build-aux/total tests/bench/peer_onnx.js lamina.map; do
	case " $(echo $all) " in
	*" ./$file "*) ;;
	*) echo "$file is not among them" ;;
	esac
done)"

# Columns are characters, and a tab goes to the next eighth: bytes that continue a character
# (0x80 to 0xbf) have no column of their own. Rows of tables in Markdown may be longer.
verdict "a line has at most 100 columns" "$(awk '
	length($0) > 12 && !(/^\|/ && FILENAME ~ /\.md$/) {
		line = $0
		gsub(/[\200-\277]/, "", line)
		width = length(line)
		if (index(line, "\t")) {
			width = 0
			n = split(line, cell, "\t")
			for (i = 1; i < n; i++)
				width += length(cell[i]) + 8 - (width + length(cell[i])) % 8
			width += length(cell[n])
		}
		if (width > 100)
			print FILENAME ":" FNR ": " width " columns"
	}' $all)"

verdict "no line ends with a blank or a carriage return" "$(grep -nE '[[:space:]]$' $all)"
# The last two bytes of each file, behind a line with its name and before an empty one; the name of
# no file comes last, so that each has one behind it.
verdict "a file ends with one line feed" "$(tail -c 2 $all /dev/null | awk '
	!/^==> .* <==$/ { lines++; last = $0; next }
	{
		if (lines == 1 || last != "")
			print file ": no line feed at its end"
		if (lines == 3)
			print file ": an empty line at its end"
		file = $2
		lines = 0
	}')"
if command -v iconv >/dev/null 2>&1; then
	verdict "text is UTF-8" "$(iconv -f UTF-8 -t UTF-8 $all >/dev/null 2>&1 ||
		for file in $all; do
			iconv -f UTF-8 -t UTF-8 "$file" >/dev/null 2>&1 || echo "$file"
		done)"
else
	echo "skip  text is UTF-8: no iconv here"
fi
verdict "scripts and makefiles are set in with tabs" \
	"$(grep -nE '^ +[^ #*/]' $tabbed | grep -vE '^\./tests/[a-z_]*\.sh:[0-9]+: +[^ ]')"
verdict "Python, YAML and Markdown are set in with spaces" "$(grep -n '^	' $spaced $pages)"

# What a page names in backquotes: a file, by the end of its path; in the list of promises a test.
find_text '*.c' '*.h' '*.hpp' '*.py' '*.js' '*.sh' '*.mk' >"$work/files"
verdict "files that the pages name are there" "$(
	grep -oHE '`[a-z][a-z0-9_/-]*\.(c|h|hpp|py|js|sh|mk)`' $pages | tr -d '`' | sort -u |
		awk 'FILENAME != "-" {
				for (path = $0; sub("^[^/]*/", "", path);)
					is_end[path] = 1
				next
			}
			{
				name = $0
				sub("^[^:]*:", "", name)
			}
			!(name in is_end)' "$work/files" -)"
# Sources alone: programs that were built here, in a tree that is not apart, say nothing.
in_tests=$(printf '%s\n' $all | grep '^\./tests/')
verdict "tests that docs/promises.md names are there" "$(
	grep -ohE '\w+' $in_tests | sort -u >"$work/words"
	grep -oE '`[a-z]+_[a-zA-Z_]+`' docs/promises.md | tr -d '`' | sort -u |
		comm -23 - "$work/words")"

# Portions have the names in docs/design.md: each name is in use, and these others are not.
in_library=$(printf '%s\n' $all | grep -E '^\./(framework|layers)/')
verdict "portions of the work have the names of the glossary" "$(
	awk '/^## The portions of the work/ { on = 1 } /^## The data/ { on = 0 }
		on && /^\| [a-z]* \|/ && $2 != "word" { print $2 }' docs/design.md |
		while read -r word; do
			grep -qwE "${word}s?" $in_library || echo "$word: not in use"
		done
	grep -nwiE '(stripe|portion|morsel|hunk|fragment|stretch)s?' $in_library)"

verdict "the first lines name the licence" "$(awk '
	FNR <= 3 && /SPDX-License-Identifier: MIT/ { has[FILENAME] = 1 }
	END {
		for (i = 1; i < ARGC; i++)
			if (!(ARGV[i] in has))
				print ARGV[i]
	}' $licensed)"

verdict "a file has at most 400 lines" \
	"$(wc -l $code | awk '$2 != "total" && $1 > 400 { print $2 ": " $1 " lines" }')"
# clang-format puts the braces of a function, and nothing else, into the first column.
verdict "a function has at most 60 lines" "$(awk '
	/^\{/ { begin = FNR }
	/^\}/ {
		if (begin && FNR - begin - 1 > 60)
			print FILENAME ":" begin ": " FNR - begin - 1 " lines"
		begin = 0
	}' $c_files)"

# Versions of clang-format differ in what they write.
formatter=
for candidate in clang-format-14 clang-format; do
	case $($candidate --version 2>/dev/null) in
	*"version 14."*) formatter=${formatter:-$candidate} ;;
	esac
done
if test -n "$formatter"; then
	verdict "clang-format changes nothing" \
		"$($formatter --dry-run -Werror $c_files 2>&1 | grep 'error:')"
else
	echo "skip  clang-format changes nothing: no clang-format 14 here"
fi

exit $result
