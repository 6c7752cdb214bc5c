/** \file
 * The version that a program was compiled against, and the one that it runs with. */
#ifndef LAM_VERSION_H
#define LAM_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif

#define LAM_VERSION_MAJOR 0
#define LAM_VERSION_MINOR 1
#define LAM_VERSION_PATCH 0
#define LAM_VERSION "0.1.0"

/** LAM_VERSION of the library that runs. Static storage. */
const char *lam_version(void);

/** The instruction set whose kernels run: "base", "avx2", "avx512". Chosen at the first use, or by
 * the environment variable LAMINA_ISA where the machine has that one. Static storage. */
const char *lam_isa(void);

#ifdef __cplusplus
}
#endif
#endif
