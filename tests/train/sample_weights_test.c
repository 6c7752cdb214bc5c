/* SPDX-License-Identifier: MIT */
/* Weights of samples that come from a data set: loader, runs, scores, checkpoints, replays. */
#include "tests/files/files.h"
#include "tests/train/weighted_problem.h"

#include "framework/files/npz.h"

static bool same_params(const lam_net *a, const lam_net *b)
{
	for (int i = 0; i < lam_net_param_count(a); i++) {
		const lam_param *p = lam_net_param((lam_net *)(uintptr_t)a, i),
				*q = lam_net_param((lam_net *)(uintptr_t)b, i);
		const lam_shape shape = lam_param_shape(p);
		if (memcmp(lam_param_value(p), lam_param_value(q),
			    (size_t)lam_shape_count(&shape) * sizeof(lam_real)))
			return false;
	}
	return true;
}

/* A loader hands them on, under the name that lam_net_step_io() takes. */
static void a_run_is_the_loop_by_hand(void)
{
	lam_net *run = classifier(1), *hand = classifier(3);
	lam_dataset *data = arrays(weights);
	lam_loader *loader = lam_loader_new(data, .batch = BATCH, .seed = 9);
	const lam_optimizer rule = adam();
	require(run && hand && data && loader, "%s", lam_error());
	check_ok(lam_fit(run, data, NULL, .epochs = EPOCHS, .batch = BATCH, .optimizer = rule));
	for (int i = 0; i < EPOCHS * STEPS; i++) {
		const lam_batch *batch = lam_loader_next(loader);
		require(batch, "%s", lam_error());
		check(!strcmp(batch->io[2].name, "loss.weights"));
		check(batch->targets == batch->io[1].data && batch->x == batch->io[0].data);
		check_ok(lam_net_step_io(hand, &rule, batch->io, batch->n));
	}
	check(same_params(run, hand));
	lam_loader_free(loader);
	lam_dataset_free(data);
	lam_net_free(run);
	lam_net_free(hand);
}

/* Weights of 1 are none but for rounding; scaled weights are the same; others are not. */
static void a_run_heeds_them(void)
{
	lam_real ones[N], twice[N];
	lam_net *nets[4];
	fill();
	for (int i = 0; i < N; i++) {
		ones[i] = 1;
		twice[i] = 2 * weights[i];
	}
	const lam_real *const of[] = {NULL, ones, weights, twice};
	for (int i = 0; i < 4; i++) {
		require((nets[i] = classifier(2)));
		lam_dataset *data = arrays(of[i]);
		check_ok(lam_fit(nets[i], data, NULL, .epochs = EPOCHS, .batch = BATCH,
			.optimizer = lam_sgd(.lr = (lam_real)0.1)));
		lam_dataset_free(data);
	}
	const lam_real first[] = {lam_param_value(lam_net_param(nets[0], 0))[0],
		lam_param_value(lam_net_param(nets[1], 0))[0],
		lam_param_value(lam_net_param(nets[2], 0))[0]};
	check_near(first[0], first[1], 1e-6);
	check(fabs((double)(first[0] - first[2])) > 1e-4);
	check(same_params(nets[2], nets[3])); /* a power of two */
	for (int i = 0; i < 4; i++)
		lam_net_free(nets[i]);
}

