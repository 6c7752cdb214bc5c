# SPDX-License-Identifier: MIT
# A part of tests/installed.sh: a program with the static library, as `pkg-config --static` says,
# needs no other library of lamina's to run.

# statically COMPILER LANGUAGE LIBRARY PROGRAM
statically()
{
	name="$(basename "$4") with $1 and the static $3"
	all=$(static=--static flags --libs "$3")
	# The static library by its name, where the linker would take a shared one.
	all=$(for flag in $all; do
		case $flag in
		-llamina*) echo "$folder/lib${flag#-l}.a" ;;
		*) echo "$flag" ;;
		esac
	done)
	# Its own folder: what programs with the shared library left is in another precision.
	mkdir -p "$work/run-static-$3"
	if "$1" -x "$2" $(flags --cflags "$3") "$4" -x none $all -o "$work/program" \
		>"$work/output" 2>&1 &&
		(unset LD_LIBRARY_PATH && cd "$work/run-static-$3" && ../program) \
			>"$work/output" 2>&1; then
		echo "ok    $name"
	else
		cat "$work/output"
		echo "FAIL  $name"
		result=1
	fi
}

if ! test -f "$folder/liblamina.a"; then
	echo "skip  pkg-config --static: no static library is installed"
elif ! command -v gcc >/dev/null 2>&1; then
	echo "skip  pkg-config --static with gcc: not installed"
else
	for library in lamina lamina-double; do
		statically gcc c $library "$programs/api_1_train.c"
		! command -v g++ >/dev/null 2>&1 ||
			statically g++ c++ $library "$programs/shape.c"
	done
	! pkg-config --exists lamina-image || statically gcc c lamina-image "$programs/image.c"
fi
