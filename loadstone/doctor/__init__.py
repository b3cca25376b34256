"""What this machine has, lacks, and what will disturb a measurement on it."""

from collections.abc import Callable

from loadstone.doctor.clocks import clock_findings
from loadstone.doctor.generator import generator_findings
from loadstone.doctor.limits import limit_findings
from loadstone.doctor.present import present_findings
from loadstone.doctor.processors import processor_findings
from loadstone.doctor.programs import program_findings
from loadstone.records.finding import Finding


def examine(step: Callable[[str], None] = lambda text: None) -> list[Finding]:
    """Return what was found, the machine first and the generator last.

    It takes twenty seconds, most of them to calibrate the generator. `step` hears what is looked at now.
    """
    step("looking at the machine")
    findings = [*processor_findings(), *limit_findings(), *clock_findings(), *program_findings()]
    step("watching the machine for a second")
    findings += present_findings()
    return [*findings, *generator_findings(step)]
