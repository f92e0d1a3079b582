# SPDX-License-Identifier: GPL-2.0
"""How the expressions of facts.py are read: words of C, with a space between two."""
import re


def split(text, separator):
    """Split where no bracket is open."""
    parts, depth = [[]], 0
    for word in text.split():
        depth += (word in "([{") - (word in ")]}")
        if word == separator and not depth:
            parts.append([])
        else:
            parts[-1].append(word)
    return [" ".join(part) for part in parts]


CAST = re.compile(r"\( (?:(?:const|struct|unsigned|signed|void|char|short|int|long|[us](?:8|16|32|64)|\w+_t|__user) ?)+"
                  r"(?:\w+ )?(?:\* ?)*\) (?=[\w(&*])")


def bare(text):
    """Without casts, and without brackets around all of it."""
    while True:
        before = text
        text = CAST.sub("", text, count=1) if CAST.match(text) else text
        if text.startswith("( ") and text.endswith(" )") and balanced(text[2:-2]):
            text = text[2:-2]
        if text == before:
            return text


def balanced(text):
    depth = 0
    for word in text.split():
        depth += (word == "(") - (word == ")")
        if depth < 0:
            return False
    return not depth


def shown(text):
    """As one would write it."""
    text = re.sub(r" ?(->|\.|\[|\]) ?", r"\1", text)
    return re.sub(r"(?<=[(!&]) | (?=[,)])|(?<=\w) (?=\()", "", text)
