"""The part of docs/asyncapi.yaml that no table in the code says: what an integrator sends and gets, in which order, and what it means.
Everything that a table does say (kinds, codes, fields, tags, limits, which type goes where) is read by asyncapi.py and compared."""

# Kinds that no integrator meets.
INSIDE_KINDS = {"EVENT": "between services only"}
# Messages of door.proto that no integrator reads or writes.
INSIDE_MESSAGES = {"ObjectTicket": "what a ticket says to those inside; integrators hand it on as bytes"}
# Header fields that an integrator neither sets nor gets: the door takes them away in both directions.
INSIDE_FIELDS = {"sender", "actor", "producer", "seq", "park", "expected"}

# What a message says beside its kind and body. out: the integrator sends it. body: the message of the protos, with its file.
# type: header.type, "" none. needs: header fields that must be there. same: what its answer has in common with it.
MESSAGES = {
    "hello": dict(kind="HELLO", type="", body="envelope.Hello", out=True, needs=["id", "credit"],
                  says="Who I am (`id`: a name of this run of the program, 1 to 64 bytes), how many messages may be under way to me "
                       "(`credit`: the window), and which groups I serve. Said first, again when the groups change, and whenever the door says HELLO."),
    "helloAsked": dict(kind="HELLO", type="", body=None, out=False, needs=[],
                       says="The door does not know this connection (any more): say HELLO."),
    "welcome": dict(kind="WELCOME", type="", body=None, out=False, needs=["id", "credit"],
                    says="You are known. `id` names this life of the door and `route` this connection; `credit` is the window that holds. After a WELCOME "
                         "with another pair of them everything unanswered is sent again."),
    "credit": dict(kind="CREDIT", type="", body=None, out=True, needs=["credit"],
                   says="I can take `credit` more messages of the kinds that need credit. Said for each DELIVER that was dealt with."),
    "creditOpen": dict(kind="CREDIT", type="", body=None, out=False, needs=[],
                       says="A hint that group `to` takes messages again. It may be ignored."),
    "ping": dict(kind="PING", type="", body=None, out=True, needs=[], says="Are you there. Both sides say it; answered by PONG."),
    "pong": dict(kind="PONG", type="", body=None, out=True, needs=[], says="Yes."),
    "bye": dict(kind="BYE", type="", body=None, out=True, needs=[],
                says="I am leaving; send me nothing more. From the door: say HELLO until its heir answers."),
    "submit": dict(kind="SUBMIT", type="submit.v1", body="door.Submit", out=True, needs=["id", "type", "channel", "source_msg_id"], same="source_msg_id",
                   says="A letter. `source_msg_id` names it once for ever; sent again byte for byte until it is answered."),
    "receipt": dict(kind="RECEIPT", type="receipt.v1", body="door.Receipt", out=False, needs=["id", "type", "source_msg_id", "code"], same="source_msg_id",
                    says="The letter is committed. Code COMMITTED, or DUPLICATE with `is_repeat` for one that had been received before."),
    "deliver": dict(kind="DELIVER", type="deliver.v1", body="door.Deliver", out=False, needs=["id", "type", "case_id", "channel", "source_msg_id"],
                    same="delivery_id", says="A reply to hand to the citizen; sent again, with the same `delivery_id`, until its DONE has come."),
    "done": dict(kind="DONE", type="done.v1", body="door.Done", out=True, needs=["id", "type", "case_id", "channel", "source_msg_id", "code"],
                 same="delivery_id", says="What came of the delivery: code DELIVERED, UNDELIVERABLE or IN_DOUBT. Has no answer; "
                                          "should it be lost the DELIVER comes again."),
    "claim": dict(kind="CLAIM", type="claim.v1", body="door.Claim", out=True, needs=["id", "type", "case_id", "channel", "source_msg_id"],
                  same="delivery_id", says="Before a provider is called that is not idempotent. `claim_id` is kept by the claimer before "
                                           "this leaves; the same one gives the same GO again."),
    "go": dict(kind="GO", type="go.v1", body="door.Go", out=False, needs=["id", "type"], same="delivery_id",
               says="The claim is committed: call the provider now, once. `fence` goes into the DONE."),
    "status": dict(kind="DELIVER", type="status.v1", body="door.Status", out=False, needs=["id", "type", "case_id", "channel", "source_msg_id"],
                   same="version", says="What people see of a letter that asked for it (`wants_status`). An older `version` than the one "
                                        "seen last may be thrown away, and is answered all the same."),
    "statusDone": dict(kind="DONE", type="status.done.v1", body="door.StatusDone", out=True,
                       needs=["id", "type", "case_id", "channel", "source_msg_id", "code"], same="version",
                       says="The state was taken; code DELIVERED."),
    "objectPut": dict(kind="COMMAND", type="object.put.v1", body="door.ObjectPut", out=True, needs=["id", "type", "command_id"], same="command_id",
                      says="May I upload this?"),
    "objectRight": dict(kind="RESULT", type="object.put.v1", body="door.ObjectRight", out=False, needs=["id", "type", "command_id", "code"],
                        same="command_id", says="Where to PUT the bytes and by which right; or the ticket, when they are stored already."),
    "stateGet": dict(kind="COMMAND", type="state.get.v1", body="door.StateGet", out=True, needs=["id", "type", "command_id"], same="command_id",
                     says="Reads a value of the integrator's own state."),
    "statePut": dict(kind="COMMAND", type="state.put.v1", body="door.StatePut", out=True, needs=["id", "type", "command_id"], same="command_id",
                     says="Writes it, when its version is still `if_version`."),
    "stateLease": dict(kind="COMMAND", type="state.lease.v1", body="door.StateLease", out=True, needs=["id", "type", "command_id"], same="command_id",
                       says="Takes, prolongs or gives back the lease of a name."),
    "stateAnswer": dict(kind="RESULT", type="", body="door.StateAnswer", out=False, needs=["id", "type", "command_id", "code"], same="command_id",
                        says="`type` is the COMMAND's. `why_not` empty: it was done, or read."),
    "nack": dict(kind="NACK", type="", body=None, out=False, needs=["code"], same="id",
                 says="Not taken. `id`, `source_msg_id`, `case_id` and `command_id` are those of what is answered, `text` says why. BUSY and "
                      "NO_CONSUMER: again after `retry_after_ms`. INVALID, CONFLICT, FORBIDDEN: never again in this form. "
                      "A NACK FORBIDDEN with an empty `id` answers a HELLO: this key may not serve the group `subject`, or, without a `subject`, "
                      "may not come in."),
    "ack": dict(kind="ACK", type="", body=None, out=False, needs=[], says="Passed through by the door; nothing depends on it. Ignore it."),
}

