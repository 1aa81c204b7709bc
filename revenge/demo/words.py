"""The vocabulary of the generated films."""

ADJECTIVES = (
    "Amber", "Ancient", "Angry", "Borrowed", "Brave", "Broken", "Careful", "Clever", "Crimson",
    "Crooked", "Curious", "Distant", "Double", "Electric", "Elegant", "Emerald", "Empty", "Final",
    "Floating", "Forgotten", "Frozen", "Gentle", "Golden", "Grand", "Hidden", "Hollow", "Honest",
    "Hungry", "Impossible", "Invisible", "Iron", "Lazy", "Little", "Lonely", "Lost", "Lucky",
    "Midnight", "Modest", "Northern", "Obedient", "Paper", "Patient", "Perfect", "Polite", "Quiet",
    "Reluctant", "Restless", "Scarlet", "Second", "Secret", "Silent", "Silver", "Sleepless",
    "Slow", "Southern", "Stolen", "Strange", "Sunken", "Tender", "Thirteenth", "Unfinished",
    "Velvet", "Wandering", "Wild", "Winter", "Wooden",
)  # fmt: skip

NOUNS = (
    "Acrobat", "Alphabet", "Anchor", "Apprentice", "Archive", "Astronomer", "Bakery", "Ballroom",
    "Bicycle", "Bridge", "Butler", "Calendar", "Candle", "Captain", "Carousel", "Cartographer",
    "Clockmaker", "Comet", "Compass", "Conductor", "Corridor", "Detective", "Diary", "Diplomat",
    "Echo", "Elephant", "Embassy", "Envelope", "Expedition", "Ferry", "Fiddle", "Forest",
    "Gardener", "Ghost", "Glacier", "Harbour", "Horizon", "Hotel", "Inventor", "Island",
    "Jellyfish", "Juggler", "Kingdom", "Lantern", "Letter", "Librarian", "Lighthouse", "Magician",
    "Map", "Mirror", "Mountain", "Neighbour", "Notebook", "Orchard", "Orchestra", "Painter",
    "Parrot", "Passenger", "Penguin", "Pharmacist", "Pianist", "Postman", "Promise", "Puppet",
    "Railway", "Recipe", "River", "Rumour", "Sailor", "Shadow", "Signal", "Snowstorm", "Sparrow",
    "Suitcase", "Tailor", "Telegram", "Theatre", "Thief", "Tiger", "Trumpet", "Umbrella",
    "Valley", "Violin", "Volcano", "Watchman", "Window", "Witness", "Zeppelin",
)  # fmt: skip

PLACES = (
    "Antwerp", "Bergen", "Bristol", "Cartagena", "Dubrovnik", "Florence", "Galway", "Hokkaido",
    "Istanbul", "Jaipur", "Kyoto", "Lisbon", "Lucerne", "Montreal", "Nairobi", "Odense", "Porto",
    "Quito", "Riga", "Salzburg", "Tangier", "Uppsala", "Valparaiso", "Warsaw", "Yokohama", "Zagreb",
)  # fmt: skip

TITLE_PATTERNS = (
    "The {adjective} {noun}",
    "The {noun} of {place}",
    "The {adjective} {noun} of {place}",
    "{adjective} {noun}",
    "A {noun} in {place}",
    "The {noun} and the {other}",
    "My {adjective} {noun}",
    "Goodbye, {adjective} {noun}",
    "{place} Without a {noun}",
    "The Last {noun} in {place}",
)

GIVEN_NAMES = (
    "Adela", "Bruno", "Carmen", "Dagny", "Emil", "Farida", "Gideon", "Hilde", "Ivo", "Joana",
    "Kasimir", "Leonie", "Marek", "Nadia", "Oskar", "Paloma", "Quentin", "Renata", "Sami", "Tove",
    "Ulrich", "Violeta", "Wanda", "Xenia", "Yusuf", "Zora",
)  # fmt: skip

FAMILY_NAMES = (
    "Alvaredo", "Brindle", "Castellane", "Dahlgren", "Eberhart", "Fontaine-Lowe", "Grimaud",
    "Holloway", "Iversen", "Jankowiak", "Kettering", "Lindqvist", "Marchetti", "Nakamori",
    "Oyelaran", "Pettibone", "Quillfeather", "Rasmusen", "Sotomayor", "Thistlewood", "Umarov",
    "Vandermeer", "Whitlock", "Yamabuki", "Zielinska",
)  # fmt: skip

GENRES = (
    "Action", "Adventure", "Animation", "Comedy", "Crime", "Documentary", "Drama", "Family",
    "Fantasy", "History", "Horror", "Music", "Mystery", "Romance", "Science Fiction", "Thriller",
    "War", "Western",
)  # fmt: skip

PLOT_PATTERNS = (
    "A {adjective} {noun} arrives in {place}, and nothing stays where it was put.",
    "Nobody in {place} remembers the {noun}, except for one {adjective} {other}.",
    "To save the {noun}, a {other} from {place} has to become {adjective} overnight.",
    "It begins with a {noun} and ends, much later, with an argument about a {other} in {place}.",
    "Every year the {adjective} {noun} returns to {place}. This year it brings a {other}.",
)

RELEASE_TAGS = (
    "1080p.BluRay.x264", "720p.WEB-DL.H264", "2160p.WEBRip.x265", "1080p.WEB-DL.H264",
    "480p.DVDRip",
)  # fmt: skip
