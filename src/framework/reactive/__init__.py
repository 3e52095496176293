"""Builders: targets that are made from other targets, on the event runtime."""

from framework.core.reactive_event import ReactiveEvent
from framework.reactive.builder import ReactiveBuilder
from framework.reactive.function import reactive

__all__ = ["ReactiveBuilder", "ReactiveEvent", "reactive"]
