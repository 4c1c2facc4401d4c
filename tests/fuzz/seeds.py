#!/usr/bin/env python3
"""seeds.py: makes the seeds of tests/fuzz/*/corpus anew: small inputs that reach every reader of a target, with invented contents.

Bodies are taken from the golden corpus (tests/upgrade/corpus), in which every message stands with every field filled. Seeds are named for
what they hold; what the fuzzer found is beside them under the name of its digest (tests/fuzz/README.md).
"""

import pathlib
import re
import struct

FUZZ = pathlib.Path(__file__).resolve().parent
ROOT = FUZZ.parent.parent
GOLDEN = sorted((ROOT / "tests/upgrade/corpus").glob("v*"))[-1]


def write(target, name, data):
    folder = FUZZ / target / "corpus"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())


def golden(message):
    return (GOLDEN / f"{message}.bin").read_bytes()


def framed(*records):
    """As fuzz_log_write takes them."""
    return b"".join(bytes([len(record)]) + record for record in records)


def record(tag, *parts):
    """As sdk_record has them."""
    return tag + b"".join(struct.pack("<I", len(part)) + part for part in parts)


def spool():
    fingerprint = bytes(range(32))
    letters = framed(record(b"L", b"one", fingerprint, golden("Submit")[:100]), record(b"L", b"two", fingerprint, b"body"), record(b"A", b"one"))
    write("spool", "letters", b"\x00" + letters)
    write("spool", "letters_torn", b"\x02" + struct.pack("<II", 9, 0) + b"L\x00\x00")
    write("spool", "outcomes", b"\x01" + framed(
        record(b"C", b"delivery-1", b"0123456789abcdef0123456789abcdef", b"a", b"0"), record(b"O", b"delivery-2", b"1", b"", b"7"),
        record(b"O", b"delivery-3", b"0", b"no such number"), record(b"C", b"delivery-4", b"f" * 32, b"c", b"3"), record(b"C", b"delivery-5", b"e" * 32, b"d", b"1")))


def webhook():
    taken = b'{"is":"taken","id":"d-1","at_us":5,"case":"CD0421786-3","body":"{}"}'
    write("webhook", "journal", b"\x00" + framed(
        taken, b'{"is":"dead","id":"d-1","at_us":6,"reason":"HTTP 500"}', b'{"is":"again","id":"d-1","at_us":7}',
        taken.replace(b"d-1", b"d-2"), b'{"is":"delivered","id":"d-2","at_us":8}'))
    write("webhook", "journal_torn", b"\x01" + struct.pack("<II", 30, 1) + taken[:20])
    write("webhook", "settings", b"\x02https://example.org:443/hook?a=b\n443,8443\n10.0.0.0/8,fd00::/8\n")
    write("webhook", "address", b"\x03" + bytes([0x20, 1, 2, 3] + [9] * 12))
    write("webhook", "delivery", b"\x04" + struct.pack("<q", 1556092800000000) + "d-3\nmsg-3\nhotline\n已答复\n".encode())


def http():
    head = b"Host: example.org\r\nCookie: wl_letter=a; b=c\r\nOrigin: http://example.org\r\n"
    write("http", "get", b"\x00\x80GET /api/cases?state=CLOSED&a=%E5%8C%BA HTTP/1.1\r\n" + head + b"\r\n")
    write("http", "two", b"\x00\xffGET / HTTP/1.1\r\n" + head + b"\r\nGET /health HTTP/1.0\r\n\r\n")
    post = b"POST /api/letter HTTP/1.1\r\n" + head + b"Content-Type: application/json\r\nContent-Length: 30\r\n\r\n" + b'{"number":"CD0421786-3","a":1}'
    write("http", "post", b"\x00\xc0" + post)
    write("http", "post_later", b"\x01\xff" + post)
    write("http", "stream", b"\x02\xffGET /api/overview/events HTTP/1.1\r\n" + head + b"\r\n")
    chunked = b"PUT /objects/aa HTTP/1.1\r\n" + head + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    write("http", "chunked", b"\x00\xa0" + chunked)
    long = chunked.replace(b"5\r\nhello", b"20\r\n" + b"x" * 32 + b"\r\n20\r\n" + b"y" * 32)
    write("http", "chunked_too_long", b"\x00\xa0" + long)
    write("http", "pieces_too_long", b"\x03\xa0" + long)
    write("http", "pieces", b"\x03\xa0" + chunked)
    write("http", "refused", b"\x06\xff" + post)
    write("http", "announced", b"\x00\xffPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\nExpect: 100-continue\r\n\r\n")


