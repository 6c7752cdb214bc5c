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
"$PYTHON" "$top_srcdir/tests/python/lamina_test.py" || result=1
LAMINA_PRECISION=double "$PYTHON" "$top_srcdir/tests/python/lamina_test.py" || result=1
exit $result
