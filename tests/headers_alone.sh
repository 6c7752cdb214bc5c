#!/bin/sh
# SPDX-License-Identifier: MIT
# Every public header compiles by itself, from the first line, in C11 and later and in C++, with
# each compiler there is.

cd "$top_srcdir" || exit 99
result=0

# A source for each header, which includes it alone: the compiler reads one after another.
folder=$(mktemp -d) || exit 99
trap 'rm -rf "$folder"' EXIT
for header in $public_headers; do
	case $header in *.hpp) continue ;; esac # tests/installed/cpp.sh
	name=${header##*/}
	if test -f "$folder/${name%.h}.c"; then
		echo "two headers are named $name" >&2
		exit 99
	fi
	printf '#include "%s"\n' "$header" >"$folder/${name%.h}.c"
done

# compile COMPILER LANGUAGE STANDARD
compile()
{
	if ! command -v ${1%% *} >/dev/null 2>&1; then
		echo "skip  $2 $3 with $1: not installed"
		return
	fi
	failed=0
	for double in '' -DLAM_DOUBLE; do
		$1 -x $2 -std=$3 -Wall -Wextra -Wpedantic -Werror $double -I. -fsyntax-only \
			"$folder"/*.c || failed=1
	done
	if test $failed = 0; then
		echo "ok    $2 $3 with $1"
	else
		echo "FAIL  $2 $3 with $1"
		result=1
	fi
}

# What makes something or may fail says that its result is to be checked, but for what harms nobody
# and what returns something that is there already.
harmless='lam_fail|lam_fail_v|lam_error_status|lam_net_summary|lam_net_profile'
harmless="$harmless|lam_layer_child|lam_sequential_first|lam_sequential_last"
made='lam_(status|optimizer|schedule) |lam_(layer|net|dataset|loader) \*'
unmarked=$(grep -nE "^($made)lam_[a-z0-9_]+\(" $public_headers | grep -vE "[ *]($harmless)\(")
if test -z "$unmarked"; then
	echo "ok    results that matter carry LAM_MUST_CHECK"
else
	printf '%s\n' "$unmarked"
	echo "FAIL  results that matter carry LAM_MUST_CHECK"
	result=1
fi

compile gcc c c11
compile gcc c gnu17
compile g++ c++ c++11
compile clang c c11
compile clang++ c++ c++17
exit $result
