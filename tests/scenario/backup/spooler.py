"""An integrator for m_backup.py, with the Python library: hands in letters with whole contacts, writes their receipts, one a line.
    spooler.py SPOOL ADDRESS KEYS_FOLDER CHANNEL RECEIPTS FIRST LAST"""

import pathlib
import sys

import wangli


def main():
    spool, address, keys, channel, receipts, first, last = sys.argv[1:]
    keys = pathlib.Path(keys)
    owed = {f"s{n}": n for n in range(int(first), int(last) + 1)}

    def on_receipt(receipt):
        owed.pop(receipt.source_msg_id, None)
        with open(receipts, "a", encoding="utf-8") as file:
            file.write(f"{receipt.source_msg_id} {receipt.case_number} {receipt.query_code}\n")

    with wangli.Client(address, (keys / "door.pub").read_text().strip(), (keys / "channels" / channel).read_text().strip(),
                       wangli.key_read((keys / "vault.pub").read_text()), spool, channel, on_receipt=on_receipt) as client:
        for name, n in owed.items():
            client.submit(wangli.Letter(name, f"路灯不亮（{n}）", f"第{n}封：春熙路中段的路灯坏了，请安排维修。",
                                        contact=wangli.Contact(name=f"测试人{n}", phone=f"1380000{n:04d}")))
        while owed:
            client.turn()


main()
