"""`provider.py PORT`: streams an answer to whoever posts, as many tokens as `x-tokens` says, twenty a second."""

import asyncio
import json
import sys

TOKENS_A_SECOND = 20


def event(data: object) -> bytes:
    """One event of the stream, as a chunk."""
    text = f"data: {json.dumps(data)}\n\n".encode()
    return b"%x\r\n%s\r\n" % (len(text), text)


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
START = event({"type": "message_start", "message": {"usage": {"input_tokens": 1000, "output_tokens": 1}}})
TOKEN = event({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "a word or two "}})
END = event({"type": "message_delta", "usage": {"output_tokens": 100}}) + b"0\r\n\r\n"


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Requests of one connection, one after the other."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r", 1)[0])
            body = json.loads(await reader.readexactly(length))
            await stream(writer, int(body["metadata"]["tokens"]))
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def stream(writer: asyncio.StreamWriter, tokens: int) -> None:
    """The answer, at its pace."""
    writer.write(HEAD + START)
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number in range(tokens):
        await asyncio.sleep(began + number / TOKENS_A_SECOND - loop.time())
        writer.write(TOKEN)
        await writer.drain()
    writer.write(END)


async def main(port: int) -> None:
    """Serves for ever."""
    server = await asyncio.start_server(answer, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(int(sys.argv[1])))
