#!/bin/sh
# SPDX-License-Identifier: MIT
# What `lamina` shows fits 60, 80 and 200 columns: as COLUMNS says, and in terminals of these
# widths, also with TERM=dumb, NO_COLOR and LC_ALL=C. Where a program reads it, tables are whole.

. "$top_srcdir/tests/tool_kit.sh"
corpus=$sources/tests/fuzz/corpus
LC_ALL=C.UTF-8
export LC_ALL

# Twelve classes, some with long names and characters that are wide, or of several bytes.
awk 'BEGIN {
	print "a,b,kind"
	split("Klöße Straßenbahnhaltestelle 大熊猫の子供たち x y z u v w " \
		"a_very_long_name_of_a_class_indeed_it_is q r", name, " ")
	for (i = 0; i < 240; i++)
		print (i * 37 % 100) / 10 "," (i * 61 % 100) / 10 "," name[1 + i % 12]
}' >table.csv
cat >small.net <<'END'
lamina-architecture 1
input 2
sequential name=a_name_that_is_longer_than_usual {
	affine out=8 name=first
	tanh
	affine out=12
	softmax_cross_entropy
}
END
cat >values.net <<'END'
lamina-architecture 1
input 2
affine out=12
END
train="$lamina train small.net --data table.csv --hold-out 0.2 --epochs 3"
$train --quiet >said 2>&1
verdict 'train' $?
mkdir images
for image in rgb grey; do cp "$corpus/png/$image" "images/$image.png"; done
sed 's/^input 2/input 3x2x2/' small.net >image.net
pictures=
if ! "$lamina" predict image.net images 2>&1 | grep -q 'without libpng'; then
	pictures='predict image.net images --picture'
fi

# The commands.
cat >commands <<END
--help
train --help
eval --help
predict --help
info --help
check --help
diff --help
bench --help
info small.npz
info resnet20
info lenet --text
check small.net
diff small.npz lenet
diff small.npz small.net
bench small.net --seconds 0.01 --profile
eval small.npz --data table.csv --confusion
predict small.npz table.csv --drop kind
predict small.npz table.csv --drop kind --top 1
predict values.net table.csv --drop kind
$pictures
END

# wide COLUMNS: the lines of "said" that are wider. wc counts what wcwidth() says; of each line only
# when the widest is too wide.
wide()
{
	sed 's/\x1b\[[0-9;?]*[A-Za-z]//g' said | tr '\r' '\n' >plain
	test "$(wc -L <plain)" -gt "$1" || return 0
	while IFS= read -r line || test "$line"; do
		test "$(printf %s "$line" | wc -L)" -le "$1" || printf '%s\n' "$line"
	done <plain
}

for columns in 60 80 200; do
	while IFS= read -r command; do
		test "$command" || continue
		COLUMNS=$columns "$lamina" $command >said 2>&1 </dev/null
		test "$?$(wide $columns)" = 0 || case $command in
		diff*) test "$(wide $columns)" = '' ;;
		*) false ;;
		esac
		verdict "$columns columns: lamina $command" $?
	done <commands
done

"$lamina" bench small.net --seconds 0.01 --profile >said 2>&1
grep -q 'ms/run   share   GFLOP/s     GB/s' said
verdict 'a table is whole in a pipe' $?
awk 'BEGIN { print "a,b,kind"; for (i = 0; i < 120; i++) print i ",1,k" i % 60 }' >many.csv
sed 's/out=12/out=60/' small.net >many.net
"$lamina" eval many.net --data many.csv --confusion >said 2>&1
test $? = 0 && grep -q '^is . called.* 59$' said && ! grep -q 'do not fit' said
verdict 'a confusion matrix is whole in a pipe' $?
COLUMNS=60 "$lamina" eval small.npz --data table.csv --confusion >said 2>&1
grep -q '大熊猫の子供たち  ' said && grep -q ' more columns do not fit the terminal' said
verdict 'names are cut between characters' $?

cat >terminal.py <<'END'
import fcntl, os, pty, struct, sys, termios
columns, command = int(sys.argv[1]), sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    os.execv(command[0], command)
said = b""
while True:
    try:
        some = os.read(terminal, 65536)
    except OSError:
        break
    if not some:
        break
    said += some
sys.stdout.buffer.write(said)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
END
if ! python3 -c 'import pty, os; os.waitstatus_to_exitcode' 2>/dev/null; then
	echo "skip  terminals: no python3 here"
	exit $result
fi
if ! python3 -c 'import pty; pty.openpty()' 2>/dev/null; then
	echo "skip  terminals: no pseudo-terminal here"
	exit $result
fi
for columns in 60 80 200; do
	for setting in TERM=xterm TERM=dumb NO_COLOR=1 LC_ALL=C; do
		env $setting python3 terminal.py $columns $train --save "$columns$setting.npz" \
			>said 2>&1
		test $? = 0 && test "$(wide $columns)" = '' && grep -q 'epoch 3/3' said
		verdict "a terminal of $columns columns, $setting: lamina train" $?
		env $setting python3 terminal.py $columns "$lamina" eval small.npz \
			--data table.csv --confusion >said 2>&1
		test $? = 0 && test "$(wide $columns)" = ''
		verdict "a terminal of $columns columns, $setting: lamina eval" $?
	done
done
exit $result
