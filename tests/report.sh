#!/bin/sh
# SPDX-License-Identifier: MIT
# Pages and pictures of the command: lamina train --report, lamina predict --picture.

lamina=$top_builddir/tools/lamina
folder=$(mktemp -d) || exit 99
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 99
result=0
LC_ALL=C.UTF-8 TERM=xterm-256color
export LC_ALL TERM
unset COLORTERM NO_COLOR

# verdict NAME STATUS: "ok" for 0.
verdict()
{
	if test "$2" = 0; then
		echo "ok    $1"
	else
		tail -n 5 said
		echo "FAIL  $1"
		result=1
	fi
}

awk 'BEGIN { OFS = ","
	print "a,b,class"
	for (i = 0; i < 60; i++)
		print i % 7, i % 2 * 3 + i % 5, i % 2 ? "<script>" : "no & yes" }' >data.csv
net()
{
	printf 'lamina-architecture 1\ninput %s\nsequential {\n\tflatten\n\taffine out=2\n' "$1"
	printf '\tsoftmax_cross_entropy\n}\n'
}
net 2 >net.net

train()
{
	"$lamina" train net.net --data data.csv --hold-out 0.3 --epochs 3 --quiet "$@" >said 2>&1
}

train --report run.html
verdict "a run has its page" $?
grep -q '<h2>Learning curves</h2>' run.html && grep -q '<h2>Confusion matrix</h2>' run.html &&
	grep -q '&lt;script&gt;' run.html && ! grep -q '<script' run.html
verdict "the page has curves and a matrix, and escapes names" $?
test "$(wc -l <run.csv)" = 4
verdict "the table of epochs lies beside the page" $?
if command -v xmllint >/dev/null 2>&1; then
	xmllint --noout --nonet run.html >said 2>&1
	verdict "the page is well-formed" $?
else
	echo "skip  the page is well-formed: no xmllint here"
fi
train --report later.html && grep -q '<h2>Settings</h2>' later.html
verdict "a run that had ended gets a page without curves" $?

train --fresh --report nowhere/run.html --save other.npz
test $? = 1 && ! test -e other.npz && grep -q 'nowhere/run.html' said
verdict "a page that cannot be written ends the run before its first step" $?

"$PYTHON" -c '
import numpy
numpy.save("x.npy", numpy.arange(480, dtype="float32").reshape(10, 3, 4, 4))
numpy.save("t.npy", numpy.arange(10, dtype="int32") % 2)' 2>/dev/null ||
	{ echo "skip  pictures in a terminal: no numpy here"; exit $result; }
script -qec true /dev/null </dev/null >/dev/null 2>&1 ||
	{ echo "skip  a terminal: no pseudo-terminal here"; exit $result; }
net 3x4x4 >image.net
"$lamina" train image.net --data x.npy,t.npy --epochs 1 --quiet >said 2>&1
verdict "a net of images" $?
predict="$lamina predict image.npz x.npy --count 1 --picture"
$predict >said 2>&1 && grep -qx '[ .:=+*#%@-]\{4\}' said && ! grep -q "$(printf '\033')" said
verdict "no escape sequence goes into a pipe" $?
$predict --plain >said 2>&1
test $? = 2
verdict "--plain is for programs" $?

# terminal NAME PATTERN VARIABLE…: what is written to a terminal.
terminal()
{
	name=$1 pattern=$2
	shift 2
	env "$@" script -qec "$predict" /dev/null </dev/null >said 2>&1
	case $(tr -d '\r' <said) in
	*"$(printf '\033')"*) seen=$(grep -o '\[38;[25];' said | head -n 1) ;;
	*) seen=none ;;
	esac
	test "$seen" = "$pattern"
	verdict "$name" $?
}

command -v script >/dev/null 2>&1 || { echo "skip  a terminal: no script here"; exit $result; }
script -qec true /dev/null </dev/null >/dev/null 2>&1 ||
	{ echo "skip  a terminal: no pseudo-terminal here"; exit $result; }
terminal "a terminal gets 256 colours" '[38;5;' A=
terminal "COLORTERM=truecolor: 24 bits" '[38;2;' COLORTERM=truecolor
terminal "NO_COLOR: none" none NO_COLOR=1 COLORTERM=truecolor
terminal "TERM=dumb: none" none TERM=dumb
terminal "a locale without UTF-8: none" none LC_ALL=C
exit $result
