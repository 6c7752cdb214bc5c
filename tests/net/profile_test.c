/* SPDX-License-Identifier: MIT */
/* The profile of a net: what it counts, that it can be off, and that it changes no result. */
#include "tests/kit.h"

#include "framework/net/profile.h"

#include <lamina.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#ifdef _OPENMP
#include <omp.h>
#endif

enum { SIDE = 12, PIXELS = SIDE * SIDE, MOST = 40, ROWS = 64, THREADS = 3 };

static lam_real x[MOST * PIXELS], y[MOST * 5];
static int32_t labels[MOST];

static lam_net *small_net(void)
{
	for (int i = 0; i < MOST * PIXELS; i++)
		x[i] = (lam_real)lam_random_normal(3, (uint64_t)i);
	for (int i = 0; i < MOST; i++)
		labels[i] = i * 7 % 5;
	lam_net *net = lam_net_create(
		lam_sequential(lam_conv2d(.out = 4, .kernel = {3}), lam_relu(),
			lam_residual(lam_tanh()), lam_max_pool2d(.kernel = {2}),
			lam_affine(.out = 5), lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = MOST, .seed = 9, .threads = THREADS);
	check(net != NULL, "%s", lam_error());
	return net;
}

static lam_profile_row rows[ROWS];
static int count;

static void read_rows(const lam_net *net)
{
	count = lam_net_profile_rows(net, rows, ROWS, sizeof *rows);
	check(count <= ROWS, "%d rows", count);
}

/* The profile's row of this layer and job, or a row of zeros if there is none. */
static lam_profile_row row_of(const char *name, lam_profile_job job)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(rows[i].name, name) && rows[i].job == job)
			return rows[i];
	return (lam_profile_row){.name = ""};
}

static void it_counts_work_per_layer_and_job(void)
{
	lam_net *net = small_net();
	lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.01, .momentum = (lam_real)0.9);
	check_ok(lam_net_step(net, &sgd, x, labels, MOST));
	check_ok(lam_net_profile_start(net));
	for (int step = 0; step < 3; step++)
		check_ok(lam_net_step(net, &sgd, x, labels, 17 + step));
	check_ok(lam_net_profile_stop(net));
	check_ok(lam_net_step(net, &sgd, x, labels, MOST));
	read_rows(net);

	const double samples = 17 + 18 + 19, real = sizeof(lam_real);
	const double products = 4 * 9 * 10 * 10, in = PIXELS, out = 4 * 10 * 10, conv = 4 * 9 + 4,
		     affine = 5 * 100 + 5;
	const lam_profile_row forward = row_of("0", LAM_PROFILE_FORWARD),
			      gradient = row_of("0", LAM_PROFILE_GRADIENT);
	check(forward.runs == 3 && forward.samples == (int64_t)samples, "%lld runs, %lld samples",
		(long long)forward.runs, (long long)forward.samples);
	check(!strcmp(forward.kind, "conv2d"), "%s", forward.kind);
	check(forward.flops == 2 * products * samples, "%g", forward.flops);
	check(gradient.flops == 2 * products * samples, "%g", gradient.flops);
	check(forward.bytes == (samples * (in + out) + 3 * conv) * real, "%g", forward.bytes);
	check(row_of("0", LAM_PROFILE_BACKWARD).runs == 0,
		"the first layer's input gradient was not asked for");
	check(row_of("1", LAM_PROFILE_FORWARD).runs == 0, "the relu is absorbed");
	check(row_of("1", LAM_PROFILE_BACKWARD).runs == 3, "but not in backward");
	const lam_profile_row dx = row_of("4", LAM_PROFILE_BACKWARD);
	check(dx.flops == 2 * 5 * 100 * samples, "%g", dx.flops);
	const lam_profile_row update = row_of("4", LAM_PROFILE_UPDATE),
			      pack = row_of("4", LAM_PROFILE_PACK);
	check(update.runs == 3 && update.bytes == 3 * 5 * affine * real, "%lld runs, %g bytes",
		(long long)update.runs, update.bytes);
	check(pack.runs == 3, "%lld runs", (long long)pack.runs);
	check(row_of("", LAM_PROFILE_ROWS).bytes == samples * 2 * in * real, "%g",
		row_of("", LAM_PROFILE_ROWS).bytes);

	lam_profile_total total;
	lam_net_profile_total(net, &total, sizeof total);
	double busy = 0;
	for (int i = 0; i < count; i++) {
		check(rows[i].seconds > 0, "%s job %d took no time", rows[i].name,
			(int)rows[i].job);
		busy += rows[i].seconds;
	}
	check(total.runs == 3 && total.samples == (int64_t)samples, "%lld runs",
		(long long)total.runs);
