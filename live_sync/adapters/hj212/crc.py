# SPDX-License-Identifier: Apache-2.0
"""The check code of HJ 212: like CRC-16 with polynomial 0xA001, but with each byte put on the high half of the register.

Per byte: r = (r >> 8) ^ byte, then eight times r = (r >> 1) ^ (0xA001 if r & 1 else 0); start 0xFFFF. The low half is lost at
each byte, so the state between bytes is 8 bits, h -> M (h ^ byte), M linear with M^8 = 1. Hence bytes at equal distance
(mod 8) from the end may be xor-ed first: the code of a frame is that of 8 bytes. It is not CRC-16/MODBUS, and weak: length,
syntax, device and range are checked as well.

References: HJ 212-2017 Appendix A; the order-8 property follows from the matrix and is tested.
"""

from __future__ import annotations


def crc_bitwise(data: bytes) -> int:
    """The check code as the standard writes it: slow, the reference of `crc`."""
    register = 0xFFFF
    for byte in data:
        register = (register >> 8) ^ byte
        for _ in range(8):
            register = (register >> 1) ^ (0xA001 if register & 1 else 0)
    return register


def _step_table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        register = value
        for _ in range(8):
            register = (register >> 1) ^ (0xA001 if register & 1 else 0)
        table.append(register)
    return tuple(table)


_STEP = _step_table()
"""Register after a byte, from (high half of the register before) ^ byte."""


def _distance_tables() -> tuple[tuple[int, ...], ...]:
    """What a byte at distance 0..7 from the end contributes to the final register."""
    tables = [_STEP]
    for _ in range(7):
        tables.append(tuple(tables[-1][_STEP[value] >> 8] for value in range(256)))
    return tuple(tables)


_T0, _T1, _T2, _T3, _T4, _T5, _T6, _T7 = _distance_tables()
_MASK_64 = (1 << 64) - 1


def crc(data: bytes) -> int:
    """The check code of a data segment.

    Examples:
        >>> f"{crc(b''):04X}"
        'FFFF'
    """
    size = len(data)
    if not size:
        return 0xFFFF
    # the start value 0xFFFF acts as 0xFF xor-ed onto the first byte
    folded = int.from_bytes(data, "big") ^ (0xFF << (8 * (size - 1)))
    words = (size + 7) >> 3
    while words > 1:
        half = (words + 1) >> 1
        bits = half << 6
        folded = (folded >> bits) ^ (folded & ((1 << bits) - 1))
        words = half
    return (
        _T0[folded & 255]
        ^ _T1[folded >> 8 & 255]
        ^ _T2[folded >> 16 & 255]
        ^ _T3[folded >> 24 & 255]
        ^ _T4[folded >> 32 & 255]
        ^ _T5[folded >> 40 & 255]
        ^ _T6[folded >> 48 & 255]
        ^ _T7[folded >> 56 & 255]
    )
