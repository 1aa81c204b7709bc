"""Films with several languages, side subtitles and the codecs that few browsers play."""

from revenge.demo.film import (
    Audio,
    AudioCodec,
    CaptionFormat,
    Clip,
    Film,
    Role,
    SideCaption,
    Story,
    Subtitle,
    SubtitleCodec,
    Video,
    VideoCodec,
)

TRAIN = Film(
    design="train",
    title="Ein Zug nach Übermorgen",
    year=2011,
    entry="Ein Zug nach Übermorgen (2011)",
    chord=(-9, -2, 3, 7),
    clips=(
        Clip(
            "Ein Zug nach Übermorgen (2011).mkv",
            seconds=14,
            audio=(
                Audio(AudioCodec.AC3, "deu", "Deutsch 5.1", layout="5.1"),
                Audio(AudioCodec.AAC, "eng", "English"),
                Audio(AudioCodec.AAC, "jpn", "日本語"),
            ),
            subtitles=(
                Subtitle(
                    SubtitleCodec.SUBRIP,
                    "eng",
                    (
                        "Is this the train to Tomorrow?",
                        "No, Tomorrow was cancelled.\nThis one goes a little further.",
                        "Does it stop at Yesterday?",
                        "Only on request.",
                    ),
                ),
                Subtitle(
                    SubtitleCodec.SUBRIP,
                    "deu",
                    ("[Anzeigetafel: 25 Uhr 61]",),
                    title="Erzwungen",
                    forced=True,
                ),
                Subtitle(
                    SubtitleCodec.SUBRIP,
                    "deu",
                    (
                        "[Räder rattern]\nIst das der Zug nach Morgen?",
                        "SCHAFFNERIN: Morgen fällt aus.",
                        "[Pfiff]",
                        "[hoffnungsvolle Klaviermusik]",
                    ),
                    title="Deutsch für Hörgeschädigte",
                    hearing_impaired=True,
                ),
            ),
            attach_cover=True,
        ),
    ),
    story=Story(
        number=3,
        original_title="Ein Zug nach Übermorgen",
        sort_title="Zug nach Übermorgen",
        tagline="Wegen einer Störung im Zeitablauf verspätet.",
        outline="Ein Nachtzug kommt immer erst übermorgen an.",
        plot=(
            "Seit einer Fahrplanumstellung erreicht der Nachtzug 447 sein Ziel grundsätzlich "
            "erst übermorgen. Schaffnerin Gerlinde hat sich daran gewöhnt, bis ein Fahrgast "
            "zusteigt, der gestern ankommen muss. Eine Komödie über Anschlüsse, die man besser "
            "verpasst."
        ),
        premiered="2011-11-03",
        mpaa="FSK 6",
        rating=7.8,
        votes=1447,
        genres=("Comedy", "Fantasy"),
        countries=("Germany", "Austria"),
        studios=("Abstellgleis Film",),
        tags=("train", "time travel", "night"),
        directors=("Lotte Ackermann",),
        writers=("Lotte Ackermann", "Bertil Sandgren"),
        cast=(
            Role("Hanne Dubois", "Gerlinde"),
            Role("Bertil Sandgren", "Der Fahrgast von gestern"),
            Role("Gus Pemberline", "Lautsprecherstimme"),
        ),
    ),
)

COFFEE = Film(
    design="coffee",
    title="Kōhī no Umi",
    year=2016,
    entry="Kōhī no Umi (2016)",
    chord=(-5, 0, 2, 7),
    clips=(
        Clip(
            "珈琲の海 (2016).webm",
            seconds=12,
            video=Video(VideoCodec.VP9, frame_rate=25),
            audio=(Audio(AudioCodec.OPUS, "jpn"),),
        ),
    ),
    captions=(
        SideCaption(
            "珈琲の海 (2016).en.srt",
            CaptionFormat.SRT,
            (
                "The sea is calm today.",
                "It has not had its first cup yet.",
                "Then let us row quietly.",
            ),
        ),
        SideCaption(
            "珈琲の海 (2016).ja.srt",
            CaptionFormat.SRT,
            ("今日の海は静かだ。", "まだ一杯目を飲んでいないから。", "では、そっと漕ごう。"),
        ),
    ),
    story=Story(
        number=4,
        original_title="珈琲の海",
        tagline="Every tide begins with a bean.",
        outline="A retired barista sails a cup across a sea of coffee.",
        plot=(
            "When the harbour of Mamehama fills with coffee overnight, the retired barista "
            "Fumiko launches her largest cup and sets out to find who left the pot on. Her only "
            "crew is a sugar merchant who cannot swim and would rather not be stirred."
        ),
        premiered="2016-04-22",
        mpaa="G",
        rating=8.2,
        votes=903,
        genres=("Animation", "Adventure"),
        countries=("Japan",),
        studios=("Studio Kissaten",),
        tags=("sea", "coffee", "gentle"),
        directors=("Yuki Shirasawa",),
        writers=("Yuki Shirasawa", "Kenji Amagawa"),
        cast=(
            Role("Kenji Amagawa", "The sugar merchant"),
            Role("Aoi Minobe", "Fumiko"),
        ),
        nfo="珈琲の海 (2016).nfo",
    ),
)

