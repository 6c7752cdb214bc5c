#!/bin/sh
# SPDX-License-Identifier: MIT
# The command `lamina`, as people use it: on a table, interrupted and resumed, with what is wrong.

. "$top_srcdir/tests/tool_kit.sh"

# says NAME STATUS WORDS COMMAND…: the command ends with the status and says the words.
says()
{
	name=$1 expected=$2 words=$3
	shift 3
	"$@" >said 2>&1 </dev/null
	status=$?
	test $status = "$expected" && grep -qF -e "$words" said
	verdict "$name" $?
}

# Two classes that a line separates, with names, and a column that is none of the samples.
awk 'BEGIN {
	print "id;length;width;kind"
	for (i = 0; i < 400; i++) {
		x = (i * 37 % 100) / 10; y = (i * 61 % 100) / 10
		print i ";" x ";" y ";" (x > y ? "long" : "wide")
	}
}' >table.csv
cat >small.net <<'END'
# two inputs, two classes
lamina-architecture 1
input 2
sequential {
	affine out=8
	tanh
	affine out=2
	softmax_cross_entropy
}
END
train="$lamina train small.net --data table.csv --drop id --standardize --hold-out 0.2 --quiet"

for tool in train eval predict info check diff bench export import; do
	says "$tool --help" 0 "Usage: lamina $tool" "$lamina" $tool --help
	says "$tool --hepl" 2 "--help" "$lamina" $tool --hepl
	says "$tool without arguments" 2 "lamina $tool: expected" "$lamina" $tool
done
all='expected train, eval, predict, info, check, diff, bench, export or import'
says 'an unknown command' 2 "trian: no command; $all" "$lamina" trian
says 'no command' 2 "lamina: no command; $all" "$lamina"
says 'the version' 0 'lamina 0.' "$lamina" --version

says 'train on a table' 0 'has the net' $train --epochs 20 --lr 0.05 --history h.csv
says 'the history has a line for each epoch' 0 20 sh -c 'tail -n 1 h.csv | cut -d, -f1'
says 'the same command again has nothing to do' 0 'has the net' \
	$train --epochs 20 --lr 0.05 --history h.csv
says 'eval by class names' 0 'long' "$lamina" eval small.npz --data table.csv --drop id --confusion
accuracy=$(sed -n 's/.*accuracy \([0-9]*\).*/\1/p' said)
test "${accuracy:-0}" -ge 90
verdict 'the net has learned' $?
says 'eval with a picture' 0 'precision' \
	"$lamina" eval small.npz --data table.csv --drop id --picture confusion.svg
grep -q '>long</text>' confusion.svg
verdict '... which has the names of classes' $?
says 'a picture of another kind' 2 'expected a name that ends with .svg' \
	"$lamina" eval small.npz --data table.csv --drop id --picture confusion.png
# A description of more outputs than there are classes, as that of an installed net may be.
sed 's/out=2/out=10/' small.net >more.net
says 'train a net of more outputs' 0 'has the net' \
	"$lamina" train more.net --data table.csv --drop id --quiet --epochs 1
says 'an output that is no class, and predicted' 0 '10 outputs for 2 classes; one that is never' \
	"$lamina" eval more.npz --data table.csv --drop id --confusion
grep -q '^is . called  *long  *wide .*[2-9]$' said
verdict '... is shown' $?
says 'train it on' 0 'has the net' "$lamina" train more.net --data table.csv --drop id --quiet \
	--fresh --epochs 20 --lr 0.05
says 'eval of more outputs' 0 'the net has 10 outputs for 2 classes' \
	"$lamina" eval more.npz --data table.csv --drop id --confusion --picture more.svg
grep -q '^is . called  *long  *wide$' said && ! grep -q '^[0-9] ' said
verdict '... shows the classes' $?
grep -q '>long</text>' more.svg && ! grep -q '>[3-9]</text>' more.svg
verdict '... and draws them' $?
sed -e '/standard/d' table.csv | awk -F';' 'BEGIN { OFS = ";" }
	NR > 1 { $4 = $4 == "long" ? 1 : 3 } { print }' >numbers.csv