KINDS = {row[0]: int(row[1]) for row in re.findall(r"^KIND\((\w+), (\d+)", (ROOT / "common/wire/kinds.def").read_text(), re.M)}
CODES = {row[0]: int(row[1]) for row in re.findall(r"^CODE\((\w+), (\d+)", (ROOT / "common/wire/codes.def").read_text(), re.M)}
TAGS = {row[0]: int(row[1]) for row in re.findall(r"\w+ (\w+) = (\d+);", (ROOT / "proto/envelope.proto").read_text())}


def varint(number):
    out = b""
    while number >= 0x80:
        out, number = out + bytes([number & 0x7F | 0x80]), number >> 7
    return out + bytes([number])


def fields(**values):
    """A header: names as in envelope.proto."""
    out = b""
    for name, value in values.items():
        if isinstance(value, int):
            out += varint(TAGS[name] << 3) + varint(value)
        else:
            out += varint(TAGS[name] << 3 | 2) + varint(len(value)) + value
    return out


def message(kind, body, **head):
    header = fields(**head)
    return struct.pack("<BBHI", KINDS[kind], 0, len(header), len(body)) + header + body


def client():
    def batch(*messages):
        whole = b"".join(messages)
        return struct.pack("<H", len(whole)) + whole

    delivery = golden("Deliver")
    delivery_id = delivery[2:2 + delivery[1]]
    deliver = message("DELIVER", delivery, id=b"m1", type=b"deliver.v1", channel=b"hotline", case_id=7, source_msg_id=b"a")
    receipt = message("RECEIPT", golden("Receipt"), id=b"a", type=b"receipt.v1")
    nacks = [message("NACK", b"", id=b"b", type=b"submit.v1", code=CODES[code], retry_after_ms=70000) for code in ("BUSY", "INVALID", "CONFLICT")]
    go = message("GO", b"\x0a" + varint(len(delivery_id)) + delivery_id + b"\x10\x01", id=delivery_id, type=b"go.v1")
    status = message("DELIVER", golden("Status"), id=b"m2", type=b"status.v1", case_id=7)
    state = message("RESULT", golden("StateAnswer"), type=b"state.get.v1", command_id=b"ask", code=CODES["DONE"])
    right = message("RESULT", golden("ObjectRight"), type=b"object.put.v1", command_id=b"ask", code=CODES["DONE"])
    refused = message("NACK", b"", id=delivery_id, code=CODES["CONFLICT"])
    write("client", "deliver", b"\x00" + batch(deliver) + batch(deliver, deliver))
    write("client", "letters", b"\x12" + batch(receipt, nacks[0]) + batch(nacks[0], nacks[1]) + batch(nacks[2], receipt))
    write("client", "claims", b"\x11" + batch(deliver) + batch(go) + batch(deliver, refused) + batch(deliver) + batch(go, refused))
    write("client", "claim_lost", b"\x13" + batch(deliver) + batch(deliver, go) + batch(deliver, go))
    write("client", "claims_twice", b"\x11" + batch(deliver, deliver) + batch(go, deliver) + batch(deliver, go, go))
    write("client", "asks", b"\x40" + batch(state, right) + batch(state) + batch(status))


def named():
    """bodies: every message; events, commands: every type that the target reads, in a state and by a role that may."""
    for path in sorted(GOLDEN.glob("*.bin")):
        write("bodies", path.stem, f"{path.stem}\n".encode() + path.read_bytes())
    kinds = {}
    for kind, name, body in re.findall(r'^TYPE\((\w+), "([^"]+)", (\w+)\)', (ROOT / "tools/tap/tap_types.def").read_text(), re.M):
        kinds.setdefault(name, (kind, "".join(part.capitalize() for part in body.split("_"))))
    for name, (kind, body) in kinds.items():
        if kind == "EVENT":
            write("events", name, f"{name}\n".encode() + golden(body))
    known = re.findall(r'^\t\{ "([^"]+)", try_', (FUZZ / "commands/fuzz_commands.c").read_text(), re.M)
    for name in known:
        write("commands", name, f"{name}\n".encode() + b"\x02\x02" + golden(kinds[name][1]))


def intake():
    bodies = {"submit.v1": "Submit", "contact": "ContactPlain", "sealed": "Submit", "intake.accept.v1": "IntakeAccept",
              "intake.refuse.v1": "IntakeRefuse", "intake.open.v1": "IntakeOpen", "channel.add.v1": "ChannelAdd", "channel.rotate.v1": "ChannelRotate",
              "channel.revoke.v1": "ChannelRevoke", "channel.quota.v1": "ChannelQuota", "state.get.v1": "StateGet", "state.put.v1": "StatePut",
              "state.lease.v1": "StateLease"}
    for name, body in bodies.items():
        write("intake", name, f"{name}\n".encode() + golden(body))


