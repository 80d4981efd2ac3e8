"""Mutation testing: change the rating core a little, thousands of times, and see a test fail.

`make mutation PART=streams/rate/prices` runs it; `survivors.md` is what no test noticed.
"""
