/* SPDX-License-Identifier: MIT */
/* A class declares what backward reads, and how much memory it needs. Here its functions run on
 * arrays whose undeclared contents are 0, and then again, for each of these contents, with NaN in
 * its place. If a result has other bits, the class reads what it has not declared or written. Zones
 * around the arrays show what it writes beyond their ends. */
#include "framework/check/declared.h"

#include "framework/memory.h"
#include "framework/plan/times.h"

#include <string.h>

/* What is different in a run. */
typedef enum change {
	NOTHING,
	UNDECLARED, /* an array that backward does not get holds NaN */
	CONTENT,    /* an array that is to be written holds NaN before */
	ZONE,       /* NaN around an array */
	APART,      /* units run in another order */
	IN_PLACE,   /* out is x, and dx is dy */
} change;

typedef struct examined {
	lam_alone *alone;
	change change;
	lam_reach reach;                   /* of which array */
	unsigned char *expected, *results; /* results of the first run, and of this one */
	size_t bytes, forward, gradient;   /* where those of forward, and of .gradient, end */
	unsigned char *copy;               /* of an array that is changed meanwhile */
	lam_call_name title;
	uint64_t inputs; /* a checksum of what must not be changed */
} examined;

static const char *const array_names[REACHES] = {"pass->x", "pass->out", "pass->dy", "pass->dx",
	"pass->saved (lam_plan_saved)", "pass->shared (lam_plan_shared)",
	"pass->scratch (lam_plan_scratch)", "pass->loss", "a parameter (pass->w)",
	"a parameter's gradient (pass->dw)", "a packed copy (lam_plan_packed)",
	"a state (pass->state)"};

static bool is_written(lam_reach reach)
{
	return reach == REACH_Y || reach == REACH_DX || reach == REACH_DW || reach == REACH_LOSS
		|| reach == REACH_SAVED || reach == REACH_SHARED || reach == REACH_SCRATCH
		|| reach == REACH_PACKED;
}

/* Sets the contents of arrays that are to be written, and of the zones around all. */
static void prepare(const examined *e)
{
	const lam_alone *a = e->alone;
	for (int r = 0; r < REACHES; r++)
		for (int k = 0; k < a->count[r]; k++) {
			const lam_guarded *array = lam_alone_array(a, (lam_reach)r, k);
			const bool here = e->reach == (lam_reach)r;
			if (is_written((lam_reach)r))
				lam_guarded_fill(array,
					here && e->change == CONTENT ? LAM_PATTERN_NAN
								     : LAM_PATTERN_ZERO);
			lam_guarded_arm(array,
				here && e->change == ZONE ? LAM_PATTERN_NAN : LAM_PATTERN_ZERO);
		}
}

/* FNV-1a of what the functions must not change: x, dy and parameters. */
static uint64_t checksum(const lam_alone *a)
{
	static const lam_reach constant[] = {REACH_X, REACH_DY, REACH_W};
	uint64_t sum = 14695981039346656037u;
	for (int r = 0; r < 3; r++)
		for (int k = 0; k < a->count[constant[r]]; k++) {
			const lam_guarded *array = lam_alone_array(a, constant[r], k);
			for (int64_t p = 0; p < array->parts; p++) {
				const unsigned char *at = lam_guarded_part(array, p);
				for (size_t i = 0; i < array->bytes; i++)
					sum = (sum ^ at[i]) * 1099511628211u;
			}
		}
	return sum;
}

/* After a function has run: whether it has written where it must not. */
static lam_status check_writes(const examined *e, const char *function)
{
	const lam_alone *a = e->alone;
	for (int r = 0; r < REACHES; r++)
		for (int k = 0; k < a->count[r]; k++) {
			const bool nan = e->reach == (lam_reach)r && e->change == ZONE;
			const lam_guarded *array = lam_alone_array(a, (lam_reach)r, k);
			if (!lam_guarded_intact(array, nan ? LAM_PATTERN_NAN : LAM_PATTERN_ZERO))
				return lam_fail(LAM_ERR_ARGUMENT,
					"%s: %s writes beyond the %zu bytes of %s", e->title.text,
					function, array->bytes, array_names[r]);
		}
	if (e->change == NOTHING && checksum(a) != e->inputs)
		return lam_fail(LAM_ERR_ARGUMENT,
			"%s: %s changes pass->x, pass->dy or a parameter; expected writes to its "
			"results alone",
			e->title.text, function);
	return LAM_OK;
}

