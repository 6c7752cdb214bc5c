/* SPDX-License-Identifier: MIT */
/* Rules of a caller's own: Lion and LAMB against the textbook in double; the same bits for any
 * number of threads; what a rule sees; classes and options that are refused. */
#include "framework/net/optimizer_check.h"

#include "tests/kit.h"
#include "tests/net/own_rules.h"

#include <stdlib.h>

/* The first weight has five pieces of 16384 values, the last one not whole. */
enum { IN = 300, HIDDEN = 250, OUT = 3, BATCH = 20, STEPS = 6, MOST = IN * HIDDEN };

static lam_real x[BATCH * IN];
static int32_t labels[BATCH];

static void fill(void)
{
	for (int i = 0; i < BATCH * IN; i++)
		x[i] = (lam_real)(i * 7919 % 1000) / 1000 - (lam_real)0.5;
	for (int i = 0; i < BATCH; i++)
		labels[i] = i % OUT;
}

static lam_net *net_of(int threads)
{
	fill();
	lam_net *net = lam_net_create(lam_sequential(lam_affine(.out = HIDDEN), lam_relu(),
					      lam_affine(.out = OUT), lam_softmax_cross_entropy()),
		LAM_SHAPE(IN), .max_batch = BATCH, .seed = 5, .threads = threads);
	check(net != NULL, "%s", lam_error());
	return net;
}

static void copy_values(lam_net *net, lam_real *to)
{
	for (int i = 0; i < lam_net_param_count(net); i++) {
		lam_param *p = lam_net_param(net, i);
		const lam_shape shape = lam_param_shape(p);
		const size_t count = (size_t)lam_shape_count(&shape);
		memcpy(to, lam_param_value(p), count * sizeof *to);
		to += count;
	}
}

enum { ALL = IN * HIDDEN + HIDDEN + HIDDEN * OUT + OUT };

/* The parameters after some steps. */
static void train(lam_optimizer optimizer, int threads, lam_real *values)
{
	lam_net *net = net_of(threads);
	require(net != NULL);
	for (int step = 0; step < STEPS; step++) {
		check_ok(lam_net_step(net, &optimizer, x, labels, BATCH - step % 2));
		optimizer.lr *= (lam_real)0.9;
	}
	copy_values(net, values);
	lam_net_free(net);
}

/* The textbook's loops over a whole parameter, in double. */
typedef struct book {
	double w[MOST], m[MOST], v[MOST], r[MOST];
} book;

static void book_lion(book *b, const lam_real *grad, int count, const lam_optimizer *o)
{
	for (int i = 0; i < count; i++) {
		const double g = (double)grad[i],
			     c = (double)o->beta1 * b->m[i] + (1 - (double)o->beta1) * g;
		const double sign = c > 0 ? 1 : c < 0 ? -1 : 0;
		b->w[i] -= (double)o->lr * (sign + (double)o->weight_decay * b->w[i]);
		b->m[i] = (double)o->beta2 * b->m[i] + (1 - (double)o->beta2) * g;
	}
}

static void book_lamb(book *b, const lam_real *grad, int count, const lam_optimizer *o, int t)
{
	double w2 = 0, r2 = 0;
	for (int i = 0; i < count; i++) {
		const double g = (double)grad[i], b1 = (double)o->beta1, b2 = (double)o->beta2;
		b->m[i] = b1 * b->m[i] + (1 - b1) * g;
		b->v[i] = b2 * b->v[i] + (1 - b2) * g * g;
		b->r[i] = b->m[i] / (1 - pow(b1, t))
				/ (sqrt(b->v[i] / (1 - pow(b2, t))) + (double)o->eps)
			+ (double)o->weight_decay * b->w[i];
		w2 += b->w[i] * b->w[i];
		r2 += b->r[i] * b->r[i];
	}
	double ratio = w2 > 0 && r2 > 0 ? sqrt(w2 / r2) : 1;
	ratio = ratio < (double)o->own[0] ? ratio : (double)o->own[0];
	for (int i = 0; i < count; i++)
		b->w[i] -= (double)o->lr * ratio * b->r[i];
}

