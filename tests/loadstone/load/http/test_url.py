import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.errors import LoadstoneError
from loadstone.load.http.url import Origin, find_target, parse_base, parse_url


def asked(host: str, url: str) -> tuple[str, str]:
    """Return the server and the path that a task's `url` leads to."""
    target = find_target(parse_base(host), url)
    return target.origin.authority, target.path


@pytest.mark.parametrize(
    ("host", "url", "authority", "path"),
    [
        ("http://h", "/", "h", "/"),
        ("http://h", "", "h", "/"),
        ("http://h:80", "/a?b=c", "h", "/a?b=c"),
        ("http://h:81", "/a", "h:81", "/a"),
        ("https://h:443", "/a", "h", "/a"),
        ("http://h/base", "/a", "h", "/base/a"),
        ("http://h/", "/a", "h", "//a"),  # as Locust joins them
        ("http://h/base/", "a", "h", "/base/a"),
        ("http://h/my base", "/a", "h", "/my%20base/a"),
        ("http://h", "?q=1", "h", "/?q=1"),
        ("http://h", "//other/a", "h", "//other/a"),
        ("http://h", "http://other:8080/a#b", "other:8080", "/a"),
        ("http://h", "HTTPS://Other/A", "other", "/A"),
        ("http://[::1]:8080", "/a", "[::1]:8080", "/a"),
        ("http://[::1]", "/a", "[::1]", "/a"),
        ("http://h", "/a b/ü?c=ä ö", "h", "/a%20b/%C3%BC?c=%C3%A4%20%C3%B6"),
        ("http://h", "/100%25?x=%20", "h", "/100%25?x=%20"),
        ("http://h", '/q?query={a|b}^"\\<>`', "h", "/q?query=%7Ba%7Cb%7D%5E%22%5C%3C%3E%60"),
        ("http://h", "/a#fragment", "h", "/a"),
        ("http://bücher.example", "/", "xn--bcher-kva.example", "/"),
        ("http://user:pass@h/base", "/a b", "h", "/base/a%20b"),
    ],
)
def test_a_url_leads_to_a_server_and_a_path(host: str, url: str, authority: str, path: str) -> None:
    assert asked(host, url) == (authority, path)


@pytest.mark.parametrize(
    ("host", "credentials"),
    [
        ("http://h", None),
        ("http://user:p%40ss@h", ("user", "p@ss")),
        ("http://user@h", ("user", "")),
    ],
)
def test_a_host_may_hold_credentials(host: str, credentials: tuple[str, str] | None) -> None:
    assert parse_base(host).credentials == credentials


@pytest.mark.parametrize(
    "url", ["", "h", "ftp://h", "http://", "http:///a", "http://h:99999", "http://[::1", "http://h:port"]
)
def test_what_is_no_http_url_is_refused_with_its_value(url: str) -> None:
    with pytest.raises(LoadstoneError, match="is no URL to ask") as caught:
        parse_url(url)
    assert repr(url) in caught.value.message


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/c", "http://h:81/c"),
        ("c?d", "http://h:81/a/c?d"),
        ("//other/c", "http://other/c"),
        ("https://h/c", "https://h/c"),
        ("../c", "http://h:81/c"),
        ("/ü".encode().decode("latin-1"), "http://h:81/%C3%BC"),
        ("/\xff", "http://h:81/%C3%BF"),
    ],
)
def test_a_location_is_relative_to_what_sent_it(location: str, url: str) -> None:
    assert parse_url("http://h:81/a/b").follow(location).url == url


@given(st.one_of(st.text(), st.text(alphabet="htps:/[]@#?%\x00\xff.a1"), st.text().map("http://".__add__)))
def test_whatever_a_location_says_it_is_a_target_to_send_or_refused(location: str) -> None:
    try:
        target = parse_url("http://h:81/a/b").follow(location)
    except LoadstoneError:
        return
    assert target.origin.scheme in ("http", "https")
    assert target.path.startswith("/")
    assert target.path.isascii()
    assert not set(target.path) & set(" \r\n\t\0")
    assert target.origin.authority.isascii()


@pytest.mark.parametrize(
    ("url", "query", "path"),
    [
        ("http://h", "a=b+c", "/?a=b+c"),
        ("http://h/?a", "b=ü d%20", "/?a&b=%C3%BC%20d%20"),
        ("http://h", "", "/"),
    ],
)
def test_a_query_is_added_and_quoted(url: str, query: str, path: str) -> None:
    assert parse_url(url).with_query(query).path == path


def test_an_origin_of_an_ipv6_address_is_without_brackets() -> None:
    assert parse_url("http://[fe80::1]:8080/").origin == Origin("http", "fe80::1", 8080)


def test_a_password_is_not_told_in_an_error() -> None:
    with pytest.raises(LoadstoneError) as caught:
        parse_base("http://user:secret@h:99999")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("host", ["a b", "a\x00b", "a\x7fb", "a<b", "a|b"])
def test_a_server_has_no_such_name(host: str) -> None:
    with pytest.raises(LoadstoneError, match="names no server"):
        parse_url(f"http://{host}/")