/* Copies arrays of a kind to memory, or back; returns the end of that memory. */
static unsigned char *copy(const lam_alone *a, lam_reach reach, unsigned char *memory, bool back)
{
	for (int k = 0; k < a->count[reach]; k++) {
		const lam_guarded *array = lam_alone_array(a, reach, k);
		for (int64_t p = 0; p < array->parts; p++, memory += array->bytes) {
			void *part = lam_guarded_part(array, p);
			memcpy(back ? part : memory, back ? memory : part, array->bytes);
		}
	}
	return memory;
}

static size_t size_of(const lam_alone *a, lam_reach reach)
{
	size_t bytes = 0;
	for (int k = 0; k < a->count[reach]; k++) {
		const lam_guarded *array = lam_alone_array(a, reach, k);
		bytes += (size_t)array->parts * array->bytes;
	}
	return bytes;
}

static bool has_backward(const lam_alone *a)
{
	const uint32_t flags = a->call->layer_class->flags;
	return !(flags & LAM_HANDS_DY_ON) && lam_alone_has(a, LAM_BACKWARD)
		&& (a->mode == LAM_TRAIN || flags & LAM_EVAL_BACKWARD);
}

static lam_status run_job(examined *e, lam_job job)
{
	static const char *const function[LAM_JOBS] = {[LAM_FORWARD] = ".forward",
		[LAM_BACKWARD] = ".backward",
		[LAM_GRADIENT] = ".gradient"};
	lam_status status = lam_alone_run(e->alone, job, -1);
	return status ? status : check_writes(e, function[job]);
}

static lam_status run_forward(examined *e)
{
	lam_alone *a = e->alone;
	a->out_is_x = e->change == IN_PLACE;
	copy(a, REACH_X, e->copy, false);
	lam_status status = run_job(e, LAM_FORWARD);
	unsigned char *at = copy(a, a->out_is_x ? REACH_X : REACH_Y, e->results, false);
	at = copy(a, REACH_LOSS, at, false);
	copy(a, REACH_STATE, at, false);
	copy(a, REACH_X, e->copy, true);
	if (a->out_is_x)
		copy(a, REACH_Y, e->expected, true);
	a->out_is_x = false;
	return status;
}

static lam_status run_backward(examined *e)
{
	lam_alone *a = e->alone;
	const lam_reach hidden = e->change == IN_PLACE ? REACH_DY : e->reach;
	const bool changed = e->change == IN_PLACE || e->change == UNDECLARED;
	lam_status status = LAM_OK;
	if (changed)
		copy(a, hidden, e->copy, false);
	for (int k = 0; k < a->count[hidden] && e->change == UNDECLARED; k++)
		lam_guarded_fill(lam_alone_array(a, hidden, k), LAM_PATTERN_NAN);
	if (lam_alone_has(a, LAM_GRADIENT))
		status = run_job(e, LAM_GRADIENT);
	a->dx_is_dy = e->change == IN_PLACE;
	if (!status)
		status = run_job(e, LAM_BACKWARD);
	unsigned char *at = copy(a, REACH_DW, e->results + e->forward, false);
	copy(a, a->dx_is_dy ? REACH_DY : REACH_DX, at, false);
	a->dx_is_dy = false;
	if (changed)
		copy(a, hidden, e->copy, true);
	return status;
}

/* Runs the class's functions; their results go to e->results. */
static lam_status run(examined *e, change what, lam_reach reach)
{
	e->change = what;
	e->reach = reach;
	e->alone->apart = what == APART;
	prepare(e);
	lam_status status = lam_alone_pack(e->alone, -1);
	if (!status)
		status = check_writes(e, ".pack");
	if (!status)
		status = run_forward(e);
	if (!status && has_backward(e->alone))
		status = run_backward(e);
	e->alone->apart = false;
	return status;
}

/* The function whose results are different in this run. */
static const char *different(const examined *e)
{
	if (memcmp(e->expected, e->results, e->forward) != 0)
		return ".forward";
	if (lam_alone_has(e->alone, LAM_GRADIENT)
		&& memcmp(e->expected + e->forward, e->results + e->forward,
			   e->gradient - e->forward)
			!= 0)
		return ".gradient";
	return ".backward";
}

