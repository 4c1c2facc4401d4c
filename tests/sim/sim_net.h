/* Messages under way, and who they go to. What goes from one to another stays in order unless a
 * fault lets it overtake. */
#ifndef WL_TESTS_SIM_NET_H
#define WL_TESTS_SIM_NET_H

#include "sim.h"

/* Ends of a way: processes by their place, then brokers, then integrators. */
#define END_BROKER     100
#define END_INTEGRATOR 200

struct packet {
	int from, to;
	uint32_t from_life, to_life;
	struct wire_msg msg; /* its texts live behind it */
};

void net_begin(void);
void net_end(void);
void net_send(int from, int to, const struct wire_msg *msg);
bool net_is_empty(void);
bool net_carries(enum wire_kind kind, int64_t case_id);
void net_step(void); /* one message arrives */
struct packet *packet_make(const struct wire_msg *msg);
uint32_t end_life(int end); /* 0: not there */

/* sim_peer.c: a process's session with the brokers. */
void peer_take(struct peer *peer, struct packet *packet); /* keeps it */
void peer_lose(struct peer *peer, int broker);
bool peer_has_mail(const struct peer *peer);
void peer_ready(struct peer *peer); /* as its sockets would say in a loop */
struct peer *peer_make(struct process *process, const char *instance, int32_t window);

/* sim_broker.c */
void brokers_begin(void);
void brokers_end(void);
bool broker_is_up(int broker);
uint32_t broker_life(int broker);
void broker_take(int broker, const struct packet *packet);
void broker_lost(int broker, const struct packet *packet); /* its member is gone */
void broker_crash(int broker);
void brokers_mind(void); /* those that died come back */

/* sim_door.c */
void door_open(struct process *door);
void door_round(struct process *door);
void door_take(struct process *door, const struct packet *packet); /* from an integrator */

/* sim_channel.c: integrators with a spool that survives them, and the providers behind them. */
struct letter {
	char id[32];
	int channel; /* whose it is; integrator and channel are one to one, but for what is forged
		      */
	bool is_forged;	  /* names somebody else's channel */
	bool is_conflict; /* uses the name of an earlier letter for other content */
	bool is_handed_in;
	bool is_receipted;
	bool is_refused;
	uint8_t digest[32];
	char number[32];
	int64_t again_us;
};
extern struct letter sim_letters[SIM_LETTERS_MAX];
extern int sim_n_letters;
extern const char *const sim_channels[SIM_CHANNELS];
extern const char *const sim_sources[SIM_CHANNELS];
void channels_begin(void);
bool channels_step(void); /* something was done */
bool channels_are_quiet(void);
void channel_take(int integrator, const struct packet *packet);
void channel_crash(int integrator);
bool channel_is_up(int integrator);
/* What the provider says to whoever verifies; who asks while a GO is under way is told what is
 * overtaken at once. */
bool channel_was_called(const char *delivery_id);
bool channel_may_hear_go(int64_t case_id);
void channels_check(void);

/* sim_people.c */
void people_begin(struct process *people);
void people_round(struct process *people);
bool people_step(void); /* somebody looks at a case and acts; false: nothing to do */
bool people_are_quiet(void);
/* A command of somebody; false: one of this case is under way. */
bool people_ask(
	int64_t case_id, const char *service, const char *type, const char *actor, struct str body);

#endif
