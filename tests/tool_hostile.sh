#!/bin/sh
# SPDX-License-Identifier: MIT
# The command `lamina` with files that are damaged, names that a terminal would obey, outputs that
# cannot be written, and numbers that are none: a sentence, and the status that is documented.

. "$top_srcdir/tests/tool_kit.sh"
bad=$sources/tests/data/bad
escape=$(printf '\033')

# says NAME STATUS WORDS COMMAND…: the command ends with the status and says the words.
says()
{
	name=$1 expected=$2 words=$3
	shift 3
	"$@" >said 2>&1 </dev/null
	status=$?
	test $status = "$expected" && grep -qF -e "$words" said && ! grep -qF "$escape" said
	verdict "$name" $?
}

# sentence COMMAND…: status 1 and one line on stderr that can be shown; counts what differs.
offences=0
sentence()
{
	timeout 60 "$lamina" "$@" >out 2>said </dev/null
	status=$?
	test $status = 1 && test "$(wc -l <said)" = 1 && ! LC_ALL=C grep -q '[[:cntrl:]]' said &&
		return
	echo "lamina $*: status $status"
	cat said
	offences=$((offences + 1))
}

printf 'length;width;kind\n1;2;wide\n2;1;long\n3;1;long\n' >table.csv
cat >small.net <<'END'
lamina-architecture 1
input 2
sequential {
	affine out=2
	softmax_cross_entropy
}
END
train="$lamina train small.net --data table.csv --quiet --epochs 2"

mkdir images
for file in "$bad"/*.*; do
	case $file in
	*.run.npz) # these are nets, but not runs to go on with
		cp "$file" run.npz
		sentence train small.net --data table.csv --save run.npz --quiet
		rm -f run.npz*
		;;
	*.npz | *.architecture | *.txt) sentence info "$file" ;;
	*.idx3-ubyte*)
		ending=${file##*-ubyte}
		cp "$file" "images/train-images-idx3-ubyte$ending"
		sentence train lenet --data mnist:images
		rm "images/train-images-idx3-ubyte$ending"
		;;
	esac
	case $file in
	*.npz | *.onnx) ;;
	*) sentence eval "$file" --data table.csv ;;
	esac
	sentence train small.net --data "$file"
	cp "$file" table2.csv
	sentence train small.net --data table2.csv --save table2.npz
done
: >said
verdict 'a sentence for each bad file, as net and as data' $offences

# import FILE WORDS: as sentence(), of a command that tells every node that it cannot use, and makes
# no file. In the library's words, an option begins with a full stop.
import()
{
	timeout 60 "$lamina" import "$bad/$1" --output imported.npz >out 2>said </dev/null
	status=$?
	test $status = 1 && grep -qF -e "${2%%.shape*}" said && ! test -e imported.npz &&
		! LC_ALL=C grep -q '[[:cntrl:]]' said && return
	echo "lamina import $1: status $status"
	cat said
	offences=$((offences + 1))
}
if "$lamina" import none.onnx -o none.npz 2>&1 | grep -q 'configured without'; then
	echo 'skip  bad ONNX files: configured without protobuf-c'
else
	offences=0
	while IFS='|' read -r file words; do
		case $file in # the command asks for a net of one sample
		onnx_huge_net.onnx) words='a net for 1 sample per step would take' ;;
		esac
		import "$file" "$words"
	done <"$bad/onnx.txt"
	: >said
	verdict 'a sentence for each bad ONNX file' $offences
fi

evil="a${escape}[31mb"
says 'a net of control bytes' 1 "'a\\x1b[31mb' is no file" "$lamina" info "$evil"
says 'data of control bytes' 1 "'a\\x1b[31mb' is no data" "$lamina" train small.net --data "$evil"
says 'a command of control bytes' 2 'a\x1b[31mb: no command' "$lamina" "$evil"
says 'an option of control bytes' 2 '--a\x1b[31mb: no option' $train "--$evil"
says 'a file of control bytes' 0 "'a\\x1b[31mb.npz' has the net" $train --save "$evil.npz"

says 'an unknown option' 2 'lamina train: --what: no option' $train --what
says 'an option without its value' 2 'lamina train: --lr: expected a value' $train --lr
says 'a switch with a value' 2 '--last=1: the option has no value' $train --last=1
says 'an option of one letter' 2 '-x: there are no options of one letter' $train -x
says 'a rate that is no number' 2 '--lr nan: expected a number' $train --lr nan
says 'a rate that is no text' 2 'expected a number' $train --lr ''
says 'too many epochs' 2 'expected a whole number' $train --epochs 99999999999999999999
says 'momentum of 1' 1 'momentum is 1; expected at least 0 and below 1' \
	$train --optimizer sgd --momentum 1
for size in 3x99999999999x2 3x-2x2 3x2 3x2x2x2 0x0x0 2x3x3 '3x 2x2' x ''; do
	says "images of '$size'" 2 'expected channels (1 or 3) x height' $train --image "$size"
done
says 'a folder as the run' 1 'is a folder' $train --save images
says 'a folder as a net' 1 'Is a directory' "$lamina" info images
says 'a file of nothing' 1 'there are no lines of a table' \
	sh -c ": >empty.csv; '$lamina' train small.net --data empty.csv"
says 'all of the data held out' 2 'from 1e-09 to 0.999999999' $train --hold-out 1
printf 'a,b,kind\n1,2,x\n' >one.csv
says 'half of one sample' 1 'expected at least 2' \
	"$lamina" train small.net --data one.csv --hold-out 0.5
says 'parts of samples that are no images' 1 'expected signals' $train --crop 3
says 'no name of a net' 1 "'' is no file" "$lamina" info ''
says 'no name of data' 1 "'' is no data" "$lamina" train small.net --data ''
says 'no name of a file' 1 'is empty' $train --save ''
says 'help of a command' 0 'Usage: lamina diff' "$lamina" help diff
says 'descriptions elsewhere' 1 "no description in '/nowhere'" \
	env LAMINA_NETS=/nowhere "$lamina" info lenet

if test -c /dev/full; then
	for command in --help --version 'train --help' 'info small.net' 'check small.net'; do
		says "$command on a full disk" 1 'the output cannot be written' \
			sh -c "'$lamina' $command >/dev/full"
	done
	says 'a run whose report cannot be written' 1 'the output cannot be written' \
		sh -c "$train --save full.npz >/dev/full"
	says '... is saved' 0 'affine' "$lamina" info full.npz
fi
# What is opened must not become the output that is closed.
sh -c "$train --save closed.npz >&- 2>&- <&-" >said 2>&1
test $? = 1
verdict 'closed outputs: status 1' $?
says '... and the file is whole' 0 'the same' "$lamina" diff closed.npz "a${escape}[31mb.npz"
exit $result
