// docs/asyncapi.yaml by AsyncAPI's own parser: no error, no warning; and the parser is shown to see what is broken.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';

const WARNING = 1; // 0: error; above: hints, such as that a newer AsyncAPI exists
const text = readFileSync(process.argv[2], 'utf8');

async function faults(source) {
  const { document, diagnostics } = await new Parser().parse(source);
  return { document, wrong: diagnostics.filter((one) => one.severity <= WARNING).map((one) => `${one.path.join('.')}: ${one.message}`) };
}

const { document, wrong } = await faults(text);
assert.deepEqual(wrong, []);
assert.equal(document.version(), '3.0.0');
for (const operation of document.operations().all()) assert.ok(operation.messages().all().length > 0, operation.id());
const submit = document.operations().get('submitLetter');
assert.deepEqual(submit.reply().messages().all().map((one) => one.id()).sort(), ['nack', 'receipt']);
console.log(`${document.operations().all().length} operations, ${document.messages().all().length} messages`);

const BROKEN = [
  ['action: "send"', 'action: "shout"'],
  ['"#/components/messages/submit"', '"#/components/messages/submitted"'],
  ['type: "asymmetricEncryption"', 'type: "curve"'],
];
for (const [from, to] of BROKEN) {
  assert.ok(text.includes(from), from);
  assert.notEqual((await faults(text.replace(from, to))).wrong.length, 0, `nobody saw ${to}`);
}
