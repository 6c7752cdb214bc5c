#!/bin/sh
# SPDX-License-Identifier: MIT
# build-aux/total counts cases, and in CI takes a skip that is not on the list for a failure.

folder=$(mktemp -d) || exit 99
trap 'rm -rf "$folder"' EXIT
result=0

# log NAME RESULT LINE…: what Automake's driver leaves of a test.
log()
{
	mkdir -p "$folder/logs/$(dirname "$1")"
	echo ":global-test-result: $2" >"$folder/logs/$1.trs"
	name=$1
	shift 2
	test $# = 0 || printf '%s\n' "$@" >"$folder/logs/$name.log"
}

# totals NAME CI STATUS LINE: what it says last.
totals()
{
	CI=$2 "$top_srcdir/build-aux/total" "$folder/logs" >"$folder/said" 2>&1
	status=$?
	if test $status = "$3" && test "$(tail -n 1 "$folder/said")" = "$4"; then
		echo "ok    $1"
	else
		echo "status $status, expected $3; it says:"
		cat "$folder/said"
		echo "FAIL  $1"
		result=1
	fi
}

log net/a_test PASS "ok    one" "ok    two" \
	"skip  locale_does_not_matter: no locale with a decimal comma is installed"
log b PASS "ok    three" "skip  shape.c with clang -std=gnu11 against lamina: not installed"
totals "allowed skips" '' 0 "3 passed, 0 failed, 2 skipped"
totals "allowed skips in CI" true 0 "3 passed, 0 failed, 2 skipped"
log npz_numpy SKIP "skip  numpy: no python3 with numpy here"
totals "another skip" '' 0 "3 passed, 0 failed, 3 skipped"
totals "another skip is a failure in CI" true 1 "3 passed, 1 failed, 2 skipped"
grep -q 'numpy: no python3' "$folder/said" || { echo "FAIL  it is named"; result=1; }
log npz_numpy SKIP
totals "a skip without a word" '' 0 "3 passed, 0 failed, 3 skipped"
totals "a skip without a word is a failure in CI" true 1 "3 passed, 1 failed, 2 skipped"
log npz_numpy FAIL "FAIL  numpy" "skip  text is UTF-8: no iconv here"
totals "a failure and a skip in CI" true 1 "3 passed, 2 failed, 2 skipped"
log npz_numpy FAIL "FAIL  numpy" "FAIL  again" "ok    four"
totals "two failures of a test" '' 1 "4 passed, 2 failed, 2 skipped"
rm -r "$folder/logs"
mkdir "$folder/logs"
totals "nothing" true 1 "0 passed, 0 failed, 0 skipped"
exit $result
