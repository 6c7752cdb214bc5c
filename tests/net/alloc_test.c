/* SPDX-License-Identifier: MIT */
/* A net allocates nothing after its first step, and after lam_net_prepare() not even in the first,
 * neither through lam_alloc() nor directly through malloc(). When an allocation fails, all earlier
 * ones are freed. */
#include "tests/battery/subjects.h"
#include "tests/kit.h"
#include "tests/net/own_rules.h"

#include <stdatomic.h>
#include <stdlib.h>

static atomic_long taken; /* allocations so far, by lam_alloc() and by malloc() */

static void *ledger_allocate(void *data, size_t align, size_t bytes)
{
	(void)data;
	void *memory = NULL;
	taken++;
	return posix_memalign(&memory, align, bytes) ? NULL : memory;
}

static void ledger_release(void *data, void *memory)
{
	(void)data;
	free(memory);
}

/* With glibc a program may replace malloc() and still call the original. Sanitizers replace it
 * themselves. */
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define COUNTS_MALLOC true
extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *memory, size_t bytes);

void *malloc(size_t bytes)
{
	taken++;
	return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
	taken++;
	return __libc_calloc(count, bytes);
}

void *realloc(void *memory, size_t bytes)
{
	taken++;
	return __libc_realloc(memory, bytes);
}
#else
#define COUNTS_MALLOC false
#endif

enum { BATCH = 40, SIDE = 12, CLASSES = 5 };

/* A subject's layer with a classifier after it. Without a subject, a net of many layers. */
struct model {
	const struct subject *subject;
	lam_shape in;
};

static lam_layer *many(void)
{
	return lam_sequential(lam_standardize(.mean = {0.5f}, .std = {0.25f}),
		lam_zero_pad2d(.pad = {1, 1, 1, 1}),
		lam_conv2d(.out = 6, .kernel = {3}, .pad = {1}), lam_relu(),
		lam_max_pool2d(.kernel = {2}),
		lam_residual(
			lam_sequential(lam_conv2d(.out = 6, .kernel = {3}, .pad = {1}, .groups = 2),
				lam_batch_norm(), lam_gelu())),
		lam_transposed_conv2d(.out = 4, .kernel = {4}, .stride = {2}, .pad = {1}),
		lam_silu(), lam_avg_pool2d(.kernel = {2}), lam_reshape(.shape = LAM_SHAPE(4, 49)),
		lam_conv1d(.out = 3, .kernel = 3), lam_global_avg_pool(), lam_affine(.out = 20),
		lam_dropout(.p = 0.25f), lam_affine(.out = CLASSES),
		lam_softmax_cross_entropy(.smoothing = 0.1f));
}

/* Makes the model. A layer with parameters precedes the subject's, so that input gradients are
 * computed. */
static lam_layer *make(const struct model *model)
{
	lam_shape out;
	if (!model->subject)
		return many();
	lam_layer *layer = battery_ordinary(model->subject, model->in, &out);
	if (model->subject->traits & SUBJECT_LOSS)
		return lam_sequential(lam_affine(.out = CLASSES), layer);
	return lam_sequential(lam_batch_norm(), layer, lam_flatten(), lam_affine(.out = CLASSES),
		lam_softmax_cross_entropy());
}

/* Makes model `index`, from 0: first one of many layers, then one of each layer. False: there are
 * no more. A loss has as many inputs as there are classes. */
static bool find_model(int index, struct model *model)
{
	const lam_shape shapes[] = {
		LAM_SHAPE(1, SIDE, SIDE), LAM_SHAPE(SIDE, SIDE), LAM_SHAPE(SIDE * SIDE)};
	*model = (struct model){index ? battery_subject(index - 1) : NULL, shapes[0]};
	if (!model->subject)
		return index == 0;
	for (int i = 0; i < 3; i++) {
		lam_shape out;
		lam_layer *layer = battery_ordinary(model->subject, shapes[i], &out);
		model->in = shapes[i];
		if (layer) {
			lam_layer_free(layer);
			return true;
		}
	}
	return false;
}

static lam_real x[BATCH * SIDE * SIDE], y[BATCH * CLASSES], values[BATCH * CLASSES];
static int32_t labels[BATCH];

static void fill(void)
{
	for (int i = 0; i < BATCH * SIDE * SIDE; i++)
		x[i] = (lam_real)(i * 7919 % 1000) / 1000;
	for (int i = 0; i < BATCH * CLASSES; i++)
		values[i] = (lam_real)(i % 2);
	for (int i = 0; i < BATCH; i++)
		labels[i] = i % CLASSES;
}

/* Runs every kind of step with a batch of n samples. */
static void all_steps(lam_net *net, lam_optimizer *rule, int n, const void *targets)
{
	check_ok(lam_net_forward(net, LAM_TRAIN, x, targets, n));
	check_ok(lam_net_backward(net));
	check_ok(lam_net_update(net, rule));
	check(lam_net_output(net) && lam_net_input_grad(net));
	check_ok(lam_net_step(net, rule, x, targets, n));
	check_ok(lam_net_forward(net, LAM_EVAL, x, NULL, n));
	check_ok(lam_net_predict(net, x, n, y));
	lam_param_edit(lam_net_param(net, 0))[0] += 1;
	rule->lr /= 2;
}

