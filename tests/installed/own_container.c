/* SPDX-License-Identifier: MIT */
/* A container of one's own: `times` blocks, y = x + f_k(x), of which each is one of its children;
 * the sums are lam_plan_add()'s. In a graph it is a layer like any other. */
#include <lamina.h>
#include <stdio.h>
#include <string.h>

struct ladder {
	LAM_LAYER_OPTIONS;
	bool joined; /* the outputs of all blocks side by side, not the last one's */
};

static const lam_option ladder_options[] = {
	LAM_OPTION(struct ladder, joined, BOOL),
	LAM_OPTIONS_END,
};

enum { MOST = 3, N = 20 };

/* Children 0 to count - 2 are the blocks, the last child is a join. */
static lam_slot ladder_expand(const lam_layer *self, lam_plan *plan, lam_slot x)
{
	const struct ladder *ladder = lam_layer_state(self);
	const int blocks = lam_layer_child_count(self) - 1;
	lam_slot out[MOST];
	for (int k = 0; k < blocks; k++) {
		char role[8];
		snprintf(role, sizeof role, "%d", k);
		out[k] = lam_plan_add(
			plan, x, lam_plan_layer(plan, lam_layer_child(self, k), x, role));
		x = out[k];
	}
	lam_layer *join = lam_layer_child(self, blocks);
	return ladder->joined ? lam_plan_join(plan, join, out, blocks, "join")
			      : lam_plan_join(plan, join, &out[blocks - 2], 2, "join");
}

static const char *ladder_role(const lam_layer *self, int index)
{
	static const char *const numbers[] = {"0", "1", "2"};
	return index == lam_layer_child_count(self) - 1 ? "join" : numbers[index];
}

static const lam_layer_class ladder_class = {
	LAM_LAYER_ABI,
	.kind = "ladder",
	.state_size = sizeof(struct ladder),
	.options = ladder_options,
	.min_children = 3,
	.max_children = MOST + 1,
	.expand = ladder_expand,
	.role = ladder_role,
};

static lam_layer *ladder(bool joined)
{
	lam_layer *blocks[] = {lam_sequential(lam_affine(.out = 6), lam_tanh()), lam_silu(),
		lam_affine(.out = 6), joined ? lam_concat() : lam_add()};
	const struct ladder options = {.size = sizeof options, .joined = joined};
	return lam_layer_new_with_children(&ladder_class, &options, blocks, 4);
}

int main(void)
{
	static lam_real x[N][6], y[N][6], again[N][6];
	static int32_t label[N];
	lam_gradcheck_report r;
	lam_status s = lam_gradcheck(ladder(true), LAM_SHAPE(6), &r);
	if (!s)
		s = lam_gradcheck(ladder(false), LAM_SHAPE(6), &r);
	for (int i = 0; i < N * 6; i++)
		x[i / 6][i % 6] = (lam_real)(i % 11 - 5) / 4;
	for (int i = 0; i < N; i++)
		label[i] = i % 6;

	lam_graph *g = lam_graph_new();
	lam_value in = lam_graph_input(g, "x", LAM_SHAPE(6));
	lam_value low = lam_apply(g, ladder(false), in), high = lam_apply(g, ladder(true), low);
	low = lam_apply(g, lam_affine(.out = 6), lam_apply(g, lam_concat(), low, high));
	lam_graph_loss(g, lam_softmax_cross_entropy(), low, .name = "kind");
	lam_net *net = lam_net_create(lam_graph_done(g), .max_batch = N, .seed = 1);
	const lam_io io[] = {{"x", x}, {"kind", label}, {0}};
	const lam_optimizer adam = lam_adam(.lr = 0.03f);
	s = !net ? lam_error_status() : s;
	for (int step = 0; step < 60 && !s; step++)
		s = lam_net_step_io(net, &adam, io, N);
	if (!s)
		s = lam_net_predict(net, x[0], N, y[0]);
	if (!s)
		s = lam_net_save(net, "ladder.npz");
	lam_net *loaded = s
		? NULL
		: lam_net_load("ladder.npz", .max_batch = N, .inference = true,
			.classes = (const lam_layer_class *const[]){&ladder_class, NULL});
	if (!s)
		s = loaded ? lam_net_predict(loaded, x[0], N, again[0]) : lam_error_status();
	if (s)
		fprintf(stderr, "%s\n", lam_error());
	lam_net_free(loaded);
	lam_net_free(net);
	return s || memcmp(y, again, sizeof y);
}
