/* SPDX-License-Identifier: MIT */
/* Sequences of calls: the bytes compose a net and say which calls follow, with which arguments,
 * good ones and bad ones, also within callbacks of lam_fit(). A sequence has the same bits on one
 * thread and on several. A call that fails says why, changes no value, and leaves a net that
 * predicts; that holds where memory is short, too. */
#include "tests/fuzz/fuzz_calls.h"

#include <math.h>

#ifdef FUZZING
/* All the threads that are asked for, as in tests/kit.h. */
#include "framework/threads/region.h"

int lam_processors(void)
{
	return 1 << 20;
}

int lam_region_worth(double operations, int phases, int64_t units)
{
	(void)operations;
	(void)phases;
	(void)units;
	return 1 << 20;
}
#endif

enum {
	FLOOR = 64 << 20, /* nothing that is composed here takes as much */
	THREADS = 3,
	MOST_CALLS = 16,
};

/* What a sequence has computed: a sum after each call. */
struct trace {
	uint64_t sums[MOST_CALLS];
	const char *calls[MOST_CALLS];
	lam_status statuses[MOST_CALLS];
	int count;
};

static lam_shape take_input(struct source *s)
{
	switch (take(s, 4)) {
	case 0:
		return LAM_SHAPE(1 + take(s, 12));
	case 1:
		return LAM_SHAPE(1 + take(s, 4), 1 + take(s, 9));
	default:
		return LAM_SHAPE(1 + take(s, 3), 1 + take(s, 5), 1 + take(s, 5));
	}
}

static void check_net(const struct world *w)
{
	if (lam_net_max_batch(w->net) != w->max_batch)
		fuzz_wrong("another largest batch");
	for (int i = 0; i < lam_net_param_count(w->net); i++) {
		lam_param *param = lam_net_param(w->net, i);
		if (lam_net_find(w->net, lam_param_name(param)) != param)
			fuzz_wrong("a parameter that is not found by its name");
	}
}

/* Whatever failed, the net predicts. */
static void check_use(struct world *w)
{
	if (fuzz_printable(lam_error()) < 10)
		fuzz_wrong("a failure without a sentence");
	const long long left = fuzz_memory.left;
	fuzz_memory.left = -1;
	if (lam_net_predict(w->net, w->x, 1, w->y))
		fuzz_wrong("after a failure the net does not predict");
	w->n = 1;
	if (left >= 0)
		fuzz_memory.left = left;
}

static void call(struct world *w, struct trace *trace)
{
	const uint64_t before = fuzz_values_sum(w->net);
	const struct call *call = fuzz_take_call(w);
	const lam_status status = call->run(w);
	if (status && call->keeps && fuzz_values_sum(w->net) != before)
		fuzz_wrong(call->name);
	if (status && take(&w->source, 2))
		check_use(w);
	const size_t rest = (size_t)(w->source.end - w->source.at);
	fuzz_add(w, &rest, sizeof rest);
	fuzz_add(w, &status, sizeof status);
	fuzz_add_net(w);
	trace->calls[trace->count] = call->name;
	trace->statuses[trace->count] = status;
	trace->sums[trace->count++] = w->sum;
}

/* Plays the sequence. False: there is no such net. */
static bool play(const uint8_t *data, size_t size, int threads, struct trace *trace)
{
	struct world w = {.source = {data, data + size, 0}, .threads = threads};
	struct source *s = &w.source;
	fuzz_begin(FLOOR, 0, size);
	fuzz_world_begin(&w);
	if (take(s, 8) == 7)
		fuzz_memory.left = take(s, 256) * (1 + take(s, 2));
	w.starves = fuzz_memory.left >= 0;
	w.in = take_input(s);
	w.max_batch = take(s, 2) ? 1 + take(s, 4) : 1 + take(s, MOST_SAMPLES);
	w.inference = !take(s, 10);
	w.input_grad = take(s, 2);
	w.direct = !take(s, 4);
	const bool limited = !take(s, 16);
	lam_layer *model = fuzz_compose(s, w.in);
	w.net = lam_net_create(model, w.in, .max_batch = w.max_batch, .threads = threads,
		.seed = (uint64_t)take(s, 256), .inference = w.inference,
		.input_grad = w.input_grad, .direct = w.direct,
		.memory_limit = limited ? 1 << 14 : 8 << 20);
	const bool fits = w.net && fuzz_world_fill(&w);
	while (fits && trace->count < MOST_CALLS && s->at < s->end)
		call(&w, trace);
	if (w.net)
		check_net(&w);
	else if (fuzz_printable(lam_error()) < 10)
		fuzz_wrong("no net, and no sentence");
	fuzz_world_end(&w);
	fuzz_end();
	return fits && !limited; /* threads have memory of their own */
}

static void compare(const struct trace *one, const struct trace *many)
{
	int same = 0;
	while (same < one->count && same < many->count && one->sums[same] == many->sums[same])
		same++;
	if (same == one->count && same == many->count)
		return;
	for (int i = 0; i <= same && i < one->count && i < many->count; i++)
		fprintf(stderr, "%d %s: %d and %d\n", i, one->calls[i], one->statuses[i],
			many->statuses[i]);
	fuzz_wrong("several threads have other bits");
}

FUZZ_TARGET(sequences)
{
	struct trace one = {.count = 0}, many = {.count = 0};
	const bool starves = size && data[0] % 8 == 7;
	const bool there = play(data, size, 1, &one);
	if (!there || starves || !one.count)
		return 0;
	play(data, size, THREADS, &many);
	compare(&one, &many);
	return 0;
}
