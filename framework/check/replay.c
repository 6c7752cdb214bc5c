/* SPDX-License-Identifier: MIT */
/* Reads the bundle of a failed step, and repeats the step. */
#include "framework/base/float_mode.h"
#include "framework/base/options.h"
#include "framework/base/shown.h"
#include "framework/check/examine.h"
#include "framework/check/replay_entries.h"
#include "framework/kernels/sizes.h"
#include "framework/memory.h"
#include "framework/model/inside.h"
#include "framework/net/arenas.h"
#include "framework/net/query.h"

#include <inttypes.h>
#include <stdio.h>

/* The contents of a bundle beside its net. */
typedef struct bundle {
	int64_t n, seed, pass, epoch, step;
	int64_t max_batch;     /* of a net whose layout is that of the bundle's */
	int64_t direct;        /* 1: of one that was created with .direct */
	char failure[512];     /* one line, whatever the file has */
	lam_run_input *inputs; /* one for each of the net's inputs, and for each of its losses */
	lam_run_target *targets;
	void **memory; /* of all, [ends] */
	int ends;
} bundle;

static int64_t need(const lam_npz *npz, const char *name)
{
	return lam_npz_need(npz, name, "what lam_fit wrote for .replay");
}

/* What decides the bits of the net: its bound, below 16 if the file says so, and .direct. */
static lam_status read_kind(const lam_npz *npz, const char *path, bundle *b)
{
	const int64_t entry = lam_npz_find(npz, ENTRY("max_batch")),
		      direct = lam_npz_find(npz, ENTRY("direct"));
	b->max_batch = most(b->n, LAM_LANES);
	lam_status status = direct < 0 ? LAM_OK : lam_npz_read_int64(npz, direct, &b->direct, 1);
	if (entry < 0 || status)
		return status;
	status = lam_npz_read_int64(npz, entry, &b->max_batch, 1);
	if (!status && (b->max_batch < b->n || b->max_batch >= LAM_LANES))
		status = lam_fail(LAM_ERR_FORMAT,
			"%s: \"%s\" is %" PRId64 " for %" PRId64
			" samples; expected as many, and at most %d",
			lam_path_text(path).text, ENTRY("max_batch"), b->max_batch, b->n,
			LAM_LANES - 1);
	return status;
}

static lam_status read_numbers(const lam_npz *npz, const char *path, bundle *b)
{
	const struct {
		const char *name;
		int64_t *value;
	} numbers[] = {
		{ENTRY("seed"), &b->seed},
		{ENTRY("pass"), &b->pass},
		{ENTRY("epoch"), &b->epoch},
		{ENTRY("step"), &b->step},
	};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		int64_t entry = need(npz, numbers[i].name);
		lam_status status = entry < 0 ? LAM_ERR_FORMAT
					      : lam_npz_read_int64(npz, entry, numbers[i].value, 1);
		if (status)
			return status;
	}
	const bool several = lam_npz_find(npz, ENTRY("x")) < 0
		&& lam_npz_find(npz, entry_of(SAMPLES, 0, 2).text) >= 0;
	const char *first = several ? entry_of(SAMPLES, 0, 2).text : ENTRY("x");
	int64_t failure = need(npz, ENTRY("failure")), x = need(npz, first);
	if (failure < 0 || x < 0)
		return LAM_ERR_FORMAT;
	char *text = lam_npz_read_text(npz, failure, 1024);
	if (!text)
		return lam_error_status();
	lam_show_line(text, b->failure, sizeof b->failure);
	lam_free(text);
	const lam_npy *info = lam_npz_info(npz, x);
	if (!info)
		return lam_error_status();
	/* Rows without values are refused: a tiny file could ask for a net of many samples. */
	if (info->rank != 2 || info->dim[0] < 1 || info->dim[0] > LAM_MOST_BATCH
		|| info->dim[1] < 1)
		return lam_fail(LAM_ERR_FORMAT,
			"%s: \"%s\" is %s; expected 1 to %d rows of samples",
			lam_path_text(path).text, first, lam_npy_text(info).text,
			(int)LAM_MOST_BATCH);
	b->n = info->dim[0];
	return read_kind(npz, path, b);
}

static lam_status read_input(const lam_net *net, int input, const lam_npz *npz, bundle *b)
{
	const int64_t values = b->n * input_features(net, input),
		      entry = need(npz, entry_of(SAMPLES, input, lam_net_input_count(net)).text);
	lam_real *x = entry < 0 ? NULL : lam_alloc((size_t)values, sizeof *x);
	if (!x)
		return entry < 0 ? LAM_ERR_FORMAT : LAM_ERR_MEMORY;
	b->memory[b->ends++] = x;
	b->inputs[input].rows = x;
	return lam_npz_read_real(npz, entry, x, values);
}

