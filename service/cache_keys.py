"""The keys of cached bodies: those who fill an entry and those who invalidate it must agree."""


def user_key(user_id: int) -> str:
    """Return the key of a user's profile."""
    return f"user:{user_id}"


def video_key(video_id: int) -> str:
    """Return the key of a video."""
    return f"video:{video_id}"
