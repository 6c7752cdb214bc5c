# SPDX-License-Identifier: MIT
# A part of tests/installed.sh: targets are pointers to int32_t, lam_real, void or char; with others
# a program does not compile.

for call in 'lam_dataset_arrays(x, LAM_SHAPE(2), t, 2)' 'lam_net_step(net, &sgd, x, t, 2)' \
	'lam_net_forward(net, LAM_EVAL, x, t, 2)'; do
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
