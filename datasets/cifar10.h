/* SPDX-License-Identifier: MIT */
/* A file of CIFAR-10. Private to datasets/. */
#ifndef LAM_CIFAR10_H
#define LAM_CIFAR10_H

#include "framework/status.h"

#include <stdint.h>

#pragma GCC visibility push(hidden)

/* Reads the records of a file behind the *count records that are there; together they may have
 * `limit` bytes. The caller frees *records, also on failure. */
lam_status lam_cifar10_append(const char *path, uint8_t **records, int64_t *count, uint64_t limit);

#pragma GCC visibility pop
#endif
