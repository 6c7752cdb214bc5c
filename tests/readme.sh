#!/bin/sh
# SPDX-License-Identifier: MIT
# What README shows is what there is: its program is an example, and prints what it says; the Korean
# one has the same program and figures. The page of the gallery shows every example, none of 200
# lines or more, and pictures that are there and small.

folder=$(mktemp -d) || exit 99
trap 'rm -rf "$folder"' EXIT
result=0

# same NAME A B: a case passes when the two files are equal.
same()
{
	if diff "$2" "$3"; then
		echo "ok    readme: $1"
	else
		echo "FAIL  readme: $1"
		result=1
	fi
}

# The fenced block that begins after the line that matches $1, of the page $2.
block()
{
	awk -v after="$1" '
		$0 ~ after { found = 1; next }
		!found { next }
		inside && /^```/ { exit }
		inside { print }
		/^```/ { inside = 1 }' "$top_srcdir/${2-README.md}"
}

block '^## The smallest program' >"$folder/program.c"
sed 1,2d "$top_srcdir/examples/xor.c" | expand -t 4 >"$folder/xor.c"
grep -q main "$folder/program.c" || exit 99
same "its program is examples/xor.c" "$folder/program.c" "$folder/xor.c"
block '^It is .examples/xor.c., and prints' >"$folder/said"
"$top_builddir/examples/xor" >"$folder/printed" || exit 99
same "what it prints" "$folder/said" "$folder/printed"

# The Korean page: comments of the program are translated, and so are the names of the nets.
bare()
{
	sed 's, */\*.*\*/,,' "$1"
}
figures()
{
	sed -n 's/^| \([a-z0-9]*\): [^|]*/\1 /p; /^| | Zen/p' "$top_srcdir/$1"
}
block '^## 가장 작은 프로그램' README.ko.md >"$folder/translated.c"
bare "$folder/translated.c" >"$folder/translated"
bare "$folder/program.c" >"$folder/bare"
same "the program in Korean" "$folder/translated" "$folder/bare"
block '^이 프로그램은 .examples/xor.c.' README.ko.md >"$folder/translated"
same "what it prints in Korean" "$folder/translated" "$folder/said"
# The table of what there is counts what the table for those who know PyTorch lists.
count()
{
	awk -v heading="## $1" '
		/^## / { on = $0 == heading }
		on && /^\| `lam_/ { split($0, column, "|"); print column[2] }' \
		"$top_srcdir/docs/pytorch.md" | grep -o '`lam_[a-z0-9_]*' | wc -l
}
for words in "README.md $(count Activations) activations" "README.md $(count Losses) losses" \
	"README.ko.md 활성화 함수 $(count Activations)가지" \
	"README.ko.md 손실 함수 $(count Losses)가지"; do
	if grep -q "${words#* }" "$top_srcdir/${words%% *}"; then
		echo "ok    readme: ${words%% *} says ${words#* }"
	else
		echo "FAIL  readme: ${words%% *} says ${words#* }"
		result=1
	fi
done
figures README.ko.md >"$folder/translated"
figures README.md >"$folder/figures"
grep -q mlp "$folder/figures" || exit 99
same "the figures of its table in Korean" "$folder/translated" "$folder/figures"

# shows NAME OFFENCES: a case passes when there are none.
shows()
{
	if test -z "$2"; then
		echo "ok    gallery: $1"
	else
		printf '%s\n' "$2"
		echo "FAIL  gallery: $1"
		result=1
	fi
}

gallery=$top_srcdir/examples/README.md
shows "it shows every example" "$(for source in "$top_srcdir"/examples/*.c \
	"$top_srcdir"/examples/*.cc; do
	name=$(basename "${source%.*}")
	awk -v heading="## $name" -v command="    .*examples/$name" '
		/^## / { on = $0 == heading; found += on }
		on && $0 ~ command { said = 1 }
		END {
			if (!found) print heading ": no such heading"
			else if (!said) print heading ": its command is missing"
		}' "$gallery"
done)"
shows "an example has less than 200 lines" "$(wc -l "$top_srcdir"/examples/*.c |
	awk '$2 != "total" && $1 >= 200')"
shows "its pictures are there" "$(grep -oE '(\]\(|src=")[^)"]*\.(png|svg)' "$gallery" |
	sed 's/.*[("]//' |
	while read -r picture; do
		test -s "$top_srcdir/examples/$picture" || echo "$picture"
	done)"
shows "its pictures have less than 500 KB" "$(cat "$top_srcdir"/docs/pictures/* | wc -c |
	awk '$1 >= 500000 { print $1 " bytes" }')"
awk '/^## / { on = $2 == "xor" } on && /^    [0-9]/ { print substr($0, 5) }' "$gallery" \
	>"$folder/shown"
same "what the gallery says of xor" "$folder/shown" "$folder/printed"
exit $result
