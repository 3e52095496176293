"""Processors in one line, and what comes out of a flow."""

from __future__ import annotations

import asyncio

from framework.flow import Flow, RouteToErrorQueue, StopProcessing, job_name, workers
from virtual_time import play


async def same(item):
    return item


async def pause(item):
    await asyncio.sleep(1)
    return item


async def stuck(item):
    await asyncio.sleep(1e6)


async def double(item):
    return item * 2


@job_name("triple")
async def triple(item):
    return item * 3


async def plus_one(item):
    return item + 1


async def picky(item):
    if item == 1:
        raise StopProcessing
    if item == 2:
        raise ValueError("two")
    if item == 3:
        raise RouteToErrorQueue("three")
    return item


def square(item):
    return item * item


class Adder:
    def __init__(self, amount):
        self.amount = amount

    async def __call__(self, item):
        return item + self.amount

    @job_name("method")
    @workers(1, 2)
    async def add(self, item):
        return item + self.amount


async def results(flow, items):
    return [result async for result in flow.stream(items, ordered=True)]


def outcome(processor, item=1, **extras):
    return play(results(Flow().add(processor, **extras), [item]))[0]
