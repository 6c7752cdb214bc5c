/* SPDX-License-Identifier: MIT */
/* A net of two inputs and two losses. */
#include <lamina.h>
#include <stdio.h>

enum { n = 16, steps = 60 };

static lam_real x[n][28 * 28], z[n][3], prices[n], p[n][10], y[n];
static int32_t labels[n];

static void make_data(void)
{
	for (int i = 0; i < n; i++) {
		labels[i] = i % 10;
		prices[i] = (lam_real)(i % 3);
		z[i][i % 3] = 1;
		for (int k = 0; k < 28 * 28; k++)
			x[i][k] = (lam_real)(k % 28 < 2 * labels[i] + 4);
	}
}

int main(void)
{
	lam_graph *g = lam_graph_new();
	lam_value image = lam_graph_input(g, "image", LAM_SHAPE(1, 28, 28));
	lam_value size = lam_graph_input(g, "size", LAM_SHAPE(3));
	lam_value a = lam_apply(g,
		lam_sequential(
			lam_conv2d(.out = 8, .kernel = {3}), lam_relu(), lam_global_avg_pool()),
		image);
	/* a join without branches takes several values */
	lam_value both = lam_apply(g, lam_concat(), a, size);
	lam_value kind = lam_apply(g, lam_affine(.out = 10), both);
	lam_value price = lam_apply(g, lam_affine(.out = 1, .name = "price"), both);
	lam_graph_loss(g, lam_softmax_cross_entropy(), kind, .name = "kind");
	lam_graph_loss(g, lam_mean_squared_error(), price, .name = "price_error", .weight = 0.5f);
	/* a graph's inputs carry their shapes */
	lam_net *net = lam_net_create(lam_graph_done(g), .max_batch = 64, .seed = 1);

	make_data();
	const lam_optimizer adam = lam_adam(.lr = 0.02f);
	lam_status s = net ? LAM_OK : lam_error_status();
	double first = 0;
	for (int step = 0; step < steps && !s; step++) {
		s = lam_net_step_io(net, &adam,
			(const lam_io[]){{"image", x}, {"size", z}, {"kind", labels},
				{"price_error", prices}, {0}},
			n);
		first = step ? first : lam_net_loss(net);
	}
	if (!s)
		s = lam_net_predict_io(net, (const lam_io[]){{"image", x}, {"size", z}, {0}}, n,
			(const lam_out[]){{"kind", p[0]}, {"price_error", y}, {0}});
	if (!s)
		s = lam_net_save(net, "graph.npz");
	lam_net *again = s ? NULL : lam_net_load("graph.npz", .inference = true);
	if (s || !again) {
		fprintf(stderr, "%s\n", lam_error());
		return 1;
	}
	printf("loss %g, then %g: kind %g, price %g\n", first, lam_net_loss(net),
		lam_net_loss_of(net, "kind"), lam_net_loss_of(net, "price_error"));
	const int failed = !(lam_net_loss(net) < 0.7 * first) || !(y[2] - y[0] > 0.5f);
	lam_net_free(again);
	lam_net_free(net);
	return failed;
}