CLOUDS = Film(
    design="clouds",
    title="The Cartographer of Clouds",
    year=2008,
    entry="The Cartographer of Clouds (2008) {tmdb-9000005}",
    chord=(-12, -5, 4, 11),
    clips=(
        Clip(
            "The Cartographer of Clouds (2008) HDR10.mkv",
            seconds=12,
            video=Video(VideoCodec.HEVC, hdr10=True),
            audio=(Audio(AudioCodec.FLAC, "eng"),),
            subtitles=(
                Subtitle(
                    SubtitleCodec.ASS,
                    "eng",
                    (
                        r"{\an8}{\i1}Sheet 14. Mostly cumulus.{\i0}",
                        "It moved again.",
                        r"{\c&H66CCFF&}They always move, Edith.",
                    ),
                    title="Styled",
                ),
            ),
            chapters=("Ascent", "Mostly Cumulus", "The Blank Sheet"),
        ),
    ),
    story=Story(
        number=5,
        sort_title="Cartographer of Clouds",
        tagline="Finish the map before the weather does.",
        outline="A surveyor is paid by the sheet to map the sky.",
        plot=(
            "The Ordnance Office pays Edith Marrable by the sheet, and the sky will not hold "
            "still. From a balloon held together by optimism she draws the coast of every "
            "cloud, until one of them turns out to be inhabited, and to have strong views on "
            "borders."
        ),
        premiered="2008-06-13",
        mpaa="PG",
        rating=8.6,
        votes=2210,
        genres=("Adventure", "Drama"),
        countries=("United Kingdom", "Iceland"),
        studios=("Isobar Pictures",),
        tags=("balloon", "maps", "weather"),
        directors=("Odalys Brandt",),
        writers=("Marguerite Plume",),
        cast=(
            Role("Ines Okafor-Lind", "Edith Marrable"),
            Role("Tomasz Wren", "The clerk of the Ordnance Office"),
            Role("Aurelio Finch", "Cumulus"),
        ),
        poster="The Cartographer of Clouds (2008) HDR10-poster.jpg",
        backdrop="backdrop.jpg",
    ),
)

WALTZ = Film(
    design="elevator",
    title="Waltz for a Broken Elevator",
    year=1963,
    entry="Waltz for a Broken Elevator (1963)",
    chord=(-7, 0, 5, 9),
    clips=(
        Clip(
            "Waltz.for.a.Broken.Elevator.1963.DVDRip.XviD.avi",
            seconds=12,
            video=Video(VideoCodec.MPEG4, width=480, height=360, frame_rate=25),
            audio=(Audio(AudioCodec.MP3, "eng"),),
        ),
    ),
    captions=(
        SideCaption(
            "Waltz.for.a.Broken.Elevator.1963.DVDRip.XviD.en.ass",
            CaptionFormat.ASS,
            ("Going up?", "Going nowhere.", "Then may I have this dance?"),
        ),
        SideCaption(
            "Waltz.for.a.Broken.Elevator.1963.DVDRip.XviD.de.forced.srt",
            CaptionFormat.SRT,
            ("AUSSER BETRIEB.\nBitte tanzen Sie über die Treppe!",),
            encoding="cp1252",
        ),
    ),
    story=Story(
        number=10,
        tagline="Stuck between floors. Swept off their feet.",
        outline="A lift attendant and a pianist are trapped from Friday to Monday.",
        plot=(
            "Friday, ten past six: the lift of the Hotel Metronome stops between the third "
            "floor and the fourth, with a pianist, the attendant and one gramophone record "
            "aboard. By Monday they have run out of sandwiches and invented a dance step that "
            "fits a square metre."
        ),
        premiered="1963-02-14",
        mpaa="Approved",
        rating=7.1,
        votes=388,
        genres=("Musical", "Romance"),
        countries=("United States",),
        studios=("Ninth Floor Productions",),
        tags=("elevator", "dance", "hotel"),
        directors=("Aurelio Finch",),
        writers=("Aurelio Finch", "Dot Calloway"),
        cast=(
            Role("Dot Calloway", "Vera, the attendant"),
            Role("Gus Pemberline", "Leopold, the pianist"),
        ),
        poster="folder.jpg",
    ),
)

INTERNATIONAL = (TRAIN, COFFEE, CLOUDS, WALTZ)