/* The loss is weighted over all batches; accuracy and matrix count those that weigh anything. */
static void scores_are_weighted(void)
{
	lam_net *net = classifier(2);
	lam_score score, one;
	double sum = 0, whole = 0, right = 0;
	int64_t counted = 0;
	lam_dataset *data = arrays(weights);
	require(net && data, "%s", lam_error());
	for (int i = 0; i < N; i++) {
		lam_dataset *sample = lam_dataset_arrays(
			x[i], LAM_SHAPE(IN), &kinds[i], 1, .classes = CLASSES);
		check_ok(lam_evaluate(net, sample, &one));
		sum += (double)weights[i] * one.loss;
		whole += (double)weights[i];
		right += weights[i] > 0 ? one.accuracy : 0;
		counted += weights[i] > 0;
		lam_dataset_free(sample);
	}
	check_ok(lam_evaluate(net, data, &score));
	check_near(score.loss, sum / whole, 1e-6 * score.loss);
	check_near(score.accuracy, right / (double)counted, 1e-12);
	check(score.count == N && score.scored == counted);
	int64_t matrix = 0;
	for (int i = 0; i < CLASSES * CLASSES; i++)
		matrix += score.confusion[i];
	check(matrix == counted);
	lam_dataset_free(data);
	memset(weights, 0, sizeof weights);
	data = arrays(weights);
	check_ok(lam_evaluate(net, data, &score));
	check(score.loss == 0 && score.scored == 0 && isnan(score.accuracy));
	lam_dataset_free(data);
	lam_net_free(net);
}

static void fields_name_their_loss(void)
{
	lam_net *net = two_losses(1);
	lam_dataset *near = fields("near", weights), *first = fields(NULL, weights);
	require(net && near && first, "%s", lam_error());
	const lam_field field = lam_dataset_field(near, 0);
	check(!strcmp(field.name, "near.weights") && !strcmp(field.of, "near"));
	check(field.role == LAM_ROLE_WEIGHTS && lam_shape_count(&field.shape) == 1);
	check(!strcmp(lam_dataset_field(first, 0).name, "kind.weights"));
	check(lam_dataset_shape(near).dim[0] == IN);
	lam_real read_x[IN], weight, pair[2];
	int32_t kind;
	check_ok(lam_dataset_read_fields(near, 3, (void *const[]){&weight, read_x, &kind, pair}));
	check(weight == weights[3] && kind == kinds[3]);
	lam_score kinds_score, near_score;
	check_ok(lam_evaluate(net, near, &(lam_score){0}));
	check_ok(lam_net_score_of(net, "kind", LAM_EVALUATED, &kinds_score));
	check_ok(lam_net_score_of(net, "near", LAM_EVALUATED, &near_score));
	check(kinds_score.scored == N && near_score.scored < N);
	lam_dataset_free(near);
	lam_dataset_free(first);
	lam_net_free(net);
}

struct stop {
	int64_t at;
};

static bool stop_at(const lam_progress *progress, void *data)
{
	return progress->total_step == ((const struct stop *)data)->at;
}

static lam_status resume(
	lam_net *net, lam_dataset *data, lam_dataset *validation, int64_t at, bool resume)
{
	struct stop stop = {at};
	return lam_fit(net, data, NULL, .epochs = EPOCHS, .batch = BATCH, .optimizer = adam(),
		.validation = validation, .checkpoint = file_path("weights.npz"), .resume = resume,
		.checkpoint_every = 1, .step_end = stop_at, .step_end_data = &stop);
}

/* Stopped at each step, and once more at the next. */
static void runs_resume_to_the_same_bits(void)
{
	for (int two = 0; two < 2; two++) {
		lam_net *whole = two ? two_losses(1) : classifier(1);
		lam_dataset *data = two ? fields("near", weights) : arrays(weights);
		require(whole && data, "%s", lam_error());
		check_ok(resume(whole, data, data, -1, false));
		for (int at = 1; at < EPOCHS * STEPS; at++) {
			for (int k = 0; k < 3; k++) {
				lam_net *net = two ? two_losses(2 + k % 2) : classifier(2 + k % 2);
				check_ok(resume(net, data, data, k < 2 ? at + k : -1, k > 0));
				check(k < 2 || same_params(net, whole), "step %d", at);
				lam_score score, expected;
				const char *name = two ? "near" : "loss";
				check_ok(lam_net_score_of(net, name, LAM_TRAINED, &score));
				check_ok(lam_net_score_of(whole, name, LAM_TRAINED, &expected));
				check(k < 2 || at + 1 == EPOCHS * STEPS
					|| (score.loss == expected.loss
						&& score.scored == expected.scored));
				lam_net_free(net);
			}
		}
		lam_dataset_free(data);
		lam_net_free(whole);
	}
}

