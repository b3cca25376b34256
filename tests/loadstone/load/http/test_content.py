import gzip
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.load.http.content import CODING_LIMIT, MEMBER_LIMIT, decode_content
from loadstone.load.http.errors import BadAnswerError

LIMIT = 100_000
TEXT = b"some text " * 100


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (gzip.compress(TEXT), "gzip"),
        (gzip.compress(TEXT), "X-GZIP"),
        (gzip.compress(TEXT[:500]) + gzip.compress(TEXT[500:]), "gzip"),
        (zlib.compress(TEXT), "deflate"),
        (raw_deflate(TEXT), "deflate"),
        (gzip.compress(zlib.compress(TEXT)), "deflate, gzip"),
        (TEXT, "identity"),
        (TEXT, ""),
        (TEXT, "br"),  # unasked for, and left alone
    ],
)
def test_a_body_is_unpacked_as_its_header_says(body: bytes, coding: str) -> None:
    assert decode_content(body, coding, LIMIT) == TEXT


def test_an_empty_body_is_empty_whatever_its_coding() -> None:
    assert decode_content(b"", "gzip", LIMIT) == b""


@pytest.mark.parametrize("body", [TEXT, gzip.compress(TEXT)[:-1], gzip.compress(TEXT) + b"garbage", b"\x1f"])
def test_a_broken_body_is_refused(body: bytes) -> None:
    with pytest.raises(BadAnswerError, match="not the gzip or deflate"):
        decode_content(body, "gzip", LIMIT)


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, raw_deflate])
def test_a_bomb_is_refused_when_it_is_over_the_limit(pack: object) -> None:
    assert callable(pack)
    assert len(decode_content(pack(bytes(LIMIT)), "gzip", LIMIT)) == LIMIT
    with pytest.raises(BadAnswerError, match="over 100000 bytes when unpacked"):
        decode_content(pack(bytes(LIMIT + 1)), "gzip", LIMIT)


def test_a_body_of_very_many_members_is_refused() -> None:
    """Unpacking a million of them would take longer than any deadline."""
    member = gzip.compress(b"x")
    assert decode_content(member * MEMBER_LIMIT, "gzip", LIMIT) == b"x" * MEMBER_LIMIT
    with pytest.raises(BadAnswerError, match="over 16 gzip members"):
        decode_content(member * (MEMBER_LIMIT + 1), "gzip", LIMIT)


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate", "gzip, deflate", "x"]))
def test_no_body_raises_anything_else(body: bytes, coding: str) -> None:
    with suppress(BadAnswerError):
        decode_content(body, coding, LIMIT)


def test_a_body_packed_very_many_times_is_refused() -> None:
    body = TEXT
    for _ in range(CODING_LIMIT):
        body = gzip.compress(body)
    assert decode_content(body, "gzip," * (CODING_LIMIT - 1) + "gzip", LIMIT) == TEXT
    with pytest.raises(BadAnswerError, match="packed over 4 times"):
        decode_content(gzip.compress(body), "gzip," * CODING_LIMIT + "gzip", LIMIT)
