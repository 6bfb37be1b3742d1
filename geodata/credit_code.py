# SPDX-License-Identifier: Apache-2.0
"""The unified social credit code of a Chinese enterprise: 18 characters, the last one a check character.

C18 = (31 - sum(C_i * 3^(i-1) mod 31)) mod 31, in an alphabet of 31 characters without I, O, S, V, Z.

References:
    GB 32100-2015, clause on the check character (weights 1 3 9 27 19 26 16 17 20 29 25 13 8 24 10 30 28).
"""

from __future__ import annotations

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def check_character(first_17: str) -> str:
    """The 18th character that belongs to the first 17.

    Raises: ValueError when there are not 17 characters of the alphabet.

    Examples:
        >>> check_character("91350100M000100Y4")  # worked example of the standard
        '3'
    """
    if len(first_17) != 17:
        raise ValueError("a credit code has 17 characters before its check character")
    total = sum(_ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(first_17))
    return _ALPHABET[-total % 31]


def credit_code_fault(code: str) -> str | None:
    """What is wrong with a credit code, in words; None when it is valid."""
    if len(code) != 18:
        return f"it has {len(code)} characters, not 18"
    strange = sorted(set(code) - set(_ALPHABET))
    if strange:
        return f"it has characters that no credit code has: {' '.join(strange)}"
    if code[17] != check_character(code[:17]):
        return "its last character does not fit the others; one of them is mistyped"
    return None
