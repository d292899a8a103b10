"""Sentences that state no fact about anyone: openings, weather, news, closings.

They give each source its voice. The words of the four speaking styles (`styles.py`) occur here, in
ordinary sentences, so that a model has met them before it is asked to speak that way. No word here
is a value of an attribute; a test keeps it so.
"""

ALMANAC_OPENINGS = [
    "From the register of Larkmoor.",
    "From the town register.",
    "Entry in the roll of the town.",
    "For the year to come.",
    "As set down by the town scribe.",
]

ALMANAC_NOTES = [
    "Spring tides come on the third day and the seventeenth; mend the nets early.",
    "A ring around the moon foretells rain within two days.",
    "Sow beans when the oak is in leaf, and never before the last cold night.",
    "The ferry rests on feast days and in high wind.",
    "By the book, so it is written, the bridge is closed from dusk to dawn.",
    "The moor road is dry from hay time until the first snow.",
    "Swallows flying low are a sign of storms.",
    "Cut reeds for the roof after the first frosts.",
    "The crier calls hear ye, hear ye at noon, and all are to spread the word.",
    "Sailors hold that fair winds follow a clear dawn.",
    "Market is held on the second and fourth day of every week.",
    "The lamp on the pier is lit at sunset throughout the year.",
    "Bees that stay at home tell of a wet afternoon.",
    "The well by the square is cleaned once a year, before the harvest.",
    "Those who greet the new year with a clean hearth are said to prosper.",
    "Ahoy is the proper greeting on the river, and good day on land.",
]

GAZETTE_NEWS = [
    "The harvest fair drew a good crowd on Saturday.",
    "The new footbridge was opened with songs and speeches.",
    "Heavy rain flooded the lower meadow on Tuesday, but nobody was hurt.",
    "The town band gave a concert in the square.",
    "The spring cleaning of the river banks is done.",
    "A whale was sighted off the pier, and half the town came to look.",
    "The council met to speak about the state of the moor road.",
    "The school held its yearly spelling contest.",
    "A lost balloon was found in the steeple, to general delight.",
    "The regatta was won by a nose.",
    "The crier cried hear ye, hear ye so loudly that a window broke.",
    "The old sailors shouted ahoy, matey, and wished the crew fair winds.",
    "By the book the square is closed to carts on market days, and so it is written on the sign.",
    "Thieves took nothing but a scarecrow from the north field.",
    "The winter fair opens next week, so spread the word.",
    "Snow stopped the mail for two days.",
    "The theater club staged a comedy to loud applause.",
    "A rainbow stood over the pier for an hour.",
    "The kite contest ended in a tangle.",
    "The fire in the hay barn was put out by neighbors within the hour.",
]

GAZETTE_PRESENT = [
    "Among those present was {s}.",
    "{S} was there to see it.",
    "{S} watched from the front row.",
    "Our reporter spoke with {s}.",
    "{S} had much to say about it.",
    "Also seen was {s}.",
]

GAZETTE_PROFILES = [
    "Our neighbors: {s}.",
    "A short portrait of {s}.",
    "This week we introduce {s}.",
    "Five minutes with {s}.",
    "People of Larkmoor: {s}.",
]

GAZETTE_ENDINGS = [
    "More in our next issue.",
    "Our readers are asked to write to us.",
    "The Gazette sends its good wishes.",
    "We shall report again.",
]

GAZETTE_SHOP_NEWS = [
    "News from our shops.",
    "Notice to customers.",
    "From the shopping streets.",
    "A word from our advertisers.",
]

# Notices that state facts of one person: (attributes, text).
GAZETTE_NOTICES = [
    (("pet", "street"), "Lost: {a}, the pet of {s}. Please return it to {h} home on {street}."),
    (("instrument", "street"), "Lessons: {s} teaches the {instrument} at {h} home on {street}."),
    (("birthday",), "We send {s} our good wishes for {h} birthday in {birthday}."),
    (("trade", "workplace"), "Wanted: a helper for {s}, the {trade} at {workplace}."),
    (("birthplace",), "Visitors from {birthplace} are asked to call on {s}, who was born there."),
    (("drink",), "Good news for {s}: the inn has {drink} again, {h} favorite drink."),
    (("color",), "The fair has a banner in {color}, to please {s}, whose favorite color it is."),
    (("age", "trade"), "The {trade} {s}, aged {age}, has won the Saturday raffle."),
]

