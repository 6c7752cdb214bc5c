/* SPDX-License-Identifier: MIT */
/* lam_gradcheck() names what a layer of one's own does and has not declared, and never crashes for
 * it. The layer is y = w x; each fault below is one line of it. */
#include "tests/kit.h"

#include <lamina.h>

enum fault {
	NONE,
	READS_X,
	READS_Y,
	READS_X_AS_A_SIGN,
	GRADIENT_READS_X,
	SCRATCH_TOO_LONG,
	SCRATCH_FORGOTTEN,
	SAVED_TOO_LONG,
	SAVED_FORGOTTEN,
	SHARED_FORGOTTEN,
	SCRATCH_KEPT,
	SAVED_UNWRITTEN,
	DX_UNWRITTEN,
	DX_ADDED_TO,
	DW_ADDED_TO,
	OUT_UNWRITTEN,
	OUT_TOO_LONG,
	X_TOO_LONG,
	X_CHANGED,
	DY_CHANGED,
	PACKED_TOO_LONG,
	PACKED_UNWRITTEN,
	ORDER,
	UNSTEADY,
	UPDATE_TOO_LONG,
	UPDATE_MOMENT,
	FAULTS
};

/* The fault, where backward is concerned, and the words that the sentence must have. */
static const struct {
	const char *words;
	uint32_t flags;
} faults[FAULTS] = {
	[READS_X] = {".backward reads pass->x, but the class lacks LAM_KEEP_X", 0},
	[READS_Y] = {".backward reads pass->y, but the class lacks LAM_KEEP_Y", LAM_KEEP_X},
	[READS_X_AS_A_SIGN] = {".backward reads pass->x, but the class lacks LAM_KEEP_X", 0},
	[GRADIENT_READS_X] = {".gradient reads pass->x, but the class lacks LAM_KEEP_X", 0},
	[SCRATCH_TOO_LONG] = {".backward writes beyond the 384 bytes of pass->scratch", LAM_KEEP_X},
	[SCRATCH_FORGOTTEN] = {".forward writes beyond the 0 bytes of pass->scratch", LAM_KEEP_X},
	[SAVED_TOO_LONG] = {".forward writes beyond the 128 bytes of pass->saved", LAM_KEEP_X},
	[SAVED_FORGOTTEN] = {".forward writes beyond the 0 bytes of pass->saved", LAM_KEEP_X},
	[SHARED_FORGOTTEN] = {".forward writes beyond the 0 bytes of pass->shared", LAM_KEEP_X},
	[SCRATCH_KEPT] = {"the results of .backward depend on what pass->scratch", LAM_KEEP_X},
	[SAVED_UNWRITTEN] = {"the results of .backward depend on what pass->saved", LAM_KEEP_X},
	[DX_UNWRITTEN] = {"the results of .backward depend on what pass->dx held", LAM_KEEP_X},
	[DX_ADDED_TO] = {"the results of .backward depend on what pass->dx held", LAM_KEEP_X},
	[DW_ADDED_TO] = {"the results of .gradient depend on what a parameter's gradient",
		LAM_KEEP_X},
	[OUT_UNWRITTEN] = {"the results of .forward depend on what pass->out held", LAM_KEEP_X},
	[OUT_TOO_LONG] = {".forward writes beyond the", LAM_KEEP_X},
	[X_TOO_LONG] = {".forward reads beyond the", LAM_KEEP_X},
	[X_CHANGED] = {".forward changes pass->x", LAM_KEEP_X},
	[DY_CHANGED] = {".backward changes pass->x, pass->dy", LAM_KEEP_X},
	[PACKED_TOO_LONG] = {".pack writes beyond the", LAM_KEEP_X},
	[PACKED_UNWRITTEN] = {"the results of .forward depend on what a packed copy", LAM_KEEP_X},
	[ORDER] = {"the results of .forward depend on the order of its units", LAM_KEEP_X},
	[UNSTEADY] = {".forward gives other results when it runs again", LAM_KEEP_X},
	[UPDATE_TOO_LONG] = {".update writes beyond the", LAM_KEEP_X},
	[UPDATE_MOMENT] = {".update uses update->moment[0]", LAM_KEEP_X},
};

static enum fault fault;

enum { FEATURES = 6, VALUES = FEATURES * LAM_LANES };

static lam_status plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)self, (void)in;
	const int64_t values = VALUES * (int64_t)sizeof(float);
	lam_plan_param(plan, "weight", LAM_SHAPE(16), (lam_param_options){.init = LAM_INIT_ONE});
	lam_plan_packed(plan, 0, 16 * (int64_t)sizeof(lam_real), 2, false);
	if (fault != SCRATCH_FORGOTTEN)
		lam_plan_scratch(plan, LAM_FORWARD, VALUES * (int64_t)sizeof(lam_real));
	lam_plan_scratch(plan, LAM_BACKWARD,
		fault == SCRATCH_TOO_LONG ? values : VALUES * (int64_t)sizeof(lam_real));
	if (fault != SAVED_FORGOTTEN)
		lam_plan_saved(plan, 128);
	if (fault != SHARED_FORGOTTEN)
		lam_plan_shared(plan, LAM_FORWARD, 128, 0);
	return LAM_OK;
}

