// What survives the process: letters until they are answered, outcomes of deliveries for 90 days. One file of JSON lines, only appended to and
// fsynced; written anew, with what still counts, when it is opened. A last line that was torn by a crash was never acted upon and is left out.
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';

const OUTCOMES_KEPT_MS = 90 * 24 * 3600 * 1000;

function writeDurably(file, text) {
  const handle = openSync(file, 'w', 0o600);
  writeSync(handle, text);
  fsyncSync(handle);
  closeSync(handle);
}

function syncFolder(folder) {
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

export class Spool {
  constructor(folder) {
    this.letters = new Map(); // source_msg_id → { channel, body, print }
    this.outcomes = new Map(); // delivery_id → { code, reason, at }
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = path.join(folder, 'spool.jsonl');
    if (existsSync(file)) this.#load(readFileSync(file, 'utf8'));
    writeDurably(`${file}.new`, [...this.#lines()].join(''));
    renameSync(`${file}.new`, file);
    syncFolder(folder);
    this.handle = openSync(file, 'a');
  }

  #load(text) {
    const lines = text.split('\n');
    lines.pop(); // empty, or torn
    for (const line of lines) this.#take(JSON.parse(line));
    const oldest = Date.now() - OUTCOMES_KEPT_MS;
    for (const [id, outcome] of this.outcomes) if (outcome.at < oldest) this.outcomes.delete(id);
  }

  #take({ letter, answered, delivery, ...rest }) {
    if (letter !== undefined) this.letters.set(letter, rest);
    else if (answered !== undefined) this.letters.delete(answered);
    else if (delivery !== undefined) this.outcomes.set(delivery, rest);
  }

  *#lines() {
    for (const [letter, rest] of this.letters) yield `${JSON.stringify({ letter, ...rest })}\n`;
    for (const [delivery, rest] of this.outcomes) yield `${JSON.stringify({ delivery, ...rest })}\n`;
  }

  // Durable when it returns.
  keep(entry) {
    writeSync(this.handle, `${JSON.stringify(entry)}\n`);
    fsyncSync(this.handle);
    this.#take(entry);
  }

  close() {
    closeSync(this.handle);
  }
}