# Where an integrator's messages go (header.to is set by the door; named here as the address) and where those to it come from.
CHANNELS = {
    "session": dict(address=None, messages=["hello", "helloAsked", "welcome", "credit", "creditOpen", "ping", "pong", "bye"],
                    says="The connection itself: one DEALER socket, one session."),
    "intake": dict(address="intake", messages=["submit", "stateGet", "statePut", "stateLease"], says="Letters and an integrator's own state."),
    "reply": dict(address="reply", messages=["done", "claim"], says="Outcomes of deliveries, and claims."),
    "analytics": dict(address="analytics", messages=["statusDone"], says="Answers to states."),
    "media": dict(address="media", messages=["objectPut"], says="Rights to upload."),
    "deliver": dict(address="deliver/{channel}", messages=["deliver"], says="Replies for the citizens of a channel; a group in HELLO."),
    "status": dict(address="status/{channel}", messages=["status"], says="States of letters of a channel; a group in HELLO."),
    "answers": dict(address=None, messages=["receipt", "go", "objectRight", "stateAnswer", "nack", "ack"],
                    says="Answers come back by the connection that asked, in any order."),
}

RETRY = "Sent again when nothing was heard for 5 seconds, when BUSY's retry_after_ms is over, and after every WELCOME of another door."

# action is the integrator's: this document describes the integrator's program.
OPERATIONS = {
    "sayHello": dict(action="send", channel="session", messages=["hello"], reply=("session", ["welcome"]),
                     says="Begins the session. Said again once a second until WELCOME comes; a NACK FORBIDDEN may come as well."),
    "grantCredit": dict(action="send", channel="session", messages=["credit"], says="Opens the window again."),
    "keepAlive": dict(action="send", channel="session", messages=["ping"], reply=("session", ["pong"]),
                      says="Once a second. Who is silent for 10 seconds is dropped, by either side."),
    "answerPing": dict(action="receive", channel="session", messages=["ping"], reply=("session", ["pong"]), says="The door may ask too."),
    "leave": dict(action="send", channel="session", messages=["bye"], says="Before the socket is closed."),
    "hearSession": dict(action="receive", channel="session", messages=["helloAsked", "creditOpen", "bye"], says="What the door says unasked."),
    "submitLetter": dict(action="send", channel="intake", messages=["submit"], reply=("answers", ["receipt", "nack"]), says=RETRY),
    "takeDelivery": dict(action="receive", channel="deliver", messages=["deliver"], reply=("reply", ["done"]),
                         says="Needs credit. The outcome is kept by delivery_id before DONE leaves, and said again when DELIVER comes again."),
    "claimDelivery": dict(action="send", channel="reply", messages=["claim"], reply=("answers", ["go", "nack"]),
                          says="NACK CONFLICT: somebody else claimed it. " + RETRY),
    "takeStatus": dict(action="receive", channel="status", messages=["status"], reply=("analytics", ["statusDone"]), says="Needs credit."),
    "askUpload": dict(action="send", channel="media", messages=["objectPut"], reply=("answers", ["objectRight", "nack"]), says=RETRY),
    "readState": dict(action="send", channel="intake", messages=["stateGet"], reply=("answers", ["stateAnswer", "nack"]), says=RETRY),
    "writeState": dict(action="send", channel="intake", messages=["statePut"], reply=("answers", ["stateAnswer", "nack"]), says=RETRY),
    "leaseState": dict(action="send", channel="intake", messages=["stateLease"], reply=("answers", ["stateAnswer", "nack"]), says=RETRY),
}

