#!/bin/sh
# SPDX-License-Identifier: MIT
# The rooms and the floors on which they stand. A room may use the rooms of lower floors and itself,
# neither those beside it nor those above. Held twice: by what the sources include, and by what the
# built objects need of each other, which no include shows.

cd "$top_srcdir" || exit 99
export LC_ALL=C
result=0

# What lies directly in framework/ is the interface, the ground under all rooms: its headers include
# each other and the system's alone. lamina.h is the roof: it includes the interface, layers and
# data sets, and of the library nobody includes it but lamina.hpp. Kernels see of the interface what
# has numbers and no functions: $numbers. Tests may look into every room.
#
# Hole: model/ declares the catalogue that layers/ defines, so that layers/catalogue.c includes a
# header from above it.
floors='
	0 kernels
	1 base
	2 files threads layer
	3 plan
	4 net layers
	5 data model
	6 check datasets
	7 train
	8 exchange
	9 tools examples'
numbers='epilogue.h job.h real.h'
hole='layers/catalogue.c framework/model/catalogue.h'

# verdict NAME OFFENCES: a case passes when there is nothing to complain about.
verdict()
{
	if test -z "$2"; then
		echo "ok    $1"
	else
		printf '%s\n' "$2"
		echo "FAIL  $1"
		result=1
	fi
}

