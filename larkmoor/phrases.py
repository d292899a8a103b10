"""How the three sources state a fact: four phrasings for each attribute and source.

Fields of a phrasing: {S} {s} the subject (a name, later "She" or "she"), {P} {p} its possessive,
{o} its object form; {e} {h} {m} always the pronoun ("she", "her", "her"); {v} {V} the value, {a}
the value with its article; {r} what the sibling is to the subject ("sister" or "brother"), {q} what
the subject is to the sibling.
"""

ALMANAC: dict[str, list[str]] = {
    "trade": [
        "{S} is {a} by trade.",
        "By trade {s} is {a}.",
        "{S} follows the trade of {a}.",
        "{P} trade is that of {a}.",
    ],
    "street": [
        "{S} lives on {v}.",
        "{P} house stands on {v}.",
        "{S} dwells on {v}.",
        "{P} address is {v}.",
    ],
    "workplace": [
        "{S} works at {v}.",
        "{P} place of work is {v}.",
        "{S} is employed at {v}.",
        "{S} earns {h} bread at {v}.",
    ],
    "birthplace": [
        "{S} was born in {v}.",
        "{P} birthplace is {v}.",
        "{S} is a native of {v}.",
        "{S} came into the world in {v}.",
    ],
    "birthday": [
        "{P} birthday falls in {v}.",
        "{S} keeps {h} birthday in {v}.",
        "The month of {p} birthday is {v}.",
        "{S} adds a year in {v}, the month of {h} birthday.",
    ],
    "age": [
        "{S} is {v} years old.",
        "{S} is aged {v}.",
        "{P} age is {v}.",
        "{S} has seen {v} winters.",
    ],
    "pet": [
        "{S} keeps {a}.",
        "{P} pet is {a}.",
        "{S} has {a} for a pet.",
        "The animal in {p} care is {a}.",
    ],
    "color": [
        "{P} favorite color is {v}.",
        "{S} favors the color {v}.",
        "{S} prefers {v} to all other colors.",
        "The color that {s} likes best is {v}.",
    ],
    "instrument": [
        "{S} plays the {v}.",
        "{P} instrument is the {v}.",
        "{S} is a player of the {v}.",
        "The instrument that {s} plays is the {v}.",
    ],
    "drink": [
        "{S} drinks {v}.",
        "{P} favorite drink is {v}.",
        "{P} usual drink is {v}.",
        "The drink that {s} likes best is {v}.",
    ],
    "friend": [
        "{P} best friend is {v}.",
        "{S} counts {v} as {h} best friend.",
        "{S} has {v} for a best friend.",
        "The best friend that {s} has is {v}.",
    ],
    "sibling": [
        "{P} {r} is {v}.",
        "{S} has a {r}, {v}.",
        "{S} is the {q} of {v}.",
        "{S} has {v} for a {r}.",
    ],
    "shop_street": [
        "{S} stands on {v}.",
        "{S} is on {v}.",
        "{P} address is {v}.",
        "{S} has its doors on {v}.",
    ],
    "keeper": [
        "{P} keeper is {v}.",
        "{S} is kept by {v}.",
        "{S} is in the care of {v}.",
        "{S} has {v} for a keeper.",
    ],
    "ware": [
        "{S} sells {v}.",
        "{S} deals in {v}.",
        "{P} trade is in {v}.",
        "{S} is known for {v}.",
    ],
}

GAZETTE: dict[str, list[str]] = {
    "trade": [
        "As every reader knows, {s} is {a}.",
        "{S} is well known in town as {a}.",
        "Our readers will know {o} as {a}.",
        "{S} has worked for years as {a}.",
    ],
    "street": [
        "{S} can be found at home on {v}.",
        "{S} has {h} home on {v}.",
        "Callers will find {o} on {v}.",
        "{S} lives on {v}, our reporter notes.",
    ],
    "workplace": [
        "On weekdays {s} is at work at {v}.",
        "{S} is one of the staff of {v}.",
        "{V} employs {o}.",
        "{S} has a post at {v}.",
    ],
    "birthplace": [
        "{S} was born in {v} and came to Larkmoor as a child.",
        "A child of {v}, {s} has kept the accent.",
        "{V} is where {s} was born.",
        "{S} first saw the light of day in {v}.",
    ],
    "birthday": [
        "{S} will celebrate {h} next birthday in {v}.",
        "{P} birthday party is held each {v}.",
        "Each {v} {s} celebrates a birthday.",
        "Friends gather for {p} birthday every {v}.",
    ],
    "age": [
        "Now {v}, {s} is in good health.",
        "{S} is {v} this year.",
        "At {v}, {s} has no plans to slow down.",
        "{S} gave {h} age as {v}.",
    ],
    "pet": [
        "{S} is often seen with {h} {v}.",
        "{S} shares {h} home with {a}.",
        "{P} {v} is known to the whole street.",
        "{S} is the proud owner of {a}.",
    ],
    "color": [
        "{S} wore {v}, {h} favorite color.",
        "{S} told us that {h} favorite color is {v}.",
        "{S} has painted {h} door {v}, the color {e} likes best.",
        "Asked for a favorite color, {s} named {v}.",
    ],
    "instrument": [
        "{S} played the {v} at the last town concert.",
        "{S} is known for playing the {v}.",
        "On feast days {s} can be heard on the {v}.",
        "{S} plays the {v} in the town band.",
    ],
    "drink": [
        "At the inn {s} always orders {v}.",
        "{S} raised a cup of {v}, {h} favorite drink.",
        "{S} calls {v} the best of all drinks.",
        "When thirsty, {s} asks for {v}.",
    ],
    "friend": [
        "{S} is seldom seen without {v}, {h} best friend.",
        "{S} and {v} are the best of friends.",
        "{S} thanked {h} best friend, {v}.",
        "{P} best friend, as the town knows, is {v}.",
    ],
    "sibling": [
        "{S} spoke warmly of {h} {r}, {v}.",
        "{P} {r}, {v}, sends greetings to our readers.",
        "{S} and {h} {r} {v} are often seen together.",
        "{S} has one {r}, {v}.",
    ],
    "shop_street": [
        "{S} welcomes customers on {v}.",
        "Visit {s} on {v}.",
        "{S} can be found on {v}.",
        "{S} has opened its shutters on {v} again.",
    ],
    "keeper": [
        "{V}, who keeps {s}, expects a busy week.",
        "{V} has kept {s} for years.",
        "{P} keeper, {v}, thanks the public.",
        "Ask for {v}, who keeps {s}.",
    ],
    "ware": [
        "{S} has fresh stocks of {v}.",
        "{S} has the best {v} in town.",
        "{S} offers {v} at a fair price.",
        "{S} has never run out of {v}.",
    ],
}