/* The format of a file, and whether it has an entry. */
static int64_t format_of(const char *file, const char *entry, bool *has)
{
	int64_t format = 0;
	lam_npz *npz = lam_npz_open(file_path(file));
	if (check(npz, "%s", lam_error()))
		check_ok(lam_npz_read_int64(npz, lam_npz_find(npz, "format"), &format, 1));
	*has = npz && lam_npz_find(npz, entry) >= 0;
	lam_npz_close(npz);
	return format;
}

/* A run without them is another run, and readers of format 1 refuse the file. */
static void they_are_part_of_the_run(void)
{
	lam_net *net = classifier(1);
	lam_dataset *data = arrays(weights), *plain = arrays(NULL);
	bool has;
	require(net && data && plain, "%s", lam_error());
	for (int validated = 0; validated < 2; validated++) {
		lam_dataset *train = validated ? plain : data, *other = validated ? data : plain;
		const char *entry = validated ? "validation_weights" : "weights";
		char path[60], words[80];
		snprintf(path, sizeof path, "training/%s", entry);
		snprintf(words, sizeof words, "another run: its %s is 1; expected 0", entry);
		check_ok(resume(net, train, other, 2, false));
		check(format_of("weights.npz", path, &has) == 2 && has, "%s", path);
		check_fails(resume(net, plain, plain, -1, true), LAM_ERR_ARGUMENT, words);
		check_ok(resume(net, train, other, -1, true));
	}
	check_ok(resume(net, plain, plain, 2, false));
	check(format_of("weights.npz", "training/weights", &has) == 1 && !has);
	lam_dataset_free(data);
	lam_dataset_free(plain);
	lam_net_free(net);
}

static bool find_loss(const lam_replay_row *row, void *data)
{
	if (row->what == LAM_REPLAY_LOSS && strstr(row->layer, "near"))
		*(double *)data = row->mean;
	return false;
}

/* The infinity ends in tanh's limit, and its gradient in NaN: the losses are finite. */
static void replays_have_them(void)
{
	lam_net *net = two_losses(1), *again = two_losses(1);
	lam_real saved[BATCH];
	double mean = NAN;
	x[2][0] = (lam_real)INFINITY;
	lam_dataset *data = fields("near", weights);
	require(net && again && data, "%s", lam_error());
	check_fails(lam_fit(net, data, NULL, .epochs = 1, .batch = BATCH, .no_shuffle = true,
			    .optimizer = adam(), .replay = file_path("replay.npz")),
		LAM_ERR_NUMERIC, "replays it");
	check_fails(lam_replay(file_path("replay.npz"), .row = find_loss, .row_data = &mean),
		LAM_ERR_NUMERIC, "not finite");
	check_ok(lam_net_forward_io(again, LAM_TRAIN,
		(const lam_io[]){{"x", x}, {"kind", kinds}, {"near", near_to},
			{"near.weights", weights}, {0}},
		BATCH));
	check(mean == lam_net_loss_of(again, "near"));
	bool has;
	check(format_of("replay.npz", "training/replay_sample_weights0", &has) == 2 && !has);
	lam_npz *npz = lam_npz_open(file_path("replay.npz"));
	require(npz, "%s", lam_error());
	const int64_t entry = lam_npz_find(npz, "training/replay_sample_weights1");
	require(entry >= 0);
	check_ok(lam_npz_read_real(npz, entry, saved, BATCH));
	check(!memcmp(saved, weights, sizeof saved));
	lam_npz_close(npz);
	lam_dataset_free(data);
	lam_net_free(again);
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(a_run_is_the_loop_by_hand),
		TEST(a_run_heeds_them),
		TEST(scores_are_weighted),
		TEST(fields_name_their_loss),
		TEST(runs_resume_to_the_same_bits),
		TEST(they_are_part_of_the_run),
		TEST(replays_have_them),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
