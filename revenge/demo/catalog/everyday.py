"""Films that any browser plays: one of each everyday way to keep a film in a folder."""

from revenge.demo.film import (
    Audio,
    CaptionFormat,
    Clip,
    Film,
    Role,
    SideCaption,
    Story,
    Subtitle,
    SubtitleCodec,
    Video,
)

LIGHTHOUSE_LINES = (
    "Thirty-one flashes to the minute.",
    "And who is paying for all of them?",
    "The ships, surely.",
    "Not one of them has sent a receipt.",
)

LIGHTHOUSE = Film(
    design="lighthouse",
    title="The Lighthouse Accountant",
    year=2014,
    entry="The Lighthouse Accountant (2014)",
    chord=(-12, -5, 0, 4),
    clips=(
        Clip(
            "The Lighthouse Accountant (2014).mp4",
            seconds=16,
            subtitles=(Subtitle(SubtitleCodec.MOV_TEXT, "eng", LIGHTHOUSE_LINES, title="English"),),
            chapters=("Opening Balance", "Stormy Quarter", "The Auditor", "Closing Balance"),
        ),
    ),
    captions=(
        SideCaption("The Lighthouse Accountant (2014).en.srt", CaptionFormat.SRT, LIGHTHOUSE_LINES),
        SideCaption(
            "The Lighthouse Accountant (2014).de.srt",
            CaptionFormat.SRT,
            (
                "Einunddreißig Blitze in der Minute.",
                "Und wer bezahlt die alle?",
                "Die Schiffe, vermutlich.",
                "Es kam noch keine einzige Quittung.",
            ),
        ),
    ),
    story=Story(
        number=1,
        sort_title="Lighthouse Accountant",
        tagline="Every wave must be entered.",
        outline="An auditor is sent to find out what a lighthouse earns.",
        plot=(
            "The ministry sends its most thorough auditor to the rock of Skerry Null to find "
            "out what a lighthouse earns. He stays for a quarter, then for another. Somewhere "
            "between the depreciation of the lamp and the keeper's homemade rum the figures "
            "begin to balance."
        ),
        premiered="2014-10-17",
        mpaa="PG",
        rating=8.4,
        votes=5120,
        genres=("Comedy", "Drama"),
        countries=("Ireland", "United Kingdom"),
        studios=("Isobar Pictures",),
        tags=("sea", "bookkeeping", "friendship"),
        directors=("Ines Okafor-Lind",),
        writers=("Marguerite Plume", "Tomasz Wren"),
        cast=(
            Role("Tomasz Wren", "Alban Pettigrew, auditor"),
            Role("Odalys Brandt", "The keeper"),
            Role("Gus Pemberline", "A gull (voice)"),
        ),
    ),
)

MOONLIGHT = Film(
    design="moonlight",
    title="Moonlight for Rent",
    year=2019,
    entry="Moonlight for Rent (2019)",
    chord=(-10, -3, 2, 5),
    clips=(
        Clip(
            "Moonlight for Rent (2019) {edition-Director's Cut} - 1080p.mp4",
            seconds=6,
            label="Director's Cut",
            video=Video(width=1920, height=1080),
        ),
        Clip("Moonlight for Rent (2019) - 360p.mp4", seconds=14),
    ),
    story=Story(
        number=2,
        tagline="Two rooms, one crater, no pets.",
        outline="An estate agent lets the moon, fully furnished.",
        plot=(
            "Desperate to keep her job, the estate agent Noor puts the moon on the market: "
            "quiet location, superb view, a little dusty. To her alarm somebody rents it, pays "
            "in advance, and complains about the neighbours."
        ),
        premiered="2019-09-06",
        mpaa="PG-13",
        rating=7.4,
        votes=3304,
        genres=("Romance", "Comedy", "Fantasy"),
        countries=("France", "Belgium"),
        studios=("Loft & Cellar",),
        tags=("moon", "city", "cat"),
        directors=("Hanne Dubois",),
        writers=("Hanne Dubois",),
        cast=(
            Role("Priya Vantongeren", "Noor"),
            Role("Aurelio Finch", "The tenant"),
            Role("Marguerite Plume", "The neighbour in the Sea of Tranquility"),
        ),
    ),
)

