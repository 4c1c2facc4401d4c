// Messages as bytes: two frames, "WL1" and a batch of records. docs/integrators.md, section 3.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

const MAGIC = Buffer.from('WL1');
const RECORD_HEAD = 8;
export const HEADER_MAX = 2048;
export const BODY_MAX = 262144;
const BATCH_MESSAGES = 1000;
const BATCH_BYTES = 1048576;

export const KIND = {
  HELLO: 1, WELCOME: 2, CREDIT: 3, COMMAND: 5, RESULT: 6, SUBMIT: 7, RECEIPT: 8, DELIVER: 9, DONE: 10, CLAIM: 11, GO: 12, ACK: 13, NACK: 14,
  PING: 15, PONG: 16, BYE: 17,
};
export const CODE = {
  COMMITTED: 1, DUPLICATE: 2, BUSY: 3, NO_CONSUMER: 4, INVALID: 6, CONFLICT: 7, UNKNOWN_TYPE: 8, FORBIDDEN: 9, DONE: 11, REFUSED: 12,
  DELIVERED: 13, UNDELIVERABLE: 14, IN_DOUBT: 15,
};

// The two files lie beside this one where the sample was copied, else in the repository.
function protoFile(name) {
  const places = [`./proto/${name}`, `../../proto/${name}`].map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return places.find((place) => existsSync(place)) ?? places[0];
}

const root = new protobuf.Root();
await root.load([protoFile('envelope.proto'), protoFile('door.proto')], { keepCase: true });

// pack('Submit', {...}) and unpack('Receipt', bytes). 64-bit numbers come back as numbers where they fit, which ids and microseconds do.
export function pack(name, value) {
  const type = root.lookupType(`wangli.${name}`);
  return Buffer.from(type.encode(type.fromObject(value)).finish());
}

export function unpack(name, bytes) {
  const type = root.lookupType(`wangli.${name}`);
  return type.toObject(type.decode(bytes), { longs: Number, defaults: true });
}

export function record(kind, header = {}, body = Buffer.alloc(0)) {
  const head = pack('Header', header);
  if (head.length > HEADER_MAX || body.length > BODY_MAX) throw new RangeError(`record of ${head.length} and ${body.length} bytes`);
  const out = Buffer.alloc(RECORD_HEAD);
  out.writeUInt8(kind, 0);
  out.writeUInt16LE(head.length, 2);
  out.writeUInt32LE(body.length, 4);
  return Buffer.concat([out, head, body]);
}

// Records to as few messages (pairs of frames) as the limits allow.
export function* frames(records) {
  let batch = [];
  let bytes = 0;
  for (const one of records) {
    if (batch.length === BATCH_MESSAGES || bytes + one.length > BATCH_BYTES) {
      yield [MAGIC, Buffer.concat(batch)];
      [batch, bytes] = [[], 0];
    }
    batch.push(one);
    bytes += one.length;
  }
  if (batch.length > 0) yield [MAGIC, Buffer.concat(batch)];
}

// The records of a message: [{ kind, header, body }]. Throws on what breaks the rules; nothing of it has been taken then.
export function read(parts) {
  if (parts.length !== 2 || !MAGIC.equals(parts[0]) || parts[1].length > BATCH_BYTES) throw new RangeError('not a message of the door');
  const batch = parts[1];
  const found = [];
  for (let at = 0; at < batch.length;) {
    if (batch.length - at < RECORD_HEAD || batch[at] === 0 || batch[at + 1] !== 0) throw new RangeError('bad record');
    const header = batch.readUInt16LE(at + 2);
    const body = batch.readUInt32LE(at + 4);
    const begin = at + RECORD_HEAD;
    if (header > HEADER_MAX || body > BODY_MAX || begin + header + body > batch.length) throw new RangeError('truncated record');
    found.push({
      kind: batch[at],
      header: unpack('Header', batch.subarray(begin, begin + header)),
      body: batch.subarray(begin + header, begin + header + body),
    });
    at = begin + header + body;
  }
  return found;
}
