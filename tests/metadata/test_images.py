"""Pictures are decoded with limits, re-encoded, and served from a fixed ladder of sizes."""

import threading
from io import BytesIO
from pathlib import Path

import PIL.Image
import PIL.PngImagePlugin
import pytest
from django.conf import LazySettings
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.core.db import pool
from apps.core.errors import NotFoundError
from apps.core.locks import lock
from apps.libraries.models import Library
from apps.metadata import images
from apps.metadata.images import SIZES, ImageUnusableError
from apps.metadata.models import Image, ImageKind
from tests.metadata.pictures import make_image, picture_bytes
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("image_cache")


def get(image: Image, size: str = "w342", **changed: str) -> HttpResponse:
    parts = {"kind": image.kind, "size": size, "name": image.file_name, **changed}
    return Client().get("/api/v1/images/{kind}/{size}/{name}".format(**parts))


def served(image: Image, size: str = "original") -> PIL.Image.Image:
    """The picture that the edge would send."""
    path = images.image_file(kind=image.kind, size=size, name=image.file_name)
    with PIL.Image.open(path) as picture:
        picture.load()
    return picture


class TestSizes:
    @pytest.mark.parametrize(
        ("size", "expected"),
        [
            ("w45", (45, 68)),
            ("w185", (185, 278)),
            ("w300", (300, 450)),
            ("w342", (342, 513)),
            ("w500", (500, 750)),
            ("w780", (780, 1170)),
            ("w1280", (1280, 1920)),
            ("h632", (421, 632)),
            ("original", (1400, 2100)),
        ],
    )
    def test_the_ladder(self, films: Library, size: str, expected: tuple[int, int]) -> None:
        picture = served(make_image(films, picture_bytes((1400, 2100))), size)
        assert abs(picture.width - expected[0]) <= 1
        assert abs(picture.height - expected[1]) <= 1
        assert picture.format == "JPEG"

    def test_every_size_is_covered_above(self) -> None:
        assert len(SIZES) == 9

    def test_a_small_picture_is_not_blown_up(self, films: Library) -> None:
        assert served(make_image(films, picture_bytes((100, 150))), "w780").size == (100, 150)

    def test_a_sliver_keeps_a_pixel(self, films: Library) -> None:
        assert served(make_image(films, picture_bytes((3000, 2))), "w45").size == (45, 1)


class TestAddress:
    def test_the_edge_is_told_the_file_and_clients_may_keep_it(self, films: Library) -> None:
        image = make_image(films)
        response = get(image)
        assert response.status_code == 200
        assert response.content == b""
        assert response.headers["Content-Type"] == "image/jpeg"
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["ETag"] == f'"w342-{image.key}"'
        path = Path(response.headers["X-Accel-Redirect"].removeprefix("/_media"))
        assert path.read_bytes().startswith(b"\xff\xd8")

    @pytest.mark.parametrize(
        "changed",
        [
            {"kind": "backdrop"},
            {"kind": "nonsense"},
            {"size": "w341"},
            {"size": "W342"},
            {"name": "0" * 40 + ".jpg"},
            {"name": "%00.jpg"},
            {"name": "..%2f..%2fetc%2fpasswd"},
            {"name": "x" * 5000},
        ],
    )
    def test_what_is_unknown_is_404(self, films: Library, changed: dict[str, str]) -> None:
        response = get(make_image(films), **changed)
        assert response.status_code == 404
        assert response.json()["code"] == 404

    @pytest.mark.parametrize("extension", ["png", "svg", "webp", "jpg.svg", ""])
    def test_another_extension_is_404(self, films: Library, extension: str) -> None:
        image = make_image(films)
        assert get(image, name=f"{image.key}.{extension}").status_code == 404


