# SPDX-License-Identifier: MIT
# A part of tests/installed.sh: who drops a result is warned, once for each.

cat >"$work/dropped.c" <<'EOF'
#include <lamina.h>

void drop(lam_net *net, lam_dataset *data, lam_real *x, lam_real *y, lam_report *report);
void drop(lam_net *net, lam_dataset *data, lam_real *x, lam_real *y, lam_report *report)
{
	const lam_optimizer sgd = lam_sgd(.lr = 1);
	lam_net_predict(net, x, 1, y);
	lam_net_step(net, &sgd, x, y, 1);
	lam_fit(net, data, report, .epochs = 1);
	lam_net_save(net, "x.npz");
	lam_dataset_read(data, 0, x, y);
	lam_affine(.out = 3);
	lam_sequential(lam_relu(), lam_relu());
	lam_residual(lam_relu());
	lam_net_create(lam_relu(), LAM_SHAPE(1));
	lam_dataset_arrays(x, LAM_SHAPE(1), y, 1);
	lam_adam(.lr = 1);
	lam_graph_done(lam_graph_new());
	lam_graph_new();
	lam_net_summary(net, stdout); /* harms nobody */
}
EOF
for compiler in gcc clang; do
	name="a dropped result is warned of by $compiler"
	if ! command -v $compiler >/dev/null 2>&1; then
		echo "skip  $name: not installed"
		continue
	fi
	$compiler -std=c11 $(flags --cflags lamina) -c "$work/dropped.c" -o "$work/dropped.o" \
		>"$work/output" 2>&1
	warnings=$(grep -c 'warning: ignoring return value' "$work/output")
	if test "$warnings" = 13; then
		echo "ok    $name"
	else
		cat "$work/output"
		echo "$warnings warnings, expected 13"
		echo "FAIL  $name"
		result=1
	fi
done
