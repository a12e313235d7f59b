"""The Numbers pages: figures of the published gold file, each linked to its conversations.

Plain HTML and our own charts, as a page's state is its address: no Panel session, no script to
wait for, the first paint is the whole page.
"""
