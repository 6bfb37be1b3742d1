# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from geodata.credit_code import check_character, credit_code_fault


@pytest.mark.parametrize(
    "code",
    [
        "91350100M000100Y43",  # the worked example of GB 32100-2015, with the check character it computes
        "91110108551385082Q",  # a real company, published with other checkers
    ],
)
def test_valid_codes(code: str) -> None:
    assert credit_code_fault(code) is None
    assert check_character(code[:17]) == code[17]


def test_every_single_mistyped_character_is_noticed() -> None:
    code = "91110108551385082Q"
    for place in range(18):
        for other in "0123456789ABCDEFGHJKLMNPQRTUWXY":
            if other != code[place]:
                assert credit_code_fault(code[:place] + other + code[place + 1 :]) is not None


def test_faults_are_named() -> None:
    assert "17 characters" in (credit_code_fault("9111010855138508Q") or "")
    assert "I" in (credit_code_fault("9111010855138508I2") or "")
    assert "last character" in (credit_code_fault("91350100M000100Y4X") or "")
    with pytest.raises(ValueError):
        check_character("1")
