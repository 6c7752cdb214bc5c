#!/bin/sh
# SPDX-License-Identifier: MIT
# The manual as a whole: links, translations, the reference of every public name, and the site that
# `make html` makes, which has no warning, no broken link and needs no network.

cd "$top_srcdir" || exit 99
if ! command -v python3 >/dev/null 2>&1; then
	echo "skip  the manual: no python3 here"
	exit 77
fi
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
export PYTHONDONTWRITEBYTECODE=1
result=0

# verdict NAME COMMAND…: a case passes when the command does; what it says is shown if not.
verdict()
{
	name=$1
	shift
	if "$@" >"$work/said" 2>&1; then
		echo "ok    $name"
	else
		head -n 40 "$work/said"
		echo "FAIL  $name"
		result=1
	fi
}

verdict "links of the manual's pages" python3 tests/manual/links.py pages .

# Translations: the second line has the digits of the English page.
translations()
{
	status=0
	for page in docs/manual/ko/*.md README.ko.md; do
		test -f "$page" || continue
		test "$page" != docs/manual/ko/terms.md || continue # it is Korean alone
		named=$(sed -n '1,3s/^<!-- translates: \(.*\) -->$/\1/p' "$page")
		english=$(dirname "$page")/${named% *}
		if ! test -f "$english"; then
			echo "$page: no line <!-- translates: ../PAGE.md 0123456789ab -->"
			status=1
		elif now=$(sha256sum "$english" | cut -c 1-12) && test "$now" != "${named#* }"; then
			echo "$page: $english has changed: look at git diff, translate, write $now"
			status=1
		fi
	done
	return $status
}
verdict "translations are of the pages as they are" translations
verdict "a Korean page has the blocks, formulas and figures of the English one" \
	python3 tests/manual/korean.py .

# The reference. A function that the library exports has to be in it.
public_headers=$(for header in $public_headers exchange/mpi/lamina_mpi.h; do
	echo "${header#./}"
done | awk '!seen[$0]++')
verdict "every layer and each of its options is on a page" \
	python3 tests/manual/options.py $public_headers
reference=docs/manual/site/reference.py
verdict "every public name has a comment" python3 $reference --check $public_headers
python3 $reference --names $public_headers >"$work/names" || exit 99
exported()
{
	for name in liblamina liblamina-image liblamina-mpi liblamina-onnx; do
		library=$top_builddir/.libs/$name.so
		test ! -f "$library" || ${NM:-nm} -D --defined-only "$library"
	done | sed -n 's/.* T \(lam_[a-z0-9_]*\)\(@.*\)\{0,1\}$/\1/p' | grep -vxFf "$work/names"
}
exported >"$work/without"
verdict "every exported function is in the reference" diff /dev/null "$work/without"

# The site.
missing=$(sed -n 's/^HTML_MISSING = //p' "$top_builddir/Makefile")
if test -n "$missing"; then
	echo "skip  the manual's site: no $missing here"
	exit $result
fi
site()
{
	variable()
	{
		sed -n "s/^$1 = //p" "$top_builddir/Makefile"
	}
	VERSION=0 SPHINX_BUILD=$(variable SPHINX_BUILD) PYTHON3=$(variable PYTHON3) \
		NODE=$(variable NODE) KATEX=$(variable KATEX) HEADERS=$public_headers \
		sh docs/manual/site/make.sh "$PWD" "$work/site"
}
verdict "the site is made without a warning" site
# The chapter that `make pdf` prints, as a page; the case after this one looks at its links.
chapters()
{
	for folder in "$work/site/html/docs/manual" "$work/site/html/docs/manual/ko"; do
		python3 docs/manual/site/chapter.py "$folder" equations >"$work/page" &&
			test "$(grep -c '<div class="page"' "$work/page")" = 12 &&
			mv "$work/page" "$folder/equations.print.html" || return 1
	done
}
verdict "the chapter From equation to code is one page to print" chapters
verdict "its links lead somewhere, and need no network" \
	python3 tests/manual/links.py site "$work/site/html"
korean_contents()
{
	for page in README.ko.html docs/manual/ko/layers.html; do
		sed -n '/<nav/,/<\/nav>/p' "$work/site/html/$page" >"$work/nav"
		grep -q '식에서 코드로' "$work/nav" || return 1
		! grep 'From equation to code' "$work/nav" || return 1
	done
}
verdict "a Korean page has the Korean contents" korean_contents
exit $result
