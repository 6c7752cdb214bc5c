#!/bin/sh
# SPDX-License-Identifier: MIT
# The binary interface of liblamina, liblamina-image and liblamina-onnx against the dumps in
# tests/abi/ (docs/release.md): nothing that a program may have been compiled against is gone or has
# changed.
# `tests/abi.sh write`, by `make abi`, writes the dumps.

work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
result=0
dumps=$top_srcdir/tests/abi

# The version is the same wherever it is written.
name="the version is the same in all places"
version=$(sed -n 's/^#define LAM_VERSION "\(.*\)"/\1/p' "$top_srcdir/framework/version.h")
numbers=$(awk '/^#define LAM_VERSION_[MP]/ { printf "%s%s", dot, $3; dot = "." }' \
	"$top_srcdir/framework/version.h")
{
	sed -n 's/^AC_INIT(\[lamina\], \[\(.*\)\])/configure.ac \1/p' "$top_srcdir/configure.ac"
	echo "framework/version.h $numbers"
	sed -n 's/^## \([0-9.]*\) .*/CHANGELOG.md \1/p' "$top_srcdir/CHANGELOG.md" | head -n 1
	sed -n 's/^lamina (\([0-9.]*\)-.*/debian\/changelog \1/p' \
		"$top_srcdir/debian/changelog" | head -n 1
} >"$work/versions"
if test "$(grep -c " $version\$" "$work/versions")" = 4; then
	echo "ok    $name"
else
	cat "$work/versions"
	echo "LAM_VERSION is $version"
	echo "FAIL  $name"
	result=1
fi

# Types are public if a header that is installed has them.
mkdir "$work/include"
(cd "$top_srcdir" && cp $public_headers "$work/include")

abi_dump()
{
	abidw --suppressions "$dumps/suppressions" --headers-dir "$work/include" \
		--drop-private-types --exported-interfaces-only \
		--drop-undefined-syms --no-show-locs --no-comp-dir-path --no-corpus-path \
		--no-elf-needed --no-write-default-sizes --no-parameter-names \
		--type-id-style hash "$1"
}

skip=
if ! command -v abidw >/dev/null 2>&1 || ! command -v abidiff >/dev/null 2>&1; then
	skip="no abidw and abidiff here (libabigail)"
elif ! test -f "$top_builddir/.libs/liblamina.so"; then
	skip="no shared library here"
elif echo __x86_64__ __ILP32__ __clang__ | $CC -E -P -x c - |
	{ ! grep -x '1 __ILP32__ __clang__' >/dev/null; }; then
	skip="the dumps are of gcc's for x86-64"
elif ! readelf -S "$top_builddir/.libs/liblamina.so" | grep '\.debug_info' >/dev/null; then
	skip="the library has no debug information"
fi

# Those in double have the same sources and headers.
for library in lamina lamina-image lamina-onnx; do
	name="lib$library keeps its binary interface"
	built=$top_builddir/.libs/lib$library.so
	if test -n "$skip"; then
		echo "skip  $name: $skip"
	elif test "${1:-}" = write; then
		abi_dump "$built" >"$work/dump" &&
			mv "$work/dump" "$dumps/lib$library.abi" || result=1
	elif abi_dump "$built" >"$work/dump" &&
		abidiff --no-added-syms "$dumps/lib$library.abi" "$work/dump" \
			>"$work/output" 2>&1; then
		echo "ok    $name"
	else
		cat "$work/output"
		echo "If this is meant, and no release has the old: make abi (docs/release.md)"
		echo "FAIL  $name"
		result=1
	fi
done
exit $result
