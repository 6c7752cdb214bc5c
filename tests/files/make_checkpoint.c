/* SPDX-License-Identifier: MIT */
/* make_checkpoint FOLDER writes two files: FOLDER/VERSION.npz is this version's checkpoint of the
 * run in checkpoint_run.h. FOLDER/VERSION.expected.npz holds the predictions of its net for the
 * samples ("y"), and those of the net at the end of the whole run ("resumed"). */
#include "framework/files/npz.h"
#include "tests/train/checkpoint_run.h"

#include <stdlib.h>

static void must(lam_status status)
{
	if (status) {
		fprintf(stderr, "%s\n", lam_error());
		exit(1);
	}
}

static void add_predictions(lam_npz_writer *npz, const char *name, lam_net *net)
{
	const lam_shape shape = LAM_SHAPE(RUN_COUNT, RUN_CLASSES);
	lam_real y[RUN_COUNT * RUN_CLASSES];
	must(lam_net_predict(net, run_images, RUN_COUNT, y));
	must(lam_npz_add_real(npz, name, &shape, y));
}

/* Trains a new net up to step `stop`, saves it at `path`, and adds its predictions to `npz`. */
static void add_run(
	lam_npz_writer *npz, const char *name, const lam_dataset *data, const char *path, int stop)
{
	lam_net *net = lam_net_create(run_model(), LAM_SHAPE(1, RUN_SIDE, RUN_SIDE),
		.max_batch = RUN_BATCH, .seed = RUN_SEED);
	must(net ? LAM_OK : lam_error_status());
	must(run_on(net, data, path, stop, false, NULL));
	add_predictions(npz, name, net);
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	char path[600], expected[600];
	if (argc != 2) {
		fprintf(stderr, "usage: make_checkpoint FOLDER\n");
		return 2;
	}
	snprintf(path, sizeof path, "%s/%s.npz", argv[1], LAM_VERSION);
	snprintf(expected, sizeof expected, "%s/%s.expected.npz", argv[1], LAM_VERSION);
	lam_dataset *data = run_data();
	lam_npz_writer *npz = lam_npz_create(expected, NULL);
	must(data && npz ? LAM_OK : lam_error_status());
	add_run(npz, "resumed", data, NULL, RUN_STEPS);
	add_run(npz, "y", data, path, RUN_STOP);
	must(lam_npz_finish(npz));
	lam_dataset_free(data);
	return 0;
}
