"""Films that consist of more than one: a collection with extras, and a film in two parts."""

from revenge.demo.film import (
    Audio,
    AudioCodec,
    CaptionFormat,
    Clip,
    Film,
    Role,
    SideCaption,
    Story,
    Video,
    VideoCodec,
)

GRAVITY = Film(
    design="gravity",
    title="Gravity Is a Suggestion",
    year=2021,
    entry="Gravity Is a Suggestion (2021)",
    chord=(-14, -7, 0, 2),
    clips=(
        Clip(
            "Gravity Is a Suggestion (2021).webm",
            seconds=12,
            video=Video(VideoCodec.AV1),
            audio=(Audio(AudioCodec.OPUS, "eng"),),
        ),
    ),
    captions=(
        SideCaption(
            "Gravity Is a Suggestion (2021).en.sdh.vtt",
            CaptionFormat.VTT,
            (
                "[kettle whistles in vacuum]",
                "CAPTAIN: Who let go of the tea?",
                "[distant slurping]",
            ),
        ),
    ),
    story=Story(
        number=6,
        collection="The Gravity Collection",
        tagline="What goes up has been drinking tea.",
        outline="The crew of a ring station loses its tea, and then its floor.",
        plot=(
            "Captain Abernathy runs the tidiest station around Saturn's politest moon. Then a "
            "physicist on leave proves that gravity is merely a suggestion, the tea leaves its "
            "cup, and nobody aboard can be persuaded to come down for dinner."
        ),
        premiered="2021-05-21",
        mpaa="PG-13",
        rating=8.1,
        votes=7702,
        genres=("Science Fiction", "Comedy"),
        countries=("Canada",),
        studios=("Perihelion Works",),
        tags=("space", "tea", "physics"),
        directors=("Odalys Brandt",),
        writers=("Odalys Brandt", "Kenji Amagawa"),
        cast=(
            Role("Marguerite Plume", "Captain Abernathy"),
            Role("Tomasz Wren", "Dr Quill"),
            Role("Aoi Minobe", "The station (voice)"),
        ),
    ),
)

GRAVITY_TWO = Film(
    design="gravity_two",
    title="Gravity Is Still a Suggestion",
    year=2024,
    entry="Gravity Is Still a Suggestion (2024)",
    chord=(-14, -7, 0, 4),
    clips=(
        Clip("Gravity Is Still a Suggestion (2024).mp4", seconds=14),
        Clip("Gravity Is Still a Suggestion (2024)-trailer.mp4", seconds=6, label="Trailer"),
        Clip("behind the scenes/The Tea Was Real.mp4", seconds=6, label="The tea was real"),
    ),
    story=Story(
        number=7,
        collection="The Gravity Collection",
        tagline="Isaac was right. For a while.",
        outline="Back on the ground, the apples are going home.",
        plot=(
            "Three years after the tea, Dr Quill has retired to a planet of some four hundred "
            "metres in diameter, with an orchard. When the first apple falls upwards he knows "
            "that somebody has been reading his notes, and that it is probably his mother."
        ),
        premiered="2024-06-07",
        mpaa="PG-13",
        rating=7.6,
        votes=2986,
        genres=("Science Fiction", "Comedy"),
        countries=("Canada", "New Zealand"),
        studios=("Perihelion Works",),
        tags=("space", "apple", "sequel"),
        directors=("Odalys Brandt",),
        writers=("Kenji Amagawa",),
        cast=(
            Role("Tomasz Wren", "Dr Quill"),
            Role("Ines Okafor-Lind", "Dr Quill's mother"),
            Role("Marguerite Plume", "Captain Abernathy"),
        ),
    ),
)

GETAWAY = Film(
    design="getaway",
    title="The Slowest Getaway",
    year=1976,
    entry="The Slowest Getaway (1976)",
    chord=(-8, -1, 1, 8),
    clips=(
        Clip("The Slowest Getaway (1976) cd1.mp4", seconds=10, label="Part 1"),
        Clip("The Slowest Getaway (1976) cd2.mp4", seconds=10, label="Part 2"),
    ),
    story=Story(
        number=8,
        sort_title="Slowest Getaway",
        tagline="They stole a million. At four miles an hour.",
        outline="Three bank robbers flee in a milk float.",
        plot=(
            "The robbery of the Pennine & District Bank takes ninety seconds. The escape, by "
            "electric milk float, takes the rest of the film. Pursued by a constable on foot, "
            "who is gaining on them, the gang still has forty-two doorsteps to serve."
        ),
        premiered="1976-08-13",
        mpaa="PG",
        rating=7.7,
        votes=1190,
        genres=("Comedy", "Crime"),
        countries=("United Kingdom",),
        studios=("Ninth Floor Productions",),
        tags=("heist", "milk", "road movie"),
        directors=("Gus Pemberline",),
        writers=("Gus Pemberline", "Dot Calloway"),
        cast=(
            Role("Gus Pemberline", "Knuckles"),
            Role("Dot Calloway", "Mother"),
            Role("Aurelio Finch", "Constable Tread"),
        ),
    ),
)

SERIES = (GRAVITY, GRAVITY_TWO, GETAWAY)
