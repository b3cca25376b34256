"""Every family's guide is convicted and its default is not; the default run is valid: all of it repeated."""

import pytest

from tests.proofs.conftest import Proofs
from tests.proofs.families import FAMILIES, REPEATS, Family

MIXED_REPEATS = 10


@pytest.mark.parametrize("repeat", range(MIXED_REPEATS))
def test_the_default_run_is_valid_and_every_check_holds(proofs: Proofs, repeat: int) -> None:
    code, run = proofs.run(f"mixed-{repeat}", "mixed", "--seed", str(repeat + 1))
    assert (code, run.verdict, run.invalid_reasons) == (0, "PASS", [])
    assert set(run.checks) == {family.name for family in FAMILIES}
    for check in run.checks.values():
        assert check.observed > 0
        assert check.floor_met
        assert check.violations == 0


@pytest.mark.parametrize("repeat", range(REPEATS))
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_the_guide_is_convicted_and_the_default_holds(proofs: Proofs, family: Family, repeat: int) -> None:
    """One after the other, so that both meet the same machine."""
    code, run = proofs.run(f"{family.name}-{family.guide}-{repeat}", *family.arguments(family.guide))
    assert (code, run.invalid_reasons) == (1, [])
    assert run.checks[family.name].violations > 0
    assert run.checks[family.name].conviction
    code, run = proofs.run(f"{family.name}-{family.default}-{repeat}", *family.arguments(family.default))
    assert (code, run.invalid_reasons) == (0, [])
    assert run.checks[family.name].violations == 0
