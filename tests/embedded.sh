#!/bin/sh
# SPDX-License-Identifier: MIT
# examples/embedded: an exported net runs on a microcontroller under QEMU, and says what it takes.

folder=$(mktemp -d) || exit 99
trap 'rm -rf "$folder"' EXIT
LAMINA=$top_builddir/tools/lamina
export LAMINA
timeout 120 sh "$top_srcdir/examples/embedded/run" "$top_srcdir/examples/digits.npz" "$folder" \
	>"$folder/said" 2>&1
status=$?
if test $status = 77; then
	echo "skip  embedded: $(tail -n 1 "$folder/said")"
	exit 77
fi
result=0
# says NAME PATTERN LEAST MOST: a number in a range stands behind the word.
says()
{
	number=$(sed -n "s/^$2 \([0-9][0-9]*\).*/\1/p" "$folder/said")
	if test "${number:-0}" -ge "$3" && test "${number:-0}" -le "$4"; then
		echo "ok    embedded: $1 $number"
	else
		cat "$folder/said"
		echo "FAIL  embedded: $1"
		result=1
	fi
}
test $status = 0 || { echo "FAIL  embedded: exit status $status"; result=1; }
# LeNet has 61,706 weights, and 423,000 products.
says 'bytes of flash' flash 246824 290000
says 'bytes of RAM' RAM 23520 40000
says 'instructions' instructions 423000 5000000
says 'class' class 7 7
says 'percent' 'class 7,' 90 100
exit $result
