#!/usr/bin/python3
"""An integrator: hands in the letters of a file, writes down their receipts and the replies, ends when everything is answered. Killed at
any moment and started again with the same arguments it goes on: the letters' names are the file's, the spool knows what is answered.

    integrator.py --address tcp://HOST:PORT --server-key-file F --key-file F --vault-key-file F --spool DIR --channel NAME
        [--groups A,B] --letters FILE [--deliveries FILE] [--receipts FILE]

--letters     lines of id<TAB>title<TAB>body
--receipts    one line a receipt: id and case number; a line may be there twice after a crash
--deliveries  one line a reply: delivery id<TAB>letter's id<TAB>text
"""

import argparse
import os
import pathlib
import sys

import wangli

AT_ONCE = 100  # letters handed over between two turns


class Book:
    """Lines in a file, durable when keep() returns."""

    def __init__(self, path):
        self.fd = None if path is None else os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self.lines = []

    def add(self, *words, between="\t"):
        self.lines.append(between.join(word.replace("\t", " ").replace("\n", " ") for word in words) + "\n")

    def keep(self):
        if self.fd is not None and self.lines:
            os.write(self.fd, "".join(self.lines).encode())
            os.fdatasync(self.fd)
        self.lines = []


def known(path):
    """Names that have a receipt; the last line may be torn."""
    if path is None or not os.path.exists(path):
        return set()
    text = pathlib.Path(path).read_text(encoding="utf-8", errors="replace")
    whole = text[:text.rfind("\n") + 1]
    if whole != text:
        os.truncate(path, len(whole.encode()))
    return {line.split(" ")[0] for line in whole.splitlines()}


def letters(path, answered):
    with open(path, encoding="utf-8") as file:
        for line in file:
            name, title, body = line.rstrip("\n").split("\t")
            if name not in answered:
                yield wangli.Letter(name, title, body, contact=wangli.Contact(account=f"account-{name}"))


def run(arguments):
    receipts, deliveries = Book(arguments.receipts), Book(arguments.deliveries)
    refused = []

    def on_receipt(receipt):
        receipts.add(receipt.source_msg_id, receipt.case_number, between=" ")

    def on_deliver(delivery):
        deliveries.add(delivery.delivery_id, delivery.source_msg_id, delivery.text)
        return wangli.DELIVERED

    def on_keep():
        receipts.keep()
        deliveries.keep()

    def on_refused(refusal):
        refused.append(refusal)
        print(f"{refusal.source_msg_id}: refused, {refusal.why.value}: {refusal.text}", file=sys.stderr)

    text = {name: pathlib.Path(getattr(arguments, name)).read_text(encoding="ascii").strip()
            for name in ("server_key_file", "key_file", "vault_key_file")}
    with wangli.Client(arguments.address, text["server_key_file"], text["key_file"], wangli.key_read(text["vault_key_file"]),
                       arguments.spool, arguments.channel, groups=[name for name in arguments.groups.split(",") if name],
                       on_receipt=on_receipt, on_refused=on_refused, on_deliver=on_deliver, on_keep=on_keep) as client:
        handed_in = 0
        for letter in letters(arguments.letters, known(arguments.receipts)):
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
        while client.unanswered:
            client.turn(0.2)
    return 1 if refused else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("address", "server-key-file", "key-file", "vault-key-file", "spool", "channel", "letters"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--groups", default="")
    parser.add_argument("--deliveries")
    parser.add_argument("--receipts")
    try:
        sys.exit(run(parser.parse_args()))
    except wangli.WangliError as error:
        sys.exit(f"integrator.py: {error}")


if __name__ == "__main__":
    main()
