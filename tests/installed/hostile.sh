# SPDX-License-Identifier: MIT
# SPDX-License-Identifier: MIT
# A part of tests/installed.sh: a program may have folders and headers of any of lamina's names.

# Beside the program stands a file of every installed name, with its folder and without; each is an
# error to include.
mkdir "$work/hostile"
for header in $public_headers; do
	case $header in */lamina.h | */lamina.hpp) continue ;; esac
	mkdir -p "$work/hostile/$(dirname "$header")"
	for name in "$header" "$(basename "$header")"; do
		echo "#error the program's own $name was taken for lamina's" >"$work/hostile/$name"
	done
done
printf '#include <lamina.h>\nint main(void) { return lam_error_status(); }\n' \
	>"$work/hostile/program"

# beside_hostile COMPILER LANGUAGE STANDARD
beside_hostile()
{
	name="a program beside files of lamina's names with $1 -std=$3"
	if ! command -v "$1" >/dev/null 2>&1; then
		echo "skip  $name: not installed"
	elif (cd "$work/hostile" && "$1" -x "$2" -std="$3" -I. -Wall -Wextra -Werror \
			$(flags --cflags lamina) -fsyntax-only program) >"$work/output" 2>&1; then
		echo "ok    $name"
	else
		cat "$work/output"
		echo "FAIL  $name"
		result=1
	fi
}

for compiler in gcc clang; do beside_hostile $compiler c c11; done
for compiler in g++ clang++; do beside_hostile $compiler c++ c++17; done
