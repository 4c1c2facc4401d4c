// The table of symptoms in docs/integrators.md, row by row at a real door: each mistake is made, and gets what the guide says, in its words.
// Arguments: the guide, and a JSON object: address, doorKey, vaultKey, keys {one, two}: secrets of a key with the channel "one", and of one with two.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import readline from 'node:readline';
import { Sealer } from '../sdk-node/seal.mjs';
import { CODE, KIND, pack, record } from '../sdk-node/wire.mjs';
import { Raw } from './raw.mjs';

const guide = readFileSync(process.argv[2], 'utf8');
const { vaultKey, keys, ...door } = JSON.parse(process.argv[3]);
const QUIET_MS = 1500;

let n = 0;
// Sends a letter with changes to header and body; returns the header of its NACK.
async function refused(raw, header, body = {}) {
  const id = `mistake-${++n}`;
  await raw.send(record(KIND.SUBMIT, { id, type: 'submit.v1', channel: 'one', source_msg_id: id, ...header },
    pack('Submit', { title: '标题', body: '正文', ...body })));
  const nack = await raw.next(KIND.NACK, (h) => h.id === id);
  assert.ok(nack, `${id} is not answered`);
  return nack.header;
}

function says(header, code) {
  assert.equal(header.code, code, header.text);
  assert.ok(guide.includes(`"${header.text}"`), `the guide does not say "${header.text}"`);
}

const raw = await new Raw(door, keys.one).up(['deliver/one']);
const several = await new Raw(door, keys.two).up(['deliver/two-a', 'status/two-b']);

says(await refused(several, { channel: '' }), CODE.INVALID);
assert.equal((await refused(raw, { channel: 'app' })).code, CODE.FORBIDDEN);
assert.equal((await refused(raw, {}, { title: '' })).code, CODE.INVALID);

// Contact data sealed wrongly, in the three ways that the table names.
const sealer = new Sealer(vaultKey);
const good = sealer.seal({ name: '王芳' }, `mistake-${n + 1}`);
says(await refused(raw, {}, { contact: { ...good, epoch: Buffer.alloc(16) } }), CODE.INVALID);
says(await refused(raw, {}, { contact: good }), CODE.INVALID); // of the letter before
const stranger = new Sealer(Buffer.from(Array(32).fill(9)).toString('base64'));
says(await refused(raw, {}, { contact: stranger.seal({ name: '王芳' }, `mistake-${n + 1}`) }), CODE.INVALID);

// A foreign group: FORBIDDEN with the group as the subject, and the session goes on.
const greedy = await new Raw(door, keys.one).up(['deliver/app', 'deliver/one']);
const group = await greedy.next(KIND.NACK, (h) => h.subject !== '');
assert.equal(group.header.subject, 'deliver/app');
assert.equal(group.header.code, CODE.FORBIDDEN);

// DONE without case or outcome; a command that is no integrator's.
for (const header of [{ code: CODE.DELIVERED }, { case_id: 1 }]) {
  await raw.send(record(KIND.DONE, { id: 'd', type: 'done.v1', channel: 'one', source_msg_id: 'x', ...header }, pack('Done', { delivery_id: 'd' })));
  assert.equal((await raw.next(KIND.NACK, (h) => h.type === 'done.v1')).header.code, CODE.INVALID);
}
await raw.send(record(KIND.COMMAND, { id: 'k', type: 'keys.get.v1', command_id: 'k' }));
assert.equal((await raw.next(KIND.NACK, (h) => h.command_id === 'k')).header.code, CODE.UNKNOWN_TYPE);

// Before WELCOME: no answer but HELLO.
const early = new Raw(door, keys.one);
await early.send(record(KIND.SUBMIT, { id: 'early', type: 'submit.v1', channel: 'one', source_msg_id: 'early' }, pack('Submit', { title: 'a', body: 'b' })));
assert.ok(await early.next(KIND.HELLO));
assert.equal(await early.next(KIND.NACK, () => true, QUIET_MS), null);
// A batch with one bad record is thrown away whole; a kind that no integrator sends is dropped; the session goes on.
const bad = Buffer.concat([record(KIND.PING), record(KIND.PING)]);
bad[9] = 1;
await raw.send(bad);
await raw.send(record(4, { id: 'e' }), record(KIND.RECEIPT, { id: 'r' }));
assert.equal(await raw.next(KIND.PONG, () => true, QUIET_MS), null);
await raw.send(record(KIND.PING));
assert.ok(await raw.next(KIND.PONG));
// The same instance again, with the same key: the first one is replaced.
const first = await (await new Raw(door, keys.one).hello([], 'twice')).next(KIND.WELCOME);
assert.ok(first && await (await new Raw(door, keys.one).hello([], 'twice')).next(KIND.WELCOME));
// More than 64 groups, no name: FORBIDDEN without a subject.
for (const [groups, instance] of [[Array(65).fill('deliver/one'), 'many'], [[], '']]) {
  const wrong = await new Raw(door, keys.one).hello(groups, instance);
  assert.equal((await wrong.next(KIND.NACK)).header.code, CODE.FORBIDDEN);
}
// A stranger's key: silence.
const nobody = await new Raw(door, 'D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs').hello();
assert.equal(await nobody.next(KIND.WELCOME, () => true, QUIET_MS), null);
assert.equal(nobody.came.length, 0);

// Revoked: told by FORBIDDEN without a subject, on the connection that stands.
console.log('revoke');
for await (const line of readline.createInterface({ input: process.stdin })) if (line === 'revoked') break;
await raw.send(record(KIND.PING));
let word = null;
for (let tries = 0; word === null && tries < 10; tries++) {
  await raw.hello();
  word = await raw.next(KIND.NACK, (h) => h.code === CODE.FORBIDDEN, 1000);
}
assert.equal(word?.header.subject, '');
console.log('done');
process.exit(0);