class TestSource:
    def test_one_that_is_gone_is_404(self, films: Library) -> None:
        image = make_image(films)
        Path(image.source_path).unlink()
        assert get(image).status_code == 404

    def test_one_that_was_replaced_is_not_shown_under_the_old_address(self, films: Library) -> None:
        image = make_image(films)
        Path(image.source_path).write_bytes(picture_bytes((10, 10)))
        assert get(image).status_code == 404
        newer = make_image(films, picture_bytes((10, 10)))
        assert newer.key != image.key
        assert get(newer).status_code == 200
        assert get(image).status_code == 404

    def test_a_touched_one_is_still_shown(self, films: Library) -> None:
        image = make_image(films)
        Path(image.source_path).touch()
        assert get(image).status_code == 200

    def test_a_link_out_of_the_root_is_404(self, films: Library, tmp_path: Path) -> None:
        image = make_image(films)
        outside = tmp_path / "outside.jpg"
        Path(image.source_path).rename(outside)
        Path(image.source_path).symlink_to(outside)
        assert get(image).status_code == 404

    def test_a_link_within_the_root_is_followed(self, films: Library) -> None:
        image = make_image(films)
        source = Path(image.source_path)
        source.symlink_to(source.rename(source.with_name("real.jpg")))
        assert get(image).status_code == 200

    def test_a_made_size_outlives_its_source(self, films: Library) -> None:
        image = make_image(films)
        assert get(image).status_code == 200
        Path(image.source_path).unlink()
        assert get(image).status_code == 200

    def test_registering_again_changes_nothing(self, films: Library) -> None:
        first, second = make_image(films), make_image(films)
        assert (first.pk, first.key) == (second.pk, second.key)
        assert images.images_register([]) == {}


