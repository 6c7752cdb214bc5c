/* SPDX-License-Identifier: MIT */
/* Numbers that decide how work is shared among the threads of a step, and what was measured for
 * each. Private to the framework. Only LAM_UPDATE_PIECE affects results; the others affect time. */
#ifndef LAM_THRESHOLDS_H
#define LAM_THRESHOLDS_H

enum {
	/* Turns of a waiting thread's loop before it sleeps: 0.1 ms on a Zen 4. Most phases of a
	 * small net are shorter, and a scheduler's time slice is much longer. OpenMP's barrier
	 * spins for milliseconds; with it a step of mlp took 8% longer on a quiet machine. */
	LAM_TEAM_SPINS = 4000,

	/* A thread takes 1 / this of the units left in a range: few calls of many units, and enough
	 * units left to steal. Six nets train 1.02 to 1.08 times as fast on two threads as with
	 * static ranges. */
	LAM_TEAM_FRACTION = 4,

	/* Bytes that one thread zeroes at a time. With one thread, waiting for the system's pages
	 * was half of the time until a program's first step. */
	LAM_ZERO_PART = 1 << 20,

	/* Units of a bag for each thread: so many that the last unit is short, so few that each is
	 * a part of every parameter. Where cores share no cache, units of whole parameters cost
	 * more than their arithmetic. */
	LAM_BAG_UNITS = 16,

	/* Regions that a thread opens after the system has refused it a thread, until it asks
	 * again: asking costs some 20 us. */
	LAM_REFUSED_REGIONS = 1000,

	/* The operations of a phase that are worth a thread: 5 us at 60 a nanosecond. On two cores
	 * that share no cache, steps of affine and of convolutional nets took as long with two
	 * threads as with one at 240,000 to 360,000; predictions and layers without products at
	 * 150,000 to 300,000. */
	LAM_THREAD_OPERATIONS = 300000,

	/* A parallel region is worth as much as so many phases: on an idle machine it takes 2 us.
	 * On a busy one it waits for a processor, for milliseconds. */
	LAM_REGION_PHASES = 4,

	/* With at least this many blocks for each thread, idle threads in the last round cost at
	 * most an eighth of a phase, so blocks are not cut. */
	LAM_EVEN_BLOCKS = 8,

	/* Values of a block in one slice of an elementwise job: 64 KB, which take a core 1 to 3 us.
	 * unet, 16 samples on two cores of a Zen 5: with this and parts of few blocks in Winograd's
	 * weight gradient 475 samples a second; 400 without. */
	LAM_ELEMENTS_SLICE = 16384,

	/* Values that are drawn, normed or updated at a time. Norms are summed by these pieces, so
	 * another number would change the rounding. */
	LAM_UPDATE_PIECE = 16384,
};

#endif
