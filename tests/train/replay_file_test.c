/* SPDX-License-Identifier: MIT */
/* The bundle of a failed step holds exactly the bits that the step began with, and makes no larger
 * net than the limits allow. */
#include "tests/files/files.h"
#include "tests/train/fit_problem.h"

#include "framework/memory.h"
#include "framework/model/architecture.h"
#include "framework/model/inside.h"
#include "framework/net/inside.h"

#include <lamina.h>

/* A layer that adds a state to its input and changes that state, records a hash of all bits that
 * each forward reads, and has an infinite input gradient while `poisoned`. */
static bool poisoned;
enum { RUNS = 64 };
static uint64_t met_forward[RUNS], met_backward[RUNS];
static int forwards, backwards;

static uint64_t bits_of(const lam_view *view, int64_t blocks)
{
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */
	for (int64_t b = 0; b < blocks; b++)
		for (size_t i = 0; i < (size_t)view->values * sizeof(lam_real); i++)
			hash = (hash ^ ((const unsigned char *)(view->data + b * view->block))[i])
				* 0x100000001b3;
	return hash;
}

static lam_status drift_plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)self, (void)in;
	lam_plan_state(plan, "drift", LAM_SHAPE(1), 0);
	return LAM_OK;
}

static int drift_phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase)
{
	(void)self, (void)job, (void)mode, (void)blocks;
	phase[0] = (lam_phase){false, 1};
	return 1;
}

static lam_status drift_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	for (int64_t b = 0; b < pass->blocks; b++)
		for (int64_t i = 0; i < pass->x->values; i++)
			pass->out->data[b * pass->out->block + i] =
				pass->x->data[b * pass->x->block + i] + pass->state[0][0];
	pass->state[0][0] += (lam_real)0.01;
	met_forward[forwards++ % RUNS] = bits_of(pass->out, pass->blocks);
	return LAM_OK;
}

static lam_status drift_backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	for (int64_t b = 0; b < pass->blocks; b++)
		memmove(pass->dx->data + b * pass->dx->block, pass->dy->data + b * pass->dy->block,
			(size_t)pass->dy->values * sizeof(lam_real));
	met_backward[backwards++ % RUNS] = bits_of(pass->dx, pass->blocks);
	for (int64_t i = 0; i < pass->dx->values && poisoned; i++) /* dropout drops some of them */
		pass->dx->data[i] = (lam_real)INFINITY;
	return LAM_OK;
}

static const lam_layer_class drift_class = {LAM_LAYER_ABI, .kind = "drift", .plan = drift_plan,
	.phases = drift_phases, .forward = drift_forward, .backward = drift_backward};

enum { STATES = 16 + 1 };
static lam_real states_then[STATES];

static size_t copy_states(lam_net *net, lam_real *to)
{
	size_t count = 0;
	for (int i = 0; i < lam_net_state_count(net); i++)
		for (int64_t k = 0; k < lam_net_state(net, i)->count; k++)
			to[count++] = lam_param_value(lam_net_state(net, i))[k];
	return count;
}

static bool keep_states(const lam_progress *progress, void *data)
{
	copy_states(data, states_then);
	poisoned = progress->total_step >= 4;
	return false;
}

/* The step that fails, its examination and the replay read the same bits: each begins with the same
 * running statistics, which the net and the bundle hold afterwards. */
