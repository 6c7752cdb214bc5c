#!/bin/sh
# SPDX-License-Identifier: MIT
# What the pages "From equation to code" say beside their numbers and programs: the functions that
# they name are in the files that they name, and their figures are what the scripts beside them
# draw.

cd "$top_srcdir" || exit 99
if ! command -v python3 >/dev/null 2>&1; then
	echo "skip  the places and figures of the equations: no python3 here"
	exit 77
fi
export PYTHONDONTWRITEBYTECODE=1
folder=$(mktemp -d) || exit 99
trap 'rm -rf "$folder"' EXIT
result=0

# The test itself: a page that is right, and wrong ones.
cat >"$folder/right.md" <<'PAGE'
Not looked at: `layers/none.c`: `none()`.

**In the code:** `layers/affine.c`: `forward()`,
`backward()`; `framework/kernels/curves.h`: `relu_y()`; `framework/kernels/reduce_binary.c`:
`squared_error()`; `framework/net/step.c`: `lam_net_step()`.
PAGE
if ! python3 tests/manual/places.py "$folder/right.md" >"$folder/said"; then
	cat "$folder/said"
	echo "FAIL  a page that is right"
	result=1
fi
for change in 's/affine/afine/' 's/relu_y/relu/' 's/`backward/`backwards/' \
	's/squared_error/squared/' 's/`layers.affine.c`: //'; do
	sed "$change" "$folder/right.md" >"$folder/wrong.md"
	if python3 tests/manual/places.py "$folder/wrong.md" >"$folder/said"; then
		echo "FAIL  a wrong place is refused: $change"
		result=1
	fi
done

for page in docs/manual/equations*.md docs/manual/ko/equations*.md; do
	test -f "$page" || continue
	python3 tests/manual/places.py "$page" || result=1
done

mkdir "$folder/figures"
for script in graphs curves planes layers values; do
	if ! python3 docs/manual/figures/$script.py "$folder/figures"; then
		echo "FAIL  docs/manual/figures/$script.py runs"
		result=1
	fi
done
for figure in "$folder"/figures/*.svg; do
	name=$(basename "$figure")
	if ! cmp -s "$figure" "docs/manual/figures/$name"; then
		echo "FAIL  $name is what its script draws: run the scripts in docs/manual/figures"
		result=1
	fi
done
for script in graphs curves planes; do
	for name in $(sed -n "/^FIGURES/,/}/p" docs/manual/figures/$script.py |
		grep -oE "'[a-z0-9-]+':" | tr -d "':"); do
		if ! grep -q "figures/$name\.svg" docs/manual/equations*.md; then
			echo "FAIL  $name.svg is on a page"
			result=1
		fi
	done
done
for figure in "$folder"/figures/layer-*.svg; do
	figure=$(basename "$figure")
	case $figure in
	*-ko.svg) pages=docs/manual/ko ;;
	*) pages=docs/manual ;;
	esac
	if ! grep -q "figures/$figure)" $pages/layer-*.md; then
		echo "FAIL  $figure is on a page"
		result=1
	fi
	if test -f "docs/manual/figures/${figure%.svg}-ko.svg" &&
		grep "figures/$figure)" docs/manual/ko/*.md; then
		echo "FAIL  a Korean page has the Korean copy of $figure"
		result=1
	fi
done
test $result = 0 && echo "ok    the figures are what their scripts draw, and each is on a page"
exit $result
