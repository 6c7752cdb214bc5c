/* SPDX-License-Identifier: MIT */
/* What a sequence of calls works on, and sums of it. */
#include "tests/fuzz/fuzz_calls.h"

static uint64_t mix(uint64_t sum, const void *bytes, size_t count)
{
	const unsigned char *at = bytes;
	for (; count >= 8; at += 8, count -= 8) {
		uint64_t word;
		memcpy(&word, at, 8);
		sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		sum ^= sum >> 29;
	}
	for (; count > 0; at++, count--)
		sum = (sum ^ *at) * UINT64_C(0x100000001b3);
	return sum;
}

void fuzz_add(struct world *w, const void *bytes, size_t count)
{
	w->sum = mix(w->sum, bytes, count);
}

static size_t bytes_of(lam_shape shape)
{
	return (size_t)lam_shape_count(&shape) * sizeof(lam_real);
}

static uint64_t mix_params(uint64_t sum, lam_net *net)
{
	for (int i = 0; i < lam_net_param_count(net); i++) {
		lam_param *param = lam_net_param(net, i);
		sum = mix(sum, lam_param_value(param), bytes_of(lam_param_shape(param)));
	}
	return sum;
}

uint64_t fuzz_values_sum(lam_net *net)
{
	uint64_t sum = mix_params(1, net);
	for (int i = 0; i < lam_net_state_count(net); i++) {
		lam_param *state = lam_net_state(net, i);
		sum = mix(sum, lam_param_value(state), bytes_of(lam_param_shape(state)));
	}
	return sum;
}

void fuzz_add_net(struct world *w)
{
	const uint64_t values = fuzz_values_sum(w->net);
	fuzz_add(w, &values, sizeof values);
	for (int i = 0; i < lam_net_param_count(w->net); i++) {
		lam_param *param = lam_net_param(w->net, i);
		if (lam_param_grad(param))
			fuzz_add(w, lam_param_grad(param), bytes_of(lam_param_shape(param)));
	}
	const lam_real *y = lam_net_output(w->net), *dx = lam_net_input_grad(w->net);
	if (y)
		fuzz_add(w, y, (size_t)w->n * bytes_of(w->out));
	if (dx)
		fuzz_add(w, dx, (size_t)w->n * bytes_of(w->in));
	const double loss = lam_net_loss(w->net);
	fuzz_add(w, &loss, sizeof loss);
}

size_t fuzz_printable(const char *text)
{
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			fuzz_wrong("a sentence with a control character");
	return strlen(text);
}

void fuzz_world_begin(struct world *w)
{
	for (int i = 0; i < MOST_SAMPLES * MOST_INPUT; i++)
		w->x[i] = (lam_real)(i * 7919 % 257 - 128) / 64;
	w->optimizer = lam_adam(.lr = (lam_real)0.01);
}

/* Values that the loss takes, and now and then others. */
static void fill_targets(struct world *w)
{
	lam_target_info *info = &w->targets;
	const int64_t each = info->shape.rank ? lam_shape_count(&info->shape) : 1;
	const lam_real least = info->least, span = info->most - least;
	for (int64_t i = 0; i < MOST_SAMPLES * each; i++) {
		w->classes[i] = info->classes ? (int32_t)(i * 31 % 17 % info->classes) : 0;
		w->values[i] = (lam_real)(i * 37 % 16) / 16;
		if (span > 0 && span < 100)
			w->values[i] = least + span * w->values[i];
	}
	if (!take(&w->source, 16))
		w->classes[take(&w->source, 4)] = take(&w->source, 256) - 128;
	if (!take(&w->source, 16))
		w->values[take(&w->source, 4)] = (lam_real)(take(&w->source, 256) - 128);
}

bool fuzz_world_fill(struct world *w)
{
	struct source *s = &w->source;
	fuzz_take_optimizer(w);
	w->out = lam_net_output_shape(w->net);
	w->has_loss = !lam_net_targets(w->net, &w->targets);
	if (lam_shape_count(&w->out) > FUZZ_VALUES
		|| (w->targets.shape.rank && lam_shape_count(&w->targets.shape) > FUZZ_VALUES))
		return false;
	if (!w->has_loss)
		return true;
	const int64_t count = 1 + take(s, MOST_SAMPLES);
	fill_targets(w);
	w->data = lam_dataset_arrays(w->x, w->in,
		w->targets.type == LAM_CLASSES          ? (const void *)w->classes
			: w->targets.type == LAM_VALUES ? (const void *)w->values
							: NULL,
		count, .targets = w->targets.type, .target_shape = w->targets.shape,
		.classes = w->targets.classes, .ignore = w->targets.ignore);
	return true;
}

void fuzz_world_end(struct world *w)
{
	lam_dataset_free(w->data);
	lam_net_free(w->replica);
	lam_net_free(w->net);
	free(w->saved.bytes);
	struct fuzz_saved rest = fuzz_take_saved();
	free(rest.bytes);
}
