import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.errors import LoadstoneError
from loadstone.load.http.cookies import COUNT_LIMIT, PATH_LIMIT, SIZE_LIMIT, Cookies, parse_cookie
from loadstone.load.http.url import parse_url


def sent(line: str, to: str, set_by: str = "http://a.example/dir/page") -> str:
    """Return the Cookie header of a request, after one answer set a cookie."""
    cookies = Cookies()
    cookies.store(parse_url(set_by), [line])
    return cookies.header_for(parse_url(to))


@pytest.mark.parametrize(
    ("line", "to", "header"),
    [
        ("k=v", "http://a.example/dir/x", "k=v"),
        ("k=v", "http://a.example/other", ""),  # the default path is that of the page
        ("k=v; Path=/", "http://a.example/other?q", "k=v"),
        ("k=v; Path=/dir", "http://a.example/dir", "k=v"),
        ("k=v; Path=/dir", "http://a.example/directory", ""),
        ("k=v; Path=/dir/", "http://a.example/dir/x", "k=v"),
        ("k=v; Path=/", "http://b.example/", ""),
        ("k=v; Path=/", "http://sub.a.example/", ""),
        ("k=v; Path=/; Domain=a.example", "http://sub.a.example/", "k=v"),
        ("k=v; Path=/; Domain=.A.example", "http://a.example:8080/", "k=v"),
        ("k=v; Path=/; Domain=a.example", "http://nota.example/", ""),
        ("k=v; Path=/; Domain=b.example", "http://b.example/", ""),
        ("k=v; Path=/; Domain=example", "http://a.example/", ""),
        ("k=v; Path=/; Secure", "https://a.example/", ""),  # may not be set without TLS
        ("k=v; Path=/; Max-Age=60", "http://a.example/", "k=v"),
        ("k=v; Path=/; Max-Age=0", "http://a.example/", ""),
        ("k=v; Path=/; Expires=Wed, 21 Oct 2015 07:28:00 GMT", "http://a.example/", ""),
        ("k=v; Path=/; Expires=Wed, 21-Oct-2099 07:28:00 GMT", "http://a.example/", "k=v"),
        ("k=v; Path=/; Max-Age=60; Expires=Wed, 21 Oct 2015 07:28:00 GMT", "http://a.example/", "k=v"),
        ("k=v; Path=/; Expires=soon; Max-Age=x; HttpOnly; SameSite=Lax", "http://a.example/", "k=v"),
        ('k="v=w"; Path=/', "http://a.example/", 'k="v=w"'),
        ("k=; Path=/", "http://a.example/", "k="),
        ("=v; Path=/", "http://a.example/", ""),
        ("no equals", "http://a.example/dir/", ""),
    ],
)
def test_a_cookie_goes_where_it_belongs(line: str, to: str, header: str) -> None:
    assert sent(line, to) == header


def test_a_secure_cookie_goes_over_tls_only() -> None:
    line, by = "k=v; Path=/; Secure", "https://a.example/"
    assert sent(line, "https://a.example/", by) == "k=v"
    assert sent(line, "http://a.example/", by) == ""


def test_an_address_has_no_subdomains() -> None:
    assert parse_cookie("k=v; Domain=0.0.1", parse_url("http://127.0.0.1/")) is None


def test_a_newer_cookie_replaces_an_older_one_and_an_expired_one_deletes_it() -> None:
    cookies, page = Cookies(), parse_url("http://a.example/")
    cookies.store(page, ["k=1", "k=2"])
    assert cookies.header_for(page) == "k=2"
    cookies.store(page, ["k=; Max-Age=0"])
    assert cookies.header_for(page) == ""
    assert len(cookies) == 0


def test_a_cookie_expires_while_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    cookies, page = Cookies(), parse_url("http://a.example/")
    cookies.store(page, ["k=v; Max-Age=60"])
    now_s = time.time()
    monkeypatch.setattr(time, "time", lambda: now_s + 61)
    assert cookies.header_for(page) == ""


def test_the_longest_path_goes_first() -> None:
    cookies, page = Cookies(), parse_url("http://a.example/a/b")
    cookies.store(page, ["short=1; Path=/", "long=2; Path=/a/b", "middle=3; Path=/a"])
    assert cookies.header_for(page) == "long=2; middle=3; short=1"


def test_cookies_are_bounded_in_number_and_size() -> None:
    cookies, page = Cookies(), parse_url("http://a.example/")
    cookies.store(page, [f"k{number}=v" for number in range(COUNT_LIMIT + 5)])
    assert len(cookies) == COUNT_LIMIT
    assert "k4" not in cookies
    assert "k5" in cookies
    cookies.store(page, ["large=" + "v" * SIZE_LIMIT])
    assert "large" not in cookies


def test_a_task_reads_and_sets_cookies_by_name() -> None:
    cookies = Cookies()
    cookies.set("token", "t", "a.example")
    assert cookies["token"] == cookies.get("token") == "t"
    assert dict(cookies) == {"token": "t"}
    assert cookies.header_for(parse_url("http://a.example/x")) == "token=t"
    cookies.clear()
    assert cookies.get("token") is None


@given(st.text())
def test_no_header_of_a_server_raises(line: str) -> None:
    page = parse_url("http://a.example/")
    cookies = Cookies()
    cookies.store(page, [line, f"a=b; expires={line}", f"a=b; max-age={line}", f"a=b; domain={line}"])
    cookies.header_for(page)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("k", "a\r\nX: y"),
        ("k", "a; b=c"),
        ("k", "\0"),
        ("k", "€"),
        ("k\n", "v"),
        ("k=", "v"),
        ("", "v"),
        ("k", " v"),
    ],
)
def test_a_cookie_that_would_break_the_request_is_refused(name: str, value: str) -> None:
    with pytest.raises(LoadstoneError, match="is no cookie"):
        Cookies().set(name, value, "a.example")


def test_a_task_sets_and_deletes_cookies_of_its_host_as_in_a_dictionary() -> None:
    cookies, page = Cookies("a.example"), parse_url("http://a.example/")
    cookies["k"] = "v w"
    cookies.update({"l": "", "m": "1=2"})
    cookies.set("k", "other", "b.example")
    assert cookies.header_for(page) == "k=v w; l=; m=1=2"
    del cookies["k"]
    assert cookies.pop("l") == ""
    assert dict(cookies) == {"m": "1=2"}
    with pytest.raises(KeyError):
        del cookies["k"]


@pytest.mark.parametrize("age", ["9" * 400, "-" + "9" * 400, "9" * 5000])
def test_an_age_beyond_all_numbers_does_not_count(age: str) -> None:
    assert sent(f"k=v; Path=/; Max-Age={age}", "http://a.example/") == "k=v"


def test_a_very_long_path_does_not_count() -> None:
    cookie = parse_cookie(f"k=v; Path=/{'a' * PATH_LIMIT}", parse_url("http://a.example/dir/page"))
    assert cookie is not None
    assert cookie.path == "/dir"


@pytest.mark.parametrize("zone", ["GMT", "", "-0000", "+0900"])
def test_an_expiry_is_utc_whatever_zone_it_names(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        cookie = parse_cookie(
            f"k=v; Expires=Wed, 21 Oct 2099 07:28:00 {zone}", parse_url("http://a.example/")
        )
    finally:
        monkeypatch.undo()
        time.tzset()
    assert cookie is not None
    assert cookie.expires_s == 4096250880.0