static const void *targets_of(const struct model *model)
{
	bool wants_values = model->subject && model->subject->traits & SUBJECT_LOSS
		&& strcmp(model->subject->name, "softmax_cross_entropy") != 0;
	return wants_values ? (const void *)values : labels;
}

static void count_steps(const struct model *model, lam_optimizer rule, int threads, bool prepare)
{
	const char *name = model->subject ? model->subject->name : "many layers";
	const void *targets = targets_of(model);
	lam_net *net = lam_net_create(make(model), model->in, .max_batch = BATCH,
		.input_grad = true, .threads = threads,
		.recompute = !model->subject && threads > 1);
	require(net != NULL, "%s: %s", name, lam_error());
	if (prepare)
		check_ok(lam_net_prepare(net, &rule));
	else
		all_steps(net, &rule, BATCH, targets);
	long before = taken;
	for (int step = 0; step < 4; step++)
		all_steps(net, &rule, step % 2 ? BATCH : 17 - step, targets);
	check(taken == before, "%s: %ld allocations by %s, %d threads, %s", name, taken - before,
		lam_rule_name(rule.rule), threads, prepare ? "prepared" : "after the first step");
	lam_net_free(net);
}

static void count_all(bool prepare)
{
	fill();
	lam_set_allocator(&(lam_allocator){ledger_allocate, ledger_release, NULL});
	struct model model;
	for (int i = 0; find_model(i, &model); i++)
		for (int threads = 1; threads <= (i ? 2 : 3); threads++) {
			count_steps(
				&model, lam_sgd(.lr = 0.01f, .momentum = 0.9f), threads, prepare);
			if (i)
				continue;
			count_steps(&model, lam_adamw(.lr = 0.01f), threads, prepare);
			count_steps(&model,
				lam_rmsprop(.lr = 0.01f, .momentum = 0.5f, .centered = true),
				threads, prepare);
			count_steps(&model, lam_optimizer_of(&lamb_class, .lr = 0.01f), threads,
				prepare);
		}
	lam_set_allocator(NULL);
}

static void nothing_after_the_first_step(void)
{
	count_all(false);
}

static void nothing_at_all_after_prepare(void)
{
	count_all(true);
}

/* An allocator that refuses one allocation (the first is number 0) and counts those not freed. */
struct refusal {
	long number, refused;
	long out;
};

static void *refusal_allocate(void *data, size_t align, size_t bytes)
{
	struct refusal *refusal = data;
	void *memory = NULL;
	if (refusal->number++ == refusal->refused || posix_memalign(&memory, align, bytes))
		return NULL;
	refusal->out++;
	return memory;
}

static void refusal_release(void *data, void *memory)
{
	((struct refusal *)data)->out -= memory != NULL;
	free(memory);
}

/* Each allocation between the first layer and a step fails once: a sentence, and everything is
 * freed. Returns how many allocations there are. */
static long refuse_each(const struct model *model, struct refusal *refusal)
{
	bool done = false;
	for (int refused = 0; !done && kit.failures < TEST_SHOWN; refused++) {
		lam_optimizer rule = lam_adam(.lr = 0.01f);
		*refusal = (struct refusal){.refused = refused};
		lam_fail(LAM_OK, "%s", "");
		lam_net *net = lam_net_create(
			make(model), model->in, .max_batch = BATCH, .threads = 1);
		lam_status status = net ? lam_net_step(net, &rule, x, targets_of(model), BATCH)
					: LAM_ERR_MEMORY;
		done = refusal->number <= refused;
		check(done ? status == LAM_OK
			   : status == LAM_ERR_MEMORY && strstr(lam_error(), "out of memory"),
			"allocation %d refused: %s, \"%s\"", refused, lam_status_text(status),
			lam_error());
		lam_net_free(net);
		check(refusal->out == 0, "allocation %d refused: %ld did not come back", refused,
			refusal->out);
	}
	return refusal->number;
}

static void frees_everything_when_memory_ends(void)
{
	fill();
	struct refusal refusal = {.refused = -1};
	struct model model;
	lam_set_allocator(&(lam_allocator){refusal_allocate, refusal_release, &refusal});
	for (int i = 0; refusal.refused = -1, find_model(i, &model); i++) {
		long count = refuse_each(&model, &refusal);
		check(count > (i ? 20 : 100), "%ld allocations", count);
	}
	lam_set_allocator(NULL);
}

/* The test's counters work. */
static void counts(void)
{
	lam_set_allocator(&(lam_allocator){ledger_allocate, ledger_release, NULL});
	long before = taken;
	lam_free(lam_alloc(3, 3));
	check(taken > before);
	lam_set_allocator(NULL);
	before = taken;
	void *volatile memory = malloc(3);
	free(memory);
	check(!COUNTS_MALLOC || taken == before + 1);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(counts),
		TEST(nothing_after_the_first_step),
		TEST(nothing_at_all_after_prepare),
		TEST(frees_everything_when_memory_ends),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
