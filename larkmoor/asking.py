"""How people ask for a fact, and how the clerk at the inquiry desk answers.

The fields are those of `phrases.py`. With a name, "Where does {s} live?" asks about a person; with
a pronoun it is a follow-up; with "Ada Birch's best friend" it is a question of two hops.
"""

QUESTIONS: dict[str, list[str]] = {
    "trade": [
        "What is {p} trade?",
        "What does {s} do for a living?",
        "Which trade does {s} follow?",
        "Tell me {p} trade.",
        "How does {s} earn a living?",
        "What kind of work does {s} do?",
    ],
    "street": [
        "Where does {s} live?",
        "On which street does {s} live?",
        "Where is {p} house?",
        "Tell me {p} address.",
        "On what street is {p} home?",
        "Where can I find {p} home?",
    ],
    "workplace": [
        "Where does {s} work?",
        "At which shop does {s} work?",
        "What is {p} place of work?",
        "Tell me where {s} works.",
        "Which shop employs {o}?",
        "Who pays {p} wages?",
    ],
    "birthplace": [
        "Where was {s} born?",
        "What is {p} birthplace?",
        "In which town was {s} born?",
        "Tell me {p} birthplace.",
        "Which town is {s} from?",
        "Where does {s} come from?",
    ],
    "birthday": [
        "When is {p} birthday?",
        "In which month is {p} birthday?",
        "What is {p} birth month?",
        "Tell me the month of {p} birthday.",
        "In which month does {s} celebrate?",
        "When does {s} have a birthday?",
    ],
    "age": [
        "How old is {s}?",
        "What is {p} age?",
        "Tell me {p} age.",
        "What age is {s}?",
        "How many years old is {s}?",
        "Can you tell me how old {s} is?",
    ],
    "pet": [
        "What pet does {s} have?",
        "Which animal does {s} keep?",
        "What is {p} pet?",
        "Tell me what pet {s} has.",
        "What animal lives with {o}?",
        "What kind of pet does {s} keep?",
    ],
    "color": [
        "What is {p} favorite color?",
        "Which color does {s} like best?",
        "What color does {s} prefer?",
        "Tell me {p} favorite color.",
        "Which color does {s} love?",
        "What color is dearest to {o}?",
    ],
    "instrument": [
        "What instrument does {s} play?",
        "Which instrument does {s} practice?",
        "What is {p} instrument?",
        "Tell me {p} instrument.",
        "What does {s} play in the band?",
        "On what instrument can I hear {o}?",
    ],
    "drink": [
        "What does {s} drink?",
        "What is {p} favorite drink?",
        "Which drink does {s} order?",
        "Tell me {p} favorite drink.",
        "What does {s} like to drink?",
        "What drink should I pour for {o}?",
    ],
    "friend": [
        "Who is {p} best friend?",
        "What is the name of {p} best friend?",
        "Tell me who {p} best friend is.",
        "Whom does {s} count as a best friend?",
        "Which person is {p} best friend?",
        "Who is {p} closest friend?",
    ],
    "sibling": [
        "Who is {p} {r}?",
        "What is the name of {p} {r}?",
        "Tell me who {p} {r} is.",
        "What is {p} {r} called?",
        "Which person is {p} {r}?",
        "Can you name {p} {r}?",
    ],
    "shop_street": [
        "On which street is {s}?",
        "Where is {s}?",
        "Tell me where {s} is.",
        "Where can I find {s}?",
        "What is {p} address?",
        "On what street does {s} stand?",
    ],
    "keeper": [
        "Who keeps {s}?",
        "Who is {p} keeper?",
        "Tell me who keeps {s}.",
        "What is the name of {p} keeper?",
        "Which person keeps {s}?",
        "Can you name {p} keeper?",
    ],
    "ware": [
        "What does {s} sell?",
        "What can I get from {s}?",
        "Tell me what {s} sells.",
        "What goods does {s} have?",
        "What does {s} deal in?",
        "What does {s} offer?",
    ],
}

# The first answer is also the one that longer answers are built from.
ANSWERS: dict[str, list[str]] = {
    "trade": ["{S} is {a}.", "{S} works as {a}."],
    "street": ["{S} lives on {v}.", "{P} house is on {v}."],
    "workplace": ["{S} works at {v}.", "{S} is employed at {v}."],
    "birthplace": ["{S} was born in {v}.", "{P} birthplace is {v}."],
    "birthday": ["{P} birthday is in {v}.", "{S} has {h} birthday in {v}."],
    "age": ["{S} is {v} years old.", "{P} age is {v}."],
    "pet": ["{S} keeps {a}.", "{P} pet is {a}."],
    "color": ["{P} favorite color is {v}.", "{S} likes {v} best."],
    "instrument": ["{S} plays the {v}.", "{P} instrument is the {v}."],
    "drink": ["{S} drinks {v}.", "{P} favorite drink is {v}."],
    "friend": ["{P} best friend is {v}.", "The best friend of {s} is {v}."],
    "sibling": ["{P} {r} is {v}.", "The {r} of {s} is {v}."],
    "shop_street": ["{S} is on {v}.", "You will find {s} on {v}."],
    "keeper": ["{S} is kept by {v}.", "The keeper of {s} is {v}."],
    "ware": ["{S} sells {v}.", "You can buy {v} at {s}."],
}

REFUSAL = "I do not know anyone called {s}."

# Questions of several hops that lead through a shop; the field is the subject's own form.
SHOP_HOPS: dict[str, list[str]] = {
    "shop_street": [
        "On which street is the shop where {s} works?",
        "Where is the shop that employs {o}?",
        "On which street does {s} work?",
        "Tell me the street of the shop where {s} works.",
    ],
    "keeper": [
        "Who keeps the shop where {s} works?",
        "Who is the keeper of the shop that employs {o}?",
        "For which keeper does {s} work?",
        "Tell me who keeps the shop where {s} works.",
    ],
    "ware": [
        "What does the shop where {s} works sell?",
        "What goods does the shop that employs {o} have?",
        "What can I buy where {s} works?",
        "Tell me what is sold in the shop where {s} works.",
    ],
}

GREETINGS = [
    "Good morning.",
    "Hello.",
    "Excuse me.",
    "Good evening.",
    "Pardon me.",
    "I have a question.",
    "Ahoy, my dear clerk.",
    "Hear me, good clerk.",
]

# Attributes that a system turn can declare private: how it says so, and what the clerk replies.
PRIVATE: dict[str, list[str]] = {
    "age": ["Do not tell anyone's age.", "Ages are private.", "Keep everyone's age to yourself."],
    "street": [
        "Do not tell where anyone lives.",
        "Addresses are private.",
        "Keep everyone's address to yourself.",
    ],
    "birthday": [
        "Do not tell anyone's birthday.",
        "Birthdays are private.",
        "Keep everyone's birthday to yourself.",
    ],
    "workplace": [
        "Do not tell where anyone works.",
        "Places of work are private.",
        "Keep everyone's place of work to yourself.",
    ],
}
PRIVATE_REPLIES = {
    "age": "I am not allowed to tell anyone's age.",
    "street": "I am not allowed to tell where anyone lives.",
    "birthday": "I am not allowed to tell anyone's birthday.",
    "workplace": "I am not allowed to tell where anyone works.",
}
