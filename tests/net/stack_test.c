/* SPDX-License-Identifier: MIT */
/* How much stack the public calls take. Each runs on a thread whose stack was painted, and what it
 * has written over is counted. lamina.h promises PROMISED bytes, and STEP of them for steps and
 * predictions. */
#include "tests/files/files.h"
#include "tests/train/fit_problem.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__ || !defined __OPTIMIZE__
#define LARGE_FRAMES 1
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LARGE_FRAMES 1
#endif
#endif

enum {
	PROMISED = 64 << 10,
	STEP = 32 << 10,
	STACK = 4 << 20,
	PAINT = 0xa5,
	DEPTH = 64,
	CHAIN = 1000000
};

struct call {
	lam_status (*run)(void);
	lam_status status;
	char sentence[512];
};

static void *run_call(void *data)
{
	struct call *call = data;
	call->status = call->run();
	if (call->status)
		snprintf(call->sentence, sizeof call->sentence, "%s", lam_error());
	return NULL;
}

/* Runs the call on a stack of `bytes` bytes; returns how many it has used, 0 on failure. */
static size_t stack_of(lam_status (*run)(void), size_t bytes)
{
	unsigned char *stack = NULL;
	pthread_t thread;
	pthread_attr_t attributes;
	struct call call = {.run = run};
	if (posix_memalign((void **)&stack, 65536, bytes))
		return 0;
	memset(stack, PAINT, bytes);
	pthread_attr_init(&attributes);
	bool ran = !pthread_attr_setstack(&attributes, stack, bytes)
		&& !pthread_create(&thread, &attributes, run_call, &call);
	if (ran)
		pthread_join(thread, NULL);
	pthread_attr_destroy(&attributes);
	size_t left = 0;
	while (left < bytes && stack[left] == PAINT)
		left++;
	free(stack);
	check(ran, "no thread: %s", strerror(errno));
	check(call.status == LAM_OK, "%s", call.sentence);
	return ran ? bytes - left : 0;
}

/* What the calls work on; made on the main thread. */
static lam_dataset *data;
static lam_net *net, *deep;
static lam_real y[COUNT * CLASSES];
_Static_assert(COUNT *PIXELS >= 4 * 40 * 40, "four images of make_few()");

/* Containers in each other, with a layer that has much to check inside. */
static lam_layer *nested(int depth)
{
	lam_layer *layer = lam_sequential(
		lam_standardize(.count = 1, .means = &(lam_real){1}, .stds = &(lam_real){2}),
		lam_conv2d(.out = 2, .kernel = {3}, .pad = {1}), lam_batch_norm());
	for (int i = 1; i < depth && layer; i++)
		layer = lam_sequential(layer);
	return layer;
}

static lam_layer *model(void)
{
	return lam_sequential(lam_conv2d(.out = 16, .kernel = {3}, .pad = {1}), lam_batch_norm(),
		lam_relu(), lam_conv2d(.out = 16, .kernel = {5}, .pad = {2}), lam_gelu(),
		lam_max_pool2d(.kernel = {2}), lam_dropout(.p = (lam_real)0.1),
		lam_transposed_conv2d(.out = 4, .kernel = {3}), lam_flatten(),
		lam_affine(.out = 40), lam_tanh(), lam_affine(.out = CLASSES),
		lam_softmax_cross_entropy());
}

static lam_net *make(lam_layer *layer, bool inference)
{
	return lam_net_create(layer, LAM_SHAPE(1, SIDE, SIDE), .max_batch = 32, .threads = 1,
		.seed = 3, .inference = inference);
}

static lam_status free_if(lam_net *made)
{
	const lam_status status = made ? LAM_OK : lam_error_status();
	lam_net_free(made);
	return status;
}

static lam_status create(void)
{
	return free_if(make(model(), false));
}

static lam_status create_deep(void)
{
	return free_if(make(nested(DEPTH), false));
}

static lam_status replica(void)
{
	return free_if(lam_net_replica(deep, .max_batch = 1));
}

static lam_status prepare_and_step(void)
{
	const lam_optimizer adam = lam_adam(.lr = (lam_real)0.001);
	const lam_status status = lam_net_prepare(net, &adam);
	return status ? status : lam_net_step(net, &adam, images, labels, 32);
}

