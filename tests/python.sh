#!/bin/sh
# SPDX-License-Identifier: MIT
# lamina.py: nets from Python, tests/python/lamina_test.py.

module=$top_builddir/tools/python/lamina.py
if test -z "$PYTHON"; then
	echo "skip  lamina.py: no python with numpy here"
	exit 77
elif ! test -f "$top_builddir/.libs/liblamina.so"; then
	echo "skip  lamina.py: no shared library"
	exit 77
elif nm -D -u "$top_builddir/.libs/liblamina.so" | grep -qE '__[at]san_'; then
	echo "skip  lamina.py: the library wants a sanitizer's run-time"
	exit 77
fi
test -f "$module" || exit 99
PYTHONPATH=$(dirname "$module") PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH PYTHONDONTWRITEBYTECODE
result=0

# structures PRECISION FLAG: a type that the generator does not know would move what follows it.
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
structures()
{
	layout=$top_srcdir/tests/python/layout.py
	if LAMINA_PRECISION=$1 "$PYTHON" "$layout" c >"$work/layout.c" &&
		LAMINA_PRECISION=$1 "$PYTHON" "$layout" >"$work/python" &&
		${CC:-cc} $2 -I"$top_srcdir" -I"$top_srcdir/framework" "$work/layout.c" \
			-o "$work/layout" && "$work/layout" >"$work/c" &&
		test -s "$work/c" && diff "$work/c" "$work/python"; then
		echo "ok    python, $1: every structure has the layout of the header's"
	else
		echo "FAIL  python, $1: every structure has the layout of the header's"
		result=1
	fi
}
structures float ''
structures double -DLAM_DOUBLE

"$PYTHON" "$top_srcdir/tests/python/lamina_test.py" || result=1
LAMINA_PRECISION=double "$PYTHON" "$top_srcdir/tests/python/lamina_test.py" || result=1
exit $result