says 'classes that are numbers' 0 'has the net' \
	"$lamina" train more.net --data numbers.csv --drop id --save n.npz --quiet --epochs 20 \
	--lr 0.05
says '... of which two occur' 0 'the net has 10 outputs for 2 classes' \
	"$lamina" eval n.npz --data numbers.csv --drop id --confusion --picture n.svg
grep -q '^is . called  *1  *3$' said && grep -q '>3</text>' n.svg
verdict '... by their numbers' $?
sed 's/out=2/out=1/' small.net >fewer.net
says 'a net of too few outputs' 1 'has an option out needs out = 2' \
	"$lamina" train fewer.net --data table.csv --drop id --quiet
sed 's/^input 2/input 3/' small.net >three.net
says 'a description of another input' 0 \
	"'three.net' says input 3, the data has samples of 2: the net takes the data's" \
	"$lamina" train three.net --data table.csv --drop id --epochs 1
"$lamina" train small.net --data table.csv --drop id --epochs 1 --save s.npz >said 2>&1
! grep 'says input' said
verdict '... which is not said of the same' $?
sed -e 's/out=2/out=1/' -e 's/softmax_cross_entropy/l1_loss/' small.net >line.net
printf '1,2,3\n2,3,4\n' >line.csv
says 'a net of numbers' 0 'has the net' "$lamina" train line.net --data line.csv --values --quiet
says 'a picture of no classes' 1 'there is no confusion matrix' \
	"$lamina" eval line.npz --data line.csv --values --picture none.svg
says 'a matrix of no classes' 1 '--confusion: there is no confusion matrix' \
	"$lamina" eval line.npz --data line.csv --values --confusion
says 'an image, for a net of tables' 1 'x.png: is an image; the net expects samples of 2' \
	"$lamina" predict small.npz x.png
printf 'width;length\n9.5;1\n' >new.csv
says 'predict with a table like the first' 0 '%  wide' \
	"$lamina" predict small.npz new.csv --like table.csv --drop id
printf 'width,length\n9.5,NA\n' >holes.csv
says 'a missing value' 1 'missing: "NA"; expected a number (or the option missing: skip or mean)' \
	"$lamina" predict small.npz holes.csv --like table.csv --drop id
says 'predict with the mean of the table' 0 '%  ' \
	"$lamina" predict small.npz holes.csv --like table.csv --drop id --missing mean
says 'the mean of no table' 2 '--missing mean without --like FILE.csv' \
	"$lamina" predict small.npz holes.csv --missing mean
says 'predict with a table of other columns' 1 'a sample is 3; the net expects 2 (--like FILE.csv' \
	"$lamina" predict small.npz table.csv --drop kind
says 'predict with a table that lacks a column' 1 'a column of --like is "length"; expected' \
	sh -c "printf 'width,x\n1,2\n' >lacks.csv && '$lamina' predict small.npz lacks.csv \
		--like table.csv --drop id"
says 'predict plainly' 0 ' 0.9' \
	"$lamina" predict small.npz new.csv --like table.csv --drop id --plain
says 'info of a file' 0 'classes: long, wide' "$lamina" info small.npz
says 'info as text' 0 'affine out=8' "$lamina" info small.npz --text
says 'check' 0 'wrong      0' "$lamina" check small.net
says 'diff of the same' 0 'the same' "$lamina" diff small.npz small.npz
says 'export' 0 'bytes of weights' "$lamina" export small.npz -o small.c
says 'exported C tests itself' 0 'differs by' sh -c \
	'cc -std=c99 -DSMALL_TEST small.c -o small_test -lm && ./small_test'
data='--calibrate table.csv --score table.csv --drop id'
says 'export as int8' 0 ' on 400 samples, in float ' \
	"$lamina" export small.npz -o eight.c --int8 $data
says 'int8 tests itself' 0 'differs by' sh -c \
	'cc -std=c99 -DEIGHT_TEST eight.c -o eight_test -lm && ./eight_test'
