/* SPDX-License-Identifier: MIT */
/* The walk of a run: every thread goes through the same flat list of tasks, in one parallel region.
 *
 * A task is cut into phases, and a phase into numbered units, by shapes and the number of blocks;
 * threads/team.c hands the units out. Neighbouring tasks are walked together where possible:
 *
 *   chain   phases whose units are whole blocks, of neighbouring tasks. A thread carries each of
 *           its blocks through the whole chain, while the block is in its cache, and waits for no
 *           other thread. It begins with the part of its blocks that the last phase of blocks
 *           ended with.
 *   bag     tasks that do not depend on each other, such as packing or updates. They have one phase
 *           with one numbering of units.
 *
 * A unit computes the same on every thread, so results do not depend on the number of threads. */
#include "framework/net/walk.h"

#include "framework/base/float_mode.h"
#include "framework/threads/thresholds.h"

#include <math.h>
#include <string.h>

/* The watcher of a shard, on the caller's thread; NULL on others, and if there is none. */
static const lam_watcher *watcher_of(const lam_walk *walk, int thread)
{
	return thread == 0 && walk->run.shard ? walk->run.shard->watcher : NULL;
}

/* Runs a unit unless one has failed. Keeps the first failure's sentence for the caller's thread. */
static void try_unit(lam_walk *walk, const lam_unit *unit)
{
	if (atomic_load_explicit(&walk->failed, memory_order_relaxed))
		return;
	const lam_watcher *watcher = watcher_of(walk, unit->thread);
	if (watcher)
		watcher->poll(watcher->data);
	lam_status status = lam_unit_run(walk, unit);
	int none = LAM_OK;
	if (status && atomic_compare_exchange_strong(&walk->failed, &none, (int)status))
		strncpy(walk->sentence, lam_error(), sizeof walk->sentence - 1);
}

/* Whether two tasks may be in one bag: tasks of the same kind do not depend on each other, and the
 * caller's side work depends on nothing. */
static bool goes_in_bag(lam_task_kind first, lam_task_kind next)
{
	return next == first || (first == TASK_SIDE && next == TASK_PACK);
}

/* What is done with the results of one shard of several. */
static bool of_shard(lam_task_kind kind)
{
	return kind == TASK_SHARDS || kind == TASK_STATES;
}

/* A phase of a task. */
struct place {
	int at, phase;
};

static struct place phase_behind(const lam_walk *walk, struct place place)
{
	return place.phase + 1 < walk->cuts[place.at].phases
		? (struct place){place.at, place.phase + 1}
		: (struct place){place.at + 1, 0};
}

/* Whether a phase of a task can begin a chain, or go on with one. If there are too few blocks to
 * occupy all threads evenly, what can cut its blocks into slices is walked by itself. */
static bool chain_link(const lam_walk *walk, struct place place, bool begins, int threads)
{
	const lam_cut *cut = &walk->cuts[place.at];
	const bool even = cut->blocks % threads == 0
		|| cut->blocks >= LAM_EVEN_BLOCKS * (int64_t)threads,
		   links = cut->phases == 1 ? cut->link
		: begins                    ? cut->begins && place.phase == cut->phases - 1
					    : cut->ends && place.phase == 0;
	return links && (even || cut->phase[place.phase].slices == 1);
}

/* The end of the chain that begins with `first`. */
static struct place chain_end(const lam_walk *walk, struct place first, int threads)
{
	struct place end = phase_behind(walk, first);
	while (end.at < walk->task_count && walk->cuts[end.at].blocks == walk->cuts[first.at].blocks
		&& chain_link(walk, end, false, threads))
		end = phase_behind(walk, end);
	return end;
}

static struct place walk_chain(lam_walk *walk, struct place first, lam_turn *turn)
{
	const struct place end = chain_end(walk, first, turn->threads);
	int64_t block, last;
	lam_turn_begin(turn, walk->cuts[first.at].blocks);
	lam_turn_turns(turn);
	while (lam_turn_take(turn, &block, &last))
		for (; block < last; block++)
			for (struct place s = first; s.at != end.at || s.phase != end.phase;
				s = phase_behind(walk, s)) {
				const int64_t slices = walk->cuts[s.at].phase[s.phase].slices;
				try_unit(walk,
					&(lam_unit){&walk->tasks[s.at], s.phase, block, 0, slices,
						slices, turn->thread, LAM_ALL_SHARDS});
			}
	lam_turn_end(turn);
	return end;
}