#ifdef _OPENMP
	check(total.threads >= 1 && total.threads <= THREADS, "%d threads", total.threads);
#else
	check(total.threads == 1, "%d threads", total.threads);
#endif
	check(total.wall_seconds * total.threads >= busy && total.team_seconds >= busy,
		"%g s on %d threads, %g s busy", total.wall_seconds, total.threads, busy);
	check_near(total.busy_seconds, busy, 1e-9);
	lam_net_free(net);
}

/* Calls a unit as the last thread, because in a real run any thread may take any unit. */
static void every_thread_has_counters_of_its_own(void)
{
	enum { LAST = THREADS - 1, LINE = 128 };
	lam_net *net = small_net();
	check_ok(lam_net_predict(net, x, 17, y));
	check_ok(lam_net_profile_start(net));
	const lam_task task = {.kind = TASK_ROWS_IN, .place = net->profile->places - 1};
	lam_walk walk = {.net = net,
		.run = {.n = 17, .inputs = &(lam_run_input){.rows = x}},
		.tasks = &task,
		.task_count = 1,
		.blocks = 2,
		.profile = net->profile};
	check_ok(lam_unit_run(
		&walk, &(lam_unit){.task = &task, .slice_end = 1, .slices = 1, .thread = LAST}));
	const struct lam_profile *profile = net->profile;
	double of_others = 0, of_last = 0;
	for (int place = 0; place < profile->places; place++) {
		of_others += profile->seconds[place] + profile->seconds[profile->stride + place];
		of_last += profile->seconds[LAST * profile->stride + place];
	}
	check(of_others == 0 && of_last > 0, "%g s of others, %g s of the last", of_others,
		of_last);
	check((profile->stride - profile->places) * (int64_t)sizeof(double) >= LINE,
		"%lld values apart", (long long)profile->stride);
	lam_net_free(net);
}

/* A slow layer whose work is a single unit, so that one thread does it all. */
static atomic_int granted;

static lam_status lonely_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	memcpy(pass->out->data, pass->x->data, (size_t)pass->x->values * sizeof(lam_real));
#ifdef _OPENMP
	atomic_store(&granted, omp_get_num_threads());
#else
	atomic_store(&granted, 1);
#endif
	nanosleep(&(struct timespec){0, 30000000}, NULL);
	return LAM_OK;
}

static const lam_layer_class lonely_class = {
	LAM_LAYER_ABI, .kind = "lonely", .forward = lonely_forward};

/* Threads without a unit count their waiting time. */
static void idle_threads_wait(void)
{
	lam_net *net = lam_net_create(lam_layer_new(&lonely_class, NULL), LAM_SHAPE(4),
		.max_batch = 16, .threads = THREADS, .inference = true);
	require(net != NULL, "%s", lam_error());
	check_ok(lam_net_profile_start(net));
	check_ok(lam_net_predict(net, x, 16, y));
	lam_profile_total total;
	lam_net_profile_total(net, &total, sizeof total);
	check(total.threads == atomic_load(&granted), "%d threads, not %d", total.threads,
		atomic_load(&granted));
	check_near(total.team_seconds, total.threads * total.wall_seconds, 1e-9);
	check(total.busy_seconds > 0.029 && total.busy_seconds <= total.wall_seconds,
		"%g s busy of %g", total.busy_seconds, total.wall_seconds);
	char *text = NULL;
	size_t length = 0;
	double milliseconds = -1;
	FILE *out = open_memstream(&text, &length);
	check_ok(lam_net_profile(net, out));
	fclose(out);
	const char *waiting = strstr(text, "waiting");
	check(waiting && sscanf(waiting, "waiting %lf", &milliseconds) == 1
			&& fabs(milliseconds
				   - 1e3
					   * (total.wall_seconds
						   - total.busy_seconds / total.threads))
				< 0.01,
		"%g ms: %s", milliseconds, text);
	free(text);
	lam_net_free(net);
}

