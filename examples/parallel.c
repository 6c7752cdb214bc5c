/* SPDX-License-Identifier: MIT */
/* Several processes train one net, on one machine or many, by MPI:
 *
 *     mpirun -n 4 parallel [SAMPLES]
 *
 * Each batch of 256 images is cut into 8 shards, whatever the number of processes: 1, 2, 4 and 8
 * end with the same net, to the bit, which the checksum at the end shows. The run is saved as
 * parallel.npz; started again, with any number of processes, it goes on. SAMPLES: train on so many
 * images of Fashion-MNIST alone. Link with `pkg-config --libs lamina-mpi`. */
#include <lamina.h>
#include <lamina_mpi.h>

#include "usage.h"

#include <stdint.h>
#include <stdio.h>

enum { BATCH = 256, SHARDS = 8 };

static lam_layer *model(void)
{
	return lam_sequential(lam_conv2d(.out = 16, .kernel = {3}), lam_batch_norm(), lam_relu(),
		lam_max_pool2d(.kernel = {2}), lam_conv2d(.out = 32, .kernel = {3}),
		lam_batch_norm(), lam_relu(), lam_max_pool2d(.kernel = {2}), lam_affine(.out = 64),
		lam_relu(), lam_dropout(.p = 0.25f), lam_affine(.out = 10),
		lam_softmax_cross_entropy());
}

/* A checksum of all parameters (Fowler, Noll, Vo). */
static uint64_t checksum(lam_net *net)
{
	uint64_t sum = 0xcbf29ce484222325;
	for (int i = 0; i < lam_net_param_count(net); i++) {
		const lam_shape shape = lam_param_shape(lam_net_param(net, i));
		const unsigned char *byte = (const void *)lam_param_value(lam_net_param(net, i));
		size_t bytes = (size_t)lam_shape_count(&shape) * sizeof(lam_real);
		for (; bytes > 0; bytes--)
			sum = (sum ^ *byte++) * 0x100000001b3;
	}
	return sum;
}

/* All processes do this; the first one shows the progress and writes the file. */
static int train(lam_comm *comm, int64_t samples)
{
	/* A net need hold only one shard at a time. */
	lam_net *net = lam_net_create(
		model(), LAM_SHAPE(1, 28, 28), .max_batch = BATCH / SHARDS, .seed = 1);
	lam_dataset *images = first(lam_mnist_open(NULL, LAM_SPLIT_TRAIN), samples),
		    *test = lam_mnist_open(NULL, LAM_SPLIT_TEST);
	lam_report report;
	if (!net || !images || !test) /* or the others would wait for this process */
		lam_comm_fail(comm, lam_error());
	lam_status status = net && images && test
		? lam_fit(net, images, &report, .epochs = 3, .batch = BATCH, .validation = test,
			.shards = SHARDS, .comm = comm, .optimizer = lam_adamw(.lr = 1e-3f),
			.checkpoint = "parallel.npz", .resume = true, .timeout = 60,
			.progress = lam_progress_bar, .progress_data = stderr)
		: lam_error_status();
	if (status)
		fprintf(stderr, "process %d: %s\n", lam_comm_rank(comm), lam_error());
	else if (lam_comm_rank(comm) == 0)
		printf("%d processes: test accuracy %.2f%%, checksum of the net %016llx\n",
			lam_comm_size(comm), 100 * report.validation.accuracy,
			(unsigned long long)checksum(net));
	lam_dataset_free(test);
	lam_dataset_free(images);
	lam_net_free(net);
	return status != LAM_OK;
}

int main(int argc, char **argv)
{
	usage(argc, argv, 0, 1,
		"Usage: mpirun -n 4 parallel [SAMPLES]\n"
		"Trains a net on images of Fashion-MNIST ($LAMINA_DATA, or Debian's package) by\n"
		"1, 2, 4 or 8 processes, with the same result. SAMPLES: on so many of them.\n");
	lam_comm *comm = lam_mpi_world(); /* begins MPI; lam_comm_free() ends it */
	if (!comm)
		fprintf(stderr, "%s\n", lam_error());
	const int result = comm ? train(comm, argc > 1 ? atoll(argv[1]) : INT64_MAX) : 1;
	lam_comm_free(comm);
	return result;
}