/* Follows the first weight, whose gradient is the net's. */
static void follow(lam_optimizer optimizer, double tolerance)
{
	static book b;
	lam_net *net = net_of(2);
	require(net != NULL);
	memset(&b, 0, sizeof b);
	lam_param *p = lam_net_param(net, 0);
	const lam_real *w = lam_param_value(p);
	for (int i = 0; i < MOST; i++)
		b.w[i] = (double)w[i];
	for (int step = 0; step < STEPS; step++) {
		check_ok(lam_net_step(net, &optimizer, x, labels, BATCH));
		if (optimizer.rule_class == &lion_class)
			book_lion(&b, lam_param_grad(p), MOST, &optimizer);
		else
			book_lamb(&b, lam_param_grad(p), MOST, &optimizer, step + 1);
		double worst = 0;
		for (int i = 0; i < MOST; i++)
			worst = fmax(worst, fabs((double)w[i] - b.w[i]));
		check(worst <= tolerance, "%s, step %d: off by %g", lam_optimizer_name(&optimizer),
			step, worst);
	}
	lam_net_free(net);
}

static void lion_and_lamb_are_the_textbooks(void)
{
	const bool single = sizeof(lam_real) == sizeof(float);
	follow(lam_optimizer_of(&lion_class, .lr = (lam_real)0.01, .weight_decay = (lam_real)0.1),
		single ? 1e-7 : 1e-15);
	follow(lam_optimizer_of(&lamb_class, .lr = (lam_real)0.01, .weight_decay = (lam_real)0.1),
		single ? 1e-6 : 1e-14);
	follow(lam_optimizer_of(&lamb_class, .lr = (lam_real)0.01, .own = {(lam_real)0.01}),
		single ? 1e-6 : 1e-14);
}

/* Adds noise that depends on the value's index alone. */
static lam_status noisy_update(const lam_update *u)
{
	for (int64_t i = 0; i < u->count; i++)
		u->value[i] -= u->optimizer->lr
			* (u->gradient[i]
				+ (lam_real)lam_random_normal(u->key, (uint64_t)(u->first + i)));
	return u->whole >= u->first + u->count ? LAM_OK : lam_fail(LAM_ERR_STATE, "no whole");
}

static const lam_option bare_options[] = {OWN_RULE_LR, LAM_OPTIONS_END};
static const lam_rule_class noisy_class = {
	LAM_RULE_ABI, .name = "noisy", .options = bare_options, .update = noisy_update};

static void any_number_of_threads_gives_the_same_bits(void)
{
	static lam_real first[ALL], other[ALL];
	const lam_optimizer rules[] = {
		lam_optimizer_of(&lion_class, .lr = (lam_real)0.01),
		lam_optimizer_of(&lamb_class, .lr = (lam_real)0.01, .weight_decay = (lam_real)0.1),
		lam_optimizer_of(&noisy_class, .lr = (lam_real)0.001),
	};
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		for (int threads = 1; threads <= 3; threads++) {
			train(rules[i], threads, threads == 1 ? first : other);
			check(threads == 1 || !memcmp(first, other, sizeof first), "%s, %d threads",
				lam_optimizer_name(&rules[i]), threads);
		}
}

/* A rule that only notes what it sees of each parameter. */
static struct seen {
	double lr, weight_decay, gradient_scale, sum;
	int64_t step, values, pieces;
} seen[4];

static lam_status spy_measure(const lam_update *u, double *sum)
{
	for (int64_t i = 0; i < u->count; i++)
		sum[2] += (double)u->value[i];
	return LAM_OK;
}

static lam_status spy_update(const lam_update *u)
{
	/* of the layers of net_of(), whose weights and biases differ in size */
	static const int64_t sizes[4] = {IN * HIDDEN, HIDDEN, HIDDEN * OUT, OUT};
	int i = 0;
	while (sizes[i] != u->whole)
		i++;
	seen[i] = (struct seen){(double)u->optimizer->lr, (double)u->optimizer->weight_decay,
		(double)u->gradient_scale, u->sums[2], u->step, seen[i].values + u->count,
		seen[i].pieces + 1};
	return u->count > 16384 ? lam_fail(LAM_ERR_STATE, "a long piece") : LAM_OK;
}

static const lam_option spy_options[] = {
	OWN_RULE_LR,
	LAM_OPTION(lam_optimizer, weight_decay, REAL, .most = INT_MAX),
	LAM_OPTIONS_END,
};
static const lam_rule_class spy_class = {LAM_RULE_ABI, .name = "spy", .options = spy_options,
	.sums = 3, .measure = spy_measure, .update = spy_update};

