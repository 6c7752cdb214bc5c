# SPDX-License-Identifier: MIT
# A part of tests/installed.sh: a program that calls MPI itself is linked as lamina-mpi.pc says, and
# by CMake's lamina::mpi.

# pkg-config's --define-variable would move MPI's folders as well.
mkdir "$work/pc"
for file in "$destination$pkgconfigdir"/*.pc; do
	sed "s,^prefix=,&$destination," "$file" >"$work/pc/${file##*/}"
done

# linked NAME COMMAND...: a case passes when the command does.
linked()
{
	name=$1
	shift
	if "$@" >"$work/output" 2>&1; then
		echo "ok    $name"
	else
		tail -n 20 "$work/output"
		echo "FAIL  $name"
		result=1
	fi
}

# The example, which leaves MPI to lamina, and a program that has begun MPI itself.
cat >"$work/own.c" <<END
#include <lamina.h>
#include <mpi.h>

#include <lamina_mpi.h>

int main(int argc, char **argv)
{
	MPI_Init(&argc, &argv);
	lam_comm *comm = lam_mpi_comm(MPI_COMM_WORLD);
	const int result = !comm || lam_comm_size(comm) != 1;
	lam_comm_free(comm);
	MPI_Finalize();
	return result;
}
END

by_pkg_config()
{
	(PKG_CONFIG_PATH=$work/pc && export PKG_CONFIG_PATH &&
		$CC "$top_srcdir/examples/parallel.c" -o "$work/parallel" \
			$(pkg-config $static --cflags --libs lamina-mpi) &&
		$CC "$work/own.c" -o "$work/own" \
			$(pkg-config $static --cflags --libs lamina-mpi))
}

by_cmake()
{
	mkdir "$work/mpi" && cat >"$work/mpi/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.13)
project(user C)
find_package(MPI REQUIRED)
find_package(lamina 0.2 REQUIRED COMPONENTS mpi)
add_executable(parallel "$top_srcdir/examples/parallel.c")
target_link_libraries(parallel PRIVATE lamina::mpi)
add_executable(own "$work/own.c")
target_link_libraries(own PRIVATE lamina::mpi MPI::MPI_C)
END
	cmake -S "$work/mpi" -B "$work/mpi/build" -DCMAKE_C_COMPILER="$CC" \
		-DCMAKE_PREFIX_PATH="$destination$(pkg-config --variable=prefix lamina)" &&
		cmake --build "$work/mpi/build"
}

if ! pkg-config --exists lamina-mpi; then
	echo "skip  ranks by MPI: lamina was configured without MPI (a program that is linked)"
else
	linked "a program that calls MPI, by lamina-mpi.pc" by_pkg_config
	if command -v cmake >/dev/null 2>&1 && test "$CC" = "${CC%% *}"; then
		linked "a program that calls MPI, by CMake" by_cmake
	fi
fi
