import loadstone
from loadstone.load.http.user import HttpUser


def test_the_package_gives_the_user_class_when_asked() -> None:
    assert loadstone.HttpUser is HttpUser
