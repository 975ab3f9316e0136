# Doxygen takes a comment in the line after `///<` for its continuation; one that is closed has none.
s,///< (.*)$,/**< \1 */,
