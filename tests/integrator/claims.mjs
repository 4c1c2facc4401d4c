// What the sample has not, by sections 7 and 10 of docs/integrators.md: claims before a provider is called, and state of one's own.
// Argument: a JSON object: address, doorKey, key (a secret with the channel "sms"). Says what a person has to do and waits for a line each time.
import assert from 'node:assert/strict';
import readline from 'node:readline';
import { CODE, KIND, pack, record, unpack } from '../sdk-node/wire.mjs';
import { Raw } from './raw.mjs';

const QUIET_MS = 3000;
const REDELIVERED_MS = 60000;
const { key, ...door } = JSON.parse(process.argv[2]);
const raw = (await new Raw(door, key).up(['deliver/sms'])).stay();
const people = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function person(what, number) {
  console.log(JSON.stringify({ what, number }));
  await people.next();
}

async function letter(id) {
  await raw.send(record(KIND.SUBMIT, { id, type: 'submit.v1', channel: 'sms', source_msg_id: id }, pack('Submit', { title: '路灯不亮', body: '春熙路的路灯坏了' })));
  return unpack('Receipt', (await raw.next(KIND.RECEIPT)).body).case_number;
}

async function delivery() {
  const one = await raw.next(KIND.DELIVER, () => true, REDELIVERED_MS);
  const { case_id, channel, source_msg_id } = one.header;
  const { delivery_id } = unpack('Deliver', one.body);
  await raw.send(record(KIND.CREDIT, { credit: 1 }));
  return { delivery_id, header: { id: delivery_id, case_id, channel, source_msg_id } };
}

async function claim({ delivery_id, header }, claim_id) {
  await raw.send(record(KIND.CLAIM, { ...header, type: 'claim.v1' }, pack('Claim', { delivery_id, claim_id })));
  const answer = await raw.next([KIND.GO, KIND.NACK]);
  assert.ok(answer, 'neither GO nor NACK');
  return answer.kind === KIND.GO ? unpack('Go', answer.body) : answer.header.code;
}

async function done({ delivery_id, header }, code, fence, reason = '') {
  await raw.send(record(KIND.DONE, { ...header, type: 'done.v1', code, text: reason },
    pack('Done', { delivery_id, done_at_us: Date.now() * 1000, fence, reason })));
}

// A claim, its repeat, another one.
const number = await letter('sms-1');
await person('answer', number);
const first = await delivery();
const go = { delivery_id: first.delivery_id, fence: 1 };
assert.deepEqual(await claim(first, 'the-first-claim-0001'), go);
assert.deepEqual(await claim(first, 'the-first-claim-0001'), go);
assert.equal(await claim(first, 'another-claim-00001'), CODE.CONFLICT);
await done(first, CODE.DELIVERED, 1);
await person('delivered', number);
assert.equal(await raw.next(KIND.DELIVER, (h) => h.source_msg_id === 'sms-1', QUIET_MS), null);

// In doubt: nothing comes until a person has found out; then with the next fence.
const doubtful = await letter('sms-2');
await person('answer', doubtful);
const second = await delivery();
assert.equal((await claim(second, 'the-second-claim-01')).fence, 1);
await done(second, CODE.IN_DOUBT, 1, 'killed while the gateway was called');
await person('verify', doubtful);
const again = await delivery();
assert.equal(again.delivery_id, second.delivery_id);
assert.equal((await claim(again, 'the-second-claim-02')).fence, 2);
await done(again, CODE.DELIVERED, 2);
await person('delivered', doubtful);

// State of one's own.
let n = 0;
async function ask(type, body, fields, command_id = `state-${++n}`) {
  await raw.send(record(KIND.COMMAND, { id: command_id, type, command_id }, pack(body, fields)));
  const { header, body: bytes } = await raw.next(KIND.RESULT, (h) => h.command_id === command_id);
  assert.equal(header.code, CODE.DONE, header.text);
  return unpack('StateAnswer', bytes);
}
const value = Buffer.from('sealed by us');
const put = { name: 'cursor', value, if_version: 0, holder: 'a' };
const kept = await ask('state.put.v1', 'StatePut', put, 'the-put');
assert.equal(kept.why_not, '');
assert.deepEqual(await ask('state.put.v1', 'StatePut', put, 'the-put'), kept);
const there = await ask('state.get.v1', 'StateGet', { name: 'cursor' });
assert.equal(there.version, kept.version);
assert.ok(value.equals(there.value));
assert.notEqual((await ask('state.put.v1', 'StatePut', { ...put, value: Buffer.from('too late'), holder: 'b' })).why_not, '');
assert.equal((await ask('state.lease.v1', 'StateLease', { name: 'cursor', holder: 'a', lease_ms: 60000 })).holder, 'a');
assert.notEqual((await ask('state.lease.v1', 'StateLease', { name: 'cursor', holder: 'b', lease_ms: 60000 })).why_not, '');
assert.notEqual((await ask('state.put.v1', 'StatePut', { ...put, if_version: kept.version, holder: 'b' })).why_not, '');
await ask('state.lease.v1', 'StateLease', { name: 'cursor', holder: 'a', lease_ms: 0 });
assert.equal((await ask('state.lease.v1', 'StateLease', { name: 'cursor', holder: 'b', lease_ms: 60000 })).holder, 'b');
assert.equal((await ask('state.get.v1', 'StateGet', { name: 'nothing' })).version, 0);
await person('end', '');
process.exit(0);