/* The first slice of unit `unit` in a task of `slices` slices that follows `before` slices of other
 * tasks in the bag. `before` spreads small tasks, of fewer slices than there are units, over
 * different units. */
static int64_t bag_slice(int64_t slices, int64_t before, int64_t unit, int64_t units)
{
	return (slices * unit + before % units) / units;
}

/* The end of the bag that begins with task `at`, and the slices of all its tasks. */
static int bag_end(const lam_walk *walk, int at, int64_t *slices)
{
	int end = at;
	*slices = 0;
	for (; end < walk->task_count && goes_in_bag(walk->tasks[at].kind, walk->tasks[end].kind);
		end++)
		*slices += walk->cuts[end].phase[0].slices;
	return end;
}

/* Walks a bag. A unit takes the same fraction of every task in it. So a thread has the same part of
 * a parameter in each phase, and finds it in its cache. */
static int walk_bag(lam_walk *walk, int at, int shard, lam_turn *turn)
{
	int64_t total;
	const int end = bag_end(walk, at, &total);
	const int64_t most = (int64_t)LAM_BAG_UNITS * turn->threads,
		      units = total < most ? total : most;
	int64_t first, last;
	lam_turn_begin(turn, units);
	while (lam_turn_take(turn, &first, &last)) {
		int64_t before = 0;
		for (int i = at; i < end; i++) {
			const int64_t slices = walk->cuts[i].phase[0].slices;
			const int64_t from = bag_slice(slices, before, first, units),
				      to = bag_slice(slices, before, last, units);
			if (from < to)
				try_unit(walk,
					&(lam_unit){&walk->tasks[i], 0, 0, from, to, slices,
						turn->thread, shard});
			before += slices;
		}
	}
	lam_turn_end(turn);
	return end;
}

static void walk_phase(lam_walk *walk, struct place place, int shard, lam_turn *turn)
{
	const lam_cut *cut = &walk->cuts[place.at];
	const int64_t slices = cut->phase[place.phase].slices;
	int64_t unit, last;
	lam_turn_begin(turn, lam_cut_units(cut, place.phase));
	lam_turn_takes_whole(turn, cut->whole);
	if (cut->phase[place.phase].per_block)
		lam_turn_turns(turn);
	while (lam_turn_take(turn, &unit, &last))
		while (unit < last) {
			int64_t block = cut->phase[place.phase].per_block ? unit / slices : 0;
			int64_t end = (block + 1) * slices < last ? (block + 1) * slices : last;
			try_unit(walk,
				&(lam_unit){&walk->tasks[place.at], place.phase, block,
					unit - block * slices, end - block * slices, slices,
					turn->thread, shard});
			unit = end;
		}
	lam_turn_end(turn);
}

/* Walks a task, and what is done with its results, for one shard after another. */
static int walk_shards(lam_walk *walk, int at, lam_turn *turn)
{
	int end = at + 1;
	for (int shard = 0; shard < lam_walk_shards(walk); shard++) {
		for (int p = 0; p < walk->cuts[at].phases; p++)
			walk_phase(walk, (struct place){at, p}, shard, turn);
		end = at + 1;
		while (end < walk->task_count && of_shard(walk->tasks[end].kind))
			end = walk_bag(walk, end, shard, turn);
	}
	return end;
}

static void fail_numeric(lam_walk *walk, const char *sentence)
{
	int none = LAM_OK;
	if (atomic_compare_exchange_strong(&walk->failed, &none, LAM_ERR_NUMERIC))
		strcpy(walk->sentence, sentence);
}

/* Adds the partial sums in order, whichever thread computed them. A norm or a loss that is not
 * finite fails the run before the update, so that the step leaves the parameters unchanged. */
