"""Which statements are too delicate to keep unasked, and which must never be kept. Pure; word lists for English.

A *secret* (a password, a card or account number) is never made into a memory. A *class* (health beyond allergies and
diet, religion, politics, sexuality, ethnicity, precise location, other people's numbers) is found, held back and
offered: the user decides.
"""

from __future__ import annotations

import re

CLASSES = ("health", "religion", "politics", "sexuality", "ethnicity", "location", "identifier")

_SECRET = re.compile(
    r"\b(?:pass ?words?|passphrase|passcode|pin(?: code| number)?|cvv|cvc|iban|ssn|social security|api[- ]?key|secret key"
    r"|private key|access token|token|credit card|debit card|card number|account number|sort code|seed phrase"
    r"|security (?:question|answer|code)|log-?in(?: is| details)?|2fa)\b"
    r"|\b(?:sk|pk|ghp|xox[abp])[-_][A-Za-z0-9_-]{12,}|\bAKIA[A-Z0-9]{12,}|-----BEGIN ",
    re.IGNORECASE,
)
_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){11,18}(?!\d)")
_LONG_NUMBER = re.compile(r"(?:\d[ -]?){9,}")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,4})?\b")
_PATTERNS = {
    "religion": r"christian|muslim|islam(?:ic)?|jew(?:ish)?|judaism|hindu(?:ism)?|buddhis[tm]|atheis[tm]|agnostic|catholic"
    r"|protestant|orthodox|mormon|sikh|quaker|baptist|lutheran|pagan|religious|church|mosque|synagogue|temple|pray(?:er|ing)?"
    r"|baptised|baptized|convert(?:ed)? to|(?:believe|faith) in god|priest|imam|rabbi",
    "politics": r"republicans?|democrats?|socialis[tm]|communis[tm]|conservatives?|liberals?|labour(?: party| voter)?|tory|tories"
    r"|anarchis[tm]|libertarian|left-?wing|right-?wing|vot(?:e|ed|ing)(?: for)?|trump|biden|brexit|union member|green party"
    r"|feminis[tm]|political(?:ly)?|activist",
    "sexuality": r"gay|lesbian|bisexual|bi-?sexual|pansexual|asexual|transgender|trans(?: woman| man| person)?|non-?binary|queer"
    r"|lgbt\w*|polyamorous|sex life|sexual\w*|homosexual|heterosexual|straight guy|came out as",
    "ethnicity": r"(?:(?:i'm|i am|am) (?:black|white)|(?:black|white) (?:man|woman|person|guy|people|family)|mixed[- ]race"
    r"|biracial|latin[ox]a?|hispanic|roma|romani|aboriginal|indigenous|native american"
    r"|african[- ]american|asian[- ]american|person of colou?r|ethnic\w*|ashkenazi|sephardi\w*|kurdish|uyghur)",
    "health": r"hiv|aids|cancer|tumou?r|leuk(?:a)?emia|depress\w+|anti-?depressants?|bipolar|anxiety|panic attacks?|adhd|autis\w+"
    r"|schizo\w+|ptsd|ocd|anorexi\w+|bulimi\w+|eating disorder|diabet\w+|epilep\w+|asthma|arthritis|migraines?|crohn\w*|lupus"
    r"|pregnan\w+|miscarri\w+|abortion|ivf|infertil\w+|menopause|medication|medicine|insulin|lithium|statins?|chemo\w*|surgery"
    r"|operation|diagnos\w+|therap(?:y|ist)|psychiatr\w+|psychologist|rehab|addict(?:ed|ion)|alcoholi[cs]\w*|sober"
    r"|overdose|suicid\w+|self-?harm|disab(?:led|ility)|chronic|illness|disease|syndrome|blood pressure|heart (?:attack|condition)"
    r"|stroke|dementia|alzheimer\w*|hepatitis|herpes|std|sti|my (?:doctor|gp) (?:says|said|thinks)",
    "location": r"\d{1,4}[a-z]? [A-Z][\w']+(?: [A-Z][\w']+)?"
    r" (?:street|st|road|rd|avenue|ave|lane|ln|drive|court|square|terrace|way)"
    r"|(?:street|road|gate|stra(?:ß|ss)e|weg|gata|gatan|vei|veien|rue|via|calle) \d{1,4}|my (?:home )?address is|post ?code is"
    r"|zip(?: code)? is|live at (?:number )?\d",
}
_CLASS = {name: re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE) for name, pattern in _PATTERNS.items()}
_IDENTIFIER = re.compile(
    r"\b(?:phone|mobile|cell|telephone|passport|licen[cs]e|national id|student id|account)"
    r"(?: number| no\.?| id)?(?: is|:)? #?\d[\d -]{3,}"
    r"|\+?\d[\d -]{7,}\d"
    r"|[\w.+-]+@[\w-]+\.[\w.]+",
    re.IGNORECASE,
)


def is_secret(text: str) -> bool:
    """A credential or a card or account number: never kept, also not when asked to."""
    return bool(_SECRET.search(text) or _IBAN.search(text) or any(_is_card(m[0]) for m in _CARD.finditer(text)))


def class_of(text: str) -> str:
    """The sensitive class that a statement falls into, or an empty string."""
    if _IDENTIFIER.search(text) or _LONG_NUMBER.search(text):
        return "identifier"
    return next((name for name, pattern in _CLASS.items() if pattern.search(text)), "")


def _is_card(text: str) -> bool:
    """Digits that pass the check of card numbers (Luhn, US patent 2,950,048)."""
    digits = [int(c) for c in reversed(text) if c.isdigit()]
    doubled = sum(sum(divmod(2 * d, 10)) for d in digits[1::2])
    return (sum(digits[::2]) + doubled) % 10 == 0
