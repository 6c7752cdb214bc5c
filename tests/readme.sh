#!/bin/sh
# SPDX-License-Identifier: MIT
# What README shows is what there is: its program is an example, and prints what it says.

folder=$(mktemp -d) || exit 99
trap 'rm -rf "$folder"' EXIT
result=0

# same NAME A B: a case passes when the two files are equal.
same()
{
	if diff "$2" "$3"; then
		echo "ok    readme: $1"
	else
		echo "FAIL  readme: $1"
		result=1
	fi
}

# The indented block that begins after the line that matches $1.
block()
{
	awk -v after="$1" '
		$0 ~ after { found = 1; next }
		found && /^    / {
			begun = 1
			for (; blank; blank--) print ""
			print substr($0, 5)
			next
		}
		begun && /^$/ { blank++; next }
		begun { exit }' "$top_srcdir/README.md"
}

block '^## The smallest program' >"$folder/program.c"
sed 1,2d "$top_srcdir/examples/xor.c" | expand -t 4 >"$folder/xor.c"
grep -q main "$folder/program.c" || exit 99
same "its program is examples/xor.c" "$folder/program.c" "$folder/xor.c"
block '^It is .examples/xor.c., and prints' >"$folder/said"
"$top_builddir/examples/xor" >"$folder/printed" || exit 99
same "what it prints" "$folder/said" "$folder/printed"
exit $result
