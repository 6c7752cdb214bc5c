# SPDX-License-Identifier: MIT
# A part of tests/installed.sh: a value without a name, where options are named, is warned of by the
# compiler and refused by the library with a sentence. For every macro that takes options.

# macros HEADER…: the names of their macros that take named options.
macros()
{
	(cd "$top_srcdir" && sed -n 's/^#define lam_\([a-z0-9_]*\)(\.\.\.).*/\1/p' "$@")
}

layers=$(cd "$top_srcdir" && ls $public_headers | grep '^layers/')
layers=$(macros $layers | grep -vxE 'sequential|residual|concat|add|multiply|graph_loss')
{
	cat <<'EOF'
#include <lamina.h>
#include <string.h>
static int failed;
static void refused(const char *call, int is)
{
	is = is && lam_error_status() == LAM_ERR_ARGUMENT;
	if (!is || !strstr(lam_error(), "a value without a name"))
		failed = printf("%s: %s\n", call, is ? lam_error() : "not refused");
	(void)lam_fail(LAM_OK, "");
}
#define REFUSED(is) refused(#is, is)
int main(void)
{
	const lam_real x[1] = {0};
	const int32_t labels[1] = {0};
	lam_dataset *data = lam_dataset_arrays(x, LAM_SHAPE(1), labels, 1);
	lam_net *net = lam_net_create(lam_relu(), LAM_SHAPE(1));
	lam_score score;
	lam_layer *shortcut = NULL;
	lam_layer *loss = lam_mean_squared_error();
	lam_graph *graph = lam_graph_new();
	const lam_value value = lam_graph_input(graph, "x", LAM_SHAPE(1));
EOF
	for macro in $layers; do
		echo "	REFUSED(!lam_$macro(3));"
		echo "	REFUSED(!lam_$macro(0, 3));"
	done
	for macro in $(macros framework/optimizer.h); do
		echo "	REFUSED(lam_$macro(3).rule == LAM_RULE_NONE);"
	done
	for macro in $(macros framework/schedule.h); do
		echo "	REFUSED(lam_$macro(3).kind == LAM_SCHEDULE_INVALID);"
	done
	cat <<'EOF'
	REFUSED(!lam_residual(lam_relu(), 3));
	REFUSED(!lam_residual(lam_relu(), shortcut));
	REFUSED(!lam_net_create(lam_relu(), LAM_SHAPE(1), 8));
	REFUSED(!lam_net_replica(net, 1));
	REFUSED(lam_net_save(net, "x.npz", 1));
	REFUSED(!lam_net_load("x.npz", 1));
	REFUSED(lam_net_load_params(net, "x.npz", 1));
	REFUSED(lam_fit(net, data, NULL, 5));
	REFUSED(lam_optimizer_of(NULL, 5).rule == LAM_RULE_NONE);
	REFUSED(lam_evaluate(net, data, &score, 5));
	REFUSED(lam_gradcheck(lam_relu(), LAM_SHAPE(1), NULL, 4));
	REFUSED(lam_replay("x.npz", 4));
	REFUSED((lam_graph_loss(graph, loss, value, 4), !lam_graph_done(graph)));
	REFUSED(!lam_loader_new(data, 4));
	REFUSED(!lam_dataset_arrays(x, LAM_SHAPE(1), labels, 1, 2));
	REFUSED(!lam_mnist_open(NULL, LAM_SPLIT_TRAIN, 10));
	lam_net_free(net);
	lam_dataset_free(data);
	return failed;
}
EOF
} >"$work/named.c"
tries=$(grep -c '	REFUSED(' "$work/named.c")

for compiler in gcc clang; do
	name="a value without a name is warned of by $compiler, and refused"
	if ! command -v $compiler >/dev/null 2>&1; then
		echo "skip  $name: not installed"
		continue
	fi
	$compiler -std=c11 $(flags --cflags lamina) "$work/named.c" \
		$(flags --libs lamina) -o "$work/program" >"$work/warnings" 2>&1
	warnings=$(grep 'named\.c:.*warning:' "$work/warnings" | cut -d: -f2 | sort -u | wc -l)
	if test "$warnings" = "$tries" && "$work/program" >"$work/output" 2>&1; then
		echo "ok    $name"
	else
		cat "$work/warnings" "$work/output"
		echo "$warnings of $tries lines warned of"
		echo "FAIL  $name"
		result=1
	fi
done
