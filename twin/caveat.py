# SPDX-License-Identifier: Apache-2.0
"""A limit of a model that everybody who sees its numbers must see too: a key and the numbers in it, in one text.

'dense_gas?ri=1.53' is stored with fields and runs; viewer and report say it in the reader's language from their catalogues.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode


def caveat(key: str, **values: str | float) -> str:
    """The stored form of a caveat.

    Examples:
        >>> caveat("dense_gas", ri=1.5312)
        'dense_gas?ri=1.53'
    """
    shown = {name: f"{value:.3g}" if isinstance(value, float) else value for name, value in values.items()}
    return f"{key}?{urlencode(shown)}" if shown else key


def parts(stored: str) -> tuple[str, dict[str, str]]:
    """Key and values of a stored caveat.

    Examples:
        >>> parts("dense_gas?ri=1.53")
        ('dense_gas', {'ri': '1.53'})
    """
    key, _, query = stored.partition("?")
    return key, dict(parse_qsl(query))