static void add_norm(lam_walk *walk, lam_turn *turn)
{
	int64_t first, last;
	lam_turn_begin(turn, 1);
	if (lam_turn_take(turn, &first, &last)) {
		double sum = 0;
		for (int64_t i = 0; i < walk->norm_parts; i++)
			sum += walk->net->norm_sums[i];
		walk->norm = sqrt(sum);
		for (int i = 0; i < walk->net->plan.loss_count; i++)
			for (int64_t b = 0; b < walk->blocks && walk->net->losses[i].targets; b++)
				if (!isfinite(walk->net->losses[i].sums[b]))
					fail_numeric(walk, "the loss is not finite");
		if (!isfinite(walk->norm))
			fail_numeric(walk, "the gradient's norm is not finite");
	}
	lam_turn_end(turn);
}

/* Adds the parts of each parameter's sums in order. */
static void add_sums(const lam_walk *walk, lam_turn *turn)
{
	const lam_net *net = walk->net;
	int64_t first, last;
	lam_turn_begin(turn, 1);
	if (lam_turn_take(turn, &first, &last))
		for (int i = 0; i < walk->task_count; i++) {
			const lam_task *task = &walk->tasks[i];
			if (task->kind != TASK_MEASURE)
				continue;
			double *sums = net->sums + (ptrdiff_t)task->index * net->rule_sums;
			memset(sums, 0, (size_t)net->rule_sums * sizeof *sums);
			for (int64_t p = 0; p < walk->cuts[i].phase[0].slices; p++)
				for (int k = 0; k < net->rule_sums; k++)
					sums[k] += net->sum_parts[(task->base + p) * net->rule_sums
						+ k];
		}
	lam_turn_end(turn);
}

int lam_walk_phases(const lam_walk *walk, int threads, int64_t *units)
{
	int phases = 0;
	*units = 1;
	for (struct place s = {0, 0}; s.at < walk->task_count; phases++) {
		const lam_cut *cut = &walk->cuts[s.at];
		int64_t most = cut->blocks;
		if (cut->by_shard)
			phases += lam_walk_shards(walk) - 1;
		phases -= cut->phases == 0;
		if (cut->bag) {
			s = (struct place){bag_end(walk, s.at, &most), 0};
		} else if (chain_link(walk, s, true, threads)) {
			s = chain_end(walk, s, threads);
		} else {
			most = lam_cut_units(cut, s.phase);
			s = phase_behind(walk, s);
		}
		*units = most > *units ? most : *units;
	}
	return phases;
}

/* Walks what begins at `place`; returns what comes behind it. */
static struct place walk_on(lam_walk *walk, struct place place, lam_turn *turn)
{
	const lam_cut *cut = &walk->cuts[place.at];
	if (cut->by_shard)
		return (struct place){walk_shards(walk, place.at, turn), 0};
	if (cut->bag)
		return (struct place){walk_bag(walk, place.at, LAM_ALL_SHARDS, turn), 0};
	if (chain_link(walk, place, true, turn->threads))
		return walk_chain(walk, place, turn);
	if (cut->phases > 0)
		walk_phase(walk, place, LAM_ALL_SHARDS, turn);
	return phase_behind(walk, place);
}

void lam_walk_all(lam_walk *walk, int thread, int threads)
{
	LAM_FLOAT_SCOPE(before, LAM_FLOAT_FLUSH);
	lam_turn turn = {.team = &walk->team, .thread = thread, .threads = threads};
	lam_turn_enter(&turn);
	if (thread == 0)
		walk->threads = threads;
	for (struct place place = {0, 0}; place.at < walk->task_count;) {
		const lam_task *task = &walk->tasks[place.at];
		const lam_watcher *watcher = watcher_of(walk, thread);
		if (task->kind == TASK_WHOLE && watcher)
			watcher->whole(watcher->data, task->base);
		place = walk_on(walk, place, &turn);
		if (task->kind == TASK_NORM)
			add_norm(walk, &turn);
		if (task->kind == TASK_MEASURE)
			add_sums(walk, &turn);
	}
	lam_turn_leave(&turn);
}