static lam_status complain(const examined *e)
{
	const char *title = e->title.text, *function = different(e);
	switch (e->change) {
	case NOTHING:
		return lam_fail(LAM_ERR_ARGUMENT,
			"%s: %s gives other results when it runs again with the same arrays; "
			"expected none to depend on a variable that changes between calls",
			title, function);
	case UNDECLARED:
		return e->reach == REACH_DY
			? lam_fail(LAM_ERR_ARGUMENT,
				"%s: %s reads pass->dy; expected a loss not to, which has none",
				title, function)
			: lam_fail(LAM_ERR_ARGUMENT,
				"%s: %s reads pass->%s, but the class lacks LAM_KEEP_%s", title,
				function, e->reach == REACH_X ? "x" : "y",
				e->reach == REACH_X ? "X" : "Y");
	case CONTENT:
		return lam_fail(LAM_ERR_ARGUMENT,
			"%s: the results of %s depend on what %s held before; expected it to be "
			"written, all of it, before it is read",
			title, function, array_names[e->reach]);
	case ZONE:
		return lam_fail(LAM_ERR_ARGUMENT, "%s: %s reads beyond the %zu bytes of %s", title,
			function,
			lam_alone_array(e->alone, e->reach,
				e->reach != REACH_SCRATCH && e->reach != REACH_SHARED ? 0
					: strcmp(function, ".forward") == 0           ? LAM_FORWARD
					: strcmp(function, ".gradient") == 0          ? LAM_GRADIENT
									     : LAM_BACKWARD)
				->bytes,
			array_names[e->reach]);
	case APART:
		return lam_fail(LAM_ERR_ARGUMENT,
			"%s: the results of %s depend on the order of its units, or on how many "
			"slices a call gets",
			title, function);
	default:
		return lam_fail(LAM_ERR_ARGUMENT,
			"%s: the class has LAM_IN_PLACE, but the results of %s are others when "
			"out is x and dx is dy",
			title, function);
	}
}

static lam_status compare(examined *e, change what, lam_reach reach)
{
	lam_status status = run(e, what, reach);
	if (status || memcmp(e->expected, e->results, e->bytes) == 0)
		return status;
	return complain(e);
}

static lam_status examine(examined *e)
{
	const lam_alone *a = e->alone;
	const uint32_t flags = a->call->layer_class->flags;
	lam_status status = run(e, NOTHING, REACH_X);
	if (status)
		return status;
	memcpy(e->expected, e->results, e->bytes);
	status = compare(e, NOTHING, REACH_X);
	if (!status && !(flags & LAM_KEEP_X))
		status = compare(e, UNDECLARED, REACH_X);
	if (!status && !(flags & LAM_KEEP_Y))
		status = compare(e, UNDECLARED, REACH_Y);
	if (!status && flags & LAM_LOSS)
		status = compare(e, UNDECLARED, REACH_DY);
	for (int r = 0; r < REACHES && !status; r++)
		if (a->count[r] && is_written((lam_reach)r))
			status = compare(e, CONTENT, (lam_reach)r);
	for (int r = 0; r < REACHES && !status; r++)
		if (a->count[r])
			status = compare(e, ZONE, (lam_reach)r);
	if (!status)
		status = compare(e, APART, REACH_X);
	if (!status && flags & LAM_IN_PLACE && a->call->inputs == 1
		&& lam_alone_features(a, REACH_X, 0) == lam_alone_features(a, REACH_Y, 0))
		status = compare(e, IN_PLACE, REACH_X);
	/* The arrays as a first run leaves them. */
	return status ? status : run(e, NOTHING, REACH_X);
}

lam_status lam_declared_check(lam_alone *a)
{
	examined e = {.alone = a, .title = lam_call_title(a->call), .inputs = checksum(a)};
	const size_t x = size_of(a, REACH_X), y = size_of(a, REACH_Y);
	e.forward = y + size_of(a, REACH_LOSS) + size_of(a, REACH_STATE);
	e.gradient = e.forward + size_of(a, REACH_DW);
	e.bytes = e.gradient + x;
	e.expected = lam_alloc(e.bytes, 1);
	e.results = lam_alloc(e.bytes, 1);
	e.copy = lam_alloc(x + y, 1);
	lam_status status = e.expected && e.results && e.copy ? examine(&e) : LAM_ERR_MEMORY;
	lam_free(e.expected);
	lam_free(e.results);
	lam_free(e.copy);
	return status;
}