static void a_replay_is_bit_identical(void)
{
	const char *path = file_path("bad.npz");
	const lam_layer_class *const classes[] = {&drift_class, NULL};
	lam_dataset *data = striped();
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = 8), lam_batch_norm(),
			lam_dropout(.p = (lam_real)0.5), lam_layer_new(&drift_class, NULL),
			lam_affine(.out = CLASSES), lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = 32, .threads = 2);
	require(data && net, "%s", lam_error());
	poisoned = false;
	forwards = backwards = 0;
	check_fails(
		lam_fit(net, data, NULL, .epochs = 1, .optimizer = lam_sgd(.lr = (lam_real)0.01),
			.replay = path, .step_end = keep_states, .step_end_data = net),
		LAM_ERR_NUMERIC,
		"lam_fit: epoch 1, step 5: the gradient of the input of drift \"3\"");
	check(forwards == 6 && backwards == 6, "%d runs: not five steps and a look", forwards);
	check_fails(lam_replay(path, .classes = classes), LAM_ERR_NUMERIC,
		"the gradient of the input of drift \"3\"");
	check(forwards == 7 && backwards == 7, "%d runs", forwards);
	for (int run = 5; run < 7; run++)
		check(met_forward[run] == met_forward[4] && met_backward[run] == met_backward[4],
			"run %d is another than the step that failed", run);
	check(met_forward[3] != met_forward[4] && met_backward[3] != met_backward[4]);

	lam_real now[STATES];
	lam_net *loaded = lam_net_load(path, .classes = classes);
	require(loaded != NULL, "%s", lam_error());
	check(copy_states(net, now) == STATES && !memcmp(now, states_then, sizeof now),
		"the net has other statistics");
	check(copy_states(loaded, now) == STATES && !memcmp(now, states_then, sizeof now),
		"the bundle has other statistics");
	lam_net_free(loaded);
	lam_net_free(net);
	lam_dataset_free(data);
}

/* Bytes in use, and the largest number so far. */
static size_t live, peak;
enum { HEADER = 64 };

static void *count_bytes(void *data, size_t align, size_t bytes)
{
	(void)data;
	void *memory = NULL;
	if (align > HEADER || posix_memalign(&memory, HEADER, HEADER + bytes))
		return NULL;
	*(size_t *)memory = bytes;
	live += bytes;
	peak = live > peak ? live : peak;
	return (char *)memory + HEADER;
}

static void discount(void *data, void *memory)
{
	(void)data;
	live -= *(size_t *)((char *)memory - HEADER);
	free((char *)memory - HEADER);
}

/* Writes a bundle of `samples` rows of zeros, compressed, which makes a small file. */
static void write_bundle(const char *path, lam_net *net, int64_t samples, int64_t columns)
{
	static const char zeros[65536];
	const int64_t numbers[4] = {0, 1, 1, 1};
	static const char *const names[4] = {"seed", "pass", "epoch", "step"};
	char name[40],
		*architecture = lam_architecture_write(
			lam_net_model(net), lam_net_input_shape(net));
	lam_npz_writer *npz = lam_npz_create(path, &(lam_zip_options){.deflate = true});
	require(npz && architecture, "%s", lam_error());
	lam_save_net_entries(npz, net, architecture, 1, net->values, net->states);
	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof name, "training/replay_%s", names[i]);
		lam_npz_add_int64(npz, name, NULL, &numbers[i]);
	}
	lam_npz_add_text(npz, "training/replay_failure", "all is well");
	lam_npy x = {.kind = LAM_NPY_REAL,
		.item = sizeof(lam_real),
		.rank = 2,
		.dim = {samples, columns}};
	lam_npy targets = {.kind = LAM_NPY_INT, .item = 8, .rank = 1, .dim = {samples * columns}};
	for (int part = 0; part < 2; part++) {
		lam_npz_begin(npz, part ? "training/replay_targets" : "training/replay_x",
			part ? &targets : &x);
		for (size_t left = (size_t)(samples * columns) * (part ? 8 : sizeof(lam_real));
			left > 0;) {
			size_t now = left < sizeof zeros ? left : sizeof zeros;
			lam_npz_write(npz, zeros, now);
			left -= now;
		}
		lam_npz_end(npz);
	}
	check_ok(lam_npz_finish(npz));
	lam_free(architecture);
}

/* A file of some kilobytes may ask for a net of megabytes only if the caller allows it, and only up
 * to the limit. */
