/* The thread and what it shares with its owner, under one lock. It is never joined: a name server
 * that does not answer must not hold up the end of a process. Whoever of the two leaves last frees
 * what they share. */
#include "os/os_resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/check.h"

#define STACK_BYTES (512 * 1024)

struct os_resolver {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	os_look *look;
	char names[OS_NAMES_MAX][OS_NAME_TEXT];
	struct os_addresses known[OS_NAMES_MAX];
	size_t n;
	uint64_t rounds;
	bool is_hurried;
	bool is_closed;
};

static int text_order(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void address_add(struct os_addresses *out, const struct addrinfo *info)
{
	char *text = out->texts[out->n];
	const void *bytes;

	if (info->ai_family == AF_INET)
		bytes = &((const struct sockaddr_in *)info->ai_addr)->sin_addr;
	else if (info->ai_family == AF_INET6)
		bytes = &((const struct sockaddr_in6 *)info->ai_addr)->sin6_addr;
	else
		return;
	if (inet_ntop(info->ai_family, bytes, text, OS_ADDRESS_TEXT) == NULL)
		return;
	for (size_t i = 0; i < out->n; i++)
		if (strcmp(out->texts[i], text) == 0)
			return;
	out->n++;
}

static bool look_by_system(const char *name, struct os_addresses *out)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	int fault = getaddrinfo(name, NULL, &hints, &list);

	if (fault != 0) {
		snprintf(out->why, sizeof(out->why), "%s",
			fault == EAI_SYSTEM ? "the system cannot ask" : gai_strerror(fault));
		return false;
	}
	for (const struct addrinfo *at = list; at != NULL && out->n < OS_ADDRESSES_MAX;
		at = at->ai_next)
		address_add(out, at);
	freeaddrinfo(list);
	qsort(out->texts, out->n, OS_ADDRESS_TEXT, text_order);
	if (out->n == 0)
		snprintf(out->why, sizeof(out->why), "it has no address");
	return out->n > 0;
}

/* What was known stays when the name is not found: a name server that stumbles takes nothing away.
 */
static void learn(struct os_addresses *known, const struct os_addresses *found, bool is_found)
{
	if (is_found) {
		*known = *found;
		known->why[0] = 0;
	} else {
		memcpy(known->why, found->why, sizeof(known->why));
	}
	known->is_found = is_found;
}

static void wait_for_next(struct os_resolver *resolver)
{
	struct timespec until;

	CHECK(clock_gettime(CLOCK_MONOTONIC, &until) == 0);
	until.tv_sec += OS_LOOK_EVERY_MS / 1000;
	until.tv_nsec += (long)(OS_LOOK_EVERY_MS % 1000) * 1000000;
	while (!resolver->is_closed && !resolver->is_hurried)
		if (pthread_cond_timedwait(&resolver->wake, &resolver->lock, &until) == ETIMEDOUT)
			break;
	resolver->is_hurried = false;
}

static void resolver_free(struct os_resolver *resolver)
{
	pthread_cond_destroy(&resolver->wake);
	pthread_mutex_destroy(&resolver->lock);
	free(resolver);
}

static void *run(void *arg)
{
	struct os_resolver *resolver = arg;

	pthread_mutex_lock(&resolver->lock);
	while (!resolver->is_closed) {
		for (size_t i = 0; i < resolver->n && !resolver->is_closed; i++) {
			struct os_addresses found = { .n = 0 };
			bool is_found;

			pthread_mutex_unlock(&resolver->lock);
			is_found = resolver->look(resolver->names[i], &found);
			pthread_mutex_lock(&resolver->lock);
			learn(&resolver->known[i], &found, is_found);
		}
		resolver->rounds++;
		wait_for_next(resolver);
	}
	pthread_mutex_unlock(&resolver->lock);
	resolver_free(resolver);
	return NULL;
}

/* Signals are their owner's, so the thread is born with all of them blocked. */
static int thread_start(struct os_resolver *resolver)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all, before;
	int fault;

	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	fault = pthread_create(&thread, &attributes, run, resolver);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return fault;
}

enum res os_resolver_open(struct os_resolver **out, const char *const *names, size_t n,
	os_look *look, struct err *err)
{
	struct os_resolver *resolver = calloc(1, sizeof(*resolver));
	pthread_condattr_t attributes;
	int fault;

	CHECK(resolver != NULL && n <= OS_NAMES_MAX);
	for (size_t i = 0; i < n; i++) {
		CHECK(strlen(names[i]) < OS_NAME_TEXT);
		memcpy(resolver->names[i], names[i], strlen(names[i]));
	}
	resolver->n = n;
	resolver->look = look != NULL ? look : look_by_system;
	pthread_mutex_init(&resolver->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&resolver->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	fault = thread_start(resolver);
	if (fault != 0) {
		resolver_free(resolver);
		return err_set(err, RES_RETRY, "no thread to look up names: %s", strerror(fault));
	}
	*out = resolver;
	return RES_OK;
}

void os_resolver_close(struct os_resolver *resolver)
{
	if (resolver == NULL)
		return;
	pthread_mutex_lock(&resolver->lock);
	resolver->is_closed = true;
	pthread_cond_signal(&resolver->wake);
	pthread_mutex_unlock(&resolver->lock);
}

void os_resolver_hurry(struct os_resolver *resolver)
{
	pthread_mutex_lock(&resolver->lock);
	resolver->is_hurried = true;
	pthread_cond_signal(&resolver->wake);
	pthread_mutex_unlock(&resolver->lock);
}

uint64_t os_resolver_rounds(struct os_resolver *resolver)
{
	uint64_t rounds;

	pthread_mutex_lock(&resolver->lock);
	rounds = resolver->rounds;
	pthread_mutex_unlock(&resolver->lock);
	return rounds;
}

void os_resolver_get(struct os_resolver *resolver, size_t at, struct os_addresses *out)
{
	CHECK(at < resolver->n);
	pthread_mutex_lock(&resolver->lock);
	*out = resolver->known[at];
	pthread_mutex_unlock(&resolver->lock);
}
