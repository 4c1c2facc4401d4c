// Every message of the door there and back as a CloudEvent, in both forms; repeats have the same source and id.
import assert from 'node:assert/strict';
import { attributes, binary, duplicateKey, message, structured } from '../sdk-node/cloudevents.mjs';
import { KIND, pack, unpack } from '../sdk-node/wire.mjs';

const US = 1700000000123000;
const ofCase = { case_id: 4217, channel: 'app', source_msg_id: '信 1%"' };
const CASES = [
  ['SUBMIT', { id: ofCase.source_msg_id, type: 'submit.v1', channel: 'app', source_msg_id: ofCase.source_msg_id, traceparent: '00-1-2-01' },
    'Submit', { title: '路灯', body: '不亮', written_at_us: US }, '/wangli/integrators/me', ofCase.source_msg_id],
  ['RECEIPT', { type: 'receipt.v1', ...ofCase, code: 1 }, 'Receipt', { case_number: 'CD0004217-5', received_at_us: US }, '/wangli/intake', 'app/信 1%"'],
  ['DELIVER', { type: 'deliver.v1', ...ofCase }, 'Deliver', { delivery_id: 'CD1/2', case_number: 'CD1', replied_at_us: US }, '/wangli/reply', 'CD1/2'],
  ['DONE', { type: 'done.v1', ...ofCase, code: 13 }, 'Done', { delivery_id: 'CD1/2', done_at_us: US, fence: 3 }, '/wangli/integrators/me', 'CD1/2'],
  ['CLAIM', { type: 'claim.v1', ...ofCase }, 'Claim', { delivery_id: 'CD1/2', claim_id: '0123456789abcdef' }, '/wangli/integrators/me', '0123456789abcdef'],
  ['GO', { type: 'go.v1', ...ofCase }, 'Go', { delivery_id: 'CD1/2', fence: 3 }, '/wangli/reply', 'CD1/2/3'],
  ['DELIVER', { type: 'status.v1', ...ofCase }, 'Status', { case_number: 'CD1', version: 7, at_us: US }, '/wangli/analytics', 'CD1/status/7'],
  ['DONE', { type: 'status.done.v1', ...ofCase, code: 13 }, 'StatusDone', { version: 7 }, '/wangli/integrators/me', '4217/status/7'],
  ['COMMAND', { type: 'object.put.v1', command_id: 'c1' }, 'ObjectPut', { size_bytes: 5 }, '/wangli/integrators/me', 'c1'],
  ['RESULT', { type: 'object.put.v1', command_id: 'c1', code: 11 }, 'ObjectRight', { why_not: '' }, '/wangli/media', 'c1'],
  ['RESULT', { type: 'state.get.v1', command_id: 'c2', code: 11 }, 'StateAnswer', { version: 2 }, '/wangli/intake', 'c2'],
];

for (const [kind, header, name, fields, source, id] of CASES) {
  const one = { kind: KIND[kind], header, body: pack(name, fields) };
  const read = unpack(name, one.body);
  const event = attributes(one, read, 'me');
  assert.equal(event.source, source, header.type);
  assert.equal(event.id, id, header.type);
  assert.equal(event.type, `wangli.${header.type}`);
  for (const attribute of Object.keys(event)) assert.match(attribute, /^[a-z0-9]{1,20}$/); // the specification's rule for names
  if (Object.values(fields).includes(US)) assert.equal(event.time, '2023-11-14T22:13:20.123Z');
  for (const form of [JSON.parse(JSON.stringify(structured(one, read, 'me'))), binary(one, read, 'me')]) {
    const back = message(form);
    assert.deepEqual(back.header, header, header.type);
    assert.equal(back.kind, one.kind);
    assert.ok(one.body.equals(back.body));
    assert.equal(duplicateKey(form), `${source} ${id}`);
  }
}
assert.equal(attributes({ kind: KIND.GO, header: { type: 'go.v1' } }, { delivery_id: 'x', fence: 3 }, 'me').sequence, '0000000003');
assert.throws(() => attributes({ kind: KIND.PING, header: {} }, {}, 'me'), /no event/);
assert.throws(() => message({ specversion: '0.3' }), /not a CloudEvent/);
for (const [name, value] of Object.entries(binary({ kind: KIND.SUBMIT, header: CASES[0][1], body: Buffer.alloc(0) }, {}, 'me').headers)) {
  assert.match(`${name}: ${value}`, /^[\x20-\x7e]+$/);
}
console.log(`${CASES.length} messages there and back in both forms`);
