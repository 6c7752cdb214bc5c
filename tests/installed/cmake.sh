# SPDX-License-Identifier: MIT
# A part of tests/installed.sh: a project of CMake's finds the library, in C, in C++ and in double,
# static and with images if they are there; and finds it again when its tree was moved.

prefix=$(pkg-config --variable=prefix lamina)

# with_cmake NAME TREE: builds and runs the programs against the library in TREE.
with_cmake()
{
	rm -rf "$work/cmake"
	if cmake -S "$programs/cmake" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$2" \
		-DCMAKE_C_COMPILER="$CC" -DCMAKE_CXX_COMPILER="$CXX" \
		-DPROGRAMS="$programs" >"$work/output" 2>&1 &&
		cmake --build "$work/cmake" >"$work/output" 2>&1 &&
		(unset LD_LIBRARY_PATH && cd "$work/run-lamina" &&
			for user in $(tr ';' ' ' <"$work/cmake/users"); do
				"$work/cmake/$user" || { echo "status $? of $user" && exit 1; }
			done) >"$work/output" 2>&1; then
		echo "ok    $1: $(tr ';' ' ' <"$work/cmake/users")"
	else
		tail -n 40 "$work/output"
		echo "FAIL  $1"
		result=1
	fi
}

if ! command -v cmake >/dev/null 2>&1; then
	echo "skip  find_package(lamina): no cmake here"
elif test "${CXX:-no}" = no || test "$CC $CXX" != "${CC%% *} ${CXX%% *}"; then
	echo "skip  find_package(lamina): no C++ compiler, or one with options"
else
	with_cmake "find_package(lamina)" "$destination$prefix"
	case $libdir/ in
	"$prefix"/*)
		cp -R "$destination$prefix" "$work/moved"
		with_cmake "find_package(lamina) in a tree that was moved" "$work/moved"
		;;
	esac
fi
