#!/bin/sh
# SPDX-License-Identifier: MIT
# examples/web: a net as WebAssembly recognises digits that are drawn with a browser's mouse.

folder=$(mktemp -d) || exit 99
trap 'rm -rf "$folder"' EXIT
LAMINA=$top_builddir/tools/lamina
export LAMINA
sh "$top_srcdir/examples/web/run" "$top_srcdir/examples/digits.npz" "$folder" >"$folder/said" 2>&1
status=$?
if test $status = 77; then
	echo "skip  web: $(tail -n 1 "$folder/said")"
	exit 77
fi
if test $status != 0; then
	cat "$folder/said"
	echo "FAIL  web: the page is made"
	exit 1
fi
echo "ok    web: the page is made"
browser=
for name in chromium chromium-browser google-chrome; do
	test "$browser" || browser=$(command -v $name)
done
if test -z "$browser" || ! command -v node >/dev/null; then
	echo "skip  web: no ${browser:+node}${browser:-chromium} here"
	exit 77
fi
node "$top_srcdir/tests/web.js" "$browser" "$folder/digits.html"
