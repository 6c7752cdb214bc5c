/* SPDX-License-Identifier: MIT */
/* Numbers that decide how work goes round the threads of a step, and what was measured for each.
 * Private to the framework. All but LAM_UPDATE_PIECE change times alone, never a result. */
#ifndef LAM_THRESHOLDS_H
#define LAM_THRESHOLDS_H

enum {
	/* Turns of a waiting thread's loop before it sleeps: 0.1 ms on a Zen 4. Most phases of a
	 * small net are shorter, and a scheduler's time slice is much longer. OpenMP's barrier
	 * spins for milliseconds; with it a step of mlp took 8% longer on a quiet machine. */
	LAM_TEAM_SPINS = 4000,

	/* A thread takes this fraction of what is left of a range: few calls of many units, and
	 * enough left for who helps. Six nets train 1.02 to 1.08 times as fast on two threads as
	 * with static ranges. */
	LAM_TEAM_FRACTION = 4,

	/* Bytes that one thread zeroes at a time. Half of the time until a program's first step was
	 * the system finding pages for one thread. */
	LAM_ZERO_PART = 1 << 20,

	/* Units of a bag for each thread: enough that the last unit is short, few enough that each
	 * is a part of every parameter. Where cores share no cache, units of whole parameters cost
	 * more than their arithmetic. */
	LAM_BAG_UNITS = 16,

	/* From so many blocks for each thread on, threads that idle in the last round cost at most
	 * an eighth of a phase: then blocks are not cut. */
	LAM_EVEN_BLOCKS = 8,

	/* Values that are drawn, normed or updated at a time. Norms are summed by these pieces, so
	 * another number is other bits. */
	LAM_UPDATE_PIECE = 16384,
};

#endif
