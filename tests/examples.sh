#!/bin/sh
# SPDX-License-Identifier: MIT
# Every example that knows --quick runs so, and leaves the pictures that its --help names, each a
# whole PNG or SVG file. Without a data set of images it gets random ones.

folder=$(mktemp -d) || exit 99
trap 'rm -rf "$folder"' EXIT
result=0

# idx NAME COUNT_IN_OCTAL COUNT: so many images of 28x28 pixels, and their classes.
idx()
{
	printf '\0\0\10\3\0\0\2\'"$2"'\0\0\0\34\0\0\0\34' >"$folder/$1-images-idx3-ubyte"
	head -c $(($3 * 784)) /dev/urandom >>"$folder/$1-images-idx3-ubyte"
	printf '\0\0\10\1\0\0\2\'"$2" >"$folder/$1-labels-idx1-ubyte"
	yes 0123456789 | tr -d '\n' | head -c "$3" | tr 0123456789 '\0\1\2\3\4\5\6\7\10\11' \
			>>"$folder/$1-labels-idx1-ubyte"
}
if ! test -r /usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz; then
	idx train 0 512
	idx t10k 0 512
	LAMINA_DATA=$folder
	export LAMINA_DATA
fi

# Random records of CIFAR-10.
mkdir "$folder/cifar-10-batches-bin"
for batch in data_batch_1 data_batch_2 data_batch_3 data_batch_4 data_batch_5 test_batch; do
	for class in 0 1 2 3 4 5 6 7 10 11; do
		printf "\\$class"
		head -c 3072 /dev/urandom
	done >"$folder/cifar-10-batches-bin/$batch.bin"
done

# whole FILE: the picture begins and ends as PNG or SVG files do.
whole()
{
	case $1 in
	*.svg)
		test "$(head -c 5 "$1" 2>/dev/null)" = "<?xml" &&
			test "$(tail -c 7 "$1")" = "</svg>"
		return
		;;
	esac
	test "$(head -c 8 "$1" 2>/dev/null | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a &&
		test "$(tail -c 12 "$1" | od -An -tx1 | tr -d ' \n')" = 0000000049454e44ae426082
}

for source in "$top_srcdir"/examples/*.c; do
	example=$(basename "$source" .c)
	grep -q -e --quick "$source" || continue
	mkdir "$folder/run"
	cp "$top_srcdir"/examples/*.csv "$folder/run"
	program=$top_builddir/examples/$example
	data=$LAMINA_DATA
	! grep -q cifar10.h "$source" || data=$folder
	(cd "$folder/run" && LAMINA_DATA=$data "$program" --quick >"$folder/said" 2>&1)
	status=$?
	if test $status = 77; then
		echo "skip  $example --quick: $(tail -n 1 "$folder/said")"
	elif test $status != 0; then
		tail -n 5 "$folder/said"
		echo "FAIL  $example --quick"
		result=1
	else
		verdict=ok
		for picture in $("$program" --help | grep -oE '[a-z0-9_-]+\.(png|svg)' |
			sort -u); do
			whole "$folder/run/$picture" || verdict="FAIL  $picture:"
		done
		test "$verdict" = ok || result=1
		echo "$verdict    $example --quick"
	fi
	rm -rf "$folder/run"
done

exit $result
