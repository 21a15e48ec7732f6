"""``genba bench``: what the heart costs, beside other programs that do the same.

Everything is measured in one run on one machine, so that ratios can be compared where absolute
figures cannot. Each part is a coroutine of its own file; ``parts`` lists them.
"""