/* Class numbers have another type in the file. */
static lam_status read_classes(const lam_target_info *info, const lam_npz *npz, int64_t entry,
	const char *path, int64_t n, int32_t *classes)
{
	const int64_t each = lam_target_values(info), count = n * each;
	int64_t *wide = lam_alloc((size_t)count, sizeof *wide);
	lam_status status = wide ? lam_npz_read_int64(npz, entry, wide, count) : LAM_ERR_MEMORY;
	for (int64_t i = 0; i < count && !status; i++) {
		if ((wide[i] < 0 || wide[i] >= info->classes)
			&& wide[i] != lam_target_ignored(info)) {
			const lam_class_words words = lam_class_describe(info, i % each);
			status = lam_fail(LAM_ERR_FORMAT,
				"%s: the target of sample %" PRId64 "%s is class %" PRId64
				"; expected 0 to %" PRId64 "%s",
				lam_path_text(path).text, i / each, words.place, wide[i],
				info->classes - 1, words.ignored);
		}
		classes[i] = (int32_t)wide[i];
	}
	lam_free(wide);
	return status;
}

/* The other classes of mixed samples, and their shares, which only such a step has. */
static lam_status read_mixed(
	const lam_net *net, int loss, const lam_npz *npz, const char *path, bundle *b)
{
	const int losses = lam_net_loss_count(net);
	const int64_t second = lam_npz_find(npz, entry_of(SECOND, loss, losses).text);
	if (second < 0)
		return LAM_OK;
	const lam_target_info info = lam_net_target_info(net, loss);
	const int64_t share = need(npz, entry_of(SHARE, loss, losses).text);
	if (share < 0)
		return LAM_ERR_FORMAT;
	if (!lam_net_loss_mixes(net, loss))
		return lam_fail(LAM_ERR_FORMAT,
			"%s: mixed classes for the loss %s; expected one with LAM_MIXES",
			lam_path_text(path).text, lam_net_loss_title(net, loss).text);
	int32_t *classes = lam_alloc((size_t)(b->n * lam_target_values(&info)), sizeof *classes);
	lam_real *shares = classes ? lam_alloc((size_t)b->n, sizeof *shares) : NULL;
	b->memory[b->ends++] = classes;
	b->memory[b->ends++] = shares;
	if (!shares)
		return LAM_ERR_MEMORY;
	b->targets[loss].second = classes;
	b->targets[loss].share = shares;
	lam_status status = read_classes(&info, npz, second, path, b->n, classes);
	return status ? status : lam_npz_read_real(npz, share, shares, b->n);
}

/* The weights of a loss's samples, if the file has them; the run checks them. */
static lam_status read_sample_weights(const lam_net *net, int loss, const lam_npz *npz, bundle *b)
{
	const int64_t entry = lam_npz_find(
		npz, entry_of(WEIGHTS, loss, lam_net_loss_count(net)).text);
	if (entry < 0)
		return LAM_OK;
	lam_real *weights = lam_alloc((size_t)b->n, sizeof *weights);
	if (!weights)
		return LAM_ERR_MEMORY;
	b->memory[b->ends++] = weights;
	b->targets[loss].weights = weights;
	return lam_npz_read_real(npz, entry, weights, b->n);
}

static lam_status read_targets(
	const lam_net *net, int loss, const lam_npz *npz, const char *path, bundle *b)
{
	const lam_target_info info = lam_net_target_info(net, loss);
	const bool classes = info.type == LAM_CLASSES;
	const int64_t count = b->n * lam_target_values(&info),
		      entry = need(npz, entry_of(TARGETS, loss, lam_net_loss_count(net)).text);
	void *data = entry < 0
		? NULL
		: lam_alloc((size_t)count, classes ? sizeof(int32_t) : sizeof(lam_real));
	if (!data)
		return entry < 0 ? LAM_ERR_FORMAT : LAM_ERR_MEMORY;
	b->memory[b->ends++] = data;
	b->targets[loss] = (lam_run_target){
		.data = data, .given = classes ? LAM_GIVEN_CLASSES : LAM_GIVEN_VALUES};
	lam_status status = read_sample_weights(net, loss, npz, b);
	if (status || !classes)
		return status ? status : lam_npz_read_real(npz, entry, data, count);
	status = read_classes(&info, npz, entry, path, b->n, data);
	return status ? status : read_mixed(net, loss, npz, path, b);
}

