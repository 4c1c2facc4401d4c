// One letter in, its receipt out; with --stay, replies until Ctrl-C. See README.md.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Client } from './client.mjs';

const { values: given } = parseArgs({
  options: {
    address: { type: 'string' }, 'door-key': { type: 'string' }, 'vault-key': { type: 'string' }, 'key-file': { type: 'string' },
    channel: { type: 'string' }, spool: { type: 'string' }, id: { type: 'string', default: 'sample-1' }, stay: { type: 'boolean', default: false },
  },
});
for (const name of ['address', 'door-key', 'vault-key', 'key-file', 'channel', 'spool']) {
  if (given[name] === undefined) {
    console.error(`--${name} is missing; ./wangli channel info and ./wangli channel add say what they are`);
    process.exit(2);
  }
}

const client = new Client({
  address: given.address,
  doorKey: given['door-key'],
  vaultKey: given['vault-key'],
  secretKey: readFileSync(given['key-file'], 'utf8').trim(),
  channel: given.channel,
  spool: given.spool,
  onDeliver: given.stay
    ? (delivery) => {
      console.log(`${delivery.what} to ${delivery.case_number} (${delivery.unit}): ${delivery.text}`);
      return { is_delivered: true };
    }
    : undefined,
});

const answer = await client.submit({
  source_msg_id: given.id,
  title: '春熙路的路灯不亮',
  body: '春熙路十字路口东侧的三盏路灯坏了一周，晚上很黑，请派人看看。',
  area: '锦江区',
  contact: { name: '王芳', phone: '13800000000', account: 'wf' },
});
if (answer.receipt) {
  const { case_number, query_code, is_repeat } = answer.receipt;
  console.log(`received ${case_number}, query code ${query_code}${is_repeat ? ', had been received before' : ''}`);
} else {
  console.error(`refused, ${answer.refused}: ${answer.text}`);
  process.exitCode = 1;
}
if (given.stay) await new Promise((resolve) => process.once('SIGINT', resolve));
await client.close();
