/* SPDX-License-Identifier: MIT */
/* Float modes (subnormals, rounding, traps). A step uses its own mode, and the caller's code always
 * runs in the caller's mode. Results are bit-identical in every mode of the caller, and subnormals
 * take no more time than other numbers. */
#include "tests/net/float_modes.h"
#include "tests/train/fit_problem.h"

#include <fenv.h>
#include <float.h>
#include <stdatomic.h>
#include <stdlib.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#ifdef LAM_DOUBLE
#define LEAST DBL_MIN
#else
#define LEAST FLT_MIN
#endif

static lam_float_mode callers;
static struct seen {
	const char *what;
	atomic_int calls, wrong;
} callbacks = {.what = "callbacks"}, layers = {.what = "layers"}, reads = {.what = "reads"};

static void note(struct seen *seen, lam_float_mode expected)
{
	atomic_fetch_add(&seen->calls, 1);
	atomic_fetch_add(&seen->wrong, !is_mode(expected));
}

static void judge(struct seen *seen)
{
	check(atomic_load(&seen->calls) > 0 && atomic_load(&seen->wrong) == 0, "%d of %d %s",
		atomic_load(&seen->wrong), atomic_load(&seen->calls), seen->what);
	atomic_store(&seen->wrong, 0);
}

static bool in_callback(const lam_progress *progress, void *data)
{
	(void)progress, (void)data;
	note(&callbacks, callers);
	return false;
}

static void in_progress(const lam_progress *progress, void *data)
{
	in_callback(progress, data);
}

static lam_status in_layer(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	note(&layers, LAM_FLOAT_FLUSH);
	if (pass->out->data != pass->x->data)
		memcpy(pass->out->data, pass->x->data, (size_t)pass->x->values * sizeof(lam_real));
	return LAM_OK;
}

static const lam_layer_class witness_class = {
	LAM_LAYER_ABI, .kind = "witness", .flags = LAM_PASSES_DY, .forward = in_layer};

static lam_net *net_of(int threads)
{
	return lam_net_create(
		lam_sequential(lam_conv2d(.out = 4, .kernel = {3}), lam_batch_norm(), lam_gelu(),
			lam_layer_new(&witness_class, NULL), lam_dropout(.p = (lam_real)0.1),
			lam_affine(.out = CLASSES), lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = 64, .seed = 5, .threads = threads);
}

/* A user's data set: half of its values are subnormal if read in IEEE 754's default mode. */
static lam_status read_sample(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	volatile lam_real half = (lam_real)0.5;
	(void)self;
	note(&reads, LAM_FLOAT_IEEE);
	for (int i = 0; i < PIXELS; i++)
		x[i] = i % 2 ? images[index * PIXELS + i] : LEAST * half;
	*(int32_t *)target = labels[index];
	return LAM_OK;
}

static const lam_dataset_class own_class = {LAM_DATASET_ABI, .kind = "own", .read = read_sample};

enum { MOST = 2000 };

/* All results of a run. */
struct result {
	lam_real values[MOST];
	double train, validation, score;
};

static bool run_in_mode(lam_float_mode mode, int threads, struct result *result)
{
	memset(result, 0, sizeof *result);
	callers = mode;
	const lam_float_mode ours = lam_float_set(mode);
	lam_dataset *own = lam_dataset_new(&own_class, COUNT, LAM_SHAPE(1, SIDE, SIDE),
		(lam_target_info){.type = LAM_CLASSES, .classes = CLASSES});
	lam_net *net = net_of(threads);
	lam_report report;
	lam_score score;
	lam_real y[20 * CLASSES];
	lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.01);
	bool kept = net && own && is_mode(mode);
	lam_status status = kept ? lam_fit(net, own, &report, .epochs = 2, .batch = 37,
				    .validation = own, .optimizer = lam_adam(.lr = (lam_real)0.01),
				    .schedule = lam_cosine(.warmup = (lam_real)0.2), .clip = 1,
				    .augment = {.shift = 1}, .progress = in_progress,
				    .step_end = in_callback, .epoch_end = in_callback)
				 : LAM_ERR_ARGUMENT;
	kept = kept && is_mode(mode);
	if (!status)
		status = lam_net_step(net, &sgd, images, labels, 20);
	kept = kept && is_mode(mode);
	if (!status)
		status = lam_net_predict(net, images, 20, y);
	kept = kept && is_mode(mode);
	if (!status)
		status = lam_evaluate(net, own, &score);
	kept = kept && is_mode(mode);
	lam_float_restore(ours);
	if (check_ok(status)) {
		size_t count = copy_params(net, result->values);
		memcpy(result->values + count, y, sizeof y);
		result->train = report.train.loss;
		result->validation = report.validation.loss;
		result->score = score.loss;
	}
	lam_net_free(net);
	lam_dataset_free(own);
	return check(kept, "the caller's mode is another after a call") && !status;
}