def classify():
    write("classify", "city", (
        "category,0000,综合\ncategory,0802,物业与停车\nword,0802,停车,20\nword,0802,充电桩,30\ntypeword,report,举报,20\n"
        "org,D01,成都市,1\norg,D16,成都市青羊区,2,D01,district\norg,D17,天府软件园(筹),2,D01,functional_zone\norg,S01,草堂街道,3,D16,town\n"
        "article,1,\"停车,办理/怎么办\",7\nletter\n青羊区停车难\n小区充电桩和停车怎么办？草堂街道没有人管。"))
    write("classify", "plain", "category,0000,x\nletter\nTitle\nAAAB aaab")


def keys():
    z85 = b"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
    key = b"".join(b"%c%c" % (tag, len(value)) + value for tag, value in ((0x0A, z85), (0x12, b"source"), (0x1A, b"hotline")))
    write("keys", "snapshot", b"\x00\x0a" + varint(len(key)) + key)
    write("keys", "golden", b"\x00" + golden("KeysSnapshot"))
    write("keys", "z85", b"\x01" + z85)
    write("keys", "places", b"\x02tcp://bus:8312, tcp://10.0.0.1:8312,tcp://[::1]:8312,ipc:///run/bus")


def objects():
    digest = b"ab" * 32
    write("objects", "right", b"\x00put~" + digest + b"~1234~image/jpeg~source~1556092800000000")
    write("objects", "right_get", b"\x00get~" + digest + b"~0~~portal~1556092800000000")
    ticket = b"\x0a\x20" + bytes(32) + b"\x12\x20" + bytes(32) + b"\x18\x05\x22\x09image/png\x2a\x06source\x30\x01"
    write("objects", "ticket", b"\x01" + ticket)
    write("objects", "ask", b"\x02/objects/" + digest + b"\n" + bytes(range(65, 97)) + b"\n1234\nimage/jpeg")
    for name, head in {"jpeg": b"\xff\xd8\xff\xe0", "png": b"\x89PNG\r\n\x1a\n", "heic": b"\0\0\0\x18ftypheic", "mp4": b"\0\0\0\x18ftypisom", "webp": b"RIFF\0\0\0\0WEBP",
                       "docx": b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml word/document.xml PK\x05\x06", "text": "一句话".encode()}.items():
        write("objects", name, b"\x03" + head)
    write("objects", "answer", b'\x04{"ticket":"AAECAwQ="}')
    write("objects", "base64", b"\x05AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=")
    write("objects", "hex", b"\x05" + digest)


def tables():
    """csv, import: tables that people write, in two encodings."""
    rows = "external_id,title,body,time,user,area,likes,reply,reply_time,rating\r\n"
    rows += "1,路灯不亮,\"巷口的灯,\"\"又\"\"坏了\",2019-04-24 16:03:40,张三,青羊区,3,已修好,2019-04-25,满意\r\n2,,x\r\n1,other,x,,,,,,,\r\n3,\"open,\n"
    write("csv", "rows", rows)
    write("csv", "marks", b"\xef\xbb\xbfa,\"b\r\nc\"\n\n,\n\"\"x,\n")
    write("import", "utf8", rows)
    write("import", "gb18030", rows.encode("gb18030"))
    write("import", "utf16", rows.encode("utf-16"))
    write("import", "map", "!external_id=msg_id,title=subject\nmsg_id,subject,body\n7,t,b\n7,t,b\n")
    write("import", "rejected", "external_id,title,body,line,reason\n1,t,b,2,too long\n")


def listing():
    item = "<Contents><Key>objects/{}</Key><LastModified>2019-04-24T16:03:40.000Z</LastModified><Size>{}</Size></Contents>"
    head = '<?xml version="1.0"?><ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>a&amp;b</NextContinuationToken>'
    write("s3_list", "two", head + item.format("ab", 5) + item.format("cd", 6) + "</ListBucketResult>")
    write("s3_list", "torn", head + item.format("ab", 5)[:40])
    write("s3_list", "error", "<Error><Code>NoSuchKey</Code></Error>")


def settings():
    write("settings", "all", "thing\ntitle\n0123456789a\n7\nyes\n5min\n1MiB\n")
    write("settings", "file", "thing\n\n\n\n\n\n\n0123456789\n")


def texts():
    ack = struct.pack("<qiB", 421786, 3, 1)
    for at, text in enumerate((b"2019-04-24", "2019-04-24T16:03:40.25+08:00".encode(), struct.pack("<q", 1556092800000000), b"CD0421786-3",
                               b"unit_officer/li.na@D16", "路灯，\u3000".encode(), ack + ack, b'{"a":[1,"\\u8def",null,2.5e3],"b":true}', b"-9223372036854775808")):
        write("texts", ("date", "instant", "moment", "case_number", "actor", "utf8", "acks", "json", "number")[at], bytes([at]) + text)


def server():
    def piece(what, *messages):
        whole = b"".join(messages)
        return struct.pack("<BH", what, len(whole)) + whole

    def hello(instance, *groups, credit=9):
        return message("HELLO", b"".join(b"\x0a" + varint(len(group)) + group for group in groups), id=instance, credit=credit)

    submit = message("SUBMIT", golden("Submit"), id=b"m", to=b"intake", type=b"submit.v1", source_msg_id=b"m")
    event = message("EVENT", golden("IntakeReceived"), to=b"intake", case_id=7, seq=1, producer=b"reply")
    write("server", "road", piece(1, hello(b"intake/1", b"intake")) + piece(0, hello(b"edge/1"), submit, submit, event) + piece(1, message("CREDIT", b"", credit=2)))
    write("server", "refused", piece(0, hello(b"edge/1", b"x", b"deliver/hotline"), submit, submit) + piece(2, hello(b"nobody")) + piece(1, hello(b"intake/1", b"intake")))
    write("server", "lost", piece(1, hello(b"intake/1", b"intake")) + piece(0 | 16, hello(b"edge/1"), submit) + piece(1 | 8, message("PING", b"")) + piece(0, submit, event))
    write("server", "drained", piece(1, hello(b"intake/1", b"intake")) + piece(1 | 64, message("PING", b"")) + piece(1, hello(b"intake/1")) + piece(3, hello(b"c/1")))
    write("server", "again", piece(2, hello(b"c/1", b"a", credit=3)) + piece(3, hello(b"c/1", b"b")) + piece(3, message("BYE", b"")) + piece(3 | 32))
    write("server", "strangers", piece(0, submit, event, message("PONG", b"")) + piece(0, hello(b"edge/1", "x部门".encode(), "x组".encode())))
    write("server", "flood", piece(1, hello(b"intake/1", b"intake", credit=9000)) + piece(0, hello(b"edge/1", credit=9000))
          + piece(128, event, event, event, event) + piece(1 | 8 | 16) + piece(128, event, event, event))
    write("server", "group_of_wide_letters", piece(2, hello(b"c/1", "𠮷".encode() * 64, "😀".encode() * 70)))


def session():
    def piece(what, *messages):
        whole = b"".join(messages)
        return struct.pack("<BH", what, len(whole)) + whole

    welcome = message("WELCOME", b"", id=b"bus/1", route=b"1", credit=50)
    other = message("WELCOME", b"", id=b"bus/2", route=b"4", credit=50)
    event = message("EVENT", golden("IntakeReceived"), to=b"reply", case_id=7, seq=1, producer=b"intake")
    busy = message("NACK", b"", subject=b"reply", to=b"reply", code=CODES["BUSY"], retry_after_ms=100, case_id=7)
    write("session", "road", piece(0, welcome) + piece(1, other) + piece(32, event, event) + piece(33, event) + piece(0, message("PING", b""), message("PONG", b"")))
    write("session", "restarted", piece(0, welcome, event) + piece(64, event) + piece(0, message("HELLO", b"")) + piece(0, welcome, event) + piece(2, other, event))
    write("session", "drained", piece(0, welcome) + piece(1, other) + piece(32, message("BYE", b""), event) + piece(32, event) + piece(1, message("CREDIT", b"", to=b"reply")))
    write("session", "refused", piece(0, welcome) + piece(1, other) + piece(32, busy) + piece(33, busy) + piece(32 | 4, event) + piece(4, busy) + piece(4))
    write("session", "cut", piece(0, welcome, event) + piece(2 | 64, event) + piece(0, welcome) + piece(16) + piece(8 | 32, event) + piece(4) + piece(4) + piece(0, welcome))


def main():
    for make in (server, session, spool, webhook, http, client, named, intake, classify, keys, objects, tables, listing, settings, texts):
        make()


if __name__ == "__main__":
    main()
