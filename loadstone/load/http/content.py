"""Bodies as they were before the server packed them."""

import zlib

from loadstone.load.http.errors import BadAnswerError

MEMBER_LIMIT = 16  # streams one after the other in one gzip body; each takes a copy of what follows
CODING_LIMIT = 4  # one upon the other
_GZIP_OR_ZLIB, _RAW_DEFLATE = 32 + zlib.MAX_WBITS, -zlib.MAX_WBITS


def decode_content(body: bytes, coding: str, limit: int) -> bytes:
    """Return the body without its `Content-Encoding`; raises BadAnswerError when it is broken or too large.

    A coding this client doesn't ask for (a task may have) is left as it is.
    """
    if not body:
        return body
    names = [part.strip().lower() for part in coding.split(",")]
    if len(names) > CODING_LIMIT:
        raise BadAnswerError(f"the answer's body is packed over {CODING_LIMIT} times")
    for name in reversed(names):
        if name in ("gzip", "x-gzip", "deflate"):
            body = _inflate(body, limit)
        elif name not in ("", "identity"):
            return body
    return body


def _inflate(body: bytes, limit: int) -> bytes:
    # "deflate" means zlib's format, but some servers send it bare; no zlib header can be told apart from
    # bare data for sure, so the one is tried after the other.
    try:
        return _inflate_as(_GZIP_OR_ZLIB, body, limit)
    except zlib.error:
        pass
    try:
        return _inflate_as(_RAW_DEFLATE, body, limit)
    except zlib.error as error:
        raise BadAnswerError("the answer's body is not the gzip or deflate it is said to be") from error


def _inflate_as(window_bits: int, body: bytes, limit: int) -> bytes:
    unpacked = b""
    for _ in range(MEMBER_LIMIT):
        unpacker = zlib.decompressobj(window_bits)
        unpacked += unpacker.decompress(body, limit + 1 - len(unpacked))
        if len(unpacked) > limit:
            raise BadAnswerError(f"the answer's body is over {limit} bytes when unpacked")
        if not unpacker.eof:
            raise zlib.error("cut off")
        body = unpacker.unused_data
        if not body:
            return unpacked
    raise BadAnswerError(f"the answer's body has over {MEMBER_LIMIT} gzip members")
