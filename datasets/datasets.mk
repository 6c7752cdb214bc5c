# SPDX-License-Identifier: MIT
# Data sets and the loader. One name per line, sorted.

datasets_public_headers = \
	datasets/datasets.h

datasets_private_headers = \
	datasets/arrays.h \
	datasets/idx.h

datasets_sources = \
	datasets/arrays.c \
	datasets/arrays_check.c \
	datasets/fields.c \
	datasets/idx.c \
	datasets/mnist.c \
	datasets/npy_dataset.c

EXTRA_DIST += datasets/fetch-mnist
