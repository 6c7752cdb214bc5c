/* SPDX-License-Identifier: MIT */
/* The walk of a run: every thread goes through the same flat list of tasks, in one parallel region.
 *
 * A task is cut into phases, and a phase into numbered units, by shapes and the number of blocks;
 * threads/team.c hands the units out. Neighbouring tasks are walked together where possible:
 *
 *   chain   tasks whose units are whole blocks. A thread carries each of its blocks through the
 *           whole chain, while the block is in its cache, and waits for no other thread.
 *   bag     tasks that do not depend on each other, such as packing or updates. They have one phase
 *           with one numbering of units.
 *
 * A unit computes the same on every thread, so results do not depend on the number of threads. */
#include "framework/net/walk.h"

#include "framework/base/float_mode.h"
#include "framework/threads/region.h"
#include "framework/threads/thresholds.h"

#include <math.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#endif

/* Runs a unit unless one has failed. Keeps the first failure's sentence for the caller's thread. */
static void try_unit(lam_walk *walk, const lam_unit *unit)
{
	if (atomic_load_explicit(&walk->failed, memory_order_relaxed))
		return;
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

/* Whether a task can be part of a chain. If there are too few blocks to occupy all threads evenly,
 * a task that can cut its blocks into slices is walked by itself. */
static bool chain_link(const lam_cut *cut, int threads)
{
	const bool even = cut->blocks % threads == 0
		|| cut->blocks >= LAM_EVEN_BLOCKS * (int64_t)threads;
	return cut->link && (even || cut->phase[0].slices == 1);
}

static int walk_chain(lam_walk *walk, int at, lam_turn *turn)
{
	int end = at + 1;
	const int64_t blocks = walk->cuts[at].blocks;
	int64_t block, last;
	while (end < walk->task_count && walk->cuts[end].blocks == blocks
		&& chain_link(&walk->cuts[end], turn->threads))
		end++;
	lam_turn_begin(turn, blocks);
	while (lam_turn_take(turn, &block, &last))
		for (; block < last; block++)
			for (int i = at; i < end; i++) {
				const int64_t slices = walk->cuts[i].phase[0].slices;
				try_unit(walk,
					&(lam_unit){&walk->tasks[i], 0, block, 0, slices, slices,
						turn->thread});
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

/* Walks a bag. A unit takes the same fraction of every task in it. So a thread has the same part of
 * a parameter in each phase, and finds it in its cache. */
static int walk_bag(lam_walk *walk, int at, lam_turn *turn)
{
	int end = at;
	int64_t total = 0;
	for (; end < walk->task_count && goes_in_bag(walk->tasks[at].kind, walk->tasks[end].kind);
		end++)
		total += walk->cuts[end].phase[0].slices;
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
						turn->thread});
			before += slices;
		}
	}
	lam_turn_end(turn);
	return end;
}

static int walk_phases(lam_walk *walk, int at, lam_turn *turn)
{
	const lam_cut *cut = &walk->cuts[at];
	for (int p = 0; p < cut->phases; p++) {
		const int64_t slices = cut->phase[p].slices;
		int64_t unit, last;
		lam_turn_begin(turn, lam_cut_units(cut, p));
		while (lam_turn_take(turn, &unit, &last))
			while (unit < last) {
				int64_t block = cut->phase[p].per_block ? unit / slices : 0;
				int64_t end = (block + 1) * slices < last ? (block + 1) * slices
									  : last;
				try_unit(walk,
					&(lam_unit){&walk->tasks[at], p, block,
						unit - block * slices, end - block * slices, slices,
						turn->thread});
				unit = end;
			}
		lam_turn_end(turn);
	}
	return at + 1;
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
			fail_numeric(walk, "the gradient is not finite");
	}
	lam_turn_end(turn);
}

/* The number of threads that are worth using. In a net of few samples it is the largest number of
 * units in a phase; in other nets all threads. One thread needs no parallel region. */
static int useful_threads(const lam_walk *walk)
{
	const int most = walk->net->threads;
	int64_t useful = walk->net->plan.few && most > 1 ? 1 : most;
	for (int i = 0; i < walk->task_count && useful < most; i++)
		for (int p = 0; p < walk->cuts[i].phases; p++) {
			const int64_t units = lam_cut_units(&walk->cuts[i], p);
			useful = units > useful ? units : useful;
		}
	return useful < most ? (int)useful : most;
}

static void walk_all(lam_walk *walk, int thread, int threads)
{
	LAM_FLOAT_SCOPE(before, LAM_FLOAT_FLUSH);
	lam_turn turn = {.team = &walk->team, .thread = thread, .threads = threads};
	lam_turn_enter(&turn);
	if (thread == 0)
		walk->threads = threads;
	for (int at = 0; at < walk->task_count;) {
		lam_task_kind kind = walk->tasks[at].kind;
		if (walk->cuts[at].bag)
			at = walk_bag(walk, at, &turn);
		else if (chain_link(&walk->cuts[at], threads))
			at = walk_chain(walk, at, &turn);
		else
			at = walk_phases(walk, at, &turn);
		if (kind == TASK_NORM)
			add_norm(walk, &turn);
	}
	lam_turn_leave(&turn);
}

lam_status lam_walk_run(lam_walk *walk)
{
	for (int i = 0; i < walk->task_count; i++)
		lam_cut_task(walk, &walk->tasks[i], &walk->net->cuts[i]);
	walk->cuts = walk->net->cuts;
	atomic_store(&walk->failed, LAM_OK);
#ifdef _OPENMP
	const int threads = lam_region_threads(useful_threads(walk));
	lam_team_gather(&walk->team, walk->net->shares, threads);
	/* Without a region, because clang's OpenMP allocates memory even for one thread. */
	if (threads == 1)
		walk_all(walk, 0, 1);
	else {
		/* OpenMP may grant fewer threads, so each thread asks for their number. */
#pragma omp parallel num_threads(threads)
		walk_all(walk, omp_get_thread_num(), omp_get_num_threads());
	}
#else
	walk_all(walk, 0, 1);
#endif
	lam_team_dismiss(&walk->team);
	lam_status status = (lam_status)atomic_load(&walk->failed);
	return status ? lam_fail(status, "%s", walk->sentence) : LAM_OK;
}
