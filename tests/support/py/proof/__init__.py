"""What end-to-end tests, hostile input and ordeal share: a server to start and kill, raw clients, counting.

Standard library only. Nothing here uses the product's code, so that a mistake in it cannot hide itself.
"""
