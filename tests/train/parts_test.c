/* SPDX-License-Identifier: MIT */
/* Parts of a data set, bytes in memory, moments of the channels, and the names of classes on their
 * way from a data set through a net to its file. */
#include <lamina.h>

#include "tests/files/files.h"

enum { N = 10, C = 2, P = 3 };

static lam_real x[N][C][P];
static int32_t kinds[N];
static const char *const names[] = {"low", "high"};

static lam_dataset *whole(void)
{
	for (int i = 0; i < N; i++) {
		kinds[i] = i % 2;
		for (int k = 0; k < C * P; k++)
			x[i][k / P][k % P] = (lam_real)(i * 7 % 10 + k * k);
	}
	lam_dataset *d = lam_dataset_arrays(&x[0][0][0], LAM_SHAPE(C, P), kinds, N);
	check(d, "%s", lam_error());
	check_ok(lam_dataset_set_class_names(d, names, 2));
	check_ok(lam_dataset_set_source(d, "somewhere"));
	return d;
}

static void check_sample(const lam_dataset *d, int64_t i, int64_t of)
{
	lam_real got[C][P];
	int32_t kind = -1;
	check_ok(lam_dataset_read(d, i, &got[0][0], &kind));
	check(memcmp(got, x[of], sizeof got) == 0 && kind == kinds[of], "%d is not %d", (int)i,
		(int)of);
}

static void subsets_read_from_the_whole(void)
{
	lam_dataset *d = whole();
	lam_dataset *part = lam_dataset_subset(d, (const int64_t[]){7, 2, 2}, 3);
	lam_dataset *inner = lam_dataset_subset(part, (const int64_t[]){2, 0}, 2);
	require(part && inner, "%s", lam_error());
	lam_dataset_free(d);
	lam_dataset_free(part); /* the whole and the part stay for `inner` */
	check(lam_dataset_count(inner) == 2);
	check_sample(inner, 0, 2);
	check_sample(inner, 1, 7);
	check(strcmp(lam_dataset_class_name(inner, 1), "high") == 0);
	check(strcmp(lam_dataset_source(inner), "somewhere") == 0);
	lam_dataset_free(inner);
}

static void subsets_have_fields(void)
{
	lam_dataset *d = lam_dataset_fields(N,
		(const lam_field[]){{"picture", x, .shape = LAM_SHAPE(C, P)},
			{"kind", kinds, .role = LAM_ROLE_CLASSES, .classes = 2}, {0}});
	lam_dataset_free(whole()); /* fills the arrays */
	lam_dataset *part = lam_dataset_subset(d, (const int64_t[]){3}, 1);
	require(part, "%s", lam_error());
	lam_real got[C][P];
	int32_t kind = -1;
	check(lam_dataset_field_count(part) == 2
		&& strcmp(lam_dataset_field(part, 1).name, "kind") == 0);
	check_ok(lam_dataset_read_fields(part, 0, (void *const[]){got, &kind}));
	check(memcmp(got, x[3], sizeof got) == 0 && kind == 1);
	lam_dataset_free(part);
	lam_dataset_free(d);
}

static void splits_are_complete(void)
{
	for (int seed = 0; seed < 20; seed++) {
		lam_dataset *d = whole(), *first, *second, *again, *rest;
		check_ok(lam_dataset_split(d, 0.72, (uint64_t)seed, &first, &second));
		check_ok(lam_dataset_split(d, 0.72, (uint64_t)seed, &again, &rest));
		check(lam_dataset_count(first) == 7 && lam_dataset_count(second) == 3);
		bool seen[N] = {false};
		for (int64_t i = 0; i < N; i++) {
			lam_real got[C][P], same[C][P];
			const bool in = i < 7;
			const int64_t at = in ? i : i - 7;
			check_ok(lam_dataset_read(in ? first : second, at, &got[0][0], NULL));
			check_ok(lam_dataset_read(in ? again : rest, at, &same[0][0], NULL));
			check(memcmp(got, same, sizeof got) == 0);
			for (int k = 0; k < N; k++)
				seen[k] = seen[k] || memcmp(got, x[k], sizeof got) == 0;
		}
		for (int k = 0; k < N; k++)
			check(seen[k], "sample %d is in no part", k);
		lam_dataset_free(first);
		lam_dataset_free(second);
		lam_dataset_free(again);
		lam_dataset_free(rest);
		lam_dataset_free(d);
	}
}

#define CHECK_STATUS(expected, call) \
	do { \
		const lam_status status = (call); \
		check(status == (expected), "%s: %s", lam_status_text(status), lam_error()); \
	} while (0)
#define REFUSED(call, words) \
	check(!(call) && strstr(lam_error(), (words)), "says \"%s\"", lam_error())

