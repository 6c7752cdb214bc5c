#!/bin/sh
# SPDX-License-Identifier: MIT
# The house rules that a script can see: the library exports what its public headers declare and
# nothing else, never prints or leaves, is small, and holds no unfinished work; the archive of `make
# dist` has every file. Who may include and call whom: floors.sh.

cd "$top_srcdir" || exit 99
if test -z "$public_headers"; then
	echo "skip  no public_headers: run it by make check-TESTS TESTS=tests/house_rules.sh"
	exit 77
fi
export LC_ALL=C
result=0

# verdict NAME OFFENCES: a case passes when there is nothing to complain about.
verdict()
{
	if test -z "$2"; then
		echo "ok    $1"
	else
		printf '%s\n' "$2"
		echo "FAIL  $1"
		result=1
	fi
}

sources=$(find framework layers datasets exchange tests examples -name '*.[ch]')
verdict "nothing is left for later" "$(grep -nE '\b(TODO|FIXME|XXX|HACK)\b' $sources)"

# Set and set back within one function, so that no handler of the program's runs on a thread of the
# library's.
verdict "the signal mask is touched in one place" \
	"$(grep -rlE --include='*.[ch]' 'pthread_sigmask' framework layers datasets \
		exchange |
		grep -vx framework/threads/start.c)"

# Files and folders that automake packs, one a line, seen from the top.
packed()
{
	printf 'include Makefile\nprint: ; @printf "%%s\\n" $(DISTFILES:$(srcdir)/%%=%%)\n' |
		env -u MAKEFLAGS -u MAKELEVEL make -s -C "$top_builddir" -f - print
}

# Sources by their names, as style.sh finds them: in a checkout and in an unpacked archive. What
# configure and make write beside them is left out.
tree()
{
	find . -type d ! -name . \( -name .git -o -name .ci -o -name .github -o -name .deps \
			-o -name .libs -o -name m4 -o -name autom4te.cache -o -name man3 \
			-o -exec test -f '{}/config.status' \; \) -prune \
		-o -type f \( -name '*.[ch]' -o -name '*.cc' -o -name '*.[ch]pp' -o -name '*.py' \
			-o -name '*.js' -o -name '*.sh' -o -name '*.mk' -o -name '*.am' \
			-o -name '*.ac' -o -name '*.in' -o -name '*.map' -o -name '*.md' \
			-o -name '*.scd' -o -name '*.net' -o -name '*.csv' -o -name '*.svg' \
			-o -name '*.png' -o -name '*.txt' -o -name '*.symbols' \
			-o -name '*.install' -o -name '*.abi' \) \
			! -path './tools/python/lamina.py' -print | sed 's,^\./,,'
}
verdict "make dist packs every file" "$({ packed; echo; tree; } | awk '
	$0 == "" { packed = 1; next }
	!packed { has[$0] = 1; next }
	{
		for (name = $0; !(name in has) && sub("/[^/]*$", "", name);)
			;
		if (!(name in has))
			print $0
	}')"

# symbols LIBRARY: what it needs from elsewhere, without versions and without what the compiler
# checks by itself.
needs()
{
	${NM:-nm} -D -u "$1" | sed -E 's/.* //; s/@.*//; s/^__(.*)_chk$/\1/; s/^_IO_(.*)$/\1/'
}

never='v?printf|puts|putchar(_unlocked)?|putc|perror|psignal|std(out|err|in)'
never="$never|_?[eE]xit|quick_exit|abort|raise|__assert(_fail)?"
never="$never|setlocale|uselocale|signal|sigaction|sigprocmask"
never="$never|s?rand(_r)?|s?random|drand48|setenv|putenv"
never="$never|omp_set_(num_threads|dynamic|nested|schedule|max_active_levels)"

# Memory comes from posix_memalign(), in framework/base/memory.c alone; what takes some of its own
# accord is not called.
takes='malloc|calloc|realloc(array)?|aligned_alloc|memalign|p?valloc|w?c?strn?dup|v?asprintf'
takes="$takes|getline|getdelim|qsort(_r)?|tsearch|hcreate"
takes="$takes|fopen(64)?|fdopen|freopen|tmpfile(64)?|open_memstream|fmemopen"
takes="$takes|opendir|scandir(64)?|realpath|getaddrinfo|get(pw|gr)nam|glob(64)?"

words=$(cat $public_headers | tr -cs 'A-Za-z0-9_' '\n' | sort -u)
for name in lamina lamina-double lamina-image lamina-image-double \
	lamina-onnx lamina-onnx-double; do
	library=$top_builddir/.libs/lib$name.so
	if ! test -f "$library"; then
		echo "skip  lib$name: exports: no shared library here"
		echo "skip  lib$name: takes memory from one place: no shared library here"
		echo "skip  lib$name: never prints or leaves: no shared library here"
		continue
	fi
	exports=$(${NM:-nm} -D --defined-only "$library" | awk '$2 != "A" { print $3 }' |
		sed 's/@.*//' | sort -u)
	test -n "$exports" || exports="(nm shows no symbols)"
	verdict "lib$name: exports lam_* alone" "$(printf '%s\n' "$exports" | grep -v '^lam_')"
	verdict "lib$name: every export is declared in a public header" \
		"$(printf '%s\n' "$exports" | { echo "$words"; cat; echo "$words"; } |
			sort | uniq -u)"
	# A library of an optional part uses the core, and may let the C library take memory.
	case $name in
	lamina | lamina-double)
		verdict "lib$name: lacks nothing of its own" "$(needs "$library" | grep '^lam_')"
		verdict "lib$name: takes memory from one place" \
			"$(needs "$library" | grep -xE "$takes")"
		;;
	esac
	verdict "lib$name: never prints or leaves" "$(needs "$library" | grep -xE "$never")"
done

# What a distribution ships, with the kernels of all instruction sets. Other compilers and
# flags make other sizes.
most=1572864 # 1.5 MiB
library=$top_builddir/.libs/liblamina.so
if ! test -f "$library"; then
	echo "skip  liblamina: at most $most bytes: no shared library here"
elif test "$built_by $(${CC:-cc} -dumpversion) $(uname -m)" != "gcc -g 12 x86_64"; then
	echo "skip  liblamina: at most $most bytes: not gcc 12 with its default flags for x86-64"
else
	stripped=$(mktemp) || exit 99
	trap 'rm -f "$stripped"' EXIT
	${STRIP:-strip} -o "$stripped" "$library" || exit 99
	bytes=$(wc -c <"$stripped")
	verdict "liblamina: at most $most bytes without symbols" \
		"$(test "$bytes" -le $most || echo "it has $bytes")"
fi

exit $result
