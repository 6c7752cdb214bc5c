/* SPDX-License-Identifier: MIT */
/* A newcomer's job: one net with two outputs, a class and several labels that may all be true. */
#include <lamina.h>
#include <stdio.h>

enum { N = 128, IN = 6, CLASSES = 3, LABELS = 4 };

int main(void)
{
	static lam_real x[N][IN], labels[N][LABELS], p[N][CLASSES], q[N][LABELS];
	static int32_t kind[N];
	for (int i = 0; i < N; i++) {
		for (int k = 0; k < IN; k++)
			x[i][k] = (lam_real)lam_random_normal(1, (uint64_t)(i * IN + k));
		kind[i] = x[i][0] > 0 ? 2 : x[i][1] > 0;
		for (int k = 0; k < LABELS; k++)
			labels[i][k] = x[i][k] > x[i][k + 1];
	}
	lam_graph *g = lam_graph_new();
	lam_value in = lam_graph_input(g, "x", LAM_SHAPE(IN));
	lam_value body = lam_apply(g, lam_sequential(lam_affine(.out = 32), lam_relu()), in);
	lam_value a = lam_apply(g, lam_affine(.out = CLASSES), body);
	lam_value b = lam_apply(g, lam_affine(.out = LABELS), body);
	lam_graph_loss(g, lam_softmax_cross_entropy(), a, .name = "kind");
	lam_graph_loss(g, lam_sigmoid_cross_entropy(), b, .name = "labels", .weight = 2);
	lam_net *net = lam_net_create(lam_graph_done(g), .max_batch = N, .seed = 1);
	lam_dataset *data = lam_dataset_fields(N,
		(const lam_field[]){{"x", x, .shape = LAM_SHAPE(IN)},
			{"kind", kind, .role = LAM_ROLE_CLASSES, .classes = CLASSES},
			{"labels", labels, .role = LAM_ROLE_VALUES, .shape = LAM_SHAPE(LABELS)},
			{0}});
	if (!net || !data
		|| lam_fit(net, data, NULL, .epochs = 200, .batch = 32,
			.optimizer = lam_adam(.lr = 0.01f))
		|| lam_net_predict_io(net, (const lam_io[]){{"x", x}, {0}}, N,
			(const lam_out[]){{"kind", p[0]}, {"labels", q[0]}, {0}}))
		return fprintf(stderr, "%s\n", lam_error()), 1;
	int right = 0;
	for (int i = 0; i < N; i++)
		right += p[i][kind[i]] * 2 > 1 && (q[i][0] * 2 > 1) == (labels[i][0] > 0);
	return lam_net_free(net), lam_dataset_free(data), right < 115;
}