says 'int8 without data' 2 'expected --calibrate DATA' "$lamina" export small.npz -o no.c --int8
says 'data without int8' 2 '--calibrate without --int8' "$lamina" export small.npz -o no.c $data
printf '1,2,3,4\n2,3,4,5\n' >four.csv
says 'int8 of other data' 1 'samples of 3 to calibrate; expected the net' \
	"$lamina" export small.npz -o no.c --int8 --calibrate four.csv --values
test ! -e no.c
verdict '... of which nothing is written' $?
says 'export elsewhere' 2 'expected a name that ends with .c' "$lamina" export small.npz -o small.h
says 'export without a file' 2 'expected --output' "$lamina" export small.npz
says 'an option of C for ONNX' 2 '--name for an ONNX file' \
	"$lamina" export small.npz -o small.onnx --name x
says 'an option of ONNX for C' 2 '--opset for a file of C' \
	"$lamina" export small.npz -o small.c --opset 17
if "$lamina" export small.npz -o small.onnx 2>&1 | grep -q 'configured without'; then
	echo 'skip  ONNX: configured without protobuf-c'
else
	says 'an option of import, as the command has it' 1 'with the batch; --shape is 2x3' sh -c \
		"'$lamina' export small.npz -o two.onnx && '$lamina' import two.onnx -o two.npz \
			--shape 2x3"
	says 'export as ONNX' 0 'small.onnx: ' "$lamina" export small.npz -o small.onnx --opset 18
	for net in small.npz small.onnx; do
		"$lamina" predict $net new.csv --like table.csv --drop id --plain
	done >said
	awk '{ first[NR] = $1; second[NR] = $2 }
		END {
			d = first[1] - first[2]
			e = second[1] - second[2]
			exit NR != 2 || d * d + e * e > 1e-10
		}' said
	verdict '... which predicts the same' $?
	says '... and has the names of the classes' 0 'classes: long, wide' \
		"$lamina" info small.onnx
	says '... also when it is imported' 0 'again.npz: ' "$lamina" import small.onnx -o again.npz
	says '... where they are shown' 0 'classes: long, wide' "$lamina" info again.npz
	says '... as predictions' 0 '%  wide' \
		"$lamina" predict small.onnx new.csv --columns length,width
fi
says 'import of no file' 1 'none.onnx: cannot be read' "$lamina" import none.onnx -o none.npz
says 'import elsewhere' 2 'expected a name that ends with .npz' "$lamina" import a.onnx -o a.onnx
relu=/usr/share/libonnx-testdata/data/node/test_relu
if test -f $relu/model.onnx; then
	says 'import' 0 'relu.npz: 0 parameters' "$lamina" import $relu/model.onnx -o relu.npz
	says '... as a net like others' 0 'relu' "$lamina" info relu.npz
	says 'info of an ONNX file' 0 'relu' "$lamina" info $relu/model.onnx
	says 'import of what lamina has not' 1 '(LSTM): lamina has no layer for this operator' \
		"$lamina" import ${relu%relu}lstm_defaults/model.onnx -o lstm.npz
fi
says 'bench' 0 'samples/s' "$lamina" bench small.net --seconds 0.01

# A folder of images, with a file that is none.
mkdir -p pictures/even pictures/odd
cp "$top_srcdir/tests/fuzz/corpus/png/rgb" pictures/even/1.png
cp "$top_srcdir/tests/fuzz/corpus/png/grey" pictures/odd/1.png
sed 's/^input 2/input 3x2x2/' small.net >image.net
# npy SHAPE: twelve values of this shape.
npy()
{
	printf '\223NUMPY\1\0\166\0%-117s\n' \
		"{'descr': '<f4', 'fortran_order': False, 'shape': ($1), }"
	head -c 48 /dev/zero
}
npy '1, 2, 2, 3' >last.npy
npy '1, 3, 2, 2' >first.npy
npy '1, 12' >row.npy
says 'an array of channels last' 1 'a sample is 2x2x3; the net expects 3x2x2' \
	"$lamina" predict image.net last.npy
says '... of channels first' 0 'sample 0' "$lamina" predict image.net first.npy
says '... of rows' 0 'sample 0' "$lamina" predict image.net row.npy
says 'a description has no trained weights' 0 'image.net has random weights' \
	"$lamina" predict image.net first.npy
