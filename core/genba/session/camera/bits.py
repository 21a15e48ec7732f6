"""Reading the bit fields of H.264 headers."""

from __future__ import annotations

LONGEST = 32  # leading zeros of an Exp-Golomb code; more is no real header


class BitReader:
    """Reads a NAL unit's payload without its emulation prevention bytes; ValueError at its end."""

    def __init__(self, data: bytes) -> None:
        """Begin at the first bit."""
        clean = data.replace(b"\x00\x00\x03", b"\x00\x00")
        self._value = int.from_bytes(clean, "big")
        self._left = len(clean) * 8

    def bits(self, count: int) -> int:
        """Read an unsigned number."""
        if count > self._left:
            raise ValueError("the header is too short")
        self._left -= count
        return self._value >> self._left & (1 << count) - 1

    def flag(self) -> bool:
        """Read one bit."""
        return bool(self.bits(1))

    def ue(self) -> int:
        """Read an unsigned Exp-Golomb code."""
        zeros = 0
        while not self.bits(1):
            zeros += 1
            if zeros > LONGEST:
                raise ValueError("an Exp-Golomb code is too long")
        return (1 << zeros) - 1 + self.bits(zeros)

    def se(self) -> int:
        """Read a signed Exp-Golomb code."""
        code = self.ue()
        return (code + 1) // 2 if code & 1 else -(code // 2)
