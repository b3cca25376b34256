import pytest

from loadstone.load.http.headers import Headers

HEADERS = Headers(
    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nSet-Cookie: a=1\r\nX-Empty:\r\nset-cookie:\tb=2 "
)


@pytest.mark.parametrize("name", ["Content-Type", "content-type", "CONTENT-TYPE"])
def test_a_name_may_be_in_any_case(name: str) -> None:
    assert HEADERS[name] == HEADERS.get(name) == "text/html"
    assert name in HEADERS


def test_headers_of_one_name_are_one_value_or_a_list() -> None:
    assert HEADERS["Set-Cookie"] == "a=1, b=2"
    assert HEADERS.get_all("Set-Cookie") == ["a=1", "b=2"]


def test_a_header_may_be_empty_and_is_there_all_the_same() -> None:
    assert HEADERS["X-Empty"] == ""
    assert "x-empty" in HEADERS


@pytest.mark.parametrize("name", ["Location", "text/html", "HTTP/1.1 200 OK", "Content"])
def test_what_is_no_name_is_not_there(name: str) -> None:
    assert HEADERS.get(name) is None
    assert HEADERS.get(name, "else") == "else"
    assert HEADERS.get_all(name) == []
    assert name not in HEADERS
    with pytest.raises(KeyError):
        HEADERS[name]


def test_it_is_a_mapping_of_lower_case_names() -> None:
    assert dict(HEADERS) == {"content-type": "text/html", "set-cookie": "a=1, b=2", "x-empty": ""}
    assert len(HEADERS) == 3


def test_without_an_answer_there_are_none() -> None:
    assert dict(Headers("")) == {}
    assert Headers("").get("content-type") is None
