#!/bin/sh
# SPDX-License-Identifier: MIT
# The benchmark runs, and writes figures that can be read and compared. A glance at little of it: no
# time is looked at.

bench=$top_builddir/tests/bench
here=$top_srcdir/tests/bench
folder=$(mktemp -d) || exit 99
trap 'rm -rf "$folder"' EXIT
result=0

# verdict NAME COMMAND…: a case passes when the command does; what it printed is shown when not.
verdict()
{
	name=$1
	shift
	if "$@" >"$folder/out" 2>&1; then
		echo "ok    $name"
	else
		cat "$folder/out"
		echo "FAIL  $name"
		result=1
	fi
}

glance="--quick --rounds 1 --seconds 0" # in this order: the first sets the others, too
echo 'tiny 20 train 300 a 200 r a 4 ce
tiny 20 predict 300 a 200 r a 4 ce' >"$folder/list"
for subject in "layers affine" "moving relu" "nets mlp" "counts mlp" "others tiny" "cost lenet"; do
	set -- $subject
	verdict "bench: $1" "$bench/bench" $glance --subject "$1" --only "$2" \
		--others "$folder/list" --json "$folder/$1.jsonl"
done
figures=$(cat "$folder"/*.jsonl | grep -c '"value": [0-9]')
verdict "bench: figures of every subject" test "$figures" -ge 60
verdict "bench: no figure is zero" test "$(cat "$folder"/*.jsonl | grep -c '"value": 0[,}]')" -eq 0
refused()
{
	"$bench/bench" "$@"
	test $? -eq 2
}
verdict "bench: refuses what it does not know" refused --subject layers,nonsense
echo 'tiny none train 30 a 4 ce' >"$folder/bad"
verdict "bench: refuses a list that is none" \
	refused $glance --subject others --others "$folder/bad"

python=$(command -v "${PYTHON:-python3}") || python=
if test -z "$python"; then
	echo "skip  bench-compare: no python3 here"
	exit $result
fi
sed 's/"value": [^,]*, "low": [^,]*, "high": [^,}]*/"value": 2, "low": 1.9, "high": 2.1/' \
	"$folder/layers.jsonl" "$folder/cost.jsonl" |
	sort -u >"$folder/old" # both name the machine
sed 's/"value": 2, "low": 1.9, "high": 2.1/"value": 3, "low": 2.9, "high": 3.1/' \
	"$folder/old" >"$folder/new"
figures=$(wc -l <"$folder/old")
compared()
{
	"$python" "$here/compare.py" "$1" "$2" | grep "$figures figures: $3 better (+), $4 worse"
}
slower=$(grep -c -e '"unit": "s"' -e '"unit": "bytes"' "$folder/old") # less is better of these
verdict "bench-compare: the same" compared "$folder/old" "$folder/old" 0 0
verdict "bench-compare: better and worse" \
	compared "$folder/old" "$folder/new" $((figures - slower)) "$slower"
cat "$folder/layers.jsonl" "$folder/nets.jsonl" "$folder/counts.jsonl" \
	"$folder/others.jsonl" >"$folder/figures"
predicted()
{
	"$python" "$here/predict.py" "$folder/figures" --net "${1% *}" |
		grep -E "^${1% *} .*${1#* } .*\| +[0-9]+ +[0-9]+ +[-+][0-9]+%"
}
verdict "bench-predict: predicted beside measured" predicted "mlp training"
verdict "bench-predict: a net of others.py's list" predicted "tiny training"
verdict "bench-predict: its predictions" predicted "tiny inference"
pieces()
{
	"$python" "$here/predict.py" "$folder/figures" --net tiny --pieces |
		grep -E '^  affine +weight gradient +2 +[1-9][0-9]* +[1-9]'
}
verdict "bench-predict: pieces of a step beside a profile" pieces
fitted()
{
	"$python" "$here/predict.py" "$folder/figures" | grep "affine  *forward  *products at"
}
verdict "bench-predict: the rate of products" fitted
# Figures that are not enough, and the sentence about them.
lacking()
{
	"$python" "$here/predict.py" "$1" 2>&1 | grep "$2"
}
verdict "bench-predict: refuses figures without layers alone" \
	lacking "$folder/counts.jsonl" "no layer alone; expected"
grep -v '"subject": "layer", .*"work": "weight gradient"' "$folder/figures" >"$folder/fewer"
verdict "bench-predict: refuses jobs that no layer alone does" \
	lacking "$folder/fewer" "no layer alone was measured"
exit $result
