/* SPDX-License-Identifier: MIT */
#include "framework/threads/team.h"

#include "framework/kernels/sizes.h"
#include "framework/threads/thresholds.h"

#include <sched.h>
#include <stddef.h>

#ifdef __linux__
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

enum { BITS = 20, MOST = (1 << BITS) - 1 };

static void rest(void)
{
#if defined __x86_64__ || defined __i386__
	__builtin_ia32_pause();
#elif defined __aarch64__
	__asm__ volatile("yield");
#endif
}

/* Sleeps while `phase` is `old`; may return early. */
static void sleep_on(atomic_uint *phase, unsigned old)
{
#ifdef __linux__
	syscall(SYS_futex, phase, FUTEX_WAIT_PRIVATE, old, NULL, NULL, 0);
#else
	(void)phase;
	(void)old;
	sched_yield();
#endif
}

static void wake_all(atomic_uint *phase)
{
#ifdef __linux__
	syscall(SYS_futex, phase, FUTEX_WAKE_PRIVATE, 1 << 30, NULL, NULL, 0);
#else
	(void)phase;
#endif
}

void lam_team_gather(lam_team *team, lam_thread_share *shares, int threads)
{
	team->shares = shares;
	for (int i = 0; i < threads; i++)
		atomic_store_explicit(&shares[i].left, 0, memory_order_relaxed);
	atomic_store_explicit(&team->sleepers, 0, memory_order_relaxed);
	atomic_store_explicit(&team->done, 0, memory_order_relaxed);
	atomic_store_explicit(&team->gone, 0, memory_order_relaxed);
	atomic_store_explicit(&team->phase, 1, memory_order_release);
}

void lam_turn_enter(lam_turn *turn)
{
	(void)atomic_load_explicit(&turn->team->phase, memory_order_acquire);
}

void lam_turn_leave(lam_turn *turn)
{
	atomic_fetch_add_explicit(&turn->team->gone, 1, memory_order_release);
}

void lam_team_dismiss(lam_team *team)
{
	(void)atomic_load_explicit(&team->gone, memory_order_acquire);
}

void lam_turn_begin(lam_turn *turn, int64_t count)
{
	turn->phase += count > 0; /* a phase without units is not counted */
	turn->count = count;
	turn->done = 0;
	turn->from = turn->thread;
	turn->whole = turn->back = false;
}

/* The first unit of a thread's range. */
static int64_t range_begin(const lam_turn *turn, int thread)
{
	return piece_begin(turn->count, thread, turn->threads);
}

/* Takes a quarter of the units left in the range of `thread`, or all. The thread itself takes from
 * the front, others steal from the back; where it goes back, the other way round. A quarter keeps
 * the calls few and leaves enough to steal. False when none are left. */
static bool take_from(const lam_turn *turn, int thread, int64_t *first, int64_t *end)
{
	atomic_uint_least64_t *share = &turn->team->shares[thread].left;
	const int64_t begin = range_begin(turn, thread),
		      count = range_begin(turn, thread + 1) - begin;
	const int64_t grain = count / MOST + 1, grains = (count + grain - 1) / grain;
	uint_least64_t seen = atomic_load_explicit(share, memory_order_relaxed), next;
	int64_t from, to;
	do {
		const unsigned phase = (unsigned)(seen >> 2 * BITS);
		int64_t left_from = phase == turn->phase ? (int64_t)(seen >> BITS & MOST) : 0;
		int64_t left_to = phase == turn->phase ? (int64_t)(seen & MOST) : grains;
		if (phase > turn->phase || left_from == left_to)
			return false;
		const int64_t part = ceil_divide(
			left_to - left_from, turn->whole ? 1 : LAM_TEAM_FRACTION);
		from = left_from;
		to = left_to;
		if (thread == turn->thread)
			to = left_from += part;
		else
			from = left_to -= part;
		next = (uint_least64_t)turn->phase << 2 * BITS | (uint_least64_t)left_from << BITS
			| (uint_least64_t)left_to;
	} while (!atomic_compare_exchange_weak_explicit(
		share, &seen, next, memory_order_relaxed, memory_order_relaxed));
	from *= grain;
	to = to == grains ? count : to * grain;
	*first = begin + (turn->back ? count - to : from);
	*end = begin + (turn->back ? count - from : to);
	return true;
}

bool lam_turn_take(lam_turn *turn, int64_t *first, int64_t *end)
{
	if (turn->threads == 1) {
		/* Back part by part, because a part is gone through forward. */
		const int64_t left = turn->count - turn->done,
			      part = turn->back ? ceil_divide(left, LAM_TEAM_FRACTION) : left;
		*first = turn->back ? left - part : turn->done;
		*end = *first + part;
		turn->done += part;
		return part > 0;
	}
	for (int tried = 0; tried < turn->threads; tried++) {
		if (take_from(turn, turn->from, first, end)) {
			turn->done += *end - *first;
			return true;
		}
		turn->from = turn->from + 1 < turn->threads ? turn->from + 1 : 0;
	}
	return false;
}

void lam_turn_end(lam_turn *turn)
{
	lam_team *team = turn->team;
	if (turn->threads == 1 || turn->count <= 0)
		return;
	/* No phase ends before its units are counted, so `done` still counts this phase. */
	if (turn->done > 0
		&& atomic_fetch_add(&team->done, turn->done) + turn->done == turn->count) {
		atomic_store(&team->done, 0);
		atomic_store(&team->phase, turn->phase + 1);
		if (atomic_load(&team->sleepers))
			wake_all(&team->phase);
		return;
	}
	for (int spin = 0; spin < LAM_TEAM_SPINS; spin++) {
		if (atomic_load_explicit(&team->phase, memory_order_acquire) > turn->phase)
			return;
		rest();
	}
	/* This thread counts itself as a sleeper before it reads `phase` again; the thread that
	 * ends the phase reads `sleepers` after it has changed `phase`. So no wake-up is lost. */
	atomic_fetch_add(&team->sleepers, 1);
	while (atomic_load(&team->phase) <= turn->phase)
		sleep_on(&team->phase, turn->phase);
	atomic_fetch_sub(&team->sleepers, 1);
}