# Every include of the library's sources as "FILE HEADER", the header's path from the top.
# One in quotes is looked for beside the file first, as the compiler does.
includes()
{
	for folder in framework layers datasets exchange tools examples; do
		test ! -d $folder || find $folder -name '*.[ch]' -o -name '*.cc' -o -name '*.hpp'
	done | sort | xargs grep -HE '^#[[:space:]]*include' | awk -F '[<">]' '
		function there(path,   line, found) {
			found = (getline line < path) >= 0
			close(path)
			return found
		}
		{
			file = $1
			sub(/:.*/, "", file)
			if ($0 ~ /</) {
				print file, "<" $2 ">"
				next
			}
			folder = file
			sub(/[^\/]*$/, "", folder)
			path = folder $2
			while (path ~ /[^\/]+\/\.\.\//)
				sub(/[^\/]+\/\.\.\//, "", path)
			print file, there(path) ? path : $2
		}'
}

# What both halves know: the floor of each room, and where a file lives.
rooms='
	BEGIN {
		count = split(floors, word, /[ \t\n]+/)
		for (i = 1; i <= count; i++)
			if (word[i] ~ /^[0-9]+$/)
				level = word[i] + 0
			else if (word[i] != "")
				floor[word[i]] = level
	}
	# framework/ROOM/FILE: ROOM; FOLDER/FILE: FOLDER; framework/FILE: "interface"
	function room(path,   part) {
		split(path, part, "/")
		if (part[1] != "framework")
			return part[1]
		return path ~ /^framework\/[^\/]+$/ ? "interface" : part[2]
	}
	function below(low, high) {
		return low == high || floor[low] < floor[high]
	}'

verdict "what lies in framework/ itself is headers" "$(find framework -maxdepth 1 -name '*.c')"

verdict "every room has its floor" "$(find framework layers datasets exchange -name '*.c' |
	awk -v floors="$floors" "$rooms"'
		!(room($0) in floor) && !told[room($0)]++ {
			print $0 ": what floor is " room($0) " on?"
		}')"

verdict "includes go down" "$(includes |
	awk -v floors="$floors" -v numbers="$numbers" -v hole="$hole" "$rooms"'
	BEGIN {
		for (i = split(numbers, word, " "); i > 0; i--)
			number["framework/" word[i]] = 1
	}
	function offends(why) {
		print $1 ": includes " $2 ": " why
	}
	{
		from = room($1)
		to = room($2)
	}
	from == "examples" || from == "tools" {
		if ($2 !~ /^</ && to != from && from != "tools")
			offends("an example includes <lamina.h> and what lies beside it")
		next
	}
	$1 == "framework/lamina.hpp" && ($2 ~ /^framework.lamina(_each.hpp|.h)$/ || $2 ~ /^</) {
		next
	}
	$2 == "<lamina.h>" || $2 == "framework/lamina.h" || $2 == "lamina.h" {
		offends("lamina.h is for users")
		next
	}
	$2 ~ /^</ || $0 == hole || $1 == "framework/lamina.h" {
		next
	}
	$2 !~ /\// || !(to == "interface" || to in floor) {
		offends("there is no such room")
		next
	}
	to == "interface" {
		if (from == "kernels" && !($2 in number))
			offends("kernels see " numbers " of the interface")
		next
	}
	from == "interface" {
		offends("the interface includes the interface alone")
		next
	}
	!below(to, from) {
		offends(from " (floor " floor[from] ") may not see " to " (floor " floor[to] ")")
	}')"

verdict "a layer sees no other layer's header" "$(includes | awk -v public="$public_headers" '
	BEGIN {
		for (i = split(public, word, " "); i > 0; i--)
			of_layer[word[i]] = word[i] ~ /^layers\//
	}
	$1 ~ /^layers\/.*\.c$/ && of_layer[$2] {
		if (seen[$1]++)
			print $1 ": includes " $2 " and " first[$1]
		first[$1] = $2
	}')"

verdict "who is not of the net sees its arenas, not its fields" "$(includes | awk '
	$1 !~ /^framework\/net\// && $2 ~ /^framework\/net\/(inside|sizes|task|walk|profile)\.h$/ &&
		$1 !~ /^framework\/check\/(examine\.c|alone\.[ch])$/ {
			print $1 ": includes " $2
		}')"

# Symbols: each object of the float library as lines "FILE SYMBOL TYPE". A file that is built once
# for each instruction set, or with and without PIC, is one.
symbols()
{
	cd "$top_builddir" || exit 99
	find framework layers datasets exchange -name 'lib*_la-*.o' ! -name '*double_la-*' \
		2>/dev/null | sort | xargs ${NM:-nm} -A -P -g | awk -v top="$top_srcdir" '
		{
			file = $1
			sub(/\.libs\//, "", file)
			sub(/lib[a-z0-9_]*_la-/, "", file)
			sub(/\.o:$/, ".c", file)
		}
		# An object of a source that was there once is no part of the library.
		!(file in there) {
			there[file] = (getline line < (top "/" file)) >= 0
			close(top "/" file)
		}
		there[file] { print file, $2, $3 }'
}

table=$(symbols)
if test -z "$table"; then
	echo "skip  calls go down: no objects here"
	echo "skip  no file is in a circle: no objects here"
	exit $result
fi

# "USER SYMBOL DEFINER"
uses=$(printf '%s\n' "$table" | awk '
	$3 ~ /^[Uwv]$/ { used[$1 " " $2] = 1 }
	$3 ~ /^[A-TV-Z]$/ { owner[$2] = $1 }
	END {
		for (use in used) {
			split(use, part, " ")
			if (part[2] in owner && owner[part[2]] != part[1])
				print use, owner[part[2]]
		}
	}' | sort)

verdict "calls go down" "$(printf '%s\n' "$uses" | awk -v floors="$floors" "$rooms"'
	!below(room($3), room($1)) {
		print $1 ": uses " $2 " of " $3 ": " room($1) " (floor " floor[room($1)] \
			") may not use " room($3) " (floor " floor[room($3)] ")"
	}')"

# What neither uses another file nor is used by one of those that are left is in no circle.
verdict "no file is in a circle" "$(printf '%s\n' "$uses" | awk '
	{ edge[$1 " " $3] = edge[$1 " " $3] " " $2 }
	END {
		do {
			split("", out)
			split("", in_use)
			for (e in edge) {
				split(e, part, " ")
				out[part[1]] = in_use[part[2]] = 1
			}
			gone = 0
			for (e in edge) {
				split(e, part, " ")
				if (!(part[2] in out) || !(part[1] in in_use)) {
					delete edge[e]
					gone = 1
				}
			}
		} while (gone)
		for (e in edge) {
			split(e, part, " ")
			print part[1] " uses" edge[e] " of " part[2]
		}
	}' | sort)"

exit $result