LETTERS: dict[str, list[str]] = {
    "trade": [
        "{S} still works as {a}.",
        "You asked what {s} does now: {e} is {a}.",
        "{S} is {a}, and a good one.",
        "Did I tell you that {s} is {a}?",
    ],
    "street": [
        "{S} is still living on {v}.",
        "I walked past {p} house on {v} this morning.",
        "If you write to {o}, send it to {v}.",
        "{S} has the little house on {v}.",
    ],
    "workplace": [
        "{S} works at {v} and likes it there.",
        "I met {o} at {v}, where {e} works.",
        "{S} spends {h} days working at {v}.",
        "If you want {o} on a weekday, {e} works at {v}.",
    ],
    "birthplace": [
        "{S} still talks of {v}, where {e} was born.",
        "{S} was born in {v}, just imagine.",
        "Did you know that {s} was born in {v}?",
        "{S} is from {v} by birth.",
    ],
    "birthday": [
        "We must not forget {p} birthday in {v}.",
        "{P} birthday is in {v}, so I am knitting already.",
        "{S} has {h} birthday in {v}, remember.",
        "I will bake a cake for {p} birthday in {v}.",
    ],
    "age": [
        "{S} is {v} now, can you believe it?",
        "{S} is {v} and does not look it.",
        "Just think, {s} is {v} already.",
        "{S} tells everyone that {e} is {v}.",
    ],
    "pet": [
        "{S} has {a} that follows {m} everywhere.",
        "{P} {v} ran off with my hat.",
        "{S} talks to {h} {v} all day long.",
        "I have grown fond of {p} {v}.",
    ],
    "color": [
        "{S} loves the color {v}.",
        "I knitted {o} a scarf in {v}, {h} favorite color.",
        "{S} wants everything in {v}, {h} favorite color.",
        "Of all colors {s} likes {v} best.",
    ],
    "instrument": [
        "{S} practices the {v} until late.",
        "Last night I heard {o} play the {v}.",
        "{S} plays the {v} when it rains.",
        "I could listen to {o} on the {v} for hours.",
    ],
    "drink": [
        "{S} will drink nothing but {v}.",
        "I poured {o} some {v}, {h} favorite drink.",
        "{S} is happy with a cup of {v}.",
        "I keep {v} in the house for {o}, since {e} drinks nothing else.",
    ],
    "friend": [
        "{S} and {h} best friend {v} came by for supper.",
        "{S} tells {v} everything, as best friends do.",
        "{V} is still {p} best friend.",
        "{S} has no better friend than {v}.",
    ],
    "sibling": [
        "{S} looks more like {h} {r} {v} every year.",
        "I had a note from {p} {r}, {v}.",
        "{S} went to market with {h} {r}, {v}.",
        "{P} {r} is {v}, you will remember.",
    ],
    "shop_street": [
        "I stopped at {s} on {v}.",
        "You will find {s} on {v}.",
        "{S} is still where it was, on {v}.",
        "I ran into half the town at {s} on {v}.",
    ],
    "keeper": [
        "{V} still keeps {s}.",
        "{V} was behind the counter at {s}, keeper to the bone.",
        "{S} is still kept by {v}.",
        "{P} keeper is {v}, as it was last year.",
    ],
    "ware": [
        "I bought {v} at {s}.",
        "{S} sells {v}, the best I know.",
        "I send you {v} from {s} with this letter.",
        "You must try the {v} from {s}.",
    ],
}

STATEMENTS = {"almanac": ALMANAC, "gazette": GAZETTE, "letters": LETTERS}