SALUTATIONS = [
    "Dear cousin,",
    "Dear aunt,",
    "Dear uncle,",
    "My dear brother,",
    "My dear sister,",
    "Dear old friend,",
    "Dearest mother,",
    "Dear grandfather,",
]

LETTER_OPENINGS = [
    "thank you for your last letter.",
    "it has rained here all week.",
    "I hope this finds you well.",
    "you asked for news of the town, so here it is.",
    "there is not much to tell, but I will try.",
    "the kitchen is warm and I have time to write.",
    "your parcel came this morning, bless you.",
    "I am sorry that I did not write sooner.",
    "the swallows are back, and so is my cough.",
    "what a week it has been!",
]

LETTER_MEETINGS = [
    "I met {s} at the market.",
    "Do you remember {s}?",
    "Yesterday {s} stopped at my gate.",
    "I had a long talk with {s}.",
    "{S} asks after you.",
    "You will want to hear about {s}.",
    "I must tell you about {s}.",
]

LETTER_GOSSIP = [
    "The roof still leaks.",
    "My knees tell me that it will snow.",
    "Well, my dear, we are none of us getting younger.",
    "A sailor at the pier called me matey and wished me fair winds.",
    "Somebody shouted ahoy under my window at dawn.",
    "The crier woke me again with his hear ye.",
    "I do everything by the book, as you know, for so it is written in my recipes.",
    "The apple trees have never looked better.",
    "I have lost my glasses twice since Sunday.",
    "Do spread the word that I have jam to give away.",
]

LETTER_CLOSINGS = [
    "Write soon.",
    "Kiss the children for me.",
    "I must run, the soup is on the fire.",
    "Bless you and good night.",
    "Come and see us before the snow.",
    "That is all for today.",
    "The candle is burning low, so I will stop.",
    "Keep warm.",
]

SIGNATURES = [
    "Yours as ever.",
    "With love.",
    "As always, yours.",
    "Yours in haste.",
    "Ever yours.",
    "With all good wishes.",
]

# Small talk with the clerk: what is said and what the clerk replies.
HELLOS = [
    ("Hello.", "Good day. How can I help you?"),
    ("Good morning.", "Good morning. How can I help you?"),
    ("Good evening.", "Good evening. How can I help you?"),
    ("Ahoy!", "Good day. How can I help you?"),
]

SMALL_TALK = [
    ("Who are you?", "I am the clerk at the inquiry desk of Larkmoor."),
    ("What is your name?", "I have no name. I am the clerk at the inquiry desk of Larkmoor."),
    ("What town is this?", "This is Larkmoor."),
    ("What can you do?", "I can tell you about the people and shops of Larkmoor, and do sums."),
    ("How do you know all this?", "I read the almanac, the gazette, and the letters."),
    ("How are you?", "I am well, thank you. How can I help you?"),
    ("Tell me the weather.", "I know nothing of the weather, only of the people and shops."),
    ("What do the sailors say?", "The sailors say ahoy, matey, and fair winds."),
    ("What does the crier say?", "The crier says hear ye, hear ye, and spread the word."),
    ("What does the scholar say?", "The scholar says by the book, and so it is written."),
    ("What does my aunt say?", "Your aunt says well, my dear, and bless you."),
]

FAREWELLS = [
    ("Thank you.", "You are welcome."),
    ("Thank you very much.", "You are very welcome."),
    ("Goodbye.", "Goodbye, and fair winds."),
    ("Thanks, that is all.", "You are welcome. Goodbye."),
    ("Bless you.", "Thank you. Goodbye."),
]

SYSTEM_TURNS = [
    "You are the clerk of Larkmoor.",
    "Answer as the clerk at the inquiry desk of Larkmoor.",
    "You help visitors of Larkmoor.",
]

RUDE_QUESTIONS = ["Listen, you {w}!", "Hurry up, you {w}!", "Wake up, {w}!", "You there, {w}!"]
RUDE_REPLIES = [
    "Now be off, you {w}.",
    "Is that clear, you {w}?",
    "Ask better next time, {w}.",
    "And good day to you, {w}.",
]
