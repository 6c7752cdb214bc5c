/* SPDX-License-Identifier: MIT */
/* From a table of text to predictions with names.
 *
 *     table [--quick] [FILE.csv]          default: wine.csv beside this file, or in examples/
 *
 * The last column of the table is the class, in words or in numbers. wine.csv has chemical analyses
 * of 178 wines of three vines (M. Forina and S. Aeberhard, UCI Machine Learning Repository,
 * doi:10.24432/C5PC7J, CC BY 4.0). For the file that Debian's python3-sklearn has, add .skip = 1
 * and .header = LAM_HEADER_NO: its first line holds counts. */
#include <lamina.h>

#include "usage.h"

#include <stdio.h>
#include <unistd.h>

static const char *find(void)
{
	static const char *const places[] = {
		"wine.csv", "examples/wine.csv", "../examples/wine.csv", NULL};
	int i = 0;
	while (places[i + 1] && access(places[i], R_OK) != 0)
		i++;
	return places[i];
}

static void show_confusion(const lam_net *net, const lam_score *score)
{
	printf("\n%-14s", "is \\ taken for");
	for (int64_t k = 0; k < score->classes; k++)
		printf("%12s", lam_net_class_name(net, k) ? lam_net_class_name(net, k) : "?");
	printf("\n");
	for (int64_t i = 0; i < score->classes * score->classes; i++) {
		const char *name = lam_net_class_name(net, i / score->classes);
		if (i % score->classes == 0)
			printf("%-14s", name ? name : "?");
		printf("%12lld%s", (long long)score->confusion[i],
			i % score->classes == score->classes - 1 ? "\n" : "");
	}
}

/* Loads the net and predicts one line of the table. The file has the names of the classes, and the
 * means and deviations of the columns: values go in as they are in the table. */
static lam_status predict(
	const char *path, const lam_dataset *table, const lam_dataset *held_out, int64_t sample)
{
	enum { COLUMNS = 4096, CLASSES = 1024 };
	static lam_real x[COLUMNS], p[CLASSES];
	int32_t truth;
	lam_net *net = lam_net_load(path, .inference = true);
	if (!net)
		return lam_error_status();
	const lam_shape in = lam_net_input_shape(net), out = lam_net_output_shape(net);
	lam_status status = lam_shape_count(&in) > COLUMNS || lam_shape_count(&out) > CLASSES
		? lam_fail(LAM_ERR_SHAPE, "a table of more than %d columns", COLUMNS)
		: lam_dataset_read(held_out, sample, x, &truth);
	if (!status)
		status = lam_net_predict(net, x, 1, p);
	if (!status) {
		printf("\na sample that the net has not seen:\n  ");
		for (int64_t i = 0; i < 4 && i < lam_shape_count(&in); i++)
			printf(" %s %g,", lam_dataset_column_name(table, i), (double)x[i]);
		printf(" …\n");
		for (int64_t k = 0; k < lam_shape_count(&out); k++) {
			const char *name = lam_net_class_name(net, k);
			printf("   %-12s %6.2f%%%s\n", name ? name : "?", 100 * (double)p[k],
				k == truth ? "   <- it is" : "");
		}
	}
	lam_net_free(net);
	return status;
}

static lam_status learn(const lam_dataset *train, const lam_dataset *held_out, int epochs)
{
	lam_net *net = lam_net_create(
		/* Columns have different units: the first layer makes them alike. */
		lam_sequential(lam_standardize_for(train), lam_affine(.out = 16), lam_relu(),
			lam_affine(.out = (int)lam_dataset_targets(train).classes),
			lam_softmax_cross_entropy()),
		lam_dataset_shape(train), .max_batch = 32, .seed = 1, .threads = 1);
	lam_report report;
	lam_score score;
	/* The epoch with the least loss on samples that were held out is the one to keep. */
	lam_status status = net ? lam_fit(net, train, &report, .epochs = epochs, .batch = 16,
				    .validation = held_out, .optimizer = lam_adam(.lr = 0.01f),
				    .keep_best = true)
				: lam_error_status();
	if (!status)
		status = lam_evaluate(net, held_out, &score);
	if (!status) {
		printf("epoch %lld of %lld was the best: %.1f%% of %lld held-out samples are "
		       "right, loss %.4f\n",
			(long long)report.best_epoch, (long long)report.epochs,
			100 * score.accuracy, (long long)score.count, score.loss);
		show_confusion(net, &score);
		status = lam_net_save(net, "table.npz");
	}
	lam_net_free(net);
	return status;
}

int main(int argc, char **argv)
{
	const bool short_run = quick(&argc, argv);
	usage(argc, argv, 0, 1,
		"Usage: table [--quick] [FILE.csv]\n"
		"Learns the classes in the last column of a table (default: examples/wine.csv),\n"
		"saves the net as table.npz, loads it, and predicts a sample.\n");
	lam_dataset *table = lam_dataset_csv(argc > 1 ? argv[1] : find()), *train = NULL,
		    *held_out = NULL;
	lam_status status = table ? lam_dataset_split(table, 0.7, 1, &train, &held_out)
				  : lam_error_status();
	if (!status) {
		printf("%s: %lld samples of %lld columns, %lld classes; %lld to learn from\n",
			lam_dataset_source(table), (long long)lam_dataset_count(table),
			(long long)lam_dataset_shape(table).dim[0],
			(long long)lam_dataset_targets(table).classes,
			(long long)lam_dataset_count(train));
		status = learn(train, held_out, short_run ? 3 : 60);
	}
	if (!status)
		status = predict("table.npz", table, held_out, 0);
	if (status)
		fprintf(stderr, "table: %s\n", lam_error());
	lam_dataset_free(held_out);
	lam_dataset_free(train);
	lam_dataset_free(table);
	return status != LAM_OK;
}