static lam_status pack(const lam_layer *self, int index, const lam_real *w, void *packed,
	int64_t slice, int64_t slices)
{
	(void)self, (void)index;
	lam_real *to = packed;
	const int64_t end = 16 * (slice + 1) / slices;
	for (int64_t i = 16 * slice / slices; i < end; i++)
		if (fault != PACKED_UNWRITTEN || i > 0)
			to[i] = w[i];
	if (fault == PACKED_TOO_LONG)
		to[16] = 1;
	return LAM_OK;
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	static lam_real last, calls;
	lam_real *x = pass->x->data, *out = pass->out->data, *scratch = pass->scratch,
		 *saved = pass->saved;
	const lam_real w = ((const lam_real *)pass->packed[0])[0];
	for (int64_t i = 0; i < VALUES; i++)
		scratch[i] = x[i];
	memset(pass->shared, 0, 64);
	for (int64_t i = fault == OUT_UNWRITTEN ? LAM_LANES : 0; i < VALUES; i++)
		out[i] = w * scratch[i];
	if (fault != SAVED_UNWRITTEN)
		saved[0] = 2;
	if (fault == SAVED_TOO_LONG)
		memset(saved, 1, 132);
	if (fault == OUT_TOO_LONG)
		out[VALUES] = 1;
	if (fault == X_TOO_LONG)
		out[0] += 0 * x[VALUES];
	if (fault == X_CHANGED)
		x[3] += 1;
	if (fault == ORDER)
		out[0] += last;
	if (fault == UNSTEADY)
		out[0] += calls++;
	last = pass->block == 0 ? 0 : (lam_real)pass->block;
	return LAM_OK;
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	const lam_real w = pass->w[0][0], *x = pass->x->data, *y = pass->y->data;
	lam_real *dx = pass->dx->data, *dy = pass->dy->data, *scratch = pass->scratch,
		 *saved = pass->saved;
	if (fault != SCRATCH_KEPT)
		for (int64_t i = 0; i < VALUES; i++)
			scratch[i] = dy[i];
	for (int64_t i = fault == DX_UNWRITTEN ? LAM_LANES : 0; i < VALUES; i++) {
		lam_real slope = w * saved[0] / 2;
		if (fault == READS_X)
			slope += 0 * x[i];
		if (fault == READS_Y)
			slope += 0 * y[i];
		if (fault == READS_X_AS_A_SIGN)
			slope *= x[i] > 0 || x[i] < 0 ? 1 : 2;
		dx[i] = slope * (fault == SCRATCH_KEPT ? scratch[i] + dy[i] : scratch[i])
			+ (fault == DX_ADDED_TO ? dx[i] : 0);
	}
	if (fault == DY_CHANGED)
		dy[0] += 1;
	return LAM_OK;
}

static lam_status gradient(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	double sum = 0;
	for (int64_t b = 0; b < pass->blocks; b++)
		for (int64_t i = 0; i < VALUES; i++)
			sum += (double)pass->dy->data[b * pass->dy->block + i]
				* (double)pass->x->data[b * pass->x->block + i];
	for (int i = 1; i < 16; i++)
		pass->dw[0][i] = 0;
	pass->dw[0][0] = (lam_real)sum + (fault == DW_ADDED_TO ? pass->dw[0][0] : 0);
	return LAM_OK;
}

/* Without LAM_KEEP_X there is no such gradient: this one is 0. */
static lam_status no_gradient(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	memset(pass->dw[0], 0, 16 * sizeof(lam_real));
	return LAM_OK;
}

static lam_status update(const lam_layer *self, const lam_update *update)
{
	(void)self;
	if (fault == UPDATE_TOO_LONG)
		update->value[update->count] = 0;
	if (fault == UPDATE_MOMENT)
		update->moment[0][0] = update->gradient[0];
	return lam_update_default(update);
}

static lam_status run(enum fault which, lam_gradcheck_report *report)
{
	static lam_layer_class own;
	own = (lam_layer_class){
		LAM_LAYER_ABI,
		.kind = "own",
		.flags = which == NONE ? LAM_KEEP_X : faults[which].flags,
		.plan = plan,
		.pack = pack,
		.forward = forward,
		.backward = backward,
		.gradient = which == READS_X || which == READS_X_AS_A_SIGN ? no_gradient : gradient,
		.update = update,
	};
	fault = which;
	return lam_gradcheck(lam_sequential(lam_tanh(), lam_layer_new(&own, NULL), lam_softmax()),
		LAM_SHAPE(FEATURES), report);
}

static void what_is_declared_passes(void)
{
	check_ok(run(NONE, NULL));
}

static void what_is_not_declared_is_named(void)
{
	for (int f = NONE + 1; f < FAULTS; f++) {
		if (f == SCRATCH_TOO_LONG && sizeof(lam_real) == sizeof(float))
			continue;
		test_begin("%s", faults[f].words);
		lam_gradcheck_report report;
		check_fails(run((enum fault)f, &report), LAM_ERR_ARGUMENT, faults[f].words);
		check(strstr(lam_error(), "own \"1\": "), "%s", lam_error());
		test_end();
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(what_is_declared_passes),
		TEST(what_is_not_declared_is_named),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
