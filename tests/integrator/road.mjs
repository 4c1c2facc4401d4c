// The sample as a process that a test drives: one JSON line in is one thing to do, each thing that happens is one JSON line out.
// The last argument is a JSON object of the client's options.
import readline from 'node:readline';
import { Client, digestOf } from '../sdk-node/client.mjs';
import { KIND } from '../sdk-node/wire.mjs';

const options = JSON.parse(process.argv[2]);
let outcomes = []; // what onDeliver says to the next deliveries; then: delivered
const say = (event, rest = {}) => console.log(JSON.stringify({ event, ...rest }));

const client = new Client({
  ...options,
  onDeliver(delivery) {
    const outcome = outcomes.length > 0 ? outcomes.shift() : { is_delivered: true };
    say('deliver', { ...delivery, outcome });
    return outcome ?? undefined;
  },
});

const todo = {
  async submit({ letter }) {
    const { receipt, refused, text } = await client.submit(letter);
    if (receipt) say('receipt', { ...receipt, id: letter.source_msg_id, is_digest_ours: digestOf(letter).equals(Buffer.from(receipt.digest)) });
    else say('refused', { id: letter.source_msg_id, refused, text });
  },
  outcomes({ next }) { outcomes = next; },
  lose_done() { // the next one does not leave
    const send = client.session.send;
    client.session.send = (kind, ...rest) => {
      if (kind !== KIND.DONE) return send.call(client.session, kind, ...rest);
      client.session.send = send;
      return true;
    };
  },
  counts() { say('counts', client.counts); },
  async close() {
    await client.close();
    say('closed');
    process.exit(0);
  },
};

say('open');
for await (const line of readline.createInterface({ input: process.stdin })) {
  const one = JSON.parse(line);
  Promise.resolve(todo[one.do](one)).catch((error) => say('failed', { text: error.message }));
}
