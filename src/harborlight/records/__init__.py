"""Case look-up: what the law of a place lets a page show of one case, and how a number that somebody typed is understood.

Pure functions over plain values. They open nothing and keep nothing; whatever is not known is not shown.
"""
