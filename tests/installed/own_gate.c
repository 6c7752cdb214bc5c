/* SPDX-License-Identifier: MIT */
/* A join of one's own: a gate, y = sigmoid(a) b, for two inputs of one shape. */
#include <lamina.h>
#include <stdio.h>
#include <string.h>

static lam_status gate_check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)self, (void)inputs, (void)out; /* out has the shape of in[0] already */
	if (!lam_shape_equal(&in[0], &in[1]))
		return lam_fail(LAM_ERR_SHAPE, "two shapes (%s and %s); expected one",
			lam_shape_text(in[0]).text, lam_shape_text(in[1]).text);
	return LAM_OK;
}

static lam_status gate_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	lam_real *y = pass->out->data;
	lam_vec_sigmoid(y, pass->x[0].data, (size_t)pass->out->values);
	for (int64_t i = 0; i < pass->out->values; i++)
		y[i] *= pass->x[1].data[i];
	return LAM_OK;
}

/* da = dy b s (1 - s),   db = dy s,   s = sigmoid(a) */
static lam_status gate_backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	const lam_real *dy = pass->dy->data;
	lam_real s[LAM_LANES];
	for (int64_t i = 0; i < pass->dy->values; i++) {
		const int64_t lane = i % LAM_LANES;
		if (lane == 0)
			lam_vec_sigmoid(s, pass->x[0].data + i, LAM_LANES);
		if (pass->dx[0].data)
			pass->dx[0].data[i] = dy[i] * pass->x[1].data[i] * s[lane] * (1 - s[lane]);
		if (pass->dx[1].data)
			pass->dx[1].data[i] = dy[i] * s[lane];
	}
	return LAM_OK;
}

static const lam_layer_class gate_class = {
	LAM_LAYER_ABI,
	.kind = "gate",
	.flags = LAM_KEEP_X | LAM_EVAL_BACKWARD,
	.min_inputs = 2,
	.max_inputs = 2,
	.check = gate_check,
	.forward = gate_forward,
	.backward = gate_backward,
};

enum { N = 20 };

int main(void)
{
	static lam_real x[N][5], z[N][3], t[N][4], y[N][4], again[N][4];
	lam_gradcheck_report r;
	lam_status s = lam_gradcheck(lam_layer_new(&gate_class, NULL), .report = &r, .inputs = 2,
		.shapes = (const lam_shape[]){LAM_SHAPE(3, 5), LAM_SHAPE(3, 5)});
	if (!s)
		printf("%lld gradients, the worst off by %g\n", (long long)r.checked, r.max_error);

	lam_graph *g = lam_graph_new();
	lam_value a = lam_graph_input(g, "x", LAM_SHAPE(5)),
		  b = lam_graph_input(g, "z", LAM_SHAPE(3));
	a = lam_apply(g, lam_affine(.out = 4), a);
	b = lam_apply(g, lam_affine(.out = 4), b);
	a = lam_apply(g, lam_layer_new(&gate_class, NULL), a, b);
	lam_graph_loss(g, lam_mean_squared_error(), a);
	lam_net *net = lam_net_create(lam_graph_done(g), .max_batch = N, .seed = 1);
	for (int i = 0; i < N * 5; i++)
		x[i / 5][i % 5] = (lam_real)(i % 7 - 3) / 4;
	for (int i = 0; i < N * 3; i++)
		z[i / 3][i % 3] = (lam_real)(i % 5 - 2) / 2;
	for (int i = 0; i < N * 4; i++)
		t[i / 4][i % 4] = x[i / 4][0] * z[i / 4][0] > 0;
	const lam_io io[] = {{"x", x}, {"z", z}, {"loss", t}, {0}};
	const lam_optimizer adam = lam_adam(.lr = 0.03f);
	s = !net ? lam_error_status() : s;
	for (int step = 0; step < 100 && !s; step++)
		s = lam_net_step_io(net, &adam, io, N);
	if (!s)
		s = lam_net_predict_io(net, io, N, (const lam_out[]){{"loss", y[0]}, {0}});
	if (!s)
		s = lam_net_save(net, "gate.npz");
	lam_net *loaded = s ? NULL
			    : lam_net_load("gate.npz", .max_batch = N, .inference = true,
				    .classes = (const lam_layer_class *const[]){&gate_class, NULL});
	if (!s)
		s = loaded ? lam_net_predict_io(
			    loaded, io, N, (const lam_out[]){{"loss", again[0]}, {0}})
			   : lam_error_status();
	if (s)
		fprintf(stderr, "%s\n", lam_error());
	lam_net_free(loaded);
	lam_net_free(net);
	return s || memcmp(y, again, sizeof y);
}
