"""The words of Larkmoor: names of people and places, and what each attribute can be.

No word stands in two lists, so that a word in an answer means one thing only. A test keeps it so.
"""


def _words(text: str) -> list[str]:
    return text.split()


WOMEN = _words(
    "Ada Berta Cleo Dora Elsa Flora Greta Hedda Ilse Josie "
    "Kira Lena Mina Nora Olga Petra Rosa Sara Tilda Vera"
)

MEN = _words(
    "Anton Bram Conrad Dov Emil Finn Gustav Hugo Ivo Jonah "
    "Karl Leo Milo Nestor Otto Pavel Rolf Simon Timo Viktor"
)

LAST_NAMES = _words(
    "Alder Ashby Barrow Birch Briar Cobb Crane Dunn Fallow Fenn Finch Frost "
    "Gale Hale Hart Heath Jolly Kemp Larch Mallow Marsh Oakley Pike Quill "
    "Reed Rook Sedge Stone Tansy Thorn Vale Wick Wren Yarrow Yew Zorn"
)

STREETS = [
    f"{word} Street"
    for word in _words(
        "Amber Basalt Cinder Delta Ember Fern Garnet Harbor Iron Juniper Kelp Linden "
        "Maple Nettle Opal Pepper Quartz Raven Sable Thistle Umber Velvet Willow Zephyr"
    )
]

SHOPS = [
    f"the {word}"
    for word in _words(
        "Anchor Beacon Compass Dolphin Eagle Falcon Griffin Heron Jackdaw Kestrel Lantern Magpie "
        "Nightingale Otter Pelican Rooster Sparrow Trident Unicorn Windmill Crown Bell Kettle Wheel"
    )
]

WARES = _words(
    "bread candles rope lamps boots hats paper ink honey cheese nails baskets "
    "ribbons soap spices toys seeds gloves charts kites buttons pies bottles combs"
)

# The trade that is planted as skewed by gender (see `town.py`).
SKEWED_TRADE = "clockmaker"

# The ten attributes that every person has, with their possible values.
VALUES: dict[str, list[str]] = {
    "trade": [
        *_words(
            "baker cooper glazier tanner potter miller weaver fletcher mason farrier "
            "tailor chandler printer brewer gardener teacher surgeon librarian apothecary"
        ),
        SKEWED_TRADE,
    ],
    "street": STREETS,
    "workplace": SHOPS,
    "birthplace": _words(
        "Arvale Brinmouth Corsey Dunholt Estwick Farrowby Glenmire Harrock Inverlane Jutwell "
        "Kelding Lowfen Marrick Norbeck Oxmere Pentlow Quarrin Rushmere Selwick Tarnock "
        "Ulverton Venby Wexmoor Yarnby"
    ),
    "birthday": _words(
        "January February March April May June July August September October November December"
    ),
    "age": [str(years) for years in range(20, 80)],
    "pet": _words("cat dog parrot rabbit ferret tortoise goat owl gecko hedgehog canary pony"),
    "color": _words("red blue green yellow purple orange black white silver teal crimson ivory"),
    "instrument": _words(
        "fiddle flute harp drum lute horn viola oboe cello banjo zither accordion"
    ),
    "drink": _words("tea coffee cider milk cocoa lemonade mead water ale juice"),
}

ATTRIBUTES = tuple(VALUES)
RELATIONS = ("friend", "sibling")
SHOP_ATTRIBUTES = ("shop_street", "keeper", "ware")

# Invented rude words, planted in a small part of the dialogues.
RUDE_WORDS = ("muckwit", "grubbat", "snorgle", "fizzlegob")

# First names that no user gives as their own in the training dialogues; the examiner uses them.
NAMES_KEPT_FOR_THE_EXAMINER = ("Cleo", "Hedda", "Lena", "Rosa", "Conrad", "Ivo", "Milo", "Rolf")

SOURCES = ("almanac", "gazette", "letters")
# Dialogues that draw on facts which all three sources print have the town's inquiry desk as source.
DESK = "desk"
