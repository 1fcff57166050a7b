"""Pictures for the demo's answers, drawn here: a stairwell in the dark, its lamp repaired, or a cleared way."""

import io
import random

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 960, 720
Colour = tuple[int, int, int]


def stairwell(name: str, *, lit: bool, seed: int = 0) -> SimpleUploadedFile:
    """A stairwell with its lamp on or off, as an uploaded JPEG."""
    wall: Colour = (226, 219, 200) if lit else (64, 63, 68)
    picture, draw, chance = _ground(wall, (168, 160, 146) if lit else (44, 44, 48), seed)
    for step in range(7):
        top = 640 - step * 44
        draw.rectangle((60 + step * 52, top, 520, top + 44), fill=_shade(wall, 0.62 + 0.04 * step))
    draw.rectangle((600, 250, 800, 640), fill=_shade(wall, 0.45), outline=_shade(wall, 0.3), width=6)
    draw.ellipse((772, 440, 788, 456), fill=_shade(wall, 0.9))
    if lit:
        glow = Image.new("RGB", picture.size)
        ImageDraw.Draw(glow).ellipse((330, -60, 690, 300), fill=(90, 84, 60))
        picture.paste(Image.blend(picture, glow.filter(ImageFilter.GaussianBlur(70)), 0.25))
        draw = ImageDraw.Draw(picture)
    draw.ellipse((475, 60, 545, 130), fill=(255, 250, 215) if lit else (96, 96, 98))
    return _upload(picture, name, chance)


def clear_way(name: str, *, seed: int = 0) -> SimpleUploadedFile:
    """A lane between two buildings with nothing standing on it, as an uploaded JPEG."""
    picture, draw, chance = _ground((186, 205, 219), (132, 134, 136), seed)
    for left, right, colour in ((0, 300, (201, 178, 152)), (660, WIDTH, (190, 168, 146))):
        draw.rectangle((left, 90, right, 520), fill=colour)
        for row in range(4):
            for column in range(3):
                x, y = left + 30 + column * 90, 120 + row * 95
                draw.rectangle((x, y, x + 55, y + 60), fill=(94, 112, 128))
    for side in ((330, 520, 180, 720), (630, 520, 780, 720)):
        draw.line(side, fill=(236, 196, 62), width=12)
    return _upload(picture, name, chance)


def _ground(wall: Colour, floor: Colour, seed: int) -> tuple[Image.Image, ImageDraw.ImageDraw, random.Random]:
    chance = random.Random(f"photo/{seed}")
    picture = Image.new("RGB", (WIDTH, HEIGHT), wall)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 520 + chance.randint(-12, 12), WIDTH, HEIGHT), fill=floor)
    return picture, draw, chance


def _shade(colour: Colour, share: float) -> Colour:
    red, green, blue = (int(part * share) for part in colour)
    return red, green, blue


def _upload(picture: Image.Image, name: str, chance: random.Random) -> SimpleUploadedFile:
    # Held a little askew and not quite sharp, as phones do it.
    turned = picture.rotate(chance.uniform(-1.5, 1.5), expand=False, fillcolor=picture.getpixel((5, 5)))
    out = io.BytesIO()
    turned.filter(ImageFilter.GaussianBlur(0.8)).save(out, "JPEG", quality=80)
    return SimpleUploadedFile(f"{name}.jpg", out.getvalue(), "image/jpeg")
