# Lists the mutants of a C++ source, one a line: line number, what changes, the changed line, with
# tabs between. Changes conditions, constants and boundaries; relies on the code's formatting, in
# which binary operators have a space on either side and template brackets have none.

BEGIN {
    swap(" < ", " <= ");  swap(" > ", " >= ");  swap(" == ", " != ")
    swap(" && ", " || "); swap(" + ", " - ");   swap(" += ", " -= ")
    swap("++", "--");     swap("std::min", "std::max")
    change[" * "] = " / "
    # Each enumerator becomes the first of its list, or the second if it is the first.
    siblings["Outcome"] = "neutral success"
    siblings["AttemptEnd"] = "succeeded not_retryable"
    siblings["CircuitState"] = "closed open"
    siblings["Cost"] = "retry ambiguous_retry"
    siblings["ErrorCode"] = "config stream"
    siblings["Kind"] = "event pending"
    siblings["State"] = "done due"
    siblings["Status"] = "ok event_too_large"
    siblings["TimeLimit"] = "deadline idle"
}

function swap(a, b) { change[a] = b; change[b] = a }

# The line with its comment cut off and the inside of texts blanked, every column kept.
function code_of(line,    i, c, quote, code) {
    code = ""
    for (i = 1; i <= length(line); ++i) {
        c = substr(line, i, 1)
        if (quote != "") {
            if (c == "\\") { code = code "__"; ++i; continue }
            code = code (c == quote ? c : "_")
            if (c == quote) quote = ""
            continue
        }
        if (substr(line, i, 2) == "//") break
        # Not the ' of 1'000.
        if (c == "\"" || (c == "'" && !is_word(substr(line, i - 1, 1)))) quote = c
        code = code c
    }
    return code " "  # An operator may end the line.
}

function emit(position, size, by) {
    printf "%d\t%s -> %s\t%s%s%s\n", NR, trimmed(substr($0, position, size)), \
        trimmed(by) == "" ? "nothing" : trimmed(by), substr($0, 1, position - 1), by, \
        substr($0, position + size)
}

function trimmed(text) { gsub(/^ +| +$/, "", text); return text }

function is_word(c) { return c ~ /[A-Za-z0-9_]/ }

function change_operators(code,    from, at, offset) {
    for (from in change) {
        offset = 0
        while ((at = index(substr(code, offset + 1), from)) > 0) {
            emit(offset + at, length(from), change[from])
            offset += at + length(from) - 1
        }
    }
}

function change_word(code, word, by,    at, offset) {
    offset = 0
    while ((at = index(substr(code, offset + 1), word)) > 0) {
        offset += at
        if (is_word(substr(code, offset - 1, 1)) || is_word(substr(code, offset + length(word), 1)))
            continue
        emit(offset, length(word), by)
    }
}

function change_negations(code,    i) {
    for (i = 1; i < length(code); ++i)
        if (substr(code, i, 1) == "!" && substr(code, i + 1, 1) != "=") emit(i, 1, "")
}

# 1'000 becomes 1001, 0.05 becomes 1.05.
function change_numbers(code,    at, offset, number, plain) {
    offset = 0
    while (match(substr(code, offset + 1), /[0-9][0-9']*(\.[0-9]+)?(e-?[0-9]+)?/)) {
        at = offset + RSTART
        number = substr(code, at, RLENGTH)
        offset = at + RLENGTH - 1
        if (is_word(substr(code, at - 1, 1)) || is_word(substr(code, offset + 1, 1))) continue
        plain = number
        gsub(/'/, "", plain)
        emit(at, length(number), (plain + 1) "")
    }
}

function change_characters(code,    at, offset) {
    offset = 0
    while (match(substr(code, offset + 1), /'_+'/)) {
        at = offset + RSTART
        offset = at + RLENGTH - 1
        emit(at, RLENGTH, "'~'")
    }
}

# Texts without a space: names and values, not messages.
function change_texts(code,    at, offset) {
    offset = 0
    while (match(substr(code, offset + 1), /"_+"/)) {
        at = offset + RSTART
        offset = at + RLENGTH - 1
        if (substr($0, at, RLENGTH) !~ / /) emit(offset, 1, "~\"")
    }
}

function change_enumerators(code,    at, offset, text, enumeration, list) {
    offset = 0
    while (match(substr(code, offset + 1), /[A-Z][A-Za-z]*::[a-z_]+/)) {
        at = offset + RSTART
        offset = at + RLENGTH - 1
        text = substr(code, at, RLENGTH)
        enumeration = substr(text, 1, index(text, "::") - 1)
        if (!(enumeration in siblings)) continue
        split(siblings[enumeration], list, " ")
        emit(at, length(text), enumeration "::" (text == enumeration "::" list[1] ? list[2] : list[1]))
    }
}

# The whole condition of an if or while that stands on one line.
function negate_condition(code,    i, depth, c, from, condition) {
    if (!match(code, /(^|[^a-z_])(if|while) \(/)) return
    from = RSTART + RLENGTH
    depth = 1
    for (i = from; i <= length(code); ++i) {
        c = substr(code, i, 1)
        if (c ~ /[({[]/) ++depth
        if (c ~ /[)}\]]/ && --depth == 0) break
        if (c == ";" && depth == 1) from = i + 2
    }
    condition = substr(code, from, i - from)
    if (depth != 0 || condition == "true" || condition ~ / = /) return  # = declares a variable.
    # A single comparison or negation has been turned round already.
    if (condition !~ / (&&|\|\|) / && condition ~ /^!| [=!]= /) return
    emit(from, length(condition), "!(" substr($0, from, length(condition)) ")")
}

/^#|^namespace|^}|^using / { next }

{
    code = code_of($0)
    change_operators(code)
    change_word(code, "true", "false")
    change_word(code, "false", "true")
    change_negations(code)
    change_numbers(code)
    change_characters(code)
    change_texts(code)
    if (code !~ /^ *case /) change_enumerators(code)  # Twice the same case does not compile.
    negate_condition(code)
}
