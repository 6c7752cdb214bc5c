/* SPDX-License-Identifier: MIT */
/* A clock that goes back, jumps or fails: a run's times are never below 0, and its checkpoint is
 * resumed. */
#include "tests/files/files.h"

#include <lamina.h>
#include <math.h>
#include <time.h>

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

static enum { TRUE_CLOCK, BACK, JUMPS, FAILS, CLOCKS } way;
static long calls;

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	if (way == FAILS)
		return -1;
	int result = __real_clock_gettime(clock, now);
	calls++;
	if (way == BACK)
		now->tv_sec += 1000000 - 10 * calls;
	else if (way == JUMPS)
		now->tv_sec += calls % 3 ? 5000 : -5000;
	return result;
}

static double least_rate, least_time;

static bool look(const lam_progress *p, void *data)
{
	(void)data;
	least_rate = fmin(least_rate, p->images_per_second);
	least_time = fmin(fmin(least_time, p->seconds_left),
		fmin(p->seconds, fmin(p->step_seconds, p->epoch_seconds)));
	return false;
}

static void a_clock_that_goes_back(void)
{
	static const char *const names[CLOCKS] = {"true", "goes back", "jumps", "fails"};
	static const lam_real x[12] = {1, 2, 3, 4, 5, 6};
	static const int32_t classes[4] = {0, 1, 0, 1};
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = 2), lam_softmax_cross_entropy()), LAM_SHAPE(3),
		.max_batch = 2, .threads = 1);
	lam_dataset *set = lam_dataset_arrays(x, LAM_SHAPE(3), classes, 4);
	require(net && set, "%s", lam_error());
	for (int w = 0; w < CLOCKS; w++) {
		test_begin("a clock that %s", names[w]);
		unlink(file_path("it.npz"));
		for (int epochs = 2; epochs < 8; epochs += 2) {
			lam_report report;
			least_rate = least_time = 0;
			/* every other part of the run under the true clock */
			way = epochs % 4 == 2 ? w : TRUE_CLOCK;
			check_ok(lam_fit(net, set, &report, .epochs = epochs,
				.optimizer = lam_sgd(.lr = (lam_real)0.1),
				.checkpoint = file_path("it.npz"), .resume = true,
				.step_end = look));
			way = TRUE_CLOCK;
			check(report.epochs == epochs && report.seconds >= 0
					&& report.images_per_second >= 0,
				"%g s, %g images/s", report.seconds, report.images_per_second);
			check(least_rate >= 0 && least_time >= 0, "%g, %g", least_rate, least_time);
		}
		test_end();
	}
	lam_dataset_free(set);
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(a_clock_that_goes_back)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
