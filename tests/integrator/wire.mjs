// The bytes that docs/integrators.md shows are those that the sample writes, and what breaks the rules is thrown away whole.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { publicKeyOf, z85Read, z85Write } from '../sdk-node/seal.mjs';
import { frames, KIND, pack, read, record } from '../sdk-node/wire.mjs';

const guide = readFileSync(process.argv[2], 'utf8');
const shown = guide.split('\n').filter((line) => /^ {4}[0-9a-f]{2} [0-9a-f]{2} /.test(line))
  .flatMap((line) => line.trim().split(/ {2,}(?![0-9a-f]{2} )/)[0].split(/ +/));
const hello = record(KIND.HELLO, { id: 'bot/1', credit: 100 }, pack('Hello', { groups: ['deliver/mychannel'] }));
const [[magic, batch]] = frames([hello]);
assert.deepEqual(shown, [...magic, ...batch].map((byte) => byte.toString(16).padStart(2, '0')));

// RFC 32's vector for Z85, and the pair that libzmq's documentation of CURVE shows.
assert.equal(z85Write(Buffer.from('864fd26fb559f75b', 'hex')), 'HelloWorld');
assert.equal(z85Read('HelloWorld').toString('hex'), '864fd26fb559f75b');
assert.equal(publicKeyOf('D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs'), 'Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID');

assert.equal([...frames(Array(1001).fill(hello))].length, 2);
assert.equal([...frames(Array(5).fill(record(KIND.SUBMIT, {}, Buffer.alloc(262144))))].length, 2);
assert.throws(() => record(KIND.SUBMIT, {}, Buffer.alloc(262145)), RangeError);
for (const [at, value] of [[0, 0], [1, 1], [3, 255], [7, 1]]) {
  const bad = Buffer.concat([hello, hello]);
  bad[hello.length + at] = value; // of the second record: the first is not taken either
  assert.throws(() => read([magic, bad]), RangeError);
}
assert.throws(() => read([magic, batch.subarray(0, -1)]), RangeError);
assert.throws(() => read([Buffer.from('WL2'), batch]), RangeError);
assert.throws(() => read([magic, batch, batch]), RangeError);
console.log(`${shown.length} bytes as the guide shows them`);
