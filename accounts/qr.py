"""A QR code as the path of an SVG, which needs no style and no other origin."""

from dataclasses import dataclass

import qrcode


@dataclass(frozen=True)
class Drawing:
    size: int  # of the square, in dots
    path: str


def draw(text: str) -> Drawing:
    code = qrcode.QRCode(border=4)
    code.add_data(text)
    rows = code.get_matrix()
    dots = (
        f"M{x} {y}h1v1h-1z"
        for y, row in enumerate(rows)
        for x, is_dark in enumerate(row)
        if is_dark
    )
    return Drawing(size=len(rows), path="".join(dots))
