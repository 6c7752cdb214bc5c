#!/bin/sh
# SPDX-License-Identifier: MIT
# The command `lamina` where the disk is full: a sentence, status 1, and the old file intact. A
# small file system is mounted in a namespace that only this script sees.

if test "$1" != mounted; then
	for how in 'unshare --mount' 'unshare --map-root-user --mount'; do
		folder=$(mktemp -d) || exit 99
		if $how mount -t tmpfs -o size=64k none "$folder" 2>/dev/null; then
			$how sh "$0" mounted "$folder"
			status=$?
			rmdir "$folder"
			exit $status
		fi
		rmdir "$folder"
	done
	echo "skip  a full disk: no file system may be mounted here"
	exit 77
fi

lamina=$top_builddir/tools/lamina
case $top_builddir in /*) ;; *) lamina=$PWD/$lamina ;; esac
OMP_NUM_THREADS=1
export OMP_NUM_THREADS
mount -t tmpfs -o size=400k none "$2" && cd "$2" || exit 99
result=0

verdict()
{
	if test "$2" = 0; then
		echo "ok    $1"
	else
		echo "$said"
		ls -la
		echo "FAIL  $1"
		result=1
	fi
}

# says NAME STATUS WORDS COMMAND…: the command ends with the status and says the words.
says()
{
	name=$1 expected=$2 words=$3
	shift 3
	said=$("$@" 2>&1 </dev/null)
	status=$?
	test $status = "$expected" && case $said in *"$words"*) ;; *) false ;; esac
	verdict "$name" $?
}

# Fills the file system but for so many KiB.
fill()
{
	rm -f filling
	cat /dev/zero >filling 2>/dev/null
	test "$1" = 0 || truncate -s "-$1K" filling
}

awk 'BEGIN {
	print "length,width,kind"
	for (i = 0; i < 40; i++) print i * 37 % 11 "," i * 61 % 13 "," (i % 2 ? "long" : "wide")
}' >table.csv
cat >small.net <<'END_OF_NET'
lamina-architecture 1
input 2
sequential {
	affine out=800
	tanh
	affine out=2
	softmax_cross_entropy
}
END_OF_NET
train="$lamina train small.net --data table.csv --quiet"

says 'a run with room' 0 'has the net' $train --epochs 2 --optimizer sgd
cp small.npz before.npz
for room in 0 4 12 24; do
	fill $room
	says "going on with $room KiB" 1 'No space left on device' \
		$train --epochs 4 --optimizer sgd
	cmp -s small.npz before.npz
	verdict "... the old file is intact" $?
	test "$(ls)" = "$(printf '%s\n' before.npz filling small.net small.npz \
		small.npz.previous table.csv)"
	verdict "... and no other file is left" $?
	says "a new run with $room KiB" 1 'No space left on device' \
		$train --epochs 1 --save new.npz
	test ! -e new.npz
	verdict "... leaves none" $?
done
fill 0
says 'a page' 1 'No space left on device' $train --epochs 2 --optimizer sgd --report page.html
test ! -e page.html
verdict '... is not there' $?
says 'a picture' 1 'No space left on device' \
	"$lamina" eval small.npz --data table.csv --picture confusion.svg
test ! -e confusion.svg
verdict '... is not there' $?
says 'a description' 1 'the output cannot be written: No space left on device' \
	sh -c "'$lamina' info small.npz --text >mine.net"
rm -f filling
says 'room again: the run goes on' 0 'has the net' $train --epochs 4 --optimizer sgd
cd /
exit $result
