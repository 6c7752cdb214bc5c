#!/bin/sh
# SPDX-License-Identifier: MIT
# Every example, and bootstrap, answer --help with status 0, and refuse what they do not know with
# status 2. Neither writes a file or does anything else.

folder=$(mktemp -d) || exit 99
trap 'rm -rf "$folder"' EXIT
result=0

# answers NAME STATUS COMMAND…: runs it in an empty folder.
answers()
{
	name=$1 expected=$2
	shift 2
	mkdir "$folder/empty"
	(cd "$folder/empty" && "$@" >"$folder/said" 2>&1 </dev/null)
	status=$?
	if test $status = "$expected" && grep -qi -e usage -e --help "$folder/said" &&
		rmdir "$folder/empty" 2>/dev/null; then
		echo "ok    $name"
	else
		echo "status $status, expected $expected; it says:"
		head -n 5 "$folder/said"
		find "$folder/empty" -type f 2>/dev/null
		echo "FAIL  $name"
		result=1
	fi
	rm -rf "$folder/empty"
}

for source in "$top_srcdir"/examples/*.c; do
	example=$(basename "$source" .c)
	program=$top_builddir/examples/$example
	if test $example = parallel && ! test -f "$program"; then
		echo "skip  ranks by MPI: lamina was configured without MPI (examples/parallel)"
		continue
	fi
	answers "$example --help" 0 "$program" --help
	answers "$example --hepl" 2 "$program" --hepl
	answers "$example, with too many arguments" 2 "$program" a b c d
done

cp "$top_srcdir/bootstrap" "$folder/bootstrap"
for arguments in --help "train --help" "check --help" "--help train"; do
	answers "bootstrap $arguments" 0 "$folder/bootstrap" $arguments
done
for arguments in trian --trian "train --epochs" "check train"; do
	answers "bootstrap $arguments" 2 "$folder/bootstrap" $arguments
done
set -- "$folder"/*
if test "$*" = "$folder/bootstrap $folder/said"; then
	echo "ok    bootstrap leaves nothing"
else
	echo "there is: $*"
	echo "FAIL  bootstrap leaves nothing"
	result=1
fi

exit $result
