# SPDX-License-Identifier: MIT
# What the tests of the command `lamina` share; they read it by `.`. It leaves them in an empty
# folder that goes when they end, with the command as $lamina and the tree as $sources.

# In a build that is not installed, tools/lamina is libtool's script, which starts a dozen processes
# to find what it runs with this build's libraries: the program behind it, at once.
lamina=$top_builddir/tools/lamina
if test -f "$top_builddir/tools/.libs/lamina"; then
	lamina=$top_builddir/tools/.libs/lamina
	LD_LIBRARY_PATH=$top_builddir/.libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
	export LD_LIBRARY_PATH
fi
sources=$top_srcdir
case $lamina in /*) ;; *) lamina=$PWD/$lamina ;; esac
case $sources in /*) ;; *) sources=$PWD/$sources ;; esac
LAMINA_NETS=$sources/tools/nets
OMP_NUM_THREADS=1
export lamina LAMINA_NETS OMP_NUM_THREADS
folder=$(mktemp -d) || exit 99
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 99
result=0

# verdict NAME STATUS: a case passes when the status is 0; if not, the file `said` is shown.
verdict()
{
	if test "$2" = 0; then
		echo "ok    $1"
	else
		cat said
		echo "FAIL  $1"
		result=1
	fi
}