static void a_small_bundle_makes_no_large_net(void)
{
	enum { SAMPLES = 1 << 18 };
	const char *path = file_path("many.npz");
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = 2), lam_softmax_cross_entropy()), LAM_SHAPE(1),
		.max_batch = 1, .threads = 1);
	require(net != NULL, "%s", lam_error());
	write_bundle(path, net, SAMPLES, 1);
	struct bytes file = file_read(path);
	check(file.count < 32768, "%zu bytes", file.count);
	lam_net *large = lam_net_load(path, .max_batch = SAMPLES, .threads = 1);
	lam_net_memory memory = {0};
	lam_net_memory_of(large, &memory, sizeof memory);
	lam_net_free(large);
	const size_t whole = (size_t)memory.total;
	check(whole > SAMPLES * sizeof(lam_real), "%zu bytes", whole);
	lam_set_allocator(&(lam_allocator){count_bytes, discount, NULL});
	live = peak = 0;
	check_fails(lam_replay(path, .threads = 1, .memory_limit = whole - 1), LAM_ERR_MEMORY,
		"many.npz: a net for 262144 samples per step would take");
	check(live == 0 && peak < 64 * file.count + (1 << 20), "%zu bytes in use, %zu at most",
		live, peak);
	peak = 0;
	check_ok(lam_replay(path, .threads = 1, .memory_limit = whole));
	check(live == 0 && peak > whole && peak < 2 * whole + 64 * file.count,
		"%zu bytes in use, %zu at most of a net of %zu", live, peak, whole);
	lam_set_allocator(NULL);
	/* Rows without values could be any number in a small file. */
	write_bundle(path, net, 1 << 24, 0);
	check_fails(lam_replay(path), LAM_ERR_FORMAT, "expected 1 to 16777216 rows of samples");
	free(file.data);
	lam_net_free(net);
}

static bool first_row(const lam_replay_row *row, void *data)
{
	(void)row;
	++*(int *)data;
	return true;
}

static void what_is_no_bundle_is_refused(void)
{
	const char *path = file_path("net.npz");
	lam_dataset *data = striped();
	lam_net *net = small_net(1, 3);
	require(data && net && check_ok(lam_net_save(net, path)));
	check_fails(lam_replay(path), LAM_ERR_FORMAT,
		"has no entry \"training/replay_seed\"; expected what lam_fit wrote for .replay");
	check_fails(lam_replay(file_path("nothing.npz")), LAM_ERR_IO, "nothing.npz");
	check_fails(lam_replay(NULL), LAM_ERR_ARGUMENT, "the path is NULL");
	check_fails(
		lam_fit(net, data, NULL, .epochs = 1, .optimizer = lam_sgd(.lr = 1), .replay = ""),
		LAM_ERR_ARGUMENT, ".replay is empty");
	check_fails(lam_fit(net, data, NULL, .epochs = 1, .optimizer = lam_sgd(.lr = 1),
			    .replay = "/nonexistent/x.npz"),
		LAM_ERR_IO, "lam_fit: .replay");
	/* The callback may end the replay. */
	const char *bad = file_path("bad.npz");
	images[0] = (lam_real)NAN;
	int rows = 0;
	check_fails(lam_fit(net, data, NULL, .epochs = 1, .optimizer = lam_sgd(.lr = 1),
			    .replay = bad, .no_shuffle = true),
		LAM_ERR_NUMERIC, "input");
	check_fails(lam_replay(bad, .row = first_row, .row_data = &rows), LAM_ERR_NUMERIC,
		"the input of conv2d \"0\" is not finite");
	check(rows == 1);
	/* A bundle can be loaded as a net. */
	lam_net *loaded = lam_net_load(bad, .inference = true);
	check(loaded != NULL, "%s", lam_error());
	lam_net_free(loaded);
	lam_net_free(net);
	lam_dataset_free(data);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(a_replay_is_bit_identical),
		TEST(a_small_bundle_makes_no_large_net),
		TEST(what_is_no_bundle_is_refused),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
