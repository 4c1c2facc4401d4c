// Keys, contact data and digests. docs/integrators.md, sections 3, 5 and 6.
import sodium from 'libsodium-wrappers';
import { pack } from './wire.mjs';

await sodium.ready;

const EPOCH_LASTS_MS = 24 * 3600 * 1000;
const HASH_BYTES = 32;
const Z85 = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

export function z85Read(text) {
  const out = Buffer.alloc((text.length / 5) * 4);
  for (let i = 0; i < text.length / 5; i++) {
    let value = 0;
    for (const c of text.slice(i * 5, i * 5 + 5)) {
      if (!Z85.includes(c)) throw new TypeError('not a Z85 key');
      value = value * 85 + Z85.indexOf(c);
    }
    out.writeUInt32BE(value, i * 4);
  }
  return out;
}

export function z85Write(bytes) {
  let out = '';
  for (let i = 0; i < bytes.length; i += 4) {
    let value = Buffer.from(bytes).readUInt32BE(i);
    let five = '';
    for (let k = 0; k < 5; k++) {
      five = Z85[value % 85] + five;
      value = Math.floor(value / 85);
    }
    out += five;
  }
  return out;
}

// The public half of a CURVE key.
export function publicKeyOf(secretKey) {
  return z85Write(sodium.crypto_scalarmult_base(z85Read(secretKey)));
}

function u64(number) {
  const out = Buffer.alloc(8);
  out.writeBigUInt64LE(BigInt(number));
  return out;
}

// BLAKE2b-256 over parts, each with its length in front.
export function hash(parts, key = null) {
  const bytes = parts.map((part) => Buffer.from(part)).flatMap((part) => [u64(part.length), part]);
  return Buffer.from(sodium.crypto_generichash(HASH_BYTES, Buffer.concat(bytes), key));
}

// What the digest of a receipt is made of: it must be that of the receipt.
export function digestOf(letter) {
  const contact = letter.contact ?? {};
  return hash([
    letter.title, letter.body, u64(letter.written_at_us ?? 0), letter.area ?? '', u64(letter.likes ?? 0), letter.klass ?? '',
    contact.name ?? '', contact.phone ?? '', contact.address ?? '', contact.account ?? '', letter.reply_address ?? '',
  ]);
}

export class Sealer {
  constructor(vaultKey) {
    this.vaultKey = Buffer.from(vaultKey, 'base64');
    if (this.vaultKey.length !== sodium.crypto_box_PUBLICKEYBYTES) throw new TypeError('the vault key is not 32 bytes in base64');
    this.renewAt = 0;
  }

  #renew() {
    if (Date.now() < this.renewAt) return;
    this.dataKey = sodium.randombytes_buf(sodium.crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
    this.sealedKey = Buffer.from(sodium.crypto_box_seal(this.dataKey, this.vaultKey));
    this.epoch = hash([this.sealedKey]).subarray(0, 16);
    this.renewAt = Date.now() + EPOCH_LASTS_MS;
  }

  seal(contact, sourceMsgId) {
    this.#renew();
    const nonce = Buffer.from(sodium.randombytes_buf(sodium.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES));
    const sealed = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(pack('ContactPlain', contact), Buffer.from(sourceMsgId), null, nonce, this.dataKey);
    return { epoch: this.epoch, sealed_key: this.sealedKey, record: Buffer.concat([nonce, Buffer.from(sealed)]) };
  }
}
