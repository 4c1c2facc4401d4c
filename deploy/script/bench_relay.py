#!/usr/bin/env python3
"""A road to the database that takes longer: bench_relay.py LISTEN TARGET DELAY_MS [OWNER]. Both are unix sockets.

Whatever is sent arrives DELAY_MS later, in its order, and what comes back comes at once: an answer takes DELAY_MS more, as with netem on
one side of a link. As much as is sent is under way at once, so it is latency and no bound on the throughput. Ends by TERM."""

import asyncio
import os
import shutil
import sys

PIECE = 1 << 18
UNDER_WAY = 4096  # pieces of one session; more has to wait at its sender


async def pump(reader, writer, delay_s):
    """What comes is noted with the time when it is due, and written then."""
    loop = asyncio.get_running_loop()
    under_way = asyncio.Queue(UNDER_WAY)

    async def take():
        while data := await reader.read(PIECE):
            await under_way.put((loop.time() + delay_s, data))
        await under_way.put((loop.time() + delay_s, b""))

    taking = asyncio.create_task(take())
    try:
        while True:
            due, data = await under_way.get()
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            if not data:
                break
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        taking.cancel()
        writer.close()


async def serve(listen, target, delay_s, owner):
    async def joined(reader, writer):
        try:
            far_reader, far_writer = await asyncio.open_unix_connection(target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(pump(reader, far_writer, delay_s), pump(far_reader, writer, 0), return_exceptions=True)

    server = await asyncio.start_unix_server(joined, listen)
    os.chmod(listen, 0o600)
    if owner:
        shutil.chown(listen, owner)
    async with server:
        await server.serve_forever()


def main():
    listen, target, delay_ms, owner = *sys.argv[1:4], sys.argv[4] if len(sys.argv) > 4 else ""
    asyncio.run(serve(listen, target, float(delay_ms) / 1000, owner))


if __name__ == "__main__":
    main()