static void wrong_parts_are_refused(void)
{
	lam_dataset *d = whole(), *first, *second;
	REFUSED(lam_dataset_subset(d, (const int64_t[]){0, 10}, 2),
		"index 1 is 10; expected 0 to 9");
	REFUSED(lam_dataset_subset(d, (const int64_t[]){0}, 0), "0 samples");
	REFUSED(lam_dataset_subset(NULL, (const int64_t[]){0}, 1), "data set is NULL");
	CHECK_STATUS(LAM_ERR_ARGUMENT, lam_dataset_split(d, 1, 0, &first, &second));
	check(strstr(lam_error(), "the fraction is 1;") && !first && !second);
	CHECK_STATUS(LAM_ERR_ARGUMENT, lam_dataset_split(d, (double)NAN, 0, &first, &second));
	CHECK_STATUS(LAM_ERR_ARGUMENT, lam_dataset_split(d, 0.5, 0, &first, NULL));
	REFUSED(lam_dataset_bytes(NULL, LAM_SHAPE(1), NULL, 1), "x is NULL");
	CHECK_STATUS(LAM_ERR_ARGUMENT, lam_dataset_set_class_names(d, names, -1));
	CHECK_STATUS(LAM_ERR_ARGUMENT,
		lam_dataset_set_class_names(d, (const char *const[]){"a", ""}, 2));
	CHECK_STATUS(
		LAM_ERR_ARGUMENT, lam_dataset_set_class_names(d, (const char *const[]){"a\n"}, 1));
	CHECK_STATUS(LAM_ERR_ARGUMENT,
		lam_dataset_set_class_names(d, (const char *const[]){"\xef\xbf\xbe"}, 1));
	CHECK_STATUS(LAM_ERR_ARGUMENT,
		lam_dataset_set_class_names(d, (const char *const[]){"a", "b", "c"}, 3));
	check(strstr(lam_error(), "3 names; the data set has 2 classes"), "%s", lam_error());
	check(strcmp(lam_dataset_class_name(d, 0), "low") == 0, "the old names are gone");
	lam_dataset_free(d);
}

static void bytes_are_divided_by_255(void)
{
	static const uint8_t bytes[2][3] = {{0, 255, 51}, {1, 2, 3}};
	static const int32_t labels[2] = {1, 0};
	lam_dataset *d = lam_dataset_bytes(&bytes[0][0], LAM_SHAPE(3), labels, 2);
	require(d, "%s", lam_error());
	lam_real got[3];
	int32_t kind = -1;
	check_ok(lam_dataset_read(d, 0, got, &kind));
	check(got[0] == 0 && got[1] == 1 && got[2] == (lam_real)51 / 255 && kind == 1);
	check(lam_dataset_targets(d).classes == 2);
	lam_dataset_free(d);
	d = lam_dataset_bytes(&bytes[0][0], LAM_SHAPE(3), NULL, 2);
	check(d && lam_dataset_targets(d).type == LAM_INPUT);
	lam_dataset_free(d);
	static const int32_t wrong[2] = {1, -1};
	d = lam_dataset_bytes(&bytes[0][0], LAM_SHAPE(3), wrong, 2);
	check(!d && strstr(lam_error(), "sample 1 has class -1, expected 0 to 1048575")
			&& !strstr(lam_error(), ".classes"),
		"%s", lam_error());
}

static void moments_are_numpys(void)
{
	lam_dataset *d = whole();
	lam_real mean[C], std[C];
	check_ok(lam_dataset_mean_std(d, mean, std));
	for (int c = 0; c < C; c++) {
		double sum = 0, squares = 0;
		for (int i = 0; i < N * P; i++)
			sum += (double)x[i / P][c][i % P];
		for (int i = 0; i < N * P; i++)
			squares += pow((double)x[i / P][c][i % P] - sum / (N * P), 2);
		check(fabs((double)mean[c] - sum / (N * P)) < 1e-5);
		check(fabs((double)std[c] - sqrt(squares / (N * P))) < 1e-5);
	}
	lam_dataset_free(d);
	/* far from 0, where a sum of squares would have no digits left */
	static const lam_real far[4] = {16777210, 16777212, 16777210, 16777212};
	d = lam_dataset_arrays(far, LAM_SHAPE(1), NULL, 4, .targets = LAM_INPUT);
	check_ok(lam_dataset_mean_std(d, mean, std));
	check(fabs((double)mean[0] - 16777211) < 1e-6 && fabs((double)std[0] - 1) < 1e-6, "%g %g",
		(double)mean[0], (double)std[0]);
	lam_dataset_free(d);
}

static void a_layer_standardizes_as_the_data(void)
{
	lam_dataset *d = whole();
	lam_real mean[C], std[C], got[C][P];
	check_ok(lam_dataset_mean_std(d, mean, std));
	lam_net *net = lam_net_create(
		lam_standardize_for(d), LAM_SHAPE(C, P), .max_batch = 1, .inference = true);
	require(net, "%s", lam_error());
	check_ok(lam_net_predict(net, &x[4][0][0], 1, &got[0][0]));
	for (int k = 0; k < C * P; k++)
		check(fabs((double)(got[k / P][k % P]
			      - (x[4][k / P][k % P] - mean[k / P]) / std[k / P]))
			< 1e-5);
	lam_net_free(net);
	lam_dataset_free(d);
	static const lam_real same[2] = {5, 5};
	d = lam_dataset_arrays(same, LAM_SHAPE(1), NULL, 2, .targets = LAM_INPUT);
	net = lam_net_create(lam_standardize_for(d), LAM_SHAPE(1), .max_batch = 1);
	require(net, "%s", lam_error());
	check_ok(lam_net_predict(net, same, 1, &got[0][0]));
	check(got[0][0] == 0);
	lam_net_free(net);
	lam_dataset_free(d);
}

