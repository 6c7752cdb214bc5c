/* SPDX-License-Identifier: MIT */
/* lam_gradcheck() on random nets of every kind of layer, with its default settings: right nets
 * pass, and a net with one error in one layer does not.
 *
 * `make check` runs 80 nets and 40 of each error, `make check-gradcheck` 1,000 and 500. */
#include "tests/battery/subjects.h"
#include "tests/kit.h"

#include "framework/layer/inside.h"

#include <lamina.h>

/* Not each net has room for an error: of PLANTED_NETS one has, whatever share of NETS is run. */
enum { NETS = 80, PLANTED_NETS = 20, LAYERS = 5, MOST_VALUES = 150 };

/* The number of nets: $LAMINA_NETS if it is set. */
static int nets(void)
{
	const char *all = getenv("LAMINA_NETS");
	return all ? atoi(all) : test_share(NETS);
}

/* How a layer's backward is wrong. */
enum error {
	RIGHT,
	DX_SCALED,      /* all of dx by 1% */
	DX_FEATURE,     /* one feature of dx by 1% */
	DX_BLOCKS,      /* dx of all blocks but the first is 0 */
	DX_LAST_SAMPLE, /* dx of the last sample is off by 1% */
	DX_VALUE,       /* one value of dx, the largest of the second block, by 1% */
	DX_LARGE,       /* one feature of dx by 1%, in batches of several blocks */
	DW_SCALED,      /* one dw by 1% */
	DW_VALUE,       /* one value of a dw, the largest, by 1% */
	DW_LARGE,       /* the same in batches of several blocks */
	DW_BLOCKS,      /* dw sums over the first block alone */
	DW_SAMPLE,      /* dw lacks the terms of the last sample */
	ERRORS
};

static const char *const error_names[ERRORS] = {"right", "dx off by 1%",
	"a feature of dx off by 1%", "dx of the first block alone",
	"dx of the last sample off by 1%", "a value of dx in the second block off by 1%",
	"a feature of dx off by 1% in large batches", "dw off by 1%", "a value of dw off by 1%",
	"a value of dw off by 1% in large batches", "dw of the first block alone",
	"dw without the last sample"};

/* The layer that is wrong. Nets are checked one at a time. */
static struct {
	lam_layer_class wrong;
	const lam_layer_class *right;
	enum error error;
	int param;
	int64_t count; /* values of the parameter */
	bool changed;  /* a value of some size was changed */
	/* in batches of several blocks: the largest dx, and the largest that was changed */
	double largest, changed_largest;
	char kind[40];
} fault;

static void scale(lam_real *at, double by, double largest)
{
	fault.changed |= fabs((double)*at) > 0.2 * largest;
	*at *= (lam_real)by;
}

/* The index of the value with the largest size. */
static int64_t find_largest(const lam_real *values, int64_t count)
{
	int64_t at = 0;
	for (int64_t i = 1; i < count; i++)
		at = fabs((double)values[i]) > fabs((double)values[at]) ? i : at;
	return at;
}

/* Spoils dx of one block. `last`: the block has the batch's last sample. */
static void spoil_dx(const lam_pass *pass, int64_t block, lam_real *dx)
{
	const int64_t features = pass->dx->features;
	const int64_t at_largest = find_largest(dx, features * LAM_LANES);
	const double largest = fabs((double)dx[at_largest]);
	const bool large = fault.error == DX_VALUE || fault.error == DX_LARGE;
	if (large && pass->blocks == 1)
		return;
	fault.largest = fmax(fault.largest, largest);
	const int64_t lane = (pass->n - 1) % LAM_LANES;
	for (int64_t f = 0; f < features; f++)
		for (int64_t i = 0; i < LAM_LANES; i++) {
			lam_real *at = &dx[f * LAM_LANES + i];
			if (fault.error == DX_SCALED
				|| (fault.error == DX_FEATURE && f == features / 2)
				|| (fault.error == DX_LAST_SAMPLE && i == lane
					&& block == pass->blocks - 1)
				|| (fault.error == DX_VALUE && block == 1 && at - dx == at_largest)
				|| (fault.error == DX_LARGE && f == features / 2)) {
				fault.changed_largest = fmax(
					fault.changed_largest, fabs((double)*at));
				scale(at, 1.01, largest);
			}
			if (fault.error == DX_BLOCKS && block > 0)
				scale(at, 0, largest);
		}
	/* Blocks may be of different size, and errors are relative to the largest of all. */
	if (large)
		fault.changed = fault.changed_largest > 0.2 * fault.largest;
}

static bool is_last(const lam_layer *self, lam_job job, const lam_pass *pass, bool *per_block)
{
	lam_phase phase[LAM_MAX_PHASES] = {{.per_block = job != LAM_GRADIENT, .slices = 1}};
	if (job == LAM_BACKWARD && fault.count && !fault.right->gradient)
		phase[0].per_block = false;
	const int phases = fault.right->phases
		? fault.right->phases(self, job, pass->mode, pass->blocks, phase)
		: 1;
	*per_block = phase[pass->phase].per_block;
	return pass->phase == phases - 1 && pass->slice_end == pass->slices;
}