static void the_mode_is_the_callers_again_and_changes_no_bits(void)
{
	if (!modes_are_kept())
		return;
	struct result first, other;
	lam_dataset_free(striped());
	for (int m = 0; m < MODES; m++)
		for (int threads = 1; threads <= 2; threads++) {
			test_begin(
				"mode %#lx, %d threads", (unsigned long)modes[m].control, threads);
			if (run_in_mode(modes[m], threads, m == 0 && threads == 1 ? &first : &other)
				&& (m > 0 || threads > 1))
				check(memcmp(&first, &other, sizeof first) == 0,
					"the bits depend on the caller's mode");
			judge(&callbacks);
			judge(&layers);
			judge(&reads);
		}
}

#ifdef _OPENMP
/* The caller's parallel regions use the same threads as the library. gcc's OpenMP leaves each
 * thread the mode that it has set, clang's gives it the master's. Either way a step between two
 * regions must not change the modes. */
static void the_callers_team_keeps_its_modes(void)
{
	if (!modes_are_kept())
		return;
	enum { TEAM = 3 };
	lam_net *net = net_of(TEAM);
	lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.01);
	require(net != NULL, "%s", lam_error());
	for (int m = 0; m < MODES; m++) {
		const lam_float_mode ours = lam_float_now();
		uint64_t had[TEAM] = {0}, has[TEAM] = {0};
#pragma omp parallel num_threads(TEAM)
		lam_float_restore(modes[m]);
#pragma omp parallel num_threads(TEAM)
		had[omp_get_thread_num()] = lam_float_now().control & ~(uint64_t)0x3f;
		check_ok(lam_net_step(net, &sgd, images, labels, 48));
#pragma omp parallel num_threads(TEAM)
		{
			has[omp_get_thread_num()] = lam_float_now().control & ~(uint64_t)0x3f;
			lam_float_restore(ours);
		}
		lam_float_restore(ours);
		for (int thread = 0; thread < TEAM; thread++)
			check(has[thread] == had[thread], "thread %d: %#lx, not %#lx", thread,
				(unsigned long)has[thread], (unsigned long)had[thread]);
	}
	lam_net_free(net);
}
#endif

/* The sticky exception flags are the caller's: a step, which rounds and divides, neither sets nor
 * clears one. */
static void sticky_flags_are_the_callers(void)
{
	if (!modes_are_kept())
		return;
#if defined __SSE__ || defined __aarch64__
	static const int raised[] = {0, FE_DIVBYZERO, FE_INVALID | FE_OVERFLOW};
	lam_net *net = net_of(1);
	lam_optimizer adam = lam_adam(.lr = (lam_real)0.01);
	lam_dataset_free(striped());
	require(net != NULL, "%s", lam_error());
	check_ok(lam_net_prepare(net, &adam));
	for (size_t i = 0; i < sizeof raised / sizeof *raised; i++) {
		feclearexcept(FE_ALL_EXCEPT);
		feraiseexcept(raised[i]);
		const int before = fetestexcept(FE_ALL_EXCEPT);
		lam_status status = lam_net_step(net, &adam, images, labels, 48);
		const int after = fetestexcept(FE_ALL_EXCEPT);
		feclearexcept(FE_ALL_EXCEPT);
		check_ok(status);
		check(after == before, "flags %#x, not %#x", (unsigned)after, (unsigned)before);
	}
	lam_net_free(net);
#else
	test_skip("this processor's mode is not known");
#endif
}

/* The net multiplies one value by a weight. A subnormal result becomes 0, and a subnormal value
 * counts as 0, in every mode of the caller. */
static void a_step_flushes_subnormals(void)
{
	if (!modes_are_kept())
		return;
#if defined __SSE__ || defined __aarch64__
	static const struct {
		double x, w, y; /* x and y in units of LEAST */
	} rows[] = {{1, 0.5, 0}, {1, -0.25, 0}, {0.5, 4, 0}, {2, 0.5, 1}, {1, 3, 3}};
	for (int m = 0; m < MODES; m++)
		for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
			lam_real x = (lam_real)rows[r].x * LEAST, y;
			lam_net *net = lam_net_create(lam_affine(.out = 1, .no_bias = true),
				LAM_SHAPE(1), .max_batch = 1, .inference = true);
			require(net != NULL, "%s", lam_error());
			*lam_param_edit(lam_net_param(net, 0)) = (lam_real)rows[r].w;
			const lam_float_mode ours = lam_float_set(modes[m]);
			lam_status status = lam_net_predict(net, &x, 1, &y);
			lam_float_restore(ours);
			check_ok(status);
			check(y == (lam_real)rows[r].y * LEAST, "%g x %g is %g of the least",
				rows[r].x, rows[r].w, (double)(y / LEAST));
			lam_net_free(net);
		}
#else
	test_skip("this processor's mode is not known");
#endif
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(the_mode_is_the_callers_again_and_changes_no_bits),
#ifdef _OPENMP
		TEST(the_callers_team_keeps_its_modes),
#endif
		TEST(sticky_flags_are_the_callers),
		TEST(a_step_flushes_subnormals),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