RAIN = Film(
    design="rain",
    title="A Brief History of Rain",
    year=2003,
    entry="A Brief History of Rain (2003)",
    chord=(-9, -5, -2, 5),
    clips=(Clip("A Brief History of Rain (2003).mov", seconds=12, video=Video(frame_rate=25)),),
    captions=(
        SideCaption(
            "A Brief History of Rain (2003).fr.srt",
            CaptionFormat.SRT,
            (
                "Au début, il y eut une goutte.",
                "Elle était très en avance.",
                "Où étaient les autres ?",
            ),
            encoding="cp1252",
        ),
    ),
    story=Story(
        number=9,
        sort_title="Brief History of Rain",
        tagline="Four billion years. Scattered showers.",
        outline="A documentary that waits, patiently, for the sun.",
        plot=(
            "The film-maker Bertil Sandgren set out to document one sunny afternoon in Bergen. "
            "Seven years and nineteen umbrellas later he had this instead: a tender, thorough "
            "and extremely damp account of everything that has ever fallen from the sky."
        ),
        premiered="2003-03-28",
        mpaa="G",
        rating=7.9,
        votes=641,
        genres=("Documentary",),
        countries=("Norway", "Sweden"),
        studios=("Nimbus Dokumentar",),
        tags=("weather", "umbrella", "patience"),
        directors=("Bertil Sandgren",),
        writers=("Bertil Sandgren",),
        cast=(Role("Bertil Sandgren", "Himself, wet"),),
    ),
)

MUSEUM = Film(
    design="museum",
    title="Midnight at the Museum of Lost Socks",
    year=2022,
    entry="Midnight at the Museum of Lost Socks (2022)",
    chord=(-12, -8, -5, 2),
    clips=(
        Clip(
            "Midnight at the Museum of Lost Socks (2022).mp4",
            seconds=14,
            video=Video(frame_rate=30),
            audio=(
                Audio(language="eng", title="English"),
                Audio(language="deu", title="Deutsch"),
                Audio(language="eng", title="Commentary by Priya Vantongeren", commentary=True),
            ),
            subtitles=(
                Subtitle(
                    SubtitleCodec.MOV_TEXT,
                    "deu",
                    ("[Schild: Einzelstücke, Saal 4]",),
                    title="Deutsch (erzwungen)",
                    forced=True,
                ),
                Subtitle(
                    SubtitleCodec.MOV_TEXT,
                    "eng",
                    ("[elastic snaps]", "GUARD: Who is there?", "[woollen silence]"),
                    title="English SDH",
                    hearing_impaired=True,
                ),
            ),
        ),
    ),
    story=Story(
        number=11,
        tagline="Every sock has a soul mate.",
        outline="A night guard discovers what odd socks do after closing time.",
        plot=(
            "On her first night at the Museum of Lost Socks the guard Wilhelmina learns that "
            "the exhibits pair up after midnight, and that one of them, a left sock of "
            "considerable charm, has a plan to reach the great tumble dryer from which nobody "
            "returns."
        ),
        premiered="2022-12-02",
        mpaa="PG",
        rating=8.0,
        votes=4875,
        genres=("Family", "Adventure", "Fantasy"),
        countries=("Netherlands", "Germany"),
        studios=("Loft & Cellar", "Abstellgleis Film"),
        tags=("museum", "night", "socks"),
        directors=("Priya Vantongeren",),
        writers=("Priya Vantongeren", "Lotte Ackermann"),
        cast=(
            Role("Hanne Dubois", "Wilhelmina"),
            Role("Kenji Amagawa", "Left Sock (voice)"),
            Role("Dot Calloway", "The curator"),
        ),
    ),
)

SUMMER = Film(
    design="summer",
    title="Seventeen Minutes of Summer",
    year=1995,
    entry="Seventeen Minutes of Summer (1995).mp4",
    chord=(-5, -1, 2, 7),
    clips=(Clip("Seventeen Minutes of Summer (1995).mp4", seconds=10),),
)

EVERYDAY = (LIGHTHOUSE, MOONLIGHT, RAIN, MUSEUM, SUMMER)
