#!/bin/sh
# SPDX-License-Identifier: MIT
# The numbers of the manual's pages: every line of a calc block is recomputed from the page itself,
# to the digits that it prints.

cd "$top_srcdir" || exit 99
if ! command -v python3 >/dev/null 2>&1; then
	echo "skip  the manual's numbers: no python3 here"
	exit 77
fi
export PYTHONDONTWRITEBYTECODE=1
result=0

# The arithmetic itself: right lines, and wrong ones.
folder=$(mktemp -d) || exit 99
trap 'rm -rf "$folder"' EXIT
cat >"$folder/right.md" <<'PAGE'
```calc
x = [1, 2, 3.5]
s = sum(x * 2 - 1) = 10
e = exp(-x[1]) / (1 + 2^0.5) = 0.1524   # a remark
v = x / sum(x) = [0.154, 0.308, 0.538]
m = [[1, 2], [3, 4]] * 10 = [[10, 20], [30, 40]]
1 / 8 = 0.13
-(2 * ln(0.5)) + sigmoid(0) = 1.886
1e3 * 7 = 7.0e3
```
PAGE
cp "$folder/right.md" "$folder/wrong.md"
for change in 's/= 10$/= 11/' 's/0.1524/0.1523/' 's/0.308/0.307/' 's/1.886/1.89/;s/0.13/0.14/' \
	's/ = 10$//' 's/sum(x \*/sum(y */' 's/7.0e3/7.1e3/' 's/30, 40\]\]/30, 40]/' \
	's/x\[1\]/x[4]/' 's/ln(0.5)/open(0.5)/'; do
	sed "$change" "$folder/right.md" >"$folder/wrong.md"
	if python3 tests/manual/calc.py "$folder/wrong.md" >"$folder/said"; then
		echo "FAIL  a wrong number is refused: $change"
		result=1
	fi
done
if ! python3 tests/manual/calc.py "$folder/right.md" >"$folder/said"; then
	cat "$folder/said"
	echo "FAIL  right numbers are accepted"
	result=1
fi
test $result != 0 || echo "ok    right numbers are accepted, wrong ones refused"

python3 tests/manual/calc.py $(python3 tests/manual/pages.py .) || result=1
exit $result
