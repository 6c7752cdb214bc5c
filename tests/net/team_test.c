/* SPDX-License-Identifier: MIT */
/* The team: each unit of each phase is done once, and a phase sees what the phase before wrote.
 * Other threads steal the units of a delayed thread, and a thread that waits long sleeps. */
#include "tests/kit.h"

#include "framework/threads/team.h"

#include <lamina.h>

#include <stdlib.h>
#include <time.h>

#ifdef _OPENMP
#include <omp.h>
#else
static int omp_get_thread_num(void)
{
	return 0;
}
static int omp_get_num_threads(void)
{
	return 1;
}
#endif

enum { MOST_THREADS = 16, UNITS = 300, PHASES = 3000 };

static lam_thread_share shares[MOST_THREADS];

/* How often each unit was done, in even and in odd phases. Not atomic: the end of a phase must make
 * the writes visible. */
static int times[2][UNITS];
static atomic_int wrong;

static int64_t count_of(int phase)
{
	static const int counts[] = {
		1, 0, 2, 3, 15, 16, 17, 0, 100, UNITS, 7, 1, 1, 40, 2, 2, 2, 3, 4};
	return counts[phase % (int)(sizeof counts / sizeof *counts)];
}

/* Does the units of a phase by counting them, and checks that the phase before is complete. Some
 * units take long. */
static void count_units(lam_turn *turn, int phase, const int *expected)
{
	int64_t unit, end;
	const int *before = times[(phase + 1) % 2];
	lam_turn_begin(turn, count_of(phase));
	while (lam_turn_take(turn, &unit, &end))
		for (; unit < end; unit++) {
			if (unit == 0 && phase % 32 == 5)
				nanosleep(&(struct timespec){0, 20000}, NULL);
			for (int64_t other = 0; other < (unit ? 1 : UNITS); other++)
				if (before[other] != expected[other])
					atomic_fetch_add(&wrong, 1);
			times[phase % 2][unit]++;
		}
	lam_turn_end(turn);
}

/* How often each unit should have been done in phases phase - 1, phase - 3, … */
static void expect_before(int phase, int *expected)
{
	for (int64_t unit = 0; unit < UNITS; unit++)
		expected[unit] = 0;
	for (int p = phase - 1; p >= 0; p -= 2)
		for (int64_t unit = 0; unit < count_of(p); unit++)
			expected[unit]++;
}

static void each_unit_is_done_once(void)
{
	for (int threads = 1; threads <= MOST_THREADS; threads += threads < 4 ? 1 : 3) {
		static int expected[PHASES + 1][UNITS];
		lam_team team;
		memset(times, 0, sizeof times);
		atomic_store(&wrong, 0);
		for (int phase = 0; phase <= PHASES; phase++)
			expect_before(phase, expected[phase]);
		lam_team_gather(&team, shares, threads);
#pragma omp parallel num_threads(threads)
		{
			lam_turn turn = {.team = &team,
				.thread = omp_get_thread_num(),
				.threads = omp_get_num_threads()};
			for (int phase = 0; phase < PHASES; phase++)
				count_units(&turn, phase, expected[phase]);
		}
		check(atomic_load(&wrong) == 0,
			"%d threads: a phase began before the one before had ended, or units were "
			"done twice",
			threads);
		for (int half = 0; half < 2; half++)
			check(!memcmp(times[(PHASES - 1 - half) % 2], expected[PHASES - half],
				      sizeof times[0]),
				"%d threads: not every unit was done once", threads);
	}
}

/* More units than a lam_thread_share can number: it counts them in larger grains. */
static void units_may_be_many(void)
{
	const int64_t count = INT64_C(100000000001);
	lam_team team;
	int64_t done = 0, last = 0;
	lam_team_gather(&team, shares, 3);
#pragma omp parallel num_threads(3) reduction(+ : done) reduction(max : last)
	{
		lam_turn turn = {.team = &team,
			.thread = omp_get_thread_num(),
			.threads = omp_get_num_threads()};
		int64_t first, end;
		lam_turn_begin(&turn, count);
		while (lam_turn_take(&turn, &first, &end)) {
			done += end - first;
			last = end > last ? end : last;
		}
		lam_turn_end(&turn);
	}
	check(done == count && last == count, "%lld units up to %lld", (long long)done,
		(long long)last);
}

