#!/bin/sh
# SPDX-License-Identifier: MIT
# The code of the manual's pages and of README (docs/manual/CONVENTIONS.md): every block of C is
# compiled against the library, and run where it is a whole program; shell and Python are run; what
# they print is what the page shows. tests/manual_blocks.sh PAGE... looks at these pages alone.

if ! command -v python3 >/dev/null 2>&1; then
	echo "skip  the manual's code: no python3 here"
	exit 77
fi
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
cd "$top_srcdir" || exit 99
source=$PWD
library=$top_builddir/.libs
result=0

# What `pkg-config --cflags --libs lamina` says of an installed library, of the one in the build.
cflags="-I$source/framework -I$source -I$source/exchange/images -I$source/exchange/onnx"
images=
if test -f "$library/liblamina.so"; then
	libs="-L$library -Wl,-rpath,$library"
	test ! -f "$library/liblamina-image.so" || images=-llamina-image
	test ! -f "$library/liblamina-onnx.so" || images="$images -llamina-onnx"
	behind=
else
	libs="-L$library -fopenmp"
	behind="-lz -lm"
fi
if { ${NM:-nm} -D -u "$library/liblamina.so" || ${NM:-nm} -u "$library/liblamina.a"; } 2>/dev/null |
	grep -qE '__[at]san_'; then
	echo "skip  the manual's code: the library wants a sanitizer's run-time"
	exit 77
fi

# Commands as a reader has them. The compiler, or ccache in its place, must not find cc here.
CC=${CC:-cc}
CC=$(command -v ${CC%% *})${CC#${CC%% *}}
mkdir "$work/bin"
cat >"$work/bin/pkg-config" <<SHIM
#!/bin/sh
name=lamina flags= libraries=
for word; do
	case \$word in
	lamina*) name=\$word ;;
	--cflags) flags="$cflags" ;;
	--libs) libraries="$libs" ;;
	esac
done
test -z "\$libraries" || libraries="\$libraries -l\$name $behind"
case \$name in *-double) flags="\$flags -DLAM_DOUBLE" ;; esac
echo \$flags \$libraries
SHIM
printf '#!/bin/sh\nPATH=%s exec %s "$@"\n' "$PATH" "$CC" >"$work/bin/cc"
printf '#!/bin/sh\nexec %s "$@"\n' "$top_builddir/tools/lamina" >"$work/bin/lamina"
chmod +x "$work"/bin/*
PATH=$work/bin:$PATH
CXX=${CXX-c++}
# make check says which Python has numpy; by hand it is looked for.
for python in ${PYTHON-python3 /usr/bin/python3}; do
	! $python -c 'import numpy' 2>/dev/null || break
	python=
done
PYTHON=$python
test "$CXX" != no || CXX=
LAMINA_CFLAGS=$cflags
LAMINA_LIBS="$libs $images -llamina $behind"
AROUND=$source/tests/manual/around.c
export PATH CC CXX PYTHON LAMINA_CFLAGS LAMINA_LIBS AROUND TMPDIR
TMPDIR=$work
# lamina.py is beside the command.
PYTHONPATH=$top_builddir/tools/python
LAMINA_NETS=$source/tools/nets
export LAMINA_NETS PYTHONDONTWRITEBYTECODE=1 PYTHONPATH

# The test itself: a page that is right, and each way of being wrong.
cat >"$work/right.md" <<'PAGE'
<!-- file: table.csv -->
```csv
a,b
```

```sh
cat table.csv
```
```text
a,b
```

```c
#include <lamina.h>
#include <stdio.h>

int main(void)
{
	printf("%d lanes\nin 3 s\nx\ny\n", LAM_LANES);
	return 0;
}
```
prints
```text
16 lanes
in … s
…
```

<!-- in: int three = 3; -->
```c
printf("%d\n", three);
```
```text
3
```

<!-- at file level -->
```c
static inline lam_status fine(void)
{
	return LAM_OK;
}
```

```c
s = lam_net_predict(net, x, n, y);
```

<!-- not run: there is no such file -->
```sh
mpirun -n 2 lamina train nothing --data nothing \
    --shards 2
cat nothing | wc -l
```
PAGE
check="python3 tests/manual/blocks.py"
if ! $check "$work/right.md" >"$work/said"; then
	cat "$work/said"
	echo "FAIL  a page that is right"
	result=1
fi
for change in '7,$s/^a,b/a,c/' 's/^16 lanes/17 lanes/' 's/return 0/return 1/' 's/^…$/x/' \
	's/"%d.n", three/"%d"/' 's/predict(net, /predict(/' 's/return LAM_OK/return LAM_FINE/' \
	's/^3$/4/' 's/cat/cat no-such-file/' 's/| wc -l/|/' 's/--shards/--pieces/'; do
	sed "$change" "$work/right.md" >"$work/wrong.md"
	if $check "$work/wrong.md" >"$work/said" 2>&1; then
		echo "FAIL  a page that is wrong is refused: $change"
		result=1
	fi
done
test $result != 0 || echo "ok    a page that is right is accepted, wrong ones are refused"

$check ${*:-$(python3 tests/manual/pages.py .)} || result=1
exit $result
