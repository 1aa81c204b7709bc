"""Pictures beside a film."""

from apps.metadata.artwork import ArtworkKind, find_artwork


def test_the_best_of_each_kind_comes_first() -> None:
    names = [
        "art.jpg", "backdrop3.webp", "banner.jpg", "clearart.png", "clearlogo.png", "cover.svg",
        "disc.png", "extrafanart/10.jpg", "extrafanart/2.jpg", "fanart-10.jpg", "fanart.jpg",
        "fanart2.jpg", "Film-Poster.PNG", "Film.jpg", "folder.JPG", "keyart.jpg", "landscape.jpg",
        "logo.png", "movie.jpg", "poster.gif", "poster.jpg", "poster.png", "smart.jpg", "thumb.jpg",
        "extrathumbs/1.jpg",
    ]  # fmt: skip
    assert find_artwork(names, stem="Film", own_folder=True) == {
        ArtworkKind.PRIMARY: [
            "Film-Poster.PNG", "poster.jpg", "poster.png", "folder.JPG", "movie.jpg",
        ],
        ArtworkKind.BACKDROP: [
            "fanart.jpg", "fanart2.jpg", "fanart-10.jpg", "backdrop3.webp", "art.jpg",
            "extrafanart/2.jpg", "extrafanart/10.jpg",
        ],
        ArtworkKind.LOGO: ["clearlogo.png", "logo.png"],
        ArtworkKind.CLEARART: ["clearart.png"],
        ArtworkKind.BANNER: ["banner.jpg"],
        ArtworkKind.THUMB: ["landscape.jpg", "thumb.jpg"],
        ArtworkKind.DISC: ["disc.png"],
        ArtworkKind.KEYART: ["keyart.jpg"],
    }  # fmt: skip


def test_a_shared_folder_gives_only_what_names_the_film() -> None:
    names = ["poster.jpg", "Film-poster.jpg", "Film 2-poster.jpg", "extrafanart/1.jpg"]
    assert find_artwork(names, stem="Film", own_folder=False) == {
        ArtworkKind.PRIMARY: ["Film-poster.jpg"]
    }
    assert find_artwork(names, stem=None, own_folder=False) == {}


def test_a_disc_folder_has_no_stem() -> None:
    found = find_artwork(["poster.jpg", "x-poster.jpg"], stem=None, own_folder=True)
    assert found == {ArtworkKind.PRIMARY: ["poster.jpg"]}