static void a_rule_sees_the_settings(void)
{
	const lam_optimizer spy = lam_optimizer_of(&spy_class, .lr = 8, .weight_decay = 2);
	lam_net *net = net_of(1);
	require(net != NULL);
	lam_param_set_rate(lam_net_param(net, 0), (lam_real)0.5);
	lam_param_set_decay(lam_net_param(net, 0), 3);
	lam_param_set_decays(lam_net_param(net, 1), false);
	lam_param_set_trainable(lam_net_param(net, 2), false);
	memset(seen, 0, sizeof seen);
	for (int step = 0; step < 2; step++)
		check_ok(lam_net_step(net, &spy, x, labels, BATCH));
	check(seen[0].lr == 4 && seen[0].weight_decay == 6);
	check(seen[1].lr == 8 && seen[1].weight_decay == 0);
	check(seen[3].lr == 8 && seen[3].weight_decay == 2);
	check(seen[2].pieces == 0, "a frozen parameter was updated");
	check(seen[0].pieces == 10 && seen[0].values == 2 * IN * HIDDEN, "%d pieces",
		(int)seen[0].pieces);
	check(seen[0].step == 1 && seen[0].gradient_scale == 1);
	double sum = 0;
	for (int i = 0; i < MOST; i++)
		sum += (double)lam_param_value(lam_net_param(net, 0))[i];
	check_near(seen[0].sum, sum, 1e-9);
	lam_net_free(net);
}

/* A layer that hands its whole parameter on: the pieces are the same. */
static lam_status whole_update(const lam_layer *self, const lam_update *update)
{
	(void)self;
	return lam_update_default(update);
}

static void a_layers_own_update_gives_the_same_bits(void)
{
	static lam_real first[ALL], other[ALL];
	static lam_layer_class whole_class;
	const lam_optimizer lamb = lam_optimizer_of(&lamb_class, .lr = (lam_real)0.01);
	lam_layer *layer = lam_affine(.out = 1);
	whole_class = *lam_layer_class_of(layer);
	whole_class.update = whole_update;
	lam_layer_free(layer);
	train(lamb, 2, first);
	fill();
	lam_net *net = lam_net_create(
		lam_sequential(lam_layer_new(&whole_class,
				       &(lam_affine_options){
					       .size = sizeof(lam_affine_options), .out = HIDDEN}),
			lam_relu(), lam_affine(.out = OUT), lam_softmax_cross_entropy()),
		LAM_SHAPE(IN), .max_batch = BATCH, .seed = 5, .threads = 2);
	require(net != NULL, "%s", lam_error());
	lam_optimizer o = lamb;
	for (int step = 0; step < STEPS; step++) {
		check_ok(lam_net_step(net, &o, x, labels, BATCH - step % 2));
		o.lr *= (lam_real)0.9;
	}
	copy_values(net, other);
	check(!memcmp(first, other, sizeof first));
	lam_net_free(net);
}

/* An update that was made by hand has no sums: they are taken over its slice. */
static void sums_are_taken_where_none_are_given(void)
{
	const lam_optimizer spy = lam_optimizer_of(&spy_class, .lr = 1, .weight_decay = 2);
	static lam_real w[IN * HIDDEN], g[IN * HIDDEN];
	for (int i = 0; i < IN * HIDDEN; i++)
		w[i] = 1;
	memset(seen, 0, sizeof seen);
	check_ok(lam_update_default(
		&(lam_update){.optimizer = &spy, .value = w, .gradient = g, .count = IN * HIDDEN}));
	check(seen[0].sum == IN * HIDDEN && seen[0].pieces == 5, "%g", seen[0].sum);
	check(seen[0].weight_decay == 0, "an update whose .decays is false decays");
}

/* Without gradient and decay nothing moves, and with decay values shrink. */
static void no_gradient_moves_nothing(void)
{
	lam_optimizer rules[] = {
		lam_optimizer_of(&lion_class, .lr = (lam_real)0.5),
		lam_optimizer_of(&lamb_class, .lr = (lam_real)0.5),
		lam_optimizer_of(&lion_class, .lr = (lam_real)0.5, .weight_decay = (lam_real)0.5),
		lam_optimizer_of(&lamb_class, .lr = (lam_real)0.5, .weight_decay = (lam_real)0.5),
	};
	static const double becomes[] = {2, 2, 1.5, 1};
	for (int i = 0; i < 4; i++) {
		lam_real w[2] = {2, -2}, m[2] = {0}, v[2] = {0};
		const lam_real zero[2] = {0};
		check_ok(lam_update_default(&(lam_update){.optimizer = &rules[i],
			.value = w,
			.gradient = zero,
			.moment = {m, v},
			.count = 2,
			.gradient_scale = 1,
			.decays = true}));
		check_near((double)w[0], becomes[i], 1e-6);
		check_near((double)w[1], -becomes[i], 1e-6);
	}
}

