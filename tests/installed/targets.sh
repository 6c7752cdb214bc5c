# SPDX-License-Identifier: MIT
# A part of tests/installed.sh: targets are pointers to int32_t, lam_real, void or char; with other
# numbers a program does not compile. Arrays of rows, NULL and compound literals do.

for call in 'lam_net_step(net, &sgd, x, t, 2)' 'lam_net_forward(net, LAM_EVAL, x, t, 2)'; do
	for type in int32_t lam_real void char int64_t uint8_t uint32_t 'long double'; do
		for const in '' 'const '; do
			f="int f(lam_net *net, lam_optimizer sgd, lam_real *x, $const$type *t)"
			printf '%s\n' '#include <lamina.h>' "$f;" "$f" \
				"{ (void)net; (void)sgd; (void)x; (void)t; return !$call; }"
		done >"$work/types"
		split -l 4 "$work/types" "$work/types."
		for program in "$work"/types.a[ab]; do
			for compiler in gcc clang; do
				command -v $compiler >/dev/null 2>&1 || continue
				$compiler -x c -std=c11 -Wall -Wextra -Werror \
					$(flags --cflags lamina) -fsyntax-only "$program" \
					>"$work/output" 2>&1
				status=$?
				case $type in
				int32_t | lam_real | void | char) test $status = 0 ;;
				*) test $status != 0 ;;
				esac || {
					cat "$program" "$work/output"
					bad_targets="$bad_targets; $compiler: $type * in $call"
				}
			done
		done
	done
done
name="targets of other types than int32_t and lam_real do not compile"
if test -z "$bad_targets"; then
	echo "ok    $name"
else
	echo "FAIL  $name$bad_targets"
	result=1
fi

cat >"$work/rows.c" <<'END'
#include <lamina.h>
int main(void)
{
	lam_real x[2][2] = {{0, 1}, {1, 0}}, rows[2][1] = {{0}, {1}};
	lam_optimizer sgd = lam_sgd(.lr = 1);
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = 1), lam_mean_squared_error()), LAM_SHAPE(2));
	lam_dataset *data = lam_dataset_arrays(
		x[0], LAM_SHAPE(2), rows, 2, .targets = LAM_VALUES, .target_shape = LAM_SHAPE(1));
	const int bad = !net || !data || lam_net_step(net, &sgd, x[0], rows, 2)
		|| lam_net_forward(net, LAM_EVAL, x[0], NULL, 2)
		|| lam_net_step(net, &sgd, (lam_real[]){0, 1, 1, 0}, (lam_real[]){0, 1}, 2);
	lam_dataset_free(data);
	lam_net_free(net);
	return bad;
}
END
for compiler in gcc clang; do
	try $compiler c c11 lamina "$work/rows.c"
done