# name, file, macro, meaning
LIMITS = (
    ("magic", "common/wire/wire.h", "WIRE_MAGIC", "first frame of every message"),
    ("record_head_bytes", "common/wire/wire.h", "WIRE_RECORD_HEAD", "u8 kind, u8 zero, u16 LE header bytes, u32 LE body bytes"),
    ("header_bytes", "common/wire/wire.h", "WIRE_HEADER_MAX", "a header at most"),
    ("body_bytes", "common/wire/wire.h", "WIRE_BODY_MAX", "a body at most"),
    ("batch_messages", "common/wire/wire.h", "WIRE_BATCH_MESSAGES", "records in a batch at most"),
    ("batch_bytes", "common/wire/wire.h", "WIRE_BATCH_BYTES", "a batch at most"),
    ("body_elements", "common/wire/wire.h", "WIRE_ELEMENTS_MAX", "fields and elements in a body at most"),
    ("name_bytes", "common/wire/wire.h", "WIRE_NAME_MAX", "group, instance, channel, type, source"),
    ("id_bytes", "common/wire/wire.h", "WIRE_TEXT_ID_MAX", "id, source_msg_id, subject"),
    ("command_id_bytes", "services/edge/edge_core.h", "EDGE_COMMAND_ID", "command_id of an integrator"),
    ("groups", "common/peer/peer.h", "PEER_GROUPS_MAX", "groups in a HELLO at most"),
    ("window", "common/peer/members.h", "MEMBER_WINDOW_MAX", "a larger window is cut"),
    ("ping_every_s", "common/peer/peer.h", "PEER_PING_EVERY", "how often to say PING"),
    ("silent_after_s", "common/peer/peer.h", "PEER_SILENT_AFTER", "who is silent for so long is dropped"),
    ("title_characters", "services/intake/intake_core.h", "INTAKE_TITLE_CHARS_MAX", "Submit.title, not empty"),
    ("body_characters", "services/intake/intake_core.h", "INTAKE_BODY_CHARS_MAX", "Submit.body, not empty"),
    ("area_bytes", "services/intake/intake_core.h", "INTAKE_AREA_BYTES_MAX", "Submit.area"),
    ("reply_address_bytes", "services/intake/intake_core.h", "INTAKE_ADDRESS_BYTES_MAX", "Submit.reply_address"),
    ("contact_record_bytes", "services/intake/intake_vault.h", "VAULT_RECORD_MAX", "SealedContact.record"),
)