static void spoil_dw(const lam_pass *pass)
{
	lam_real *dw = pass->dw[fault.param];
	if (!dw)
		return;
	const int64_t at = find_largest(dw, fault.count);
	for (int64_t i = 0; i < fault.count; i++)
		if (fault.error == DW_SCALED || (fault.error == DW_VALUE && i == at)
			|| (fault.error == DW_LARGE && i == at && pass->blocks > 1))
			scale(&dw[i], 1.01, fabs((double)dw[at]));
}

/* Whether dy of this sample is missing in the sums of dw. */
static bool is_missing(const lam_pass *pass, int64_t sample)
{
	return fault.error == DW_BLOCKS ? sample >= LAM_LANES : sample == pass->n - 1;
}

/* Whether a dw has a part of some size from value i of block b. A slope has none where x is above
 * 0. */
static bool matters(const lam_pass *pass, int64_t b, int64_t i, lam_real dy)
{
	if (strcmp(fault.kind, "prelu") != 0)
		return fabs((double)dy) > 0.2;
	const lam_real x = pass->x->data[b * pass->x->block + i];
	return x < 0 && fabs((double)(dy * x)) > 0.2;
}

/* Calls the right function with dy of some samples set to 0. */
static lam_status lie(const lam_layer *self, const lam_pass *pass, int64_t first, int64_t blocks,
	lam_status (*right)(const lam_layer *, const lam_pass *))
{
	const lam_view *dy = pass->dy;
	const int64_t values = dy->values;
	lam_real *copy = malloc((size_t)(blocks * values) * sizeof *copy);
	if (!copy)
		return lam_fail(LAM_ERR_MEMORY, "no memory");
	for (int64_t b = 0; b < blocks; b++) {
		lam_real *at = dy->data + b * dy->block;
		memcpy(copy + b * values, at, (size_t)values * sizeof *copy);
		for (int64_t i = 0; i < values; i++)
			if (is_missing(pass, (first + b) * LAM_LANES + i % LAM_LANES)) {
				fault.changed |= matters(pass, b, i, at[i]);
				at[i] = 0;
			}
	}
	const lam_status status = right(self, pass);
	for (int64_t b = 0; b < blocks; b++)
		memcpy(dy->data + b * dy->block, copy + b * values, (size_t)values * sizeof *copy);
	free(copy);
	return status;
}

static lam_status run_wrong(const lam_layer *self, lam_job job, const lam_pass *pass,
	lam_status (*right)(const lam_layer *, const lam_pass *))
{
	bool per_block;
	const bool last = is_last(self, job, pass, &per_block);
	const int64_t first = per_block ? pass->block : 0, blocks = per_block ? 1 : pass->blocks;
	const bool of_dw = job == LAM_GRADIENT || (!fault.right->gradient && fault.count);
	if (of_dw && (fault.error == DW_BLOCKS || fault.error == DW_SAMPLE))
		return lie(self, pass, first, blocks, right);
	const lam_status status = right(self, pass);
	if (status || !last)
		return status;
	if (of_dw)
		spoil_dw(pass);
	for (int64_t b = 0; job == LAM_BACKWARD && pass->dx->data && b < blocks; b++)
		spoil_dx(pass, first + b, pass->dx->data + b * pass->dx->block);
	return LAM_OK;
}

static lam_status wrong_backward(const lam_layer *self, const lam_pass *pass)
{
	return run_wrong(self, LAM_BACKWARD, pass, fault.right->backward);
}

static lam_status wrong_gradient(const lam_layer *self, const lam_pass *pass)
{
	return run_wrong(self, LAM_GRADIENT, pass, fault.right->gradient);
}

/* Chooses the parameter whose gradient is wrong. False: the layer has none. */
static bool choose_param(const struct subject *subject, lam_shape in, struct dice *dice)
{
	lam_shape out;
	lam_net *net = lam_net_create(battery_ordinary(subject, in, &out), in, .max_batch = 2);
	const int params = net ? lam_net_param_count(net) : 0;
	fault.count = 0;
	if (params) {
		fault.param = (int)dice_range(dice, 0, params - 1);
		const lam_shape shape = lam_param_shape(lam_net_param(net, fault.param));
		fault.count = lam_shape_count(&shape);
	}
	lam_net_free(net);
	return params;
}

/* Makes the layer wrong, if its class can be wrong in this way. */
static bool plant(const struct subject *subject, lam_layer *layer, lam_shape in, enum error error,
	struct dice *dice)
{
	const lam_layer_class *right = layer->layer_class;
	if (right->expand || right->flags & (LAM_VIEW | LAM_PASSES_DY))
		return false;
	if (!choose_param(subject, in, dice) && error >= DW_SCALED)
		return false;
	fault.right = right;
	fault.error = error;
	fault.wrong = *right;
	fault.wrong.backward = wrong_backward;
	fault.wrong.gradient = right->gradient ? wrong_gradient : NULL;
	layer->layer_class = &fault.wrong;
	snprintf(fault.kind, sizeof fault.kind, "%s", right->kind);
	return true;
}

