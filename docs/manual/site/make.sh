#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes the site: make.sh TREE OUT. OUT/html is the site, OUT/source what Sphinx reads: the pages of
# the tree in their places, so that their links hold, and the pages of the reference.
#
# In the environment: VERSION, SPHINX_BUILD, PYTHON3, NODE, KATEX (the folder of katex.min.js),
# HEADERS (the public headers, in the tree).

set -eu
tree=$1 out=$2
site=$tree/docs/manual/site
rm -rf "$out"
mkdir -p "$out/source/docs/manual"

for name in examples framework layers datasets exchange tests tools docs/pictures docs/man \
	CHANGELOG.md CONTRIBUTING.md README.md README.ko.md SECURITY.md LICENSE; do
	ln -s "$tree/$name" "$out/source/$name"
done
cp "$tree"/docs/*.md "$out/source/docs"
for part in ko figures; do
	test ! -d "$tree/docs/manual/$part" ||
		cp -R "$tree/docs/manual/$part" "$out/source/docs/manual"
done
cp "$tree"/docs/manual/*.md "$out/source/docs/manual"
chmod -R u+w "$out/source/docs" # a release archive may be read-only

export PYTHONDONTWRITEBYTECODE=1
(cd "$tree" && "$PYTHON3" docs/manual/site/reference.py "$out/source" $HEADERS)
"$SPHINX_BUILD" -q -n -W --keep-going -b html -c "$site" -d "$out/doctrees" \
	"$out/source" "$out/html"

# Pictures that pages show by <img>.
cp -R "$tree/docs/pictures" "$out/html/docs"

# The first page, where one looks for it.
cat >"$out/html/index.html" <<'PAGE'
<!DOCTYPE html>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url=docs/manual/index.html">
<title>lamina</title>
<a href="docs/manual/index.html">lamina</a>
PAGE
# What no page uses.
for name in jquery underscore _sphinx_javascript_frameworks_compat; do
	rm -f "$out/html/_static/$name"*.js
done
rm -f "$out/html/_static"/*.png "$out/html/_static/basic.css" "$out/html/.buildinfo"