if "$lamina" predict image.net pictures/odd/1.png 2>&1 | grep -q 'without libpng'; then
	echo 'skip  images: configured without libpng'
else
	says 'train on images' 0 'has the net' "$lamina" train image.net --data pictures --quiet
	says 'predict an image' 0 '%  odd' "$lamina" predict image.npz pictures/odd/1.png
	echo none >pictures/odd/2.png
	says 'a broken image' 1 'odd/2.png: is neither PNG' \
		"$lamina" eval image.npz --data pictures
	says 'and without it' 0 '2 samples' "$lamina" eval image.npz --data pictures --skip-broken
	mkdir flat
	cp pictures/even/1.png flat/b.png
	cp pictures/odd/1.png flat/a.png
	says 'predict a folder of images alone' 0 '%  odd' "$lamina" predict image.npz flat
	grep -qx flat/a.png said && grep -qx flat/b.png said
	verdict '... which are named' $?
	says 'predict in a line each' 0 'flat/a.png' "$lamina" predict image.npz flat --top 1
	test "$(wc -l <said)" = 2
	verdict '... two lines' $?
	"$lamina" predict image.npz flat --plain >said
	for image in a b; do "$lamina" predict image.npz flat/$image.png --plain; done | cmp - said
	verdict '... as each image by itself' $?
	says 'train on images alone' 1 'flat: has 0 folders and 2 images; expected a folder for' \
		"$lamina" train image.net --data flat
	says 'eval on images alone' 1 'flat: has 0 folders and 2 images; expected a folder for' \
		"$lamina" eval image.npz --data flat
	says 'images for a net of numbers' 1 'the net expects samples of 2, not of 1 or 3 x' \
		"$lamina" eval small.npz --data flat
	echo none >flat/c.png
	says 'a broken image alone' 1 'flat/c.png: is neither PNG' \
		"$lamina" predict image.npz flat
	says 'and without it' 0 '1 file of' "$lamina" predict image.npz flat --skip-broken
	mkdir empty
	says 'a folder without images' 1 'empty: has no image' "$lamina" predict image.npz empty
	says 'a wrong size' 2 'as 3x64x64' "$lamina" eval image.npz --data pictures --image 3x
fi

# A run that is stopped and goes on equals one that was never stopped, bit for bit.
$train --epochs 300 --save whole.npz --lr 0.001 >said 2>&1
for try in 1 2 3; do
	timeout -s INT 0.$try $train --epochs 300 --save parts.npz --lr 0.001 >said 2>&1
	status=$?
	test $status = 124 || test $status = 0 || verdict "interrupted" 1
done
says 'a stopped run goes on' 0 'has the net' $train --epochs 300 --save parts.npz --lr 0.001
says 'and ends the same' 0 'the same' "$lamina" diff whole.npz parts.npz

says 'diff of others' 1 'values differ' "$lamina" diff small.npz whole.npz
says 'a net that is not there' 1 'is no file, and no description' "$lamina" info nonet
says 'data that is not there' 1 'cannot open' $train --data no.csv
says 'data of no known kind' 1 'is no data that is known' "$lamina" train small.net --data x.what
says 'a wrong number' 2 'expected a whole number from 1' $train --epochs 0
says 'a wrong word' 2 'expected one of sgd, adam' $train --optimizer sdg
says 'a saved net over itself' 2 'over' "$lamina" train small.npz --data table.csv --save small.npz
sed 's/out=8/out=8 outt=2/' small.net >wrong.net
says 'a wrong description' 1 'line 5: affine has no option outt' "$lamina" info wrong.net
says 'output to a full disk' 1 'cannot be written' sh -c "'$lamina' info small.net >/dev/full"
says 'every description can be read' 0 '' sh -c \
	"for net in '$LAMINA_NETS'/*.net; do '$lamina' info \"\$net\" || exit 1; done"

for columns in 60 80 200; do
	COLUMNS=$columns "$lamina" predict small.npz new.csv --like table.csv --drop id >said
	test "$(LC_ALL=C.UTF-8 wc -L <said)" -le $columns
	verdict "predictions fit $columns columns" $?
done
exit $result
