// One session with the door: HELLO and WELCOME, heartbeats, credit, a new socket after silence. docs/integrators.md, section 4.
// What cannot be sent now is dropped: whoever waits for an answer sends again.
import { randomBytes } from 'node:crypto';
import { Dealer } from 'zeromq';
import { publicKeyOf } from './seal.mjs';
import { frames, KIND, pack, read, record } from './wire.mjs';

const PING_EVERY_MS = 1000;
const SILENT_AFTER_MS = 10000;

export class Session {
  // options: address, doorKey, secretKey, name, groups, window. onMessage({kind, header, body}); onWelcome(): what was under way may be lost.
  constructor(options, { onMessage, onWelcome }) {
    this.options = options;
    this.onMessage = onMessage;
    this.onWelcome = onWelcome;
    this.instance = `${options.name.slice(0, 40)}/${randomBytes(8).toString('hex')}`;
    this.queue = [];
    this.isClosed = false;
    this.#open();
    this.timer = setInterval(() => this.#turn(), PING_EVERY_MS);
  }

  #open() {
    const { address, doorKey, secretKey } = this.options;
    this.socket = new Dealer({
      linger: 200, sendTimeout: 0, sendHighWaterMark: 64, receiveHighWaterMark: 64, reconnectInterval: 100, reconnectMaxInterval: 1000,
      handshakeInterval: 5000, heartbeatInterval: 5000, heartbeatTimeout: 15000,
      curveServerKey: doorKey, curveSecretKey: secretKey, curvePublicKey: publicKeyOf(secretKey),
    });
    this.isWelcomed = false;
    this.session = null;
    this.heardAt = Date.now();
    this.socket.connect(address);
    this.#listen(this.socket);
    this.#hello();
  }

  async #listen(socket) {
    for await (const parts of socket) {
      this.heardAt = Date.now();
      let records = [];
      try {
        records = read(parts);
      } catch {
        continue; // thrown away whole
      }
      for (const one of records) this.#take(one);
    }
  }

  #take(one) {
    switch (one.kind) {
      case KIND.HELLO: // the door does not know us (any more)
        this.isWelcomed = false;
        this.#hello();
        break;
      case KIND.WELCOME:
        this.#welcome(`${one.header.id} ${one.header.route}`);
        break;
      case KIND.PING:
        this.#queue(record(KIND.PONG));
        break;
      case KIND.BYE:
        this.isWelcomed = false;
        break;
      default:
        this.onMessage(one);
    }
  }

  #welcome(session) {
    const isNew = !this.isWelcomed || session !== this.session;
    this.isWelcomed = true;
    this.session = session;
    if (isNew) this.onWelcome();
  }

  #hello() {
    const { groups = [], window = 100 } = this.options;
    this.#queue(record(KIND.HELLO, { id: this.instance, credit: window }, pack('Hello', { groups, version: 'wangli-sample' })));
  }

  #turn() {
    if (Date.now() - this.heardAt > SILENT_AFTER_MS) {
      this.socket.close();
      this.queue = [];
      this.#open();
    } else if (this.isWelcomed) {
      this.#queue(record(KIND.PING));
    } else {
      this.#hello();
    }
  }

  #queue(bytes) {
    this.queue.push(bytes);
    if (this.queue.length === 1) queueMicrotask(() => this.#flush());
  }

  // One send at a time, as zeromq.js wants it; what came meanwhile leaves in the next batch.
  async #flush() {
    if (this.isFlushing) return;
    this.isFlushing = true;
    while (this.queue.length > 0 && !this.socket.closed) {
      const records = this.queue;
      this.queue = [];
      for (const message of frames(records)) {
        try {
          await this.socket.send(message);
        } catch {
          break; // its queue is full, or it was closed
        }
      }
    }
    this.isFlushing = false;
  }

  // false: not now.
  send(kind, header, body) {
    if (this.isWelcomed) this.#queue(record(kind, header, body));
    return this.isWelcomed;
  }

  async close() {
    if (this.isClosed) return;
    this.isClosed = true;
    clearInterval(this.timer);
    this.send(KIND.BYE, {});
    await this.#flush();
    this.socket.close();
  }
}
