/* SPDX-License-Identifier: MIT */
/* Replicas in the caller's own threads can be made and used concurrently. */
#include "tests/train/fit_problem.h"

#include <pthread.h>
#include <stdatomic.h>

/* Replicas that predict concurrently, each on a thread of the caller. */
struct server {
	lam_net *net;
	lam_real y[COUNT * CLASSES];
	lam_status status;
};

static void *serve(void *argument)
{
	struct server *server = argument;
	for (int round = 0; round < 20 && !server->status; round++)
		server->status = lam_net_predict(server->net, images, COUNT, server->y);
	return NULL;
}

static void replicas_serve_at_once(void)
{
	static struct server servers[3];
	static lam_real y[COUNT * CLASSES];
	pthread_t threads[3];
	lam_dataset_free(striped());
	lam_net *net = small_net(2, 7);
	require(net && check_ok(lam_net_predict(net, images, COUNT, y)));
	for (int i = 0; i < 3; i++) {
		servers[i] = (struct server){
			.net = lam_net_replica(net, .max_batch = 16 + i, .threads = 1 + i)};
		require(servers[i].net
			&& pthread_create(&threads[i], NULL, serve, &servers[i]) == 0);
	}
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], NULL);
		check(!servers[i].status && !memcmp(servers[i].y, y, sizeof y), "replica %d", i);
		lam_net_free(servers[i].net);
	}
	lam_net_free(net);
}

/* A layer whose plan() waits until another thread has made a replica of `to_copy`, unless that is
 * NULL. */
static _Atomic(lam_net *) to_copy;
static bool copied;
static char copy_failed[512];

static void *make_replica(void *net)
{
	lam_net *replica = lam_net_replica(net, .max_batch = 16, .threads = 1);
	copied = replica != NULL;
	snprintf(copy_failed, sizeof copy_failed, "%s", lam_error());
	lam_net_free(replica);
	return NULL;
}

static lam_status copy_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	if (pass->out->data != pass->x->data)
		memcpy(pass->out->data, pass->x->data, (size_t)pass->x->values * sizeof(lam_real));
	return LAM_OK;
}

static lam_status slow_plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)self, (void)in, (void)plan;
	lam_net *net = atomic_exchange(&to_copy, NULL);
	pthread_t thread;
	if (net && pthread_create(&thread, NULL, make_replica, net) == 0)
		pthread_join(thread, NULL);
	return LAM_OK;
}

static const lam_layer_class slow_class = {LAM_LAYER_ABI, .kind = "slow", .flags = LAM_PASSES_DY,
	.plan = slow_plan, .forward = copy_forward};

/* Two threads plan the same layers at the same time. Neither may report that the model contains a
 * layer twice. */
static void replicas_are_made_at_once(void)
{
	lam_net *net = lam_net_create(
		lam_sequential(lam_relu(), lam_layer_new(&slow_class, NULL), lam_tanh()),
		LAM_SHAPE(4), .max_batch = 16);
	require(net != NULL, "%s", lam_error());
	copied = false;
	atomic_store(&to_copy, net);
	lam_net *replica = lam_net_replica(net, .max_batch = 16);
	check(replica != NULL, "%s", lam_error());
	check(copied, "the other thread: %s", copy_failed);
	lam_net_free(replica);
	lam_net_free(net);
}

static void *make_replicas(void *net)
{
	for (int i = 0; i < 20; i++)
		lam_net_free(lam_net_replica(net, .max_batch = 2));
	return NULL;
}

/* Threads that make replicas write nothing that they share: a thread sanitizer looks. */
static void threads_make_replicas_at_once(void)
{
	pthread_t threads[3];
	lam_net *net = lam_net_create(lam_affine(.out = 3), LAM_SHAPE(4), .max_batch = 16);
	require(net != NULL, "%s", lam_error());
	for (int i = 0; i < 3; i++)
		require(!pthread_create(&threads[i], NULL, make_replicas, net), "no thread");
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(replicas_serve_at_once),
		TEST(replicas_are_made_at_once),
		TEST(threads_make_replicas_at_once),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