static lam_status predict(void)
{
	return lam_net_predict(net, images, COUNT, y);
}

static lam_status predict_few(void)
{
	lam_net *few = lam_net_replica(net, .max_batch = 2);
	const lam_status status = few ? lam_net_predict(few, images, 5, y) : lam_error_status();
	lam_net_free(few);
	return status;
}

/* A net of few samples in which Winograd's algorithm has the convolutions. */
static lam_net *make_few(bool inference)
{
	return lam_net_create(
		lam_sequential(lam_conv2d(.out = 64, .kernel = {3}, .pad = {1}),
			lam_conv2d(.out = 48, .kernel = {5}, .pad = {2}),
			lam_conv2d(.out = 64, .kernel = {3}, .pad = {1}), lam_global_avg_pool(),
			lam_affine(.out = CLASSES), lam_softmax_cross_entropy()),
		LAM_SHAPE(1, 40, 40), .max_batch = 4, .threads = 1, .inference = inference);
}

static lam_status predict_winograd(void)
{
	lam_net *few = make_few(true);
	const lam_status status = few ? lam_net_predict(few, images, 4, y) : lam_error_status();
	lam_net_free(few);
	return status;
}

static lam_status step_winograd(void)
{
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.001);
	lam_net *few = make_few(false);
	lam_status status = few ? lam_net_step(few, &sgd, images, labels, 4) : lam_error_status();
	if (!status)
		status = lam_net_step(few, &sgd, images, labels, 4);
	lam_net_free(few);
	return status;
}

static lam_status evaluate(void)
{
	lam_score score;
	return lam_evaluate(net, data, &score);
}

static lam_status fit(void)
{
	return lam_fit(net, data, NULL, .epochs = 1, .batch = 32, .validation = data, .clip = 1,
		.optimizer = lam_adam(.lr = (lam_real)0.001),
		.schedule = lam_one_cycle(.peak = (lam_real)0.01),
		.checkpoint = file_path("fit.npz"), .checkpoint_every = 2,
		.augment = {.shift = 1, .flip = true}, .progress = lam_progress_bar,
		.progress_data = tmpfile());
}

static lam_status resume(void)
{
	return lam_fit(net, data, NULL, .epochs = 2, .batch = 32, .validation = data, .clip = 1,
		.optimizer = lam_adam(.lr = (lam_real)0.001),
		.schedule = lam_one_cycle(.peak = (lam_real)0.01),
		.checkpoint = file_path("fit.npz"), .resume = true,
		.augment = {.shift = 1, .flip = true});
}

static lam_status save(void)
{
	return lam_net_save(net, file_path("net.npz"));
}

static lam_status save_deep(void)
{
	return lam_net_save(deep, file_path("deep.npz"));
}

static lam_status load(void)
{
	return free_if(lam_net_load(file_path("net.npz"), .threads = 1));
}

static lam_status load_deep(void)
{
	return free_if(lam_net_load(file_path("deep.npz"), .threads = 1));
}

static lam_status load_params(void)
{
	return lam_net_load_params(net, file_path("net.npz"));
}

static lam_status summaries(void)
{
	FILE *out = tmpfile();
	lam_status status = lam_net_profile_start(net);
	if (!status)
		status = lam_net_predict(net, images, 20, y);
	if (!status)
		status = lam_net_profile_stop(net);
	if (!status)
		status = lam_net_profile(net, out);
	if (!status)
		status = lam_net_summary(deep, out);
	fclose(out);
	return status;
}

static lam_status gradcheck(void)
{
	const lam_status status = lam_gradcheck(
		nested(DEPTH), LAM_SHAPE(1, SIDE, SIDE), NULL, .batch = 2, .tolerance = 1);
	return status == LAM_ERR_NUMERIC ? LAM_OK : status;
}

