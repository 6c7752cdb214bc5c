#!/bin/sh
# SPDX-License-Identifier: MIT
# Every public header compiles by itself, from the first line, in C11 and later and in C++, with
# each compiler there is.

cd "$top_srcdir" || exit 99
result=0

# compile COMPILER LANGUAGE STANDARD
compile()
{
	if ! command -v ${1%% *} >/dev/null 2>&1; then
		echo "skip  $2 $3 with $1: not installed"
		return
	fi
	failed=0
	for header in $public_headers; do
		for double in '' -DLAM_DOUBLE; do
			printf '#include "%s"\n' "$header" |
				$1 -x $2 -std=$3 -Wall -Wextra -Wpedantic -Werror $double -I. \
					-fsyntax-only - || failed=1
		done
	done
	if test $failed = 0; then
		echo "ok    $2 $3 with $1"
	else
		echo "FAIL  $2 $3 with $1"
		result=1
	fi
}

compile gcc c c11
compile gcc c gnu17
compile g++ c++ c++11
compile clang c c11
compile clang++ c++ c++17
exit $result
