"""Uploads of every kind, honest and not: what comes out is a picture and nothing else, or a clear refusal."""

from __future__ import annotations

import struct
import time
import zlib
from contextlib import suppress
from io import BytesIO

import pytest
import trio
from hypothesis import HealthCheck, given, settings, strategies as st
from PIL import ExifTags, Image, ImageDraw, PngImagePlugin

from plixa.engine.errors import Invalid
from plixa.http.clients.pictures.cleaning import Picture, clean, clean_sync, mime_of
from plixa.http.clients.pictures.errors import (
    BrokenPicture,
    EmptyPicture,
    PictureError,
    PictureTooLarge,
    WrongPictureType,
)

MB = 1024 * 1024
HTML = b"<script>alert(document.cookie)</script>"


def drawing(mode: str = "RGB", size: tuple[int, int] = (300, 200)) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGBA", size, (220, 20, 20, 255))
    ImageDraw.Draw(image).rectangle((size[0] // 2, 0, size[0], size[1]), fill=(20, 20, 220, 255))
    return image.convert(mode)


def file(image: Image.Image, format_: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def cleaned(data: bytes, max_bytes: int = MB) -> Picture:
    return clean_sync(data, max_bytes=max_bytes, field="logo")


def shown(picture: Picture) -> Image.Image:
    return Image.open(BytesIO(picture.data))


def near(pixel: object, colour: tuple[int, ...], within: int = 25) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(a - b) <= within for a, b in zip(pixel, colour, strict=False))


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_of(width: int, height: int, bits: int = 8, colour: int = 2, rows: bytes = b"", *extra: bytes) -> bytes:
    """A PNG with any head, whatever its pixels."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(extra) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


@pytest.mark.spec(316)
@pytest.mark.parametrize(("format_", "mime"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")])
def test_the_three_types_come_back_as_they_are(format_: str, mime: str) -> None:
    picture = cleaned(file(drawing(), format_))
    assert (picture.mime, picture.width, picture.height) == (mime, 300, 200)
    assert mime_of(picture.data) == mime
    pixels = shown(picture).convert("RGB")
    assert near(pixels.getpixel((20, 100)), (220, 20, 20))
    assert near(pixels.getpixel((280, 100)), (20, 20, 220))


@pytest.mark.spec(316)
@pytest.mark.parametrize(
    "data",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
        b"GIF89a/*" + b"\x00" * 300 + b"*/=1;alert(1)//",
        b"GIF89a" + HTML,
        file(drawing("P"), "GIF"),
        file(drawing(), "BMP"),
        file(drawing(), "TIFF"),
        file(drawing(), "ICO"),
        b"%PDF-1.7\n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        HTML,
        b"x",
        b"\x00" * 1000,
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
        b"PK\x03\x04" + b"\x00" * 100,
    ],
    ids=lambda data: repr(data[:12]),
)
def test_nothing_else_is_taken_whatever_its_name(data: bytes) -> None:
    with pytest.raises(WrongPictureType) as caught:
        cleaned(data)
    assert caught.value.details == {"logo": [caught.value.message]}
    assert "PNG, JPEG and WebP" in caught.value.message


def test_refusals_are_answers_of_the_usual_kind() -> None:
    with pytest.raises(EmptyPicture) as caught:
        cleaned(b"")
    assert isinstance(caught.value, PictureError)
    assert isinstance(caught.value, Invalid)
    assert (caught.value.status, caught.value.code) == (422, "VALIDATION_FAILED")


@pytest.mark.spec(316)
def test_a_file_over_the_limit_in_bytes() -> None:
    data = file(drawing(), "PNG")
    assert cleaned(data, len(data)).width == 300
    with pytest.raises(PictureTooLarge, match="0 KB"):
        cleaned(data, len(data) - 1)


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
def test_what_hangs_on_behind_a_picture_is_gone(format_: str) -> None:
    assert HTML not in cleaned(file(drawing(), format_) + HTML).data


def test_what_hides_inside_a_picture_is_gone() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", HTML.decode())
    info.add_itxt("XML:com.adobe.xmp", HTML.decode(), zip=True)
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = HTML.decode()
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (23.0, 33.0, 1.0)
    everything = {"exif": exif, "icc_profile": HTML, "xmp": HTML}
    for data in (
        file(drawing(), "PNG", pnginfo=info, exif=exif, icc_profile=HTML, dpi=(300, 300)),
        file(drawing(), "JPEG", comment=HTML, dpi=(300, 300), **everything),
        file(drawing(), "WEBP", **everything),
    ):
        assert HTML in data or HTML.hex().encode() in data or b"Exif" in data or b"eXIf" in data
        picture = cleaned(data)
        assert HTML not in picture.data
        image = shown(picture)
        image.load()
        assert not set(image.info) - {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression",
                                      "loop", "background", "timestamp", "duration"}  # fmt: skip
        assert not image.getexif()


def test_a_photograph_stands_upright_though_its_exif_is_gone() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # turned clockwise by a quarter
    picture = cleaned(file(drawing(), "JPEG", exif=exif, quality=95))
    assert (picture.width, picture.height) == (200, 300)
    pixels = shown(picture).convert("RGB")
    assert near(pixels.getpixel((100, 20)), (220, 20, 20))
    assert near(pixels.getpixel((100, 280)), (20, 20, 220))


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("size", [(3000, 1500), (1500, 3000), (5000, 3), (1, 1)])
def test_no_side_is_longer_than_the_limit(format_: str, size: tuple[int, int]) -> None:
    picture = clean_sync(file(drawing(size=size), format_), max_bytes=MB)
    scale = min(1, 1024 / max(size))
    assert max(picture.width, picture.height) == min(max(size), 1024)
    assert abs(picture.width - size[0] * scale) <= 1
    assert clean_sync(file(drawing(size=size), format_), max_bytes=MB, max_side=64).width <= 64


def test_a_small_file_with_too_many_pixels_is_not_decoded() -> None:
    started = time.monotonic()
    wide = Image.new("1", (5001, 5000))
    for data in (file(wide, "PNG"), png_of(60_000, 60_000), png_of(2**31 - 1, 1), png_of(2**31 - 1, 2**31 - 1)):
        with pytest.raises(PictureTooLarge, match="25 million pixels"):
            cleaned(data)
    with pytest.raises(PictureTooLarge):
        cleaned(file(Image.new("L", (5001, 5000)), "JPEG"))
    with pytest.raises(PictureTooLarge):
        cleaned(file(Image.new("RGB", (5001, 5000)), "WEBP", method=0))
    assert time.monotonic() - started < 5


def test_twenty_five_million_pixels_are_taken() -> None:
    assert cleaned(file(Image.new("1", (5000, 5000)), "PNG")).width == 1024


def test_a_png_whose_text_or_profile_explodes() -> None:
    bomb = zlib.compress(b"\x00" * 100_000_000, 9)
    pixels = b"\x00" + b"\xff" * 30
    for extra in (
        chunk(b"zTXt", b"a\x00\x00" + bomb),
        chunk(b"iTXt", b"a\x00\x01\x00\x00\x00" + bomb),
        chunk(b"iCCP", b"a\x00\x00" + bomb),
    ):
        with suppress(BrokenPicture):
            assert len(cleaned(png_of(10, 1, 8, 2, pixels, extra)).data) < 1000


def test_a_png_with_far_more_data_than_pixels() -> None:
    picture = cleaned(png_of(10, 1, 8, 2, b"\x00" + b"\xff" * 30 + b"\x00" * 50_000_000))
    assert (picture.width, picture.height) == (10, 1)


def test_a_jpeg_of_endless_passes() -> None:
    data = file(drawing(), "JPEG", progressive=True)
    scan = data.index(b"\xff\xda")
    with pytest.raises(BrokenPicture, match="passes"):
        cleaned(data[:-2] + (b"\xff\xda" + data[scan + 2 : scan + 12]) * 5000 + b"\xff\xd9")


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
def test_a_file_that_was_cut_off(format_: str) -> None:
    data = file(drawing(), format_)
    for share in (0.05, 0.3, 0.6, 0.9):
        with pytest.raises((BrokenPicture, WrongPictureType)):
            cleaned(data[: int(len(data) * share)])


def test_a_cmyk_jpeg_becomes_one_that_browsers_show() -> None:
    picture = cleaned(file(drawing().convert("CMYK"), "JPEG", quality=95))
    image = shown(picture)
    assert image.mode == "RGB"
    assert near(image.getpixel((20, 100)), (220, 20, 20), 60)


def test_transparency_stays() -> None:
    see_through = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    ImageDraw.Draw(see_through).rectangle((0, 0, 49, 99), fill=(20, 160, 20, 255))
    palette = see_through.convert("P")
    palette.info["transparency"] = palette.getpixel((90, 50))
    for data in (
        file(see_through, "PNG"),
        file(see_through, "WEBP", lossless=True),
        file(palette, "PNG", transparency=palette.getpixel((90, 50))),
        file(see_through.convert("LA"), "PNG"),
    ):
        image = shown(cleaned(data))
        assert image.mode == "RGBA"
        alpha = [image.getpixel(point)[3] for point in ((10, 50), (90, 50))]  # type: ignore[index]
        assert alpha == [255, 0]


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "I;16"])
def test_every_way_of_storing_pixels(mode: str) -> None:
    source = Image.new("I;16", (300, 200), 40_000) if mode == "I;16" else drawing(mode)
    picture = cleaned(file(source, "PNG"))
    image = shown(picture)
    assert image.mode in ("RGB", "RGBA")
    if mode == "I;16":
        assert near(image.getpixel((5, 5)), (156, 156, 156), 2)  # 40,000 of 65,535


@pytest.mark.parametrize("format_", ["WEBP", "PNG"])
def test_of_an_animation_the_first_frame(format_: str) -> None:
    frames = [Image.new("RGB", (50, 50), colour) for colour in ("red", "lime", "blue")]
    data = file(frames[0], format_, save_all=True, append_images=frames[1:], duration=100)
    assert Image.open(BytesIO(data)).n_frames == 3
    picture = cleaned(data)
    image = shown(picture)
    assert getattr(image, "n_frames", 1) == 1
    assert near(image.convert("RGB").getpixel((25, 25)), (255, 0, 0))


def test_a_phone_s_jpeg_of_several_pictures() -> None:
    data = file(drawing(), "MPO", save_all=True, append_images=[drawing("L").convert("RGB")])
    assert cleaned(data).mime == "image/jpeg"


SPECIMENS = [
    file(drawing("RGBA", (40, 30)), "PNG"),
    file(drawing("P", (40, 30)), "PNG"),
    file(drawing(size=(40, 30)), "JPEG", progressive=True, exif=Image.Exif()),
    file(drawing(size=(40, 30)), "MPO", save_all=True, append_images=[drawing(size=(40, 30))]),
    file(drawing("RGBA", (40, 30)), "WEBP"),
    file(drawing(size=(40, 30)), "WEBP", save_all=True, append_images=[drawing("L", (40, 30)).convert("RGB")]),
]


@pytest.mark.filterwarnings("ignore:::PIL")  # as in production
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SPECIMENS), st.data())
def test_damage_of_any_kind_ends_in_a_picture_or_a_refusal(specimen: bytes, data: st.DataObject) -> None:
    damaged = bytearray(specimen)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        new = data.draw(st.binary(max_size=4))
        damaged[at : at + data.draw(st.integers(0, 4))] = new
    try:
        picture = cleaned(bytes(damaged))
    except PictureError:
        return
    again = shown(picture)
    again.load()
    assert again.size == (picture.width, picture.height)


async def test_it_happens_beside_the_loop() -> None:
    data = file(drawing(size=(3000, 3000)), "PNG")
    async with trio.open_nursery() as nursery:
        done: list[Picture] = []

        async def one() -> None:
            done.append(await clean(data, max_bytes=MB, field="logo"))

        for _ in range(4):
            nursery.start_soon(one)
        ticks = 0
        while len(done) < 4:
            await trio.sleep(0.005)
            ticks += 1
        assert ticks > 5
    with pytest.raises(EmptyPicture):
        await clean(b"", max_bytes=MB)
