# SPDX-License-Identifier: MIT
# A part of tests/installed.sh: the jobs that a newcomer has (job_*). The one in C++17 is tried
# here. Each has at most 40 lines of code, not counting comments and empty lines.

for library in lamina lamina-double; do
	for compiler in g++ clang++; do
		try $compiler c++ c++17 $library "$programs/job_cpp17.cpp"
	done
done

# Images in files are read by a library of its own; the example makes some.
mkdir "$work/run-lamina-image"
(cd "$work/run-lamina-image" && "$top_builddir/examples/images" --quick >"$work/output" 2>&1)
case $? in
0) try gcc c c11 lamina-image "$programs/job_images.c" ;;
77) echo "skip  job_images.c: $(tail -n 1 "$work/output")" ;;
*)
	cat "$work/output"
	echo "FAIL  job_images.c: examples/images"
	result=1
	;;
esac

for job in "$programs"/job_*.c "$programs"/job_*.cpp; do
	lines=$(grep -cvE '^[[:space:]]*(/?\*.*)?$' "$job")
	if test "$lines" -le 40; then
		echo "ok    $(basename "$job") has $lines lines of code"
	else
		echo "FAIL  $(basename "$job") has $lines lines of code; expected at most 40"
		result=1
	fi
done
