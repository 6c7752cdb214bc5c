/* SPDX-License-Identifier: MIT */
/* A program that links neither lamina nor OpenMP loads the shared library, makes a step on two
 * threads and closes the library, several times. OpenMP's threads live longer than the step. If the
 * library and the OpenMP runtime were unloaded, these threads would run code that is no longer
 * there. */
#include <dlfcn.h>
#include <lamina.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 5, SIDE = 256, BATCH = 128 };

/* Declares `name` as the library's function of this name. */
#define FIND(name) __typeof__(name) *const name##_found = (__typeof__(name) *)dlsym(library, #name)

static const lam_real x[BATCH][SIDE];
static const int32_t labels[BATCH];

/* A step of a small classifier. */
static bool step(void *library)
{
	FIND(lam_affine_new);
	FIND(lam_softmax_cross_entropy_new);
	FIND(lam_sequential_of);
	FIND(lam_sequential_first);
	FIND(lam_sequential_last);
	FIND(lam_net_create_with);
	FIND(lam_net_step_classes);
	FIND(lam_net_free);
	FIND(lam_sgd_new);
	FIND(lam_error);
	if (!lam_affine_new_found || !lam_softmax_cross_entropy_new_found
		|| !lam_sequential_of_found || !lam_sequential_first_found
		|| !lam_sequential_last_found || !lam_net_create_with_found
		|| !lam_net_step_classes_found || !lam_net_free_found || !lam_sgd_new_found
		|| !lam_error_found)
		return false;
	lam_layer *model = lam_sequential_of_found(
		(lam_layer *const[]){lam_sequential_first_found(),
			lam_affine_new_found(&(lam_affine_options){
				.size = sizeof(lam_affine_options), .out = SIDE}),
			lam_softmax_cross_entropy_new_found(&(lam_softmax_cross_entropy_options){
				.size = sizeof(lam_softmax_cross_entropy_options)}),
			lam_sequential_last_found()});
	lam_net *net = lam_net_create_with_found(&(lam_net_options){.size = sizeof(lam_net_options),
		.model = model,
		.shape = LAM_SHAPE(SIDE),
		.max_batch = BATCH,
		.threads = 2});
	const lam_optimizer sgd = lam_sgd_new_found(
		&(lam_sgd_options){.size = sizeof(lam_sgd_options), .lr = (lam_real)0.1});
	const bool stepped = net
		&& lam_net_step_classes_found(net, &sgd, x[0], labels, BATCH) == LAM_OK;
	if (!stepped)
		puts(lam_error_found());
	lam_net_free_found(net);
	return stepped;
}

/* Loads, steps and closes; sometimes waits until OpenMP's threads sleep. Steps only with the float
 * library, whose headers this program has. Returns an exit status. */
static int rounds(const char *path, int mode, bool steps)
{
	for (int round = 0; round < ROUNDS; round++) {
		void *library = dlopen(path, RTLD_NOW | mode);
		if (!library || (steps && !step(library)) || dlclose(library)) {
			const char *why = dlerror();
			printf("round %d: %s\n", round, why ? why : "no step");
			return 1;
		}
		if (round % 2)
			usleep(50000);
	}
	if (!dlopen(path, RTLD_NOW | RTLD_NOLOAD)) {
		puts("the library was unloaded");
		return 1;
	}
	return 0;
}

/* A case is a process of its own, as it may crash. */
static bool holds(const char *path, int mode, bool steps)
{
	int status = 0;
	fflush(stdout);
	const pid_t child = fork();
	if (child == 0)
		exit(rounds(path, mode, steps));
	if (child < 0 || waitpid(child, &status, 0) != child)
		return false;
	if (WIFSIGNALED(status))
		printf("signal %d\n", WTERMSIG(status));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(void)
{
	static const char *const libraries[] = {"lamina", "lamina-double"};
	const char *build = getenv("top_builddir");
	bool failed = false;
	setenv("OMP_NUM_THREADS", "2", 1);
	for (int i = 0; i < 4; i++) {
		const bool global = i % 2;
		const char *name = libraries[i / 2];
		char path[4096];
		struct stat found;
		snprintf(path, sizeof path, "%s/.libs/lib%s.so", build ? build : ".", name);
		if (stat(path, &found) != 0) {
			printf("skip  lib%s, RTLD_%s: no shared library here\n", name,
				global ? "GLOBAL" : "LOCAL");
			continue;
		}
		const bool held = holds(path, global ? RTLD_GLOBAL : RTLD_LOCAL, i < 2);
		printf("%s  lib%s, RTLD_%s\n", held ? "ok  " : "FAIL", name,
			global ? "GLOBAL" : "LOCAL");
		failed = failed || !held;
	}
	return failed;
}
