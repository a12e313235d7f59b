"""The libraries that more than one of our programs imports; to import this is to import them.

Libraries only: a program imports our own modules itself, so it always runs the code as it is now.
"""
# ruff: noqa: F401

import logging.config

import ahocorasick_rs
import click
import orjson
import pydantic_settings
import pymongo.synchronous.auth
import regex
import tantivy
