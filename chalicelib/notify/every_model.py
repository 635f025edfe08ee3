"""The model of every package that writes events, imported so that `Event.kinds` is complete."""

from importlib import import_module

from chalicelib.kit.packages import TOPIC_OF

MODELS = [import_module(f"chalicelib.{package}.model") for package in TOPIC_OF]
