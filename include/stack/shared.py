"""What more than one program of the stack imports; to import this is to import it."""
# ruff: noqa: F401

import click
import pymongo.synchronous.auth

import cca.follow.origins
import cca.follow.request
import cca.log
import cca.masking
import cca.mongo.erasures
import cca.mongo.server
import cca.search.typed
import cca.settings
import cca.terminal
