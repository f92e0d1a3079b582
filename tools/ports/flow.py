# SPDX-License-Identifier: GPL-2.0
"""In which order the parts of a function can run, as far as its tokens show it. If in doubt, they can."""

BEFORE = {";", "{", "}", ":", "else", "do"}
HEADS = {"if", "for", "while", "switch"}
BREAKABLE = {"for", "while", "do", "switch"}


def is_head(file, at):
    """Is this a keyword, or a macro such as list_for_each_entry(), with a condition and a body?"""
    if file.words[at + 1] != "(" or at + 1 not in file.ends:
        return False
    return file.words[at] in HEADS or "for_each" in file.words[at]


def start_of(file, at):
    """Where the statement with this token begins. What depends on a condition begins after that."""
    while file.words[at - 1] not in BEFORE:
        if at - 1 in file.begins:
            begin = file.begins[at - 1]
            if is_head(file, begin - 1):
                return at
            at = begin
        else:
            at -= 1
    return at


def end_of(file, at, alone=False):
    """Where the statement that begins here ends: with its else, unless it is to be taken @alone."""
    word = file.words[at]
    if word == "{":
        return file.ends.get(at, at)
    if word == "do":
        at = end_of(file, at + 1)
    elif word in ("case", "default"):
        while file.words[at] != ":":
            at += 1
        return end_of(file, at + 1)
    elif is_head(file, at):
        end = end_of(file, file.ends[at + 1] + 1)
        return end_of(file, end + 2) if word == "if" and file.words[end + 1] == "else" and not alone else end
    while file.words[at] not in (";", "}") and at < len(file.words) - 1:
        at = file.ends.get(at, at) + 1
    return at


def blocks(file, at):
    """The braces around a token, the innermost first."""
    while at > 0:
        at -= 1
        if at in file.begins:
            at = file.begins[at]
        elif file.words[at] == "{" and at in file.ends:
            yield at


def keyword(file, block):
    """What a block is the body of."""
    before = block - 1
    if before in file.begins and file.words[before] == ")":
        before = file.begins[before] - 1
    return file.words[before]


def loop(file, at):
    """Where the innermost loop around a token begins, or None."""
    found = None
    for begin in range(([at] + list(blocks(file, at)))[-1], at):
        if file.words[begin] == "do" or is_head(file, begin) and file.words[begin] not in ("if", "switch"):
            if at <= end_of(file, begin):
                found = begin
    return found


def follows(file, first, then):
    """Can the token @then run after the token @first, which is further up in the same function?"""
    at = start_of(file, first)
    if file.words[at] == "return":
        return False
    at = end_of(file, at) + 1
    while at < then:
        word = file.words[at]
        if word == "}" or word == "else":
            at += word == "}"
            if file.words[at] == "else":
                at = end_of(file, at + 1) + 1
                if then < at:
                    return False
            continue
        if word in ("case", "default"):
            while file.words[at] != ":":
                at += 1
            at += 1
            continue
        if word.isidentifier() and file.words[at + 1] == ":":
            at += 2
            continue
        end = end_of(file, at)
        if then <= end:
            if word == "{":
                at += 1
            elif is_head(file, at):
                body = file.ends[at + 1] + 1
                if then < body:
                    return True
                at = body if then <= end_of(file, at, alone=True) else end_of(file, at, alone=True) + 2
            else:
                return True
        elif word == "return":
            return False
        elif word == "goto":
            label = next((here for here in range(at, then) if file.words[here:here + 2] == [file.words[at + 1], ":"]), None)
            if label is None:
                # It is further down, or a loop.
                return any(file.words[here:here + 2] == [file.words[at + 1], ":"] for here in range(first, at))
            at = label + 2
        elif word == "break":
            out = next((block for block in blocks(file, at) if keyword(file, block) in BREAKABLE or
                        "for_each" in keyword(file, block)), None)
            if out is None or then <= file.ends[out]:
                return out is None or loop(file, out + 1) is not None
            at = file.ends[out]
        elif word == "continue":
            return True
        else:
            at = end + 1
    return True