static void check_names(const lam_net *net)
{
	check(net && lam_net_class_name_count(net) == 2
		&& strcmp(lam_net_class_name(net, 0), "low") == 0
		&& strcmp(lam_net_class_name(net, 1), "high") == 0 && !lam_net_class_name(net, 2)
		&& !lam_net_class_name(net, -1));
}

static lam_net *classifier(void)
{
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = 2), lam_softmax_cross_entropy()), LAM_SHAPE(C, P),
		.max_batch = 4);
	check(net, "%s", lam_error());
	return net;
}

static void names_travel_in_files(void)
{
	lam_dataset *d = whole();
	lam_net *net = classifier();
	check(lam_net_class_name_count(net) == 0 && !lam_net_class_name(net, 0));
	check_ok(lam_fit(net, d, NULL, .epochs = 1, .optimizer = lam_sgd(.lr = (lam_real)0.1),
		.checkpoint = file_path("run.npz")));
	check_names(net);
	lam_net *replica = lam_net_replica(net);
	check_names(replica);
	lam_net_free(replica);
	check_ok(lam_net_save(net, file_path("net.npz")));
	lam_net *loaded = lam_net_load(file_path("net.npz")),
		*run = lam_net_load(file_path("run.npz"));
	check_names(loaded);
	check_names(run);
	check_ok(lam_net_load_params(loaded, file_path("run.npz")));
	check_ok(lam_net_set_class_names(loaded, NULL, 0));
	check(lam_net_class_name_count(loaded) == 0);
	CHECK_STATUS(LAM_ERR_ARGUMENT,
		lam_net_set_class_names(loaded, (const char *const[]){"a", "b", "c"}, 3));
	check(strstr(lam_error(), "3 names of classes; the net expected at most 2"), "%s",
		lam_error());
	check_ok(lam_net_save(loaded, file_path("none.npz")));
	lam_net_free(loaded);
	loaded = lam_net_load(file_path("none.npz"));
	check(loaded && lam_net_class_name_count(loaded) == 0);
	lam_net_free(loaded);
	lam_net_free(run);
	lam_net_free(net);
	lam_dataset_free(d);
}

/* All that may be set can be loaded, too. */
static void many_long_names_travel(void)
{
	enum { MANY = 1 << 16, LENGTH = 255 };
	static char text[MANY + 1][LENGTH + 1];
	static const char *list[MANY + 1];
	for (int i = 0; i <= MANY; i++) {
		memset(text[i], 'n', LENGTH);
		text[i][snprintf(text[i], LENGTH, "%d", i)] = 'n';
		list[i] = text[i];
	}
	lam_net *net = lam_net_create(
			lam_sequential(lam_affine(.out = MANY + 1), lam_softmax_cross_entropy()),
			LAM_SHAPE(1), .max_batch = 1),
		*loaded;
	require(net, "%s", lam_error());
	check_ok(lam_net_set_class_names(net, list, MANY));
	check_ok(lam_net_save(net, file_path("many.npz")));
	loaded = lam_net_load(file_path("many.npz"));
	require(loaded, "%s", lam_error());
	check(strcmp(lam_net_class_name(loaded, MANY - 1), list[MANY - 1]) == 0);
	CHECK_STATUS(LAM_ERR_ARGUMENT, lam_net_set_class_names(net, list, MANY + 1));
	check(strstr(lam_error(), "65537 names of 16777472 bytes together; expected at most"), "%s",
		lam_error());
	check(lam_net_class_name_count(net) == MANY);
	lam_net_free(loaded);
	lam_net_free(net);
}

static bool set_in_run(const lam_progress *progress, void *data)
{
	(void)progress;
	CHECK_STATUS(LAM_ERR_STATE, lam_net_set_class_names(data, names, 2));
	return false;
}

static void names_stay_during_a_run(void)
{
	lam_dataset *d = whole();
	lam_net *net = classifier();
	check_ok(lam_fit(net, d, NULL, .epochs = 1, .optimizer = lam_sgd(.lr = (lam_real)0.1),
		.step_end = set_in_run, .step_end_data = net));
	lam_net_free(net);
	lam_dataset_free(d);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(subsets_read_from_the_whole),
		TEST(subsets_have_fields), TEST(splits_are_complete), TEST(wrong_parts_are_refused),
		TEST(bytes_are_divided_by_255), TEST(moments_are_numpys),
		TEST(a_layer_standardizes_as_the_data), TEST(names_travel_in_files),
		TEST(many_long_names_travel), TEST(names_stay_during_a_run)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
