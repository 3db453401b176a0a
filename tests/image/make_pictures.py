"""Writes the odd pictures that decode_test.cpp reads, into pictures/ beside this script. Needs Pillow.

All are 32 x 16 pixels in four quarters: red and green above, blue and light grey below.
"""
import struct
import zlib
from pathlib import Path

from PIL import Image, PngImagePlugin

HERE = Path(__file__).resolve().parent / "pictures"
WIDTH, HEIGHT = 32, 16
QUARTERS = [(220, 40, 40), (40, 200, 40), (40, 40, 220), (230, 230, 230)]
GREYS = [20, 90, 160, 250]
ALPHAS = [255, 128, 0, 255]


def quarter(x, y):
    return (1 if x >= WIDTH // 2 else 0) + (2 if y >= HEIGHT // 2 else 0)


def picture(mode, values):
    image = Image.new(mode, (WIDTH, HEIGHT))
    image.putdata([values[quarter(x, y)] for y in range(HEIGHT) for x in range(WIDTH)])
    return image


def png_chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_by_hand(depth, color, rows, extra=b""):
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, color, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + extra + png_chunk(b"IDAT", pixels) + png_chunk(b"IEND", b"")
    )


def rows_of(pack, values):
    return [b"".join(pack(values[quarter(x, y)]) for x in range(WIDTH)) for y in range(HEIGHT)]


def write_png_files(rgb):
    rgb.save(HERE / "rgb.png", optimize=True)
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", "four quarters", zip=True)
    rgb.save(HERE / "text.png", pnginfo=texts, icc_profile=b"no profile at all")
    rgba = [color + (alpha,) for color, alpha in zip(QUARTERS, ALPHAS)]
    picture("RGBA", rgba).save(HERE / "rgba.png", optimize=True)
    picture("RGBA", [color + (255,) for color in QUARTERS]).save(HERE / "opaque.png", optimize=True)
    picture("LA", list(zip(GREYS, ALPHAS))).save(HERE / "grey_alpha.png", optimize=True)
    picture("LA", [(grey, 255) for grey in GREYS]).save(HERE / "grey_opaque.png", optimize=True)
    picture("1", [0, 255, 255, 0]).save(HERE / "bits.png", optimize=True)

    # 16 bits: the low byte decides how the high one is rounded.
    (HERE / "rgb16.png").write_bytes(
        png_by_hand(16, 2, rows_of(lambda color: struct.pack(">HHH", *(257 * c + 100 for c in color)), QUARTERS))
    )
    (HERE / "grey16.png").write_bytes(
        png_by_hand(16, 0, rows_of(lambda grey: struct.pack(">H", 257 * grey - 120), GREYS))
    )
    palette = png_chunk(b"PLTE", b"".join(bytes(color) for color in QUARTERS))
    two_bits = [bytes([0b00000000] * 4 + [0b01010101] * 4)] * 8 + [bytes([0b10101010] * 4 + [0b11111111] * 4)] * 8
    (HERE / "palette.png").write_bytes(png_by_hand(2, 3, two_bits, palette))
    transparency = png_chunk(b"tRNS", bytes(ALPHAS))
    (HERE / "palette_alpha.png").write_bytes(png_by_hand(2, 3, two_bits, palette + transparency))


def write_jpeg_files(rgb):
    rgb.save(HERE / "rgb.jpg", quality=95, subsampling=0)
    rgb.save(HERE / "progressive.jpg", quality=95, subsampling=0, progressive=True)
    picture("L", GREYS).save(HERE / "grey.jpg", quality=95)
    rgb.convert("CMYK").save(HERE / "cmyk.jpg", quality=95)
    exif = Image.Exif()
    exif[0x0112] = 6
    rgb.save(HERE / "exif.jpg", quality=95, subsampling=0, exif=exif)


def write_bmp_files(rgb):
    rgb.save(HERE / "rgb.bmp")
    rgb.quantize(4).save(HERE / "palette.bmp")
    # 32 bits, rows from the top, the fourth byte of each pixel zero.
    pixels = b"".join(rows_of(lambda color: bytes([color[2], color[1], color[0], 0]), QUARTERS))
    info = struct.pack("<IiiHHIIiiII", 40, WIDTH, -HEIGHT, 1, 32, 0, len(pixels), 2835, 2835, 0, 0)
    head = b"BM" + struct.pack("<IHHI", 14 + len(info) + len(pixels), 0, 0, 14 + len(info))
    (HERE / "top_down32.bmp").write_bytes(head + info + pixels)


def write_webp_files(rgb):
    rgb.save(HERE / "lossless.webp", lossless=True)
    rgb.save(HERE / "lossy.webp", quality=95)
    rgba = [color + (alpha,) for color, alpha in zip(QUARTERS, ALPHAS)]
    picture("RGBA", rgba).save(HERE / "alpha.webp", quality=95, exact=True)
    rgb.save(HERE / "animated.webp", save_all=True, append_images=[rgb.rotate(180)], duration=100, lossless=True)


def main():
    HERE.mkdir(exist_ok=True)
    rgb = picture("RGB", QUARTERS)
    write_png_files(rgb)
    write_jpeg_files(rgb)
    write_bmp_files(rgb)
    write_webp_files(rgb)


if __name__ == "__main__":
    main()
