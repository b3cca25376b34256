from itertools import pairwise

from tests.service.conftest import SEEDED, Running


async def test_the_locking_audit_tells_a_job_from_ask_to_leave(running: Running) -> None:
    async with running(processing_work_s=0.01) as client:
        author = await client.author()
        video = await client.video(author)
        started = await client.post(f"/videos/{video['id']}/process", headers=author.headers)
        await client.post("/internal/drain")
        audit = (await client.get("/internal/audit/locking")).json()
        entries = [entry for entry in audit["journal"] if entry["job"] == started.json()["job"]]
        assert [(entry["entry"], entry["status"]) for entry in entries] == [
            ("ask", None),
            ("enter", None),
            ("write", "processing"),
            ("write", "completed"),
            ("leave", None),
        ]
        assert [entry["fence"] for entry in entries] == [None, 1, 1, 1, 1]
        assert all(before["at_s"] < after["at_s"] for before, after in pairwise(entries))


async def test_the_views_audit_counts_what_is_stored_and_what_is_buffered(running: Running) -> None:
    async with running(view_flush_interval_s=60) as client:
        video = await client.video(await client.author())
        for viewer in ("anna", "ben"):
            await client.post(f"/videos/{video['id']}/views", json={"viewer": viewer})
        before = (await client.get("/internal/audit/view_counting")).json()["videos"]
        assert before[str(video["id"])] == {"stored": 0, "buffered": 2}
        assert len(before) >= SEEDED.videos
        assert (await client.post("/internal/drain")).json() == {"jobs": 0, "buffered": 0}
        after = (await client.get("/internal/audit/view_counting")).json()["videos"]
        assert after[str(video["id"])] == {"stored": 2, "buffered": 0}


async def test_the_rule_is_told_with_what_its_strategy_admits(running: Running) -> None:
    rule = {"rate_limit_posts": 4, "rate_limit_posts_window_s": 2.0}
    async with running(**rule) as client:
        audit = (await client.get("/internal/audit/rate_limiting")).json()
        assert audit["posts"].keys() == {"limit", "window_s", "allowance"}
        assert (audit["posts"]["limit"], audit["posts"]["window_s"]) == (4, 2.0)
        assert audit["posts"]["allowance"].keys() == {"burst", "more", "every_s"}
    async with running(**rule, rate_limiting_strategy="unlimited") as client:
        audit = (await client.get("/internal/audit/rate_limiting")).json()
        assert audit["posts"]["allowance"] is None


async def test_the_configuration_is_told_without_its_secrets(running: Running) -> None:
    async with running(locking_strategy="guide") as client:
        audit = (await client.get("/internal/audit/configuration")).json()
        assert audit["strategies"]["locking"] == "guide"
        assert audit["settings"]["VIEW_FLUSH_INTERVAL_S"] == 1.0
        assert client.resources.settings.secret_key.get_secret_value() not in str(audit)


async def test_production_has_no_inside_to_look_into(running: Running) -> None:
    async with running(environment="production") as client:
        paths = ("locking", "view_counting", "rate_limiting", "configuration")
        answers = [await client.get(f"/internal/audit/{path}") for path in paths]
        answers.append(await client.post("/internal/drain"))
        assert {answer.status_code for answer in answers} == {404}