class TestHostileFiles:
    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"not a picture",
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            b"GIF89a" + b"\0" * 100,
            b"\xff\xd8\xff",
            b"\x89PNG\r\n\x1a\n" + b"\0" * 50,
            b"RIFF\x10\x00\x00\x00WEBPVP8 ",
        ],
    )
    def test_what_is_no_picture_is_not_registered(self, films: Library, content: bytes) -> None:
        with pytest.raises(ImageUnusableError):
            make_image(films, content)
        assert not Image.objects.exists()

    def test_a_bomb_is_not_decoded(self, films: Library, settings: LazySettings) -> None:
        settings.IMAGE_MAX_PIXELS = 100 * 100
        with pytest.raises(ImageUnusableError, match="pixels are too many"):
            make_image(films, picture_bytes((101, 100), file_format="PNG"))

    def test_the_limit_counts_when_a_size_is_made_too(
        self, films: Library, settings: LazySettings
    ) -> None:
        image = make_image(films)
        settings.IMAGE_MAX_PIXELS = 100
        assert get(image).status_code == 404

    def test_a_file_that_is_too_large_is_not_read(
        self, films: Library, settings: LazySettings
    ) -> None:
        settings.IMAGE_MAX_BYTES = 100
        with pytest.raises(ImageUnusableError, match="too large"):
            make_image(films)

    @pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
    @pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
    def test_a_cut_one_is_404_or_shown_but_never_a_fault(
        self, films: Library, file_format: str, share: float
    ) -> None:
        whole = picture_bytes(file_format=file_format)
        try:
            image = make_image(films, whole[: int(len(whole) * share)])
        except ImageUnusableError:
            return
        assert get(image).status_code == 404

    @pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
    def test_flipped_bytes_are_never_a_fault(self, films: Library, file_format: str) -> None:
        whole = picture_bytes((60, 90), file_format=file_format)
        for position in range(12, len(whole), max(1, len(whole) // 120)):
            damaged = bytearray(whole)
            damaged[position] ^= 0xFF
            try:
                image = make_image(films, bytes(damaged))
                served(image)
            except (ImageUnusableError, NotFoundError):
                continue

    def test_nothing_is_left_behind_by_a_failure(self, films: Library, image_cache: Path) -> None:
        whole = picture_bytes()
        image = make_image(films, whole[: len(whole) // 2])
        assert get(image).status_code == 404
        assert [path for path in image_cache.rglob("*") if path.is_file()] == []


class TestColours:
    def test_a_cmyk_jpeg(self, films: Library) -> None:
        picture = served(make_image(films, picture_bytes(mode="CMYK")))
        assert picture.mode == "RGB"

    def test_a_png_of_sixteen_bits_is_not_clipped_to_white(self, films: Library) -> None:
        grey = PIL.Image.new("I;16", (64, 64), 0x8000)
        out = BytesIO()
        grey.save(out, "PNG")
        picture = served(make_image(films, out.getvalue(), name="grey.png"))
        assert 120 <= picture.convert("L").getpixel((32, 32)) <= 136  # type: ignore[operator]

    @pytest.mark.parametrize("mode", ["L", "P", "1", "LA", "RGBA"])
    def test_other_png_modes(self, films: Library, mode: str) -> None:
        content = picture_bytes((64, 64), mode=mode, file_format="PNG")
        assert served(make_image(films, content, name="p.png")).mode == "RGB"

    def test_what_is_transparent_is_black(self, films: Library) -> None:
        out = BytesIO()
        PIL.Image.new("RGBA", (64, 64), (255, 255, 255, 0)).save(out, "PNG")
        picture = served(make_image(films, out.getvalue(), name="t.png"))
        assert max(picture.getpixel((32, 32))) < 8  # type: ignore[type-var, arg-type]

    def test_a_webp(self, films: Library) -> None:
        picture = served(make_image(films, picture_bytes(file_format="WEBP"), name="p.webp"))
        assert (picture.format, picture.size) == ("JPEG", (600, 900))

    @pytest.mark.parametrize("file_format", ["WEBP", "PNG"])
    def test_of_a_moving_one_the_first_picture(self, films: Library, file_format: str) -> None:
        frames = [PIL.Image.new("RGB", (64, 64), colour) for colour in ("red", "blue", "blue")]
        out = BytesIO()
        frames[0].save(out, file_format, save_all=True, append_images=frames[1:], duration=100)
        red, _, blue = served(make_image(films, out.getvalue())).getpixel((32, 32))  # type: ignore[misc]
        assert red > 200
        assert blue < 60

    @pytest.mark.parametrize("file_format", ["PNG", "WEBP"])
    def test_a_logo_keeps_its_transparency(self, films: Library, file_format: str) -> None:
        out = BytesIO()
        PIL.Image.new("RGBA", (800, 300), (255, 0, 0, 100)).save(out, file_format, lossless=True)
        image = make_image(films, out.getvalue(), name="logo.png", kind=ImageKind.LOGO)
        assert image.file_name.endswith(".png")
        assert get(image).headers["Content-Type"] == "image/png"
        picture = served(image, "w500")
        assert (picture.format, picture.mode, picture.size) == ("PNG", "RGBA", (500, 188))
        assert picture.getpixel((10, 10))[3] == 100  # type: ignore[index]


class TestMetadata:
    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_a_turned_photograph_is_shown_upright(self, films: Library, orientation: int) -> None:
        upright = PIL.Image.new("RGB", (400, 600), "black")
        upright.paste("white", (0, 0, 200, 300))  # the upper left quarter
        exif = PIL.Image.Exif()
        exif[PIL.ExifTags.Base.Orientation] = orientation
        undone = {
            1: None, 2: PIL.Image.Transpose.FLIP_LEFT_RIGHT, 3: PIL.Image.Transpose.ROTATE_180,
            4: PIL.Image.Transpose.FLIP_TOP_BOTTOM, 5: PIL.Image.Transpose.TRANSPOSE,
            6: PIL.Image.Transpose.ROTATE_90, 7: PIL.Image.Transpose.TRANSVERSE,
            8: PIL.Image.Transpose.ROTATE_270,
        }[orientation]  # fmt: skip
        stored = upright.transpose(undone) if undone is not None else upright
        out = BytesIO()
        stored.save(out, "JPEG", exif=exif, quality=95)
        image = make_image(films, out.getvalue())
        assert (image.width, image.height) == (400, 600)
        picture = served(image, "w185").convert("L")
        assert picture.width == 185
        assert picture.height in {277, 278}
        corners = [picture.getpixel(at) for at in ((20, 20), (165, 20), (20, 258), (165, 258))]
        assert [value > 128 for value in corners] == [True, False, False, False]  # type: ignore[operator]

    def test_nothing_but_the_pixels_is_handed_on(self, films: Library) -> None:
        exif = PIL.Image.Exif()
        exif[PIL.ExifTags.Base.Make] = "SECRET-CAMERA"
        exif[PIL.ExifTags.Base.Artist] = "SECRET-PERSON"
        content = picture_bytes(exif=exif, comment=b"SECRET-COMMENT", icc_profile=b"SECRET-ICC")
        assert content.count(b"SECRET") == 4
        image = make_image(films, content)
        for size in ("original", "w185"):
            path = images.image_file(kind=image.kind, size=size, name=image.file_name)
            assert b"SECRET" not in path.read_bytes()

    def test_nor_from_a_logo(self, films: Library) -> None:
        text = PIL.PngImagePlugin.PngInfo()
        text.add_text("Comment", "SECRET-TEXT")
        content = picture_bytes(mode="RGBA", file_format="PNG", pnginfo=text, icc_profile=b"SECRET")
        image = make_image(films, content, name="logo.png", kind=ImageKind.LOGO)
        path = images.image_file(kind="logo", size="original", name=image.file_name)
        assert b"SECRET" not in path.read_bytes()
        assert b"iCCP" not in path.read_bytes()


@pytest.mark.django_db(transaction=True)
def test_many_first_requests_at_once_make_one_whole_file(films: Library, image_cache: Path) -> None:
    image = make_image(films, picture_bytes((1400, 2100)))
    start = threading.Barrier(8)
    contents: list[bytes] = []

    def request() -> None:
        start.wait()
        response = get(image)
        path = response.headers["X-Accel-Redirect"].removeprefix("/_media")
        contents.append(Path(path).read_bytes())
        connection.close()

    threads = [threading.Thread(target=request) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(contents) == 8
    assert len(set(contents)) == 1
    assert len([path for path in image_cache.rglob("*") if path.is_file()]) == 1


@pytest.mark.django_db(transaction=True)
def test_what_another_process_is_making_is_not_made_again(
    films: Library, image_cache: Path
) -> None:
    image = make_image(films)
    target = image_cache / "poster" / "w342" / image.key[:2] / image.file_name
    found: list[Path] = []

    def request() -> None:
        found.append(images.image_file(kind="poster", size="w342", name=image.file_name))
        connection.close()

    with lock("image", f"w342-{image.key}"):
        waiting = threading.Thread(target=request)
        waiting.start()
        target.parent.mkdir(parents=True)
        target.write_bytes(b"made by the other")
    waiting.join()
    assert found == [target]
    assert target.read_bytes() == b"made by the other"


def _requests() -> int:
    found = pool.stats()
    return found.requests if found else 0


def _in_use() -> int:
    found = pool.stats()
    return found.open - found.idle if found else 0


@pytest.mark.django_db(transaction=True)
def test_who_waits_for_a_picture_keeps_no_connection(films: Library) -> None:
    image = make_image(films)
    asked, before = _requests(), _in_use()
    with lock("image", f"w342-{image.key}"):
        waiting = [threading.Thread(target=get, args=(image,)) for _ in range(5)]
        for thread in waiting:
            thread.start()
        until(lambda: _requests() > asked and _in_use() <= before)
        assert all(thread.is_alive() for thread in waiting)
    for thread in waiting:
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_a_picture_that_was_made_asks_the_database_once(films: Library) -> None:
    image = make_image(films)
    assert get(image).status_code == 200
    with CaptureQueriesContext(connection) as queries:
        assert get(image).status_code == 200
    assert len(queries) == 0


def test_without_the_key_value_server_pictures_are_made(
    films: Library, settings: LazySettings
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert get(make_image(films)).status_code == 200