static void a_new_start_begins_at_zero(void)
{
	lam_net *net = small_net();
	check_ok(lam_net_profile_start(net));
	check_ok(lam_net_predict(net, x, 20, y));
	check_ok(lam_net_profile_start(net));
	check_ok(lam_net_predict(net, x, 20, y));
	read_rows(net);
	check(row_of("0", LAM_PROFILE_FORWARD).runs == 1, "%lld runs",
		(long long)row_of("0", LAM_PROFILE_FORWARD).runs);
	check(row_of("0", LAM_PROFILE_PACK).runs == 0, "packed copies were made before");
	check(row_of("", LAM_PROFILE_ROWS).bytes
			== 20 * 2 * (PIXELS + 5) * (double)sizeof(lam_real),
		"%g bytes", row_of("", LAM_PROFILE_ROWS).bytes);
	lam_profile_total total;
	lam_net_profile_total(net, &total, sizeof total);
	check(total.runs == 1 && total.samples == 20, "%lld runs", (long long)total.runs);
	lam_net_free(net);
}

/* With the profile on, results are bit-identical and a step allocates nothing. */
static int64_t allocations;

static void *counting(void *data, size_t align, size_t bytes)
{
	(void)data;
	allocations++;
	return aligned_alloc(align, (bytes + align - 1) / align * align);
}

static void releasing(void *data, void *memory)
{
	(void)data;
	free(memory);
}

static void it_changes_nothing(void)
{
	lam_set_allocator(&(lam_allocator){counting, releasing, NULL});
	lam_net *plain = small_net(), *profiled = small_net();
	lam_optimizer adam = lam_adam(.lr = (lam_real)0.01);
	check_ok(lam_net_prepare(plain, &adam));
	check_ok(lam_net_prepare(profiled, &adam));
	check_ok(lam_net_profile_start(profiled));
	const int64_t before = allocations;
	for (int step = 0; step < 5; step++) {
		check_ok(lam_net_step(plain, &adam, x, labels, 33));
		check_ok(lam_net_step(profiled, &adam, x, labels, 33));
	}
	check(allocations == before, "%lld allocations", (long long)(allocations - before));
	for (int i = 0; i < lam_net_param_count(plain); i++)
		check(!memcmp(lam_param_value(lam_net_param(plain, i)),
			      lam_param_value(lam_net_param(profiled, i)),
			      (size_t)lam_net_param(plain, i)->count * sizeof(lam_real)),
			"%s", lam_param_name(lam_net_param(plain, i)));
	lam_net_free(plain);
	lam_net_free(profiled);
	lam_set_allocator(NULL);
}

static void what_was_never_started_is_refused(void)
{
	lam_net *net = small_net();
	lam_profile_total total = {.runs = 7};
	check_fails(lam_net_profile_start(NULL), LAM_ERR_ARGUMENT, "net is NULL");
	check_fails(lam_net_profile_stop(net), LAM_ERR_STATE, "never started");
	check_fails(lam_net_profile(net, stdout), LAM_ERR_STATE, "never started");
	check_fails(lam_net_profile(net, NULL), LAM_ERR_ARGUMENT, "stream is NULL");
	check(lam_net_profile_rows(net, rows, ROWS, sizeof *rows) == 0, "rows of nothing");
	lam_net_profile_total(net, &total, sizeof total);
	check(total.runs == 0 && total.wall_seconds == 0, "%lld runs", (long long)total.runs);
	lam_net_free(net);
}

/* lam_fit() with a validation set prints the table, which measures only the training steps. */
static void the_trainer_prints_it(void)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	lam_net *net = small_net();
	lam_dataset *data = lam_dataset_arrays(x, LAM_SHAPE(1, SIDE, SIDE), labels, MOST);
	check_ok(lam_fit(net, data, NULL, .epochs = 2, .batch = 10, .validation = data,
		.optimizer = lam_sgd(.lr = (lam_real)0.01), .profile = out));
	fclose(out);
	read_rows(net);
	check(row_of("0", LAM_PROFILE_FORWARD).samples == 2 * MOST, "%lld samples",
		(long long)row_of("0", LAM_PROFILE_FORWARD).samples);
	check(row_of("", LAM_PROFILE_DATA).runs == 7, "%lld batches read beside a step",
		(long long)row_of("", LAM_PROFILE_DATA).runs);
	check(strstr(text, "conv2d") && strstr(text, "weight gradient") && strstr(text, "8 runs"),
		"%s", text);
	free(text);
	lam_dataset_free(data);
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(it_counts_work_per_layer_and_job),
		TEST(every_thread_has_counters_of_its_own),
		TEST(idle_threads_wait),
		TEST(a_new_start_begins_at_zero),
		TEST(it_changes_nothing),
		TEST(what_was_never_started_is_refused),
		TEST(the_trainer_prints_it),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
