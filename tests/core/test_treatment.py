"""The holdout (R54): sticky, the right share, the same everywhere."""

import math
import subprocess
import sys

from saccade.domain import Arm, Reason
from saccade.tenants import Phase
from saccade.treatment import arm, share, withheld

SECRET = b"a key of the test's own"


def test_ten_percent_of_100k_visitors() -> None:
    control = sum(arm(SECRET, f"visitor-{n}", 0.10) is Arm.CONTROL for n in range(100_000))
    assert 9_700 <= control <= 10_300  # R54: 10 ± 0.3 %


def test_the_same_answer_in_another_process() -> None:
    names = [f"v{n}" for n in range(200)]
    here = "".join(arm(SECRET, name, 0.5).value[0] for name in names)
    program = (
        "from saccade.treatment import arm;"
        f"print(''.join(arm({SECRET!r}, f'v{{n}}', 0.5).value[0] for n in range(200)))"
    )
    there = subprocess.run(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert there.stdout.strip() == here


def test_growing_the_holdout_moves_nobody_out_of_it() -> None:
    names = [f"v{n}" for n in range(2_000)]
    small = {name for name in names if arm(SECRET, name, 0.05) is Arm.CONTROL}
    large = {name for name in names if arm(SECRET, name, 0.20) is Arm.CONTROL}
    assert small < large


def test_two_tenants_hold_out_different_visitors() -> None:
    names = [f"v{n}" for n in range(5_000)]
    both = sum(
        arm(b"one", name, 0.5) is Arm.CONTROL and arm(b"two", name, 0.5) is Arm.CONTROL
        for name in names
    )
    assert abs(both / len(names) - 0.25) < 4 * math.sqrt(0.25 * 0.75 / len(names))


def test_a_kept_arm_wins() -> None:
    assert arm(SECRET, "v", 0.0, Arm.CONTROL) is Arm.CONTROL


def test_shares_are_uniform_enough_for_any_purpose() -> None:
    values = sorted(share(SECRET, "purpose", str(n)) for n in range(10_000))
    largest_gap = max(abs(value - n / 10_000) for n, value in enumerate(values))
    assert largest_gap < 1.95 / math.sqrt(10_000)  # Kolmogorov–Smirnov at 0.1 %


def test_why_a_choice_is_withheld() -> None:
    assert withheld(Arm.CONTROL, Phase.SHADOW) is Reason.HOLDOUT
    assert withheld(Arm.TREATMENT, Phase.SHADOW) is Reason.SHADOW
    assert withheld(Arm.TREATMENT, Phase.LIVE) is None