/* A step that fails, with its bundle, and what replays it. */
static lam_status fail_and_replay(void)
{
	lam_param *bias = lam_net_find(net, "11.bias");
	const lam_real before = lam_param_value(bias)[0];
	lam_param_edit(bias)[0] = (lam_real)NAN;
	lam_status status = lam_fit(net, data, NULL, .epochs = 1, .batch = 32,
		.optimizer = lam_sgd(.lr = (lam_real)0.001), .replay = file_path("bad.npz"));
	lam_param_edit(bias)[0] = before;
	if (status != LAM_ERR_NUMERIC)
		return status ? status : LAM_ERR_STATE;
	status = lam_replay(file_path("bad.npz"), .threads = 1);
	return status == LAM_ERR_NUMERIC ? LAM_OK : status;
}

/* A layer that is nested beyond every bound. */
static lam_status free_chain(void)
{
	lam_layer *layer = lam_relu();
	for (int i = 0; i < CHAIN && layer; i++)
		layer = i % 2 ? lam_sequential(layer) : lam_residual(layer);
	const lam_status status = layer ? LAM_OK : lam_error_status();
	lam_layer_free(layer);
	return status;
}

/* The same in a net, which refuses it. */
static lam_status refuse_chain(void)
{
	lam_layer *layer = lam_relu();
	for (int i = 0; i < 2000 && layer; i++)
		layer = lam_sequential(layer);
	lam_net *made = make(layer, false);
	lam_net_free(made);
	return !made && strstr(lam_error(), "nested more than 64 deep") ? LAM_OK : LAM_ERR_STATE;
}

/* A layer that does not fit, at the largest depth: the sentence is made there. */
static lam_status refuse_deep(void)
{
	lam_layer *layer = lam_conv2d(.out = 2, .kernel = {SIDE + 1});
	for (int i = 0; i < DEPTH && layer; i++)
		layer = lam_sequential(layer);
	lam_net *made = make(layer, false);
	lam_net_free(made);
	return !made && strstr(lam_error(), "kernel 7x7") ? LAM_OK : LAM_ERR_STATE;
}

static void calls_keep_to_their_stack(void)
{
	static const struct {
		const char *name;
		lam_status (*run)(void);
		size_t most;
	} rows[] = {
		{"lam_net_create", create, PROMISED},
		{"lam_net_create, 64 deep", create_deep, PROMISED},
		{"lam_net_replica, 64 deep", replica, PROMISED},
		{"lam_net_step", prepare_and_step, STEP},
		{"lam_net_predict", predict, STEP},
		{"lam_net_predict, few samples", predict_few, STEP},
		{"lam_net_predict, few samples by Winograd", predict_winograd, STEP},
		{"lam_net_step, few samples by Winograd", step_winograd, STEP},
		{"lam_evaluate", evaluate, STEP},
		{"lam_fit", fit, PROMISED},
		{"lam_fit, resumed", resume, PROMISED},
		{"lam_net_save", save, PROMISED},
		{"lam_net_save, 64 deep", save_deep, PROMISED},
		{"lam_net_load", load, PROMISED},
		{"lam_net_load, 64 deep", load_deep, PROMISED},
		{"lam_net_load_params", load_params, PROMISED},
		{"lam_net_profile, lam_net_summary", summaries, PROMISED},
		{"lam_gradcheck, 64 deep", gradcheck, PROMISED},
		{"lam_replay", fail_and_replay, PROMISED},
		{"lam_layer_free, a million deep", free_chain, PROMISED},
		{"lam_net_create, 2000 deep", refuse_chain, PROMISED},
		{"lam_net_create, refused 64 deep", refuse_deep, PROMISED},
	};
	data = striped();
	net = make(model(), false);
	deep = make(nested(DEPTH), false);
	require(data && net && deep, "%s", lam_error());
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		test_begin("%s", rows[i].name);
		const size_t used = stack_of(rows[i].run, STACK);
#ifdef LARGE_FRAMES
		check(used > 0);
#else
		check(used > 0 && used <= rows[i].most, "%zu bytes of stack; promised are %zu",
			used, rows[i].most);
#endif
		if (getenv("SHOW_STACK"))
			printf("%zu bytes: %s\n", used, rows[i].name);
	}
	lam_net_free(deep);
	lam_net_free(net);
	lam_dataset_free(data);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(calls_keep_to_their_stack)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