static lam_status read_weights(lam_net *net, const lam_npz *npz, const char *path)
{
	const int losses = lam_net_loss_count(net);
	const int64_t entry = lam_npz_find(npz, ENTRY("weights"));
	if (entry < 0)
		return LAM_OK;
	lam_real *weights = lam_alloc((size_t)losses, sizeof *weights);
	lam_status status = weights ? lam_npz_read_real(npz, entry, weights, losses)
				    : LAM_ERR_MEMORY;
	for (int i = 0; i < losses && !status; i++)
		if (lam_net_set_loss_weight(net, lam_net_loss_name(net, i), weights[i]))
			status = lam_fail(
				LAM_ERR_FORMAT, "%s: %s", lam_path_text(path).text, lam_error());
	lam_free(weights);
	return status;
}

static lam_status read_batch(lam_net *net, const lam_npz *npz, const char *path, bundle *b)
{
	const int inputs = lam_net_input_count(net), losses = lam_net_loss_count(net);
	lam_target_info any;
	lam_status status = lam_net_targets(net, &any); /* fails if there is no loss */
	if (status)
		return status;
	b->inputs = lam_alloc((size_t)inputs, sizeof *b->inputs);
	b->targets = lam_alloc((size_t)losses, sizeof *b->targets);
	b->memory = lam_alloc((size_t)(inputs + 4 * losses), sizeof *b->memory);
	if (!b->inputs || !b->targets || !b->memory)
		return LAM_ERR_MEMORY;
	for (int k = 0; k < inputs && !status; k++)
		status = read_input(net, k, npz, b);
	for (int i = 0; i < losses && !status; i++)
		status = read_targets(net, i, npz, path, b);
	return status ? status : read_weights(net, npz, path);
}

/* The caller's function for rows, and the float mode to call it in. */
typedef struct onlooker {
	const lam_replay_options *options;
	lam_float_mode mode;
} onlooker;

static bool show(const lam_replay_row *row, void *data)
{
	const onlooker *o = data;
	LAM_FLOAT_SCOPE(ours, o->mode);
	return o->options->row(row, o->options->row_data);
}

static lam_status replay(const lam_replay_options *o, const lam_npz *npz, bundle *b, lam_net **made,
	lam_float_mode caller)
{
	lam_status status = read_numbers(npz, o->path, b);
	if (status)
		return status;
	lam_net *net = *made = lam_net_load(o->path, .max_batch = (int)b->max_batch,
		.direct = b->direct != 0, .threads = o->threads, .seed = (uint64_t)b->seed,
		.classes = o->classes, .memory_limit = o->memory_limit);
	if (!net)
		return lam_error_status();
	status = read_batch(net, npz, o->path, b);
	if (status)
		return status;
	lam_net_set_counts(net, (lam_counts){.passes = (uint64_t)b->pass});
	const lam_run run = {
		.what = LAM_RUN_FORWARD | LAM_RUN_BACKWARD,
		.mode = LAM_TRAIN,
		.n = b->n,
		.inputs = b->inputs,
		.targets = b->targets,
	};
	const lam_replay_row of = {
		.failure = b->failure, .epoch = b->epoch, .step = b->step, .samples = b->n};
	return lam_net_examine(net, &run, &of, o->row ? show : NULL, &(onlooker){o, caller});
}

lam_status lam_replay_with(const lam_replay_options *given)
{
	lam_replay_options options;
	if (!lam_take_options("lam_replay", &options, sizeof options,
		    offsetof(lam_replay_options, row), offsetof(lam_replay_options, named), given))
		return LAM_ERR_ARGUMENT;
	if (!options.path)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_replay: the path is NULL");
	if (lam_check_memory_limit("lam_replay", options.memory_limit))
		return LAM_ERR_ARGUMENT;
	lam_npz *npz = lam_npz_open(options.path);
	if (!npz)
		return lam_error_status();
	bundle b = {0};
	lam_net *net = NULL;
	/* The rows' means too are computed in IEEE 754's default float mode. */
	LAM_FLOAT_SCOPE(caller, LAM_FLOAT_IEEE);
	lam_status status = replay(&options, npz, &b, &net, caller);
	lam_net_free(net);
	lam_npz_close(npz);
	for (int i = 0; i < b.ends; i++)
		lam_free(b.memory[i]);
	lam_free(b.memory);
	lam_free(b.inputs);
	lam_free(b.targets);
	return status;
}
