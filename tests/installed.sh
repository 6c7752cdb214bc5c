#!/bin/sh
# SPDX-License-Identifier: MIT
# Compiles the programs of tests/installed/ against the installed library, as its .pc files say, and
# runs them; a case per program, compiler and library. As a test of the suite it first installs the
# build into a folder of its own, and uninstalls it at the end; `make installcheck` tells where the
# library already lies:
# tests/installed.sh PKGCONFIGDIR LIBDIR DESTDIR.

programs=$top_srcdir/tests/installed
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
result=0

ours=
if test $# = 0; then
	ours=yes
	unset MAKEFLAGS MFLAGS MAKELEVEL DESTDIR
	cd "$top_builddir" || exit 99
	if ! make install DESTDIR="$work/root" >"$work/log" 2>&1; then
		cat "$work/log"
		echo "FAIL  make install"
		exit 1
	fi
	echo "ok    make install"
	. "$programs/files.sh"
	set -- "$pkgconfigdir" "$libdir" "$work/root"
fi
folder=$3$2

PKG_CONFIG_PATH=$3$1${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
LD_LIBRARY_PATH=$folder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export PKG_CONFIG_PATH LD_LIBRARY_PATH

# flags WHAT LIBRARY: pkg-config's answer, with DESTDIR put before the folders below the prefix.
flags()
{
	prefix=$destination$(pkg-config --variable=prefix "$2")
	pkg-config --define-variable=prefix="$prefix" $static "$1" "$2"
}
destination=$3
static=
test -f "$folder/liblamina.so" || static=--static

if { ${NM:-nm} -D -u "$folder/liblamina.so" || ${NM:-nm} -u "$folder/liblamina.a"; } 2>/dev/null |
	grep -q __asan_; then
	echo "skip  programs against the installed library: it wants a sanitizer's run-time"
	test -z "$ours" || uninstalled
	exit $result
fi

# Images for the programs that train: 64 and 32 of 28x28 pixels in the IDX format.
idx()
{
	printf '\0\0\10\3\0\0\0'"$2"'\0\0\0\34\0\0\0\34' >"$work/data/$1-images-idx3-ubyte"
	yes 'fold, spindle, mutilate' | head -c $(($3 * 784)) >>"$work/data/$1-images-idx3-ubyte"
	printf '\0\0\10\1\0\0\0'"$2" >"$work/data/$1-labels-idx1-ubyte"
	yes | head -c $((2 * $3)) | tr 'y\n' '\0\7' | head -c "$3" \
			>>"$work/data/$1-labels-idx1-ubyte"
}
mkdir "$work/data" "$work/run-lamina" "$work/run-lamina-double"
idx train '\100' 64
idx t10k '\40' 32
LAMINA_DATA=$work/data
export LAMINA_DATA

# try COMPILER LANGUAGE STANDARD LIBRARY PROGRAM
#
# A program that calls mathematical functions of its own needs libm.
try()
{
	math=
	if grep -q '<math.h>' "$5"; then math=-lm; fi
	name="$(basename "$5") with $1 -std=$3 against $4"
	if ! command -v "$1" >/dev/null 2>&1; then
		echo "skip  $name: not installed"
	elif "$1" -x "$2" -std="$3" -Wall -Wextra -Werror $(flags --cflags $4) "$5" \
		-x none $(flags --libs $4) $math \
			-o "$work/program" >"$work/output" 2>&1 &&
		(cd "$work/run-$4" && ../program) >"$work/output" 2>&1; then
		echo "ok    $name"
	else
		cat "$work/output"
		echo "FAIL  $name"
		result=1
	fi
}

for library in lamina lamina-double; do
	if ! pkg-config --exists $library; then
		echo "FAIL  $library.pc is not installed"
		exit 1
	fi
	for program in "$programs"/*.c; do
		# Its pixels are float, as the interface's own example has them.
		case $library/$(basename "$program") in
		lamina-double/api_2* | */image.c | */job_images.c) continue ;;
		esac
		for compiler in gcc clang; do
			try $compiler c c11 $library "$program"
			try $compiler c gnu17 $library "$program"
		done
	done
	for program in "$programs"/shape.c "$programs"/*.cc; do
		test -f "$program" || continue
		try g++ c++ c++11 $library "$program"
		try clang++ c++ c++17 $library "$program"
	done
done

for part in "$programs"/*.sh; do
	case $part in
	*/files.sh) ;; # before, and at the end
	*) . "$part" ;;
	esac
done
test -z "$ours" || uninstalled
exit $result