/* Two halves of a batch, accumulated, are one batch with its gradient doubled: Lion's sign is the
 * same. */
static void accumulation_and_replicas_work(void)
{
	static lam_real first[ALL], other[ALL];
	const lam_optimizer lion = lam_optimizer_of(&lion_class, .lr = (lam_real)0.01);
	lam_net *net = net_of(1), *whole = net_of(1);
	require(net && whole);
	lam_net *replica = lam_net_replica(net, .train = true);
	require(replica != NULL, "%s", lam_error());
	check_ok(lam_net_accumulate(replica, true));
	for (int half = 0; half < 2; half++) {
		check_ok(lam_net_forward(replica, LAM_TRAIN, x, labels, BATCH));
		check_ok(lam_net_backward(replica));
	}
	check_ok(lam_net_update(replica, &lion));
	check_ok(lam_net_step(whole, &lion, x, labels, BATCH));
	copy_values(net, first);
	copy_values(whole, other);
	check(!memcmp(first, other, sizeof first));
	lam_net_free(replica);
	lam_net_free(net);
	lam_net_free(whole);
}

/* A shared parameter is updated once, with the sum of its gradients. */
static void shared_parameters_are_updated_once(void)
{
	const lam_optimizer lion = lam_optimizer_of(&lion_class, .lr = (lam_real)0.25);
	lam_layer *layer = lam_affine(.out = 4, .no_bias = true);
	lam_net *net = lam_net_create(
		lam_sequential(layer, lam_share(layer), lam_mean_squared_error()), LAM_SHAPE(4),
		.seed = 3, .threads = 2);
	require(net != NULL, "%s", lam_error());
	check(lam_net_param_count(net) == 1);
	const lam_real in[4] = {1, 2, 3, 4}, wanted[4] = {0};
	lam_real before[16];
	memcpy(before, lam_param_value(lam_net_param(net, 0)), sizeof before);
	check_ok(lam_net_step(net, &lion, in, wanted, 1));
	for (int i = 0; i < 16; i++)
		check_near(fabs((double)(lam_param_value(lam_net_param(net, 0))[i] - before[i])),
			0.25, 1e-6);
	lam_net_free(net);
}

/* Another class begins with moments of 0 and step 0, even one with as many moments. */
static void another_rule_begins_anew(void)
{
	static lam_real first[ALL], other[ALL];
	const lam_rule_class twin = lamb_class;
	const lam_optimizer before = lam_optimizer_of(&twin, .lr = (lam_real)0.01),
			    lamb = lam_optimizer_of(&lamb_class, .lr = (lam_real)0.01);
	lam_net *net = net_of(1), *fresh = net_of(1);
	require(net && fresh);
	for (int step = 0; step < 3; step++)
		check_ok(lam_net_step(net, &before, x, labels, BATCH));
	for (int i = 0; i < lam_net_param_count(net); i++) {
		const lam_shape shape = lam_param_shape(lam_net_param(net, i));
		memcpy(lam_param_edit(lam_net_param(fresh, i)),
			lam_param_value(lam_net_param(net, i)),
			(size_t)lam_shape_count(&shape) * sizeof(lam_real));
	}
	for (int step = 0; step < 2; step++) {
		check_ok(lam_net_step(net, &lamb, x, labels, BATCH));
		check_ok(lam_net_step(fresh, &lamb, x, labels, BATCH));
	}
	copy_values(net, first);
	copy_values(fresh, other);
	check(!memcmp(first, other, sizeof first));
	lam_net_free(net);
	lam_net_free(fresh);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(lion_and_lamb_are_the_textbooks),
		TEST(any_number_of_threads_gives_the_same_bits),
		TEST(a_rule_sees_the_settings),
		TEST(a_layers_own_update_gives_the_same_bits),
		TEST(sums_are_taken_where_none_are_given),
		TEST(no_gradient_moves_nothing),
		TEST(accumulation_and_replicas_work),
		TEST(shared_parameters_are_updated_once),
		TEST(another_rule_begins_anew),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
