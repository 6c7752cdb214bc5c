#!/bin/sh
# SPDX-License-Identifier: MIT
# fuzz.sh libfuzzer|afl TOP SECONDS FLAGS TARGET…: runs each target for so long, in the build folder
# that holds fuzz-libfuzzer or fuzz-afl. Says how many inputs were tried; fails when one of them was
# a finding, which lies in fuzz-*/found/TARGET then.

engine=$1 top=$2 seconds=$3 flags=$4
shift 4
cd "fuzz-$engine" || exit 99
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive
export ASAN_OPTIONS=abort_on_error=1:symbolize=0:detect_leaks=0:allocator_may_return_null=1
result=0

# dictionary TARGET: the words that its files are made of.
dictionary()
{
	case $1 in
	architecture) tests/fuzz/make_dictionary >architecture.dict && echo architecture.dict ;;
	sequences) echo '"\377"' >sequences.dict && echo sequences.dict ;;
	csv) echo "$top/tests/fuzz/dictionaries/csv.dict" ;;
	jpeg) echo "$top/tests/fuzz/dictionaries/jpeg.dict" ;;
	png) echo "$top/tests/fuzz/dictionaries/png.dict" ;;
	idx) echo "$top/tests/fuzz/dictionaries/idx.dict" ;;
	npy) echo "$top/tests/fuzz/dictionaries/npy.dict" ;;
	onnx) echo "$top/tests/fuzz/dictionaries/onnx.dict" ;;
	*) echo "$top/tests/fuzz/dictionaries/zip.dict" ;;
	esac
}

for target; do
	mkdir -p "found/$target" "grown/$target"
	words=$(dictionary "$target")
	log=found/$target.log
	if test "$engine" = libfuzzer; then
		"tests/fuzz/fuzz_$target" $flags -max_total_time="$seconds" \
			-dict="$words" -artifact_prefix="found/$target/" \
			"grown/$target" "$top/tests/fuzz/corpus/$target" >"$log" 2>&1
		tried=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
		findings=$(ls "found/$target" | grep -cE '^(crash|leak|timeout|oom)-')
	else
		AFL_SKIP_CPUFREQ=1 AFL_NO_UI=1 \
			AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_AFFINITY=1 \
			afl-fuzz -V "$seconds" -m none -x "$words" \
			-i "$top/tests/fuzz/corpus/$target" -o "grown/$target" \
			-- "tests/fuzz/fuzz_$target" >"$log" 2>&1
		tried=$(sed -n 's/^execs_done *: *//p' "grown/$target/default/fuzzer_stats")
		findings=$(sed -n 's/^saved_crashes *: *//p' "grown/$target/default/fuzzer_stats")
	fi
	echo "$target: ${tried:-0} inputs, ${findings:-no} findings"
	if test "${tried:-0}" -eq 0 || test "${findings:-1}" -ne 0; then
		tail -n 20 "$log"
		result=1
	fi
done
exit $result
