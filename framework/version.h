/* SPDX-License-Identifier: MIT */
/** \file
 * The version that a program was compiled with, and the one that it runs with. */
#ifndef LAM_VERSION_H
#define LAM_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif

/** The version that a program is compiled with. */
#define LAM_VERSION_MAJOR 0
#define LAM_VERSION_MINOR 2
#define LAM_VERSION_PATCH 0
#define LAM_VERSION "0.2.0"

/** LAM_VERSION of the library that the program runs with. Static storage. */
const char *lam_version(void);

/** The instruction set of the kernels: "base", "avx2" or "avx512". It is chosen at the first use:
 * the one that the environment variable LAMINA_ISA names, if the machine has it, otherwise the
 * best. Static storage. */
const char *lam_isa(void);

#ifdef __cplusplus
}
#endif
#endif