static lam_shape choose_shape(struct dice *dice)
{
	switch (dice_range(dice, 0, 2)) {
	case 0:
		return LAM_SHAPE(dice_range(dice, 1, 12));
	case 1:
		return LAM_SHAPE(dice_range(dice, 1, 4), dice_range(dice, 2, 12));
	default:
		return LAM_SHAPE(
			dice_range(dice, 1, 4), dice_range(dice, 2, 7), dice_range(dice, 2, 7));
	}
}

/* A random layer that takes this input, and its subject. */
static lam_layer *choose_layer(
	struct dice *dice, bool loss, lam_shape in, lam_shape *out, const struct subject **of)
{
	static int subjects;
	while (battery_subject(subjects))
		subjects++;
	for (int tries = 0; tries < 200; tries++) {
		const struct subject *subject = *of = battery_subject(
			(int)dice_range(dice, 0, subjects - 1));
		if (!(subject->traits & SUBJECT_LOSS) == loss)
			continue;
		lam_layer *layer = battery_ordinary(subject, in, out);
		if (layer && lam_shape_count(out) <= MOST_VALUES)
			return layer;
		lam_layer_free(layer);
	}
	return NULL;
}

/* A random net for inputs of shape `in`; with an error, one of its layers is wrong, or NULL. */
static lam_layer *choose_net(struct dice *dice, lam_shape in, enum error error)
{
	lam_layer *layers[LAYERS + 2];
	const struct subject *subject;
	int count = 0;
	const int wanted = (int)dice_range(dice, 1, LAYERS);
	bool planted = error == RIGHT;
	const int at = (int)dice_range(dice, 0, wanted - 1);
	while (count < wanted) {
		lam_shape out;
		lam_layer *layer = choose_layer(dice, false, in, &out, &subject);
		if (!layer)
			break;
		if (!planted && count >= at)
			planted = plant(subject, layer, in, error, dice);
		if (lam_shape_equal(&in, &out) && dice_chance(dice, 20))
			layer = lam_residual(layer);
		layers[count++] = layer;
		in = out;
	}
	lam_shape out;
	if (dice_chance(dice, 60)) {
		lam_layer *loss = choose_layer(dice, true, in, &out, &subject);
		/* This loss takes probabilities. */
		if (loss && strcmp(subject->name, "binary_cross_entropy") == 0)
			layers[count++] = lam_sigmoid();
		if (loss && !planted)
			planted = plant(subject, loss, in, error, dice);
		if (loss)
			layers[count++] = loss;
	}
	lam_layer *net = lam_sequential_new(&(lam_sequential_options){
		.size = sizeof(lam_sequential_options), .layers = layers, .count = count});
	if (planted)
		return net;
	lam_layer_free(net);
	return NULL;
}

static void right_nets_pass(void)
{
	int64_t checked = 0, undecided = 0;
	const char *only = getenv("GRADCHECK_NET");
	for (int i = 0; i < nets(); i++) {
		if (only && atoi(only) != i)
			continue;
		struct dice dice = {(uint64_t)i * 1000 + 1};
		lam_gradcheck_report report;
		const lam_shape in = choose_shape(&dice);
		const lam_status status = lam_gradcheck(
			choose_net(&dice, in, RIGHT), in, &report, .seed = (uint64_t)i);
		check(!status, "net %d of input %s: %s", i, lam_shape_text(in).text, lam_error());
		checked += report.checked;
		undecided += report.undecided;
	}
	printf("      %lld values, %lld undecided\n", (long long)checked, (long long)undecided);
	check(undecided * 1000 <= checked);
}

static void errors_are_found(void)
{
	for (int e = 1; e < ERRORS; e++) {
		int planted = 0;
		test_begin("%s", error_names[e]);
		const int tried = nets() / 2 + 1;
		for (int i = 0; i < tried || i < PLANTED_NETS; i++) {
			struct dice dice = {(uint64_t)i * 1000 + (uint64_t)e * 7 + 1};
			lam_gradcheck_report report;
			const lam_shape in = choose_shape(&dice);
			fault.changed = false;
			fault.largest = fault.changed_largest = 0;
			lam_layer *net = choose_net(&dice, in, (enum error)e);
			if (!net)
				continue;
			const lam_status status = lam_gradcheck(
				net, in, &report, .seed = (uint64_t)i);
			if (!fault.changed)
				continue;
			planted++;
			/* An error that depends on how a job is cut is found before. */
			const bool cut = status == LAM_ERR_ARGUMENT
				&& strstr(lam_error(), fault.kind);
			check(cut
					|| (status == LAM_ERR_NUMERIC
						&& strstr(report.layer, fault.kind)
						&& report.wrong > 0 && *report.worsts[0]),
				"net %d of input %s, %s: %s", i, lam_shape_text(in).text,
				fault.kind, status ? lam_error() : "passed");
		}
		check(planted > 0);
		printf("      %d planted\n", planted);
		test_end();
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(right_nets_pass), TEST(errors_are_found)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
