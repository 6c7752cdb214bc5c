# SPDX-License-Identifier: MIT
# Data sets and the loader. One name per line, sorted.

datasets_public_headers = \
	datasets/csv.h \
	datasets/datasets.h \
	datasets/parts.h

datasets_private_headers = \
	datasets/arrays.h \
	datasets/bytes.h \
	datasets/cifar10.h \
	datasets/csv_columns.h \
	datasets/csv_reader.h \
	datasets/csv_table.h \
	datasets/idx.h \
	datasets/whole.h

datasets_sources = \
	datasets/arrays.c \
	datasets/arrays_check.c \
	datasets/bytes.c \
	datasets/cifar10.c \
	datasets/csv.c \
	datasets/csv_columns.c \
	datasets/csv_load.c \
	datasets/csv_reader.c \
	datasets/fields.c \
	datasets/idx.c \
	datasets/mean_std.c \
	datasets/mnist.c \
	datasets/npy_dataset.c \
	datasets/parts.c

EXTRA_DIST += datasets/fetch-cifar10 datasets/fetch-mnist
