// Messages of the door as CloudEvents 1.0 and back: docs/cloudevents.md. Pure.
import { KIND } from './wire.mjs';

const MEDIA_TYPE = 'application/protobuf';
const SEQUENCE_DIGITS = 10;
const KIND_NAME = new Map(Object.entries(KIND).map(([name, number]) => [number, name]));

// Who speaks in a kind of message that comes from the platform.
const SPEAKER = { RECEIPT: 'intake', DELIVER: 'reply', GO: 'reply' };
const SPEAKER_OF_TYPE = { 'status.v1': 'analytics', 'object.put.v1': 'media' };
const TO_US = new Set(['RECEIPT', 'DELIVER', 'GO', 'RESULT']);

// What names a message among those of its source: the same for each time that it is sent. fields: the body, unpacked.
const ID = {
  SUBMIT: (header) => header.source_msg_id,
  RECEIPT: (header) => `${header.channel}/${header.source_msg_id}`,
  DELIVER: (header, fields) => (header.type === 'status.v1' ? `${fields.case_number}/status/${fields.version}` : fields.delivery_id),
  DONE: (header, fields) => (header.type === 'status.done.v1' ? `${header.case_id}/status/${fields.version}` : fields.delivery_id),
  CLAIM: (header, fields) => fields.claim_id,
  GO: (header, fields) => `${fields.delivery_id}/${fields.fence}`,
  COMMAND: (header) => header.command_id,
  RESULT: (header) => header.command_id,
};
const AT = ['written_at_us', 'received_at_us', 'replied_at_us', 'done_at_us', 'at_us'];

function timeOf(header, fields) {
  const us = AT.map((name) => fields[name]).find((value) => value > 0) || header.time_us;
  return us > 0 ? new Date(us / 1000).toISOString() : undefined;
}

function given(pairs) {
  return Object.fromEntries(Object.entries(pairs).filter(([, value]) => value !== undefined && value !== '' && value !== 0));
}

// The attributes of { kind, header } with its unpacked body; me: the integrator's source, as `./wangli channel list` shows it.
export function attributes({ kind, header }, fields, me) {
  const name = KIND_NAME.get(kind);
  if (ID[name] === undefined) throw new TypeError(`${name ?? kind} is no event: it belongs to the session`);
  const speaker = SPEAKER_OF_TYPE[header.type] ?? SPEAKER[name] ?? 'intake';
  const sequence = fields.version ?? fields.fence;
  return given({
    specversion: '1.0',
    id: ID[name](header, fields),
    source: TO_US.has(name) ? `/wangli/${speaker}` : `/wangli/integrators/${me}`,
    type: `wangli.${header.type}`,
    subject: fields.case_number || header.source_msg_id,
    time: timeOf(header, fields),
    datacontenttype: MEDIA_TYPE,
    traceparent: header.traceparent,
    partitionkey: header.case_id > 0 ? String(header.case_id) : header.source_msg_id,
    sequence: sequence > 0 ? String(sequence).padStart(SEQUENCE_DIGITS, '0') : undefined,
    kind: name.toLowerCase(),
    channel: header.channel,
    sourcemsgid: header.source_msg_id,
    commandid: header.command_id,
    code: header.code,
  });
}

// Structured form: one JSON document, application/cloudevents+json.
export function structured(message, fields, me) {
  return { ...attributes(message, fields, me), data_base64: Buffer.from(message.body).toString('base64') };
}

// Binary form, as HTTP has it: attributes as ce- headers (percent-encoded where the binding wants it), the body as it is.
export function binary(message, fields, me) {
  const { datacontenttype, ...rest } = attributes(message, fields, me);
  const escape = (text) => [...String(text)].map((c) => (c > ' ' && c <= '~' && c !== '"' && c !== '%' ? c : encodeURIComponent(c))).join('');
  return {
    headers: { 'content-type': datacontenttype, ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [`ce-${name}`, escape(value)])) },
    body: message.body,
  };
}

// The message that either form was made of: kind, the header's fields that travel, and the body.
export function message(event) {
  const isBinary = event.headers !== undefined;
  const get = isBinary
    ? (name) => (event.headers[`ce-${name}`] === undefined ? undefined : decodeURIComponent(event.headers[`ce-${name}`]))
    : (name) => event[name];
  if (get('specversion') !== '1.0') throw new TypeError('not a CloudEvent 1.0');
  const kind = KIND[get('kind').toUpperCase()];
  const isLetter = kind === KIND.SUBMIT;
  const key = get('partitionkey');
  return {
    kind,
    header: given({
      id: isLetter ? get('sourcemsgid') : undefined,
      type: get('type').replace(/^wangli\./, ''),
      channel: get('channel'),
      source_msg_id: get('sourcemsgid'),
      command_id: get('commandid'),
      case_id: key !== undefined && key !== get('sourcemsgid') ? Number(key) : undefined,
      code: Number(get('code') ?? 0),
      traceparent: get('traceparent'),
    }),
    body: isBinary ? event.body : Buffer.from(event.data_base64, 'base64'),
  };
}

// What a receiver drops repeats by.
export function duplicateKey(event) {
  return event.headers === undefined ? `${event.source} ${event.id}` : `${decodeURIComponent(event.headers['ce-source'])} ${decodeURIComponent(event.headers['ce-id'])}`;
}
