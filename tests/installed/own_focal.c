/* SPDX-License-Identifier: MIT */
/* A loss of one's own: the focal loss of Lin et al. (2017) at each place, from logits z [K, places]
 * with targets that are classes c: L = -(1 - p_c)^gamma log p_c, p = softmax(z), the output. */
#include <lamina.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct focal {
	LAM_LAYER_OPTIONS;
	lam_real gamma;
	int64_t classes, places; /* set by .check */
};

static const lam_option focal_options[] = {
	LAM_OPTION(struct focal, gamma, REAL, .fallback = 2, .least = 1, .most = 10),
	LAM_OPTIONS_END,
};

static lam_status focal_check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs, (void)out;
	struct focal *focal = lam_layer_state(self);
	focal->classes = in->dim[0];
	focal->places = lam_shape_count(in) / in->dim[0];
	return LAM_OK;
}

static lam_status focal_targets(const lam_layer *self, const lam_shape *in, lam_target_info *info)
{
	(void)self;
	*info = (lam_target_info){.type = LAM_CLASSES, .classes = in->dim[0], .shape = *in};
	info->shape.rank = in->rank - 1;
	memmove(info->shape.dim, info->shape.dim + 1, (size_t)(in->rank - 1) * sizeof in->dim[0]);
	return LAM_OK;
}

/* Value 0 of a place and lane; class k lies k * places * 16 values farther on. */
static lam_status focal_forward(const lam_layer *self, const lam_pass *pass)
{
	const struct focal *focal = lam_layer_state(self);
	const int64_t stride = focal->places * LAM_LANES, end = focal->classes * stride;
	double loss = 0;
	for (int64_t i = 0; i < stride; i++) {
		const int64_t lane = i % LAM_LANES;
		const lam_real *z = pass->x->data + i;
		lam_real *p = pass->out->data + i;
		double most = -INFINITY, sum = 0;
		for (int64_t k = 0; k < end; k += stride)
			most = fmax(most, (double)z[k]);
		for (int64_t k = 0; k < end; k += stride)
			sum += exp((double)z[k] - most);
		for (int64_t k = 0; k < end; k += stride)
			p[k] = (lam_real)(exp((double)z[k] - most) / sum);
		if (!pass->loss || lane >= pass->real)
			continue;
		const int32_t *c = pass->targets;
		c += (pass->block * LAM_LANES + lane) * focal->places + i / LAM_LANES;
		const double log_p = (double)z[*c * stride] - most - log(sum);
		loss -= pow(-expm1(log_p), (double)focal->gamma) * log_p;
	}
	if (pass->loss)
		*pass->loss = loss;
	return LAM_OK;
}

/* dL/dz_k = g (delta_kc - p_k) / count,   g = gamma p (1 - p)^(gamma - 1) log p - (1 - p)^gamma */
static lam_status focal_backward(const lam_layer *self, const lam_pass *pass)
{
	const struct focal *focal = lam_layer_state(self);
	const int64_t stride = focal->places * LAM_LANES;
	const double gamma = (double)focal->gamma;
	memset(pass->dx->data, 0, (size_t)pass->dx->values * sizeof(lam_real));
	for (int64_t i = 0; i < stride; i++) {
		const int64_t lane = i % LAM_LANES, place = i / LAM_LANES;
		if (lane >= pass->real || pass->count == 0)
			continue;
		const int32_t *c = pass->targets;
		c += (pass->block * LAM_LANES + lane) * focal->places + place;
		const lam_real *y = pass->y->data + i;
		const double p = fmax((double)y[*c * stride], 1e-30), q = 1 - p;
		const double g = gamma * p * pow(q, gamma - 1) * log(p) - pow(q, gamma);
		for (int64_t k = 0; k < focal->classes; k++)
			pass->dx->data[k * stride + i] = (lam_real)(g
				* ((k == *c) - (double)y[k * stride]) / pass->count);
	}
	return LAM_OK;
}

static const lam_layer_class focal_class = {
	LAM_LAYER_ABI,
	.kind = "focal",
	.flags = LAM_LOSS | LAM_KEEP_Y | LAM_EVAL_BACKWARD,
	.state_size = sizeof(struct focal),
	.options = focal_options,
	.metric = LAM_METRIC_CLASS,
	.check = focal_check,
	.targets = focal_targets,
	.forward = focal_forward,
	.backward = focal_backward,
};
#define focal(...) \
	lam_layer_new(&focal_class, &(struct focal){.size = sizeof(struct focal), __VA_ARGS__})

enum { N = 20, H = 4, K = 3 };

int main(void)
{
	static lam_real x[N][H * H], y[N][K * H * H], again[N][K * H * H];
	static int32_t map[N][H * H], kind[N];
	lam_gradcheck_report r;
	lam_status s = lam_gradcheck(focal(), LAM_SHAPE(K, H, H), &r);
	if (!s)
		s = lam_gradcheck(focal(.gamma = 1.5f), LAM_SHAPE(K), &r);
	for (int i = 0; i < N * H * H; i++) {
		x[i / (H * H)][i % (H * H)] = (lam_real)(i * i % 13 - 6) / 4;
		map[i / (H * H)][i % (H * H)] = i * i % 13 / 5;
		kind[i / (H * H)] = i / (H * H) % K;
	}

	lam_graph *g = lam_graph_new();
	lam_value in = lam_graph_input(g, "x", LAM_SHAPE(1, H, H)), h, top;
	h = lam_apply(
		g, lam_sequential(lam_conv2d(.out = 8, .kernel = {3}, .pad = {1}), lam_tanh()), in);
	top = lam_apply(g, lam_conv2d(.out = K, .kernel = {1}), h);
	lam_graph_loss(g, focal(), top, .name = "map");
	lam_graph_loss(g, focal(.gamma = 1.5f), lam_apply(g, lam_affine(.out = K), h),
		.name = "kind", .weight = 0.3f);
	lam_net *net = lam_net_create(lam_graph_done(g), .max_batch = N, .seed = 1);
	const lam_io io[] = {{"x", x}, {"map", map}, {"kind", kind}, {0}};
	const lam_out out[] = {{"map", y[0]}, {0}}, out_again[] = {{"map", again[0]}, {0}};
	const lam_optimizer adam = lam_adam(.lr = 0.03f);
	double first = 0;
	s = !net ? lam_error_status() : s;
	for (int step = 0; step < 100 && !s; step++) {
		s = lam_net_step_io(net, &adam, io, N);
		first = step ? first : lam_net_loss_of(net, "map");
	}
	const bool learned = !s && lam_net_loss_of(net, "map") < 0.3 * first;
	if (!s)
		s = lam_net_predict_io(net, io, N, out);
	if (!s)
		s = lam_net_save(net, "focal.npz");
	lam_net *loaded = s
		? NULL
		: lam_net_load("focal.npz", .max_batch = N, .inference = true,
			.classes = (const lam_layer_class *const[]){&focal_class, NULL});
	if (!s)
		s = loaded ? lam_net_predict_io(loaded, io, N, out_again) : lam_error_status();
	if (s)
		fprintf(stderr, "%s\n", lam_error());
	else
		printf("loss %g, then %g\n", first, lam_net_loss_of(net, "map"));
	lam_net_free(loaded);
	lam_net_free(net);
	return s || !learned || memcmp(y, again, sizeof y);
}
