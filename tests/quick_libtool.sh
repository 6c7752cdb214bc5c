#!/bin/sh
# SPDX-License-Identifier: MIT
# What build-aux/quick-libtool makes is, bit by bit, what libtool makes; what it leaves to libtool
# works too.

quick=$top_srcdir/build-aux/quick-libtool
libtool=$top_builddir/libtool
compiler=${CC:-cc}
if ! grep -q '^LIBTOOL = .*quick-libtool' "$top_builddir/Makefile"; then
	echo "skip  quick-libtool: this build takes libtool itself"
	exit 77
fi
shell=$(sed -n 's/^SHELL = //p' "$top_builddir/Makefile")
folder=$(mktemp -d) || exit 99
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 99
result=0

# verdict NAME STATUS: "ok" for 0; if not, the file `said` is shown.
verdict()
{
	if test "$2" = 0; then
		echo "ok    quick-libtool: $1"
	else
		cat said
		echo "FAIL  quick-libtool: $1"
		result=1
	fi
}

# both WHAT ARGUMENT…: by libtool into libtool/, by quick-libtool into quick/, which says so.
both()
{
	what=$1
	shift
	(cd libtool && $shell "$libtool" --tag=CC "$@" >../said 2>&1) &&
		(cd quick && /bin/sh "$quick" $shell "$libtool" --tag=CC "$@" >../said 2>&1) &&
		grep -q "^$what: " said
}

# same_library NAME: but for comments and empty lines.
same_library()
{
	for place in libtool quick; do
		grep -v -e '^#' -e '^$' $place/$1 >$place/lines || return
	done
	diff libtool/lines quick/lines >said
}

mkdir libtool quick
for place in libtool quick; do
	echo 'double root(double x); int main(void) { return root(4) != 2; }' >$place/main.c
	echo '#include <math.h>
		int calls;
		double root(double x) { calls++; return sqrt(x); }' >$place/a.c
	echo 'int b = ;' >$place/wrong.c
	mkdir -p $place/old
	echo 'double root(double x); double twice(double x) { return root(root(x)); }' \
		>$place/old/a.c
	echo 'double twice(double x); int main(void) { return twice(16) != 2; }' >$place/twice.c
	(cd $place && $compiler -c twice.c)
	mkdir -p $place/new
	(cd $place && $compiler -c main.c)
done
both quick-libtool --mode=compile $compiler -DWORDS='"two words"' -O2 -c -o new/a.lo a.c
verdict "compiles an object of a library" $?
cmp libtool/new/.libs/a.o quick/new/.libs/a.o >said 2>&1
verdict "the object is libtool's" $?
both quick-libtool --mode=link $compiler -fopenmp -pthread -o libquick.la new/a.lo -lm -lz &&
	same_library libquick.la
verdict "makes a convenience library" $?
both quick-libtool --mode=compile $compiler -O2 -c -o old/a.lo old/a.c &&
	both quick-libtool --mode=link $compiler -pthread -o libnest.la old/a.lo libquick.la -lm &&
	same_library libnest.la
verdict "makes one that holds another, whose object has the same name" $?
both quick-libtool --mode=link $compiler -o twice twice.o libnest.la && quick/twice &&
	cmp libtool/twice quick/twice >said 2>&1
verdict "a program that needs both is libtool's" $?
both libtool --mode=link $compiler -o libmissing.la new/b.lo -lm
test $? != 0 && ! test -f quick/libmissing.la
verdict "a library of a missing object is none" $?
both quick-libtool --mode=link $compiler -o main main.o libquick.la && quick/main
verdict "links a program" $?
cmp libtool/main quick/main >said 2>&1
verdict "the program is libtool's" $?
both libtool --mode=link $compiler -o libshared.la -rpath "$folder" new/a.lo -lm &&
	both libtool --mode=link $compiler -o user main.o libshared.la && quick/user
verdict "leaves a program with a shared library to libtool" $?
both libtool --mode=link $compiler -static-libtool-libs -o main main.o libquick.la && quick/main
verdict "leaves libtool's own options to libtool" $?
(cd quick && echo old >wrong.lo && /bin/sh "$quick" $shell "$libtool" --silent --tag=CC \
	--mode=compile $compiler -c -o wrong.lo wrong.c >../said 2>&1)
test $? = 1 && ! test -f quick/wrong.lo
verdict "a source that is wrong leaves no object" $?
exit $result
