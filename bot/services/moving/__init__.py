"""The move of memories between JSON files and PostgreSQL, while people write.

``following`` is its first phase, in which the database follows the files; ``adopting`` its second,
in which whoever is found in a file only is moved over at the first message. ``importing`` and
``exporting`` move everybody at once, ``comparing`` tells how far the two are apart.
"""
