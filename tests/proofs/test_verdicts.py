"""Every family's guide is convicted and its default is not; the default run is valid: all of it repeated."""

import pytest

from tests.proofs.conftest import Proofs

CONVICTED = {
    "caching": "guide",
    "rate_limiting": "guide_fixed",
    "locking": "guide",
    "view_counting": "guide_buffered",
    "replica_routing": "guide_random",
}
HELD = {
    "caching": "lease",
    "rate_limiting": "gcra",
    "locking": "postgres_lease",
    "view_counting": "buffered_swap",
    "replica_routing": "lsn_token",
}


@pytest.mark.parametrize("repeat", range(10))
def test_the_default_run_is_valid_and_every_check_holds(proofs: Proofs, repeat: int) -> None:
    code, run = proofs.run(f"mixed-{repeat}", "mixed", "--seed", str(repeat + 1))
    assert (code, run.verdict, run.invalid_reasons) == (0, "PASS", [])
    assert set(run.checks) == set(HELD)
    for check in run.checks.values():
        assert check.observed > 0
        assert check.floor_met
        assert check.violations == 0


@pytest.mark.parametrize("repeat", range(5))
@pytest.mark.parametrize("family", CONVICTED)
def test_the_guide_is_convicted(proofs: Proofs, family: str, repeat: int) -> None:
    code, run = proofs.run(f"{family}-guide-{repeat}", family, "--set", f"{family}={CONVICTED[family]}")
    assert code == 1
    assert run.checks[family].violations > 0
    assert run.checks[family].conviction


@pytest.mark.parametrize("repeat", range(5))
@pytest.mark.parametrize("family", HELD)
def test_the_default_holds(proofs: Proofs, family: str, repeat: int) -> None:
    code, run = proofs.run(f"{family}-default-{repeat}", family, "--set", f"{family}={HELD[family]}")
    assert (code, run.invalid_reasons) == (0, [])
    assert run.checks[family].violations == 0
