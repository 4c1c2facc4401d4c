/* Clients of the broker or the door that wait for messages. */
#include <stdio.h>
#include <zmq.h>

#include "os/os.h"
#include "rig.h"
#include "wire/wire_acks.h"

#define CLIENT_BYTES_MAX (256 * 1024 * 1024)
#define ROUND_MS	 100

struct client *client_begin(struct rig *rig, const struct client_options *options)
{
	struct client *client = calloc(1, sizeof(*client));
	struct str group = str_from_c(options->group);
	struct peer_options peer = { .context = rig->context,
		.address = options->at_door ? rig->door_address : rig->bus_address,
		.self = *rig_key(rig, options->name, !options->at_door),
		.instance = options->instance,
		.window = options->window,
		.most_lines = options->most_lines,
		.look = options->look };

	if (options->address != NULL)
		peer.address = options->address;
	assert_non_null(client);
	assert_true(rig->clients_n < RIG_CLIENTS_MAX);
	client->mem = arena_create(CLIENT_BYTES_MAX);
	snprintf(peer.server_key, sizeof(peer.server_key), "%s",
		rig_key(rig, options->at_door ? "door" : "bus", false)->public_key);
	assert_int_equal(peer_open(&client->peer, &peer, NULL), RES_OK);
	if (options->group != NULL)
		peer_set_groups(client->peer, &group, 1);
	rig->clients[rig->clients_n++] = client;
	return client;
}

struct client *client_open(struct rig *rig, const struct client_options *options)
{
	struct client *client = client_begin(rig, options);

	client_wait_up(rig, client);
	return client;
}

void client_close(struct rig *rig, struct client *client)
{
	for (size_t i = 0; i < rig->clients_n; i++) {
		if (rig->clients[i] != client)
			continue;
		rig->clients[i] = rig->clients[--rig->clients_n];
		break;
	}
	peer_close(client->peer);
	arena_destroy(client->mem);
	free(client);
}

void client_send(struct client *client, const struct wire_msg *msg)
{
	peer_send(client->peer, msg);
}

/* A list of acknowledgements is kept as if each had come alone. */
static void keep_acks(struct client *client, const struct wire_msg *list)
{
	struct str rest = list->body;
	struct wire_ack ack;

	while (wire_ack_next(&rest, &ack)) {
		assert_true(client->n < CLIENT_KEPT_MAX);
		client->kept[client->n] = *list;
		client->kept[client->n].head.case_id = ack.case_id;
		client->kept[client->n].head.seq = ack.seq;
		client->kept[client->n++].head.code = ack.code;
	}
	assert_int_equal(rest.n, 0);
}

static void client_receive(struct client *client)
{
	static struct wire_msg taken[CLIENT_KEPT_MAX];
	size_t n = peer_receive(client->peer, client->mem, taken, CLIENT_KEPT_MAX - client->n);

	for (size_t i = 0; i < n; i++) {
		if (taken[i].kind == WIRE_ACK && str_eq_c(taken[i].head.type, WIRE_ACKS_TYPE))
			keep_acks(client, &taken[i]);
		else
			client->kept[client->n++] = taken[i];
	}
	assert_true(client->n < CLIENT_KEPT_MAX);
}

void rig_round(struct rig *rig, int wait_ms)
{
	zmq_pollitem_t items[RIG_CLIENTS_MAX * PEER_SOCKETS_MAX];
	void *sockets[PEER_SOCKETS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < rig->clients_n; i++) {
		peer_flush(rig->clients[i]->peer);
		peer_turn(rig->clients[i]->peer, os_monotonic_now());
		size_t own = peer_sockets(rig->clients[i]->peer, sockets);
		for (size_t s = 0; s < own; s++)
			items[n++] = (zmq_pollitem_t){ .socket = sockets[s], .events = ZMQ_POLLIN };
	}
	zmq_poll(items, (int)n, wait_ms);
	for (size_t i = 0; i < rig->clients_n; i++)
		client_receive(rig->clients[i]);
}

static void still_patient(struct instant until, const char *what)
{
	if (!instant_is_before(os_monotonic_now(), until))
		fail_msg("no %s after %d ms", what, RIG_PATIENCE_MS);
}

void client_wait_up(struct rig *rig, struct client *client)
{
	struct instant until = instant_add(os_monotonic_now(), SPAN_MS(RIG_PATIENCE_MS));

	while (!peer_is_up(client->peer)) {
		still_patient(until, "WELCOME");
		rig_round(rig, ROUND_MS);
	}
}

size_t client_count(const struct client *client, enum wire_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < client->n; i++)
		count += client->kept[i].kind == kind;
	return count;
}

static bool take_kept(struct client *client, enum wire_kind kind, struct wire_msg *out)
{
	for (size_t i = 0; i < client->n; i++) {
		if (client->kept[i].kind != kind)
			continue;
		*out = client->kept[i];
		memmove(client->kept + i, client->kept + i + 1,
			(client->n - i - 1) * sizeof(client->kept[0]));
		client->n--;
		return true;
	}
	return false;
}

struct wire_msg client_take(struct rig *rig, struct client *client, enum wire_kind kind)
{
	struct instant until = instant_add(os_monotonic_now(), SPAN_MS(RIG_PATIENCE_MS));
	struct wire_msg msg;

	while (!take_kept(client, kind, &msg)) {
		still_patient(until, wire_kind_name(kind));
		rig_round(rig, ROUND_MS);
	}
	return msg;
}
