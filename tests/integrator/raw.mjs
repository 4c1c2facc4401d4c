// A connection to the door without any help: what is sent is sent, what comes is kept until it is asked for.
import assert from 'node:assert/strict';
import { Dealer } from 'zeromq';
import { publicKeyOf } from '../sdk-node/seal.mjs';
import { frames, KIND, pack, read, record } from '../sdk-node/wire.mjs';

const PATIENCE_MS = 10000;

export class Raw {
  constructor({ address, doorKey }, secret) {
    this.socket = new Dealer({
      linger: 0, curveServerKey: doorKey, curveSecretKey: secret, curvePublicKey: publicKeyOf(secret), sendTimeout: 1000,
    });
    this.came = [];
    this.socket.connect(address);
    this.#listen();
  }

  async #listen() {
    for await (const parts of this.socket) this.came.push(...read(parts));
  }

  async send(...records) {
    for (const message of frames(records)) await this.socket.send(message);
  }

  // The next message of a kind, or of one of several; null: none came.
  async next(kind, fits = () => true, ms = PATIENCE_MS) {
    for (const end = Date.now() + ms; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 10))) {
      const at = this.came.findIndex((one) => [kind].flat().includes(one.kind) && fits(one.header));
      if (at >= 0) return this.came.splice(at, 1)[0];
    }
    return null;
  }

  async hello(groups = [], instance = `raw/${Math.random()}`) {
    await this.send(record(KIND.HELLO, { id: instance, credit: 10 }, pack('Hello', { groups })));
    return this;
  }

  async up(groups) {
    await this.hello(groups);
    assert.ok(await this.next(KIND.WELCOME), 'no WELCOME');
    return this;
  }

  // Says PING from now on, as whoever waits for long must.
  stay() {
    setInterval(() => this.send(record(KIND.PING)).catch(() => {}), 1000).unref();
    return this;
  }
}
