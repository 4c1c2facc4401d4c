#!/usr/bin/python3
"""An integrator: hands in the letters of a file, writes down their receipts and the replies, ends when everything is answered. Killed at
any moment and started again with the same arguments it goes on: the letters' names are the file's, the spool knows what is answered.

    integrator.py --address tcp://HOST:PORT --server-key-file F --key-file F --vault-key-file F --spool DIR --channel NAME
        [--groups A,B] --letters FILE --receipts FILE [--deliveries FILE] [--until receipts]

--letters     lines of id<TAB>title<TAB>body
--receipts    one line a receipt: id and case number
--deliveries  one line a reply: delivery id<TAB>letter's id<TAB>text

It ends when every letter has its receipt and, with --deliveries, its reply too (not so with "--until receipts"); a refused letter waits
for nothing more. Exit: 0, 3 when letters were refused, 1 an error. A line of the two files may be there twice after a crash."""

import argparse
import os
import pathlib
import sys

import wangli

AT_ONCE = 100  # letters handed over between two turns


class Book:
    """Lines in a file, durable when keep() returns; what stood there before is known."""

    def __init__(self, path, between):
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600) if path else None
        self.between = between
        self.lines = []
        text = pathlib.Path(path).read_bytes() if path else b""
        whole = text[:text.rfind(b"\n") + 1]  # a killed process may have left half a line
        if whole != text:
            os.ftruncate(self.fd, len(whole))
        self.rows = [line.split(between) for line in whole.decode().splitlines()]

    def add(self, *words):
        self.rows.append(words)
        self.lines.append(self.between.join(word.replace("\t", " ").replace("\n", " ") for word in words) + "\n")

    def keep(self):
        if self.lines:
            text = "".join(self.lines).encode()
            while text:
                text = text[os.write(self.fd, text):]
            os.fdatasync(self.fd)
        self.lines = []


def letters(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            name, title, body = line.rstrip("\n").split("\t")
            yield wangli.Letter(name, title, body, contact=wangli.Contact(account=f"account-{name}"))


class Integrator:
    def __init__(self, arguments):
        self.receipts = Book(arguments.receipts, " ")
        self.deliveries = Book(arguments.deliveries, "\t")
        self.letters = list(letters(arguments.letters))
        self.refused = 0
        # of what is still owed: letters without an answer, and without a reply
        self.no_answer = {letter.source_msg_id for letter in self.letters} - {row[0] for row in self.receipts.rows}
        is_waiting = arguments.deliveries and arguments.until != "receipts"
        self.no_reply = {letter.source_msg_id for letter in self.letters} - {row[1] for row in self.deliveries.rows} if is_waiting else set()

    def on_receipt(self, receipt):
        self.no_answer.discard(receipt.source_msg_id)
        self.receipts.add(receipt.source_msg_id, receipt.case_number)

    def on_refused(self, refusal):
        self.no_answer.discard(refusal.source_msg_id)
        self.no_reply.discard(refusal.source_msg_id)
        self.refused += 1
        print(f"{refusal.source_msg_id}: refused, {refusal.why.value}: {refusal.text}", file=sys.stderr)

    def on_deliver(self, delivery):
        self.no_reply.discard(delivery.source_msg_id)
        self.deliveries.add(delivery.delivery_id, delivery.source_msg_id, delivery.text)
        return wangli.DELIVERED

    def on_keep(self):
        self.receipts.keep()
        self.deliveries.keep()

    def run(self, client):
        handed_in = 0
        for letter in [letter for letter in self.letters if letter.source_msg_id in self.no_answer]:
            while True:
                try:
                    client.submit(letter)
                    break
                except wangli.Busy:
                    client.turn(0.2)
            handed_in += 1
            if handed_in % AT_ONCE == 0:
                client.turn(0)
        client.turn(0)
        while self.no_answer or self.no_reply:
            client.turn(0.2)
        while client.unanswered:  # answered twice: the receipt was written down, the spool's word of it was not
            client.turn(0.2)


def run(arguments):
    text = {name: pathlib.Path(getattr(arguments, name)).read_text(encoding="ascii").strip()
            for name in ("server_key_file", "key_file", "vault_key_file")}
    one = Integrator(arguments)
    with wangli.Client(arguments.address, text["server_key_file"], text["key_file"], wangli.key_read(text["vault_key_file"]),
                       arguments.spool, arguments.channel, groups=[name for name in arguments.groups.split(",") if name],
                       on_receipt=one.on_receipt, on_refused=one.on_refused,
                       on_deliver=one.on_deliver if arguments.deliveries else None, on_keep=one.on_keep) as client:
        one.run(client)
    return 3 if one.refused else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("address", "server-key-file", "key-file", "vault-key-file", "spool", "channel", "letters", "receipts"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--groups", default="")
    parser.add_argument("--deliveries")
    parser.add_argument("--until", choices=["receipts"])
    try:
        sys.exit(run(parser.parse_args()))
    except wangli.WangliError as error:
        sys.exit(f"integrator.py: {error}")


if __name__ == "__main__":
    main()