static double seconds(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* A layer that copies its input. Its forward of block 0 waits until all other blocks are done or
 * the time is up, or it just sleeps. */
static struct {
	atomic_int others;
	int wait_for, sleep_ms;
	bool late;
} slow;

static lam_status slow_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	memcpy(pass->out->data, pass->x->data, (size_t)pass->x->values * sizeof(lam_real));
	if (pass->block != 0) {
		atomic_fetch_add(&slow.others, 1);
		return LAM_OK;
	}
	const double began = seconds(CLOCK_MONOTONIC);
	while (atomic_load(&slow.others) < slow.wait_for && seconds(CLOCK_MONOTONIC) - began < 20)
		nanosleep(&(struct timespec){0, 1000000}, NULL);
	slow.late = atomic_load(&slow.others) < slow.wait_for;
	nanosleep(&(struct timespec){0, slow.sleep_ms * 1000000L}, NULL);
	return LAM_OK;
}

static const lam_layer_class slow_class = {LAM_LAYER_ABI, .kind = "slow", .forward = slow_forward};

static lam_status step_slowly(int threads, int blocks)
{
	static const lam_real x[16 * 8];
	static lam_real y[16 * 8];
	lam_net *net = lam_net_create(lam_layer_new(&slow_class, NULL), LAM_SHAPE(1),
		.max_batch = 16 * blocks, .threads = threads, .inference = true);
	lam_status status = net ? lam_net_prepare(net, NULL) : LAM_ERR_ARGUMENT;
	if (!status)
		status = lam_net_predict(net, x, 16 * blocks, y);
	lam_net_free(net);
	return status;
}

/* The thread that is delayed in block 0 has more blocks in its range, which others must steal. */
static void units_of_a_delayed_thread_are_stolen(void)
{
#ifdef _OPENMP
	for (int threads = 2; threads <= 3; threads++) {
		atomic_store(&slow.others, 0);
		slow.wait_for = 7;
		slow.sleep_ms = 0;
		check_ok(step_slowly(threads, 8));
		check(!slow.late && atomic_load(&slow.others) == 7,
			"%d threads: block 0 waited for others that nobody took", threads);
	}
#else
	test_skip("no OpenMP");
#endif
}

/* Three threads wait half a second for the fourth; sleeping, they take at most a twentieth of the
 * processor time that spinning would. */
static void a_long_wait_sleeps(void)
{
	atomic_store(&slow.others, 0);
	slow.wait_for = 0;
	slow.sleep_ms = 500;
	const double before = seconds(CLOCK_PROCESS_CPUTIME_ID);
	check_ok(step_slowly(4, 1));
	const double spent = seconds(CLOCK_PROCESS_CPUTIME_ID) - before;
	check(spent < 0.06, "%g seconds of processor time", spent);
}

/* Between two steps no thread of the library is busy. OpenMP's threads spin for some milliseconds
 * after a step, clang's for 200 at most, unless the user asks for more. */
static void no_thread_spins_between_steps(void)
{
	const char *policy = getenv("OMP_WAIT_POLICY");
	if (policy && (*policy == 'a' || *policy == 'A')) {
		test_skip("OMP_WAIT_POLICY=active");
		return;
	}
	slow.wait_for = slow.sleep_ms = 0;
	check_ok(step_slowly(2, 4));
	const double before = seconds(CLOCK_PROCESS_CPUTIME_ID);
	nanosleep(&(struct timespec){1, 0}, NULL);
	const double spent = seconds(CLOCK_PROCESS_CPUTIME_ID) - before;
	check(spent < 0.3, "%g seconds of processor time in one of sleep", spent);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(each_unit_is_done_once),
		TEST(units_may_be_many),
		TEST(units_of_a_delayed_thread_are_stolen),
		TEST(a_long_wait_sleeps),
		TEST(no_thread_spins_between_steps),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
