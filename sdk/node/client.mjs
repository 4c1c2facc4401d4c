// An integrator: hands letters in until they are answered, takes replies. docs/integrators.md, sections 2, 5 and 7.
import { digestOf, hash, Sealer } from './seal.mjs';
import { Session } from './session.mjs';
import { Spool } from './spool.mjs';
import { CODE, KIND, pack, unpack } from './wire.mjs';

const ANSWER_WITHIN_MS = 5000;
const BUSY_LEAST_MS = 100;
const UNKNOWN_CODE_MS = 60000;
const UNANSWERED_MOST = 500;
const TURN_MS = 50;
const REFUSALS = new Map([[CODE.INVALID, 'INVALID'], [CODE.CONFLICT, 'CONFLICT'], [CODE.FORBIDDEN, 'FORBIDDEN']]);

export class Client {
  // options: address, doorKey, vaultKey, secretKey, channel, spool (a folder), and maybe name, window,
  // onDeliver(delivery) → { is_delivered, reason } or undefined ("not now"); without it no replies are asked for.
  constructor(options) {
    this.options = options;
    this.sealer = new Sealer(options.vaultKey);
    this.printKey = hash(['sample fingerprint', options.secretKey]);
    this.spool = new Spool(options.spool);
    this.flying = new Map(); // source_msg_id → when it was sent
    this.attempts = new Map();
    this.waiting = new Map(); // source_msg_id → [resolve]
    this.working = new Set(); // delivery_ids that onDeliver has in hand
    this.holdUntil = 0;
    this.window = UNANSWERED_MOST; // letters under way; one after a BUSY, twice as many with each receipt
    this.counts = { sent: 0, busy: 0, repeats_of_outcomes: 0 };
    this.session = new Session({
      ...options, name: options.name ?? options.channel, groups: options.onDeliver ? [`deliver/${options.channel}`] : [],
    }, { onMessage: (one) => this.#take(one), onWelcome: () => this.#sendAgain() });
    this.timer = setInterval(() => this.#send(), TURN_MS);
  }

  // Durable when it returns. The promise becomes { receipt } or { refused, text }, perhaps in another life of the process (then ask again).
  submit(letter) {
    const id = letter.source_msg_id;
    const print = hash([JSON.stringify(letter)], this.printKey).toString('base64');
    const there = this.spool.letters.get(id);
    if (there === undefined) {
      const { source_msg_id: _, contact, ...rest } = letter;
      const body = pack('Submit', contact ? { ...rest, contact: this.sealer.seal(contact, id) } : rest);
      this.spool.keep({ letter: id, channel: this.options.channel, body: body.toString('base64'), print });
    } else if (there.print !== print) {
      throw new Error(`another letter named ${id} waits in the spool`);
    }
    const answer = new Promise((resolve) => {
      this.waiting.set(id, [...(this.waiting.get(id) ?? []), resolve]);
    });
    this.#send();
    return answer;
  }

  #sendAgain() {
    this.flying.clear();
    this.#send();
  }

  #send() {
    const now = Date.now();
    for (const [id, sentAt] of this.flying) if (now - sentAt > ANSWER_WITHIN_MS) this.flying.delete(id);
    for (const [id, { channel, body }] of this.spool.letters) {
      if (now < this.holdUntil || this.flying.size >= this.window) return;
      if (this.flying.has(id)) continue;
      const attempt = (this.attempts.get(id) ?? 0) + 1;
      const header = { id, type: 'submit.v1', channel, source_msg_id: id, attempt };
      if (!this.session.send(KIND.SUBMIT, header, Buffer.from(body, 'base64'))) return;
      this.attempts.set(id, attempt);
      this.flying.set(id, now);
      this.counts.sent++;
    }
  }

  #take({ kind, header, body }) {
    if (kind === KIND.RECEIPT) {
      this.window = Math.min(this.window * 2, UNANSWERED_MOST);
      this.#answered(header.source_msg_id, { receipt: unpack('Receipt', body) });
    } else if (kind === KIND.NACK) this.#refused(header);
    else if (kind === KIND.DELIVER) this.#deliver(header, body);
  }

  #answered(id, answer) {
    if (!this.spool.letters.has(id)) return;
    this.spool.keep({ answered: id });
    this.flying.delete(id);
    this.attempts.delete(id);
    for (const resolve of this.waiting.get(id) ?? []) resolve(answer);
    this.waiting.delete(id);
  }

  #refused(header) {
    if (!this.spool.letters.has(header.source_msg_id) || header.type === 'done.v1') return;
    if (REFUSALS.has(header.code)) {
      this.#answered(header.source_msg_id, { refused: REFUSALS.get(header.code), text: header.text });
      return;
    }
    const isNamed = header.code === CODE.BUSY || header.code === CODE.NO_CONSUMER;
    const wait = isNamed ? Math.max(header.retry_after_ms, BUSY_LEAST_MS) : UNKNOWN_CODE_MS;
    this.holdUntil = Math.max(this.holdUntil, Date.now() + wait);
    this.window = 1;
    this.flying.delete(header.source_msg_id);
    this.counts.busy++;
  }

  async #deliver(header, body) {
    try {
      await this.#handOver(header, header.type === 'deliver.v1' ? unpack('Deliver', body) : null);
    } finally {
      this.session.send(KIND.CREDIT, { credit: 1 }); // whatever came of it: the window is not to be used up
    }
  }

  async #handOver(header, delivery) {
    if (delivery === null || this.working.has(delivery.delivery_id)) return;
    const id = delivery.delivery_id;
    let outcome = this.spool.outcomes.get(id);
    if (outcome === undefined) {
      this.working.add(id);
      const said = await Promise.resolve(this.options.onDeliver(delivery, header)).catch(() => undefined);
      this.working.delete(id);
      if (said === undefined) return; // not now: it comes again
      outcome = { code: said.is_delivered ? CODE.DELIVERED : CODE.UNDELIVERABLE, reason: said.reason ?? '', at: Date.now() };
      this.spool.keep({ delivery: id, ...outcome });
    } else {
      this.counts.repeats_of_outcomes++;
    }
    const { case_id, channel, source_msg_id } = header;
    this.session.send(KIND.DONE, { id, type: 'done.v1', case_id, channel, source_msg_id, code: outcome.code, text: outcome.reason },
      pack('Done', { delivery_id: id, done_at_us: outcome.at * 1000, reason: outcome.reason }));
  }

  async close() {
    clearInterval(this.timer);
    await this.session.close();
    this.spool.close();
  }
}

export { digestOf };
