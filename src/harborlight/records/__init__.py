"""Single records: what the law of a place lets a page show of one, how a number that somebody typed is understood, and which may never
be shown again.

What may be shown is decided by pure functions over plain values; whatever is not known is not shown.
"""
