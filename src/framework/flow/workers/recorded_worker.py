"""`RecordedWorker`: a worker that writes down what becomes of each item, as fast as the plain one where it can.

Its loops are those of `FlowWorker`, with a row of the history for each item; `handle` writes those that it is left.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from framework.flow.signals import LastWorkItem, Special
from framework.flow.workers.worker import TURN, FlowWorker, close, closed
from framework.observe.recording.frozen import LARGE, SCALARS
from framework.observe.recording.items.kept_item import kept

if TYPE_CHECKING:
    from framework.flow.jobs.processors import Call


class RecordedWorker(FlowWorker):
    """A worker of a flow that keeps a history."""

    __slots__ = ()

    async def _work_fast(self, call: Call) -> None:  # noqa: C901, PLR0912, PLR0915 - a call more per item costs a tenth
        following, channel, counter = self.job.next, self.channel, self.counter
        out = following.input if following else channel
        buffer, out_buffer = channel.buffer, out.buffer
        log, now, name, made = self.log, self.now, self.job.name, self.made
        assert log is not None  # noqa: S101 - else it were no recorded worker
        to = None if following is None else following.name
        context, clean = self.context, self.context.copy()
        while True:
            self._rounds += 1
            log.settle()
            turn = self._turn = iter(TURN)
            for _ in turn:
                while not buffer:
                    item = result = self.entry = None
                    if not await self.rest():
                        return
                try:
                    if context != clean:
                        context = clean
                        self._isolate(clean)
                except Exception:  # noqa: BLE001 - values that cannot be compared have changed
                    context = clean
                    self._isolate(clean)
                item = buffer.popleft()
                if channel.alert and channel.took() and (isinstance(item, Special) or self.is_careful):
                    await self.handle(item, call)
                    if self.retired:
                        return
                    continue
                kind = item.__class__
                before = item if kind in SCALARS or (kind is str and len(item) < LARGE) else kept(item)
                self.entry = item
                began = now()
                try:
                    result = await call(item)
                except BaseException as error:  # noqa: BLE001 - examined and raised again there
                    await self.raised(item, error, began)
                    continue
                if type(result) is LastWorkItem:
                    self._last(item, result, began)
                    continue
                counter.done += 1
                end, special = now(), None
                if made:
                    special = (1, "", tuple(made))
                    made.clear()
                value = id(result) if to else result if result.__class__ in SCALARS else kept(result)
                log.write((end, name, "done", id(item), before, value, to, end - began, special))
                if following is None:
                    continue
                if len(out_buffer) >= out.full:
                    await self._push(following, result)
                    continue
                out_buffer.append(result)
                if out.alert:
                    out.came()
            await self.breathe()

    async def _work_generating(self, generate: Call, call: Call) -> None:  # noqa: C901, PLR0912, PLR0915 - hot as well
        following, channel, counter = self.job.next, self.channel, self.counter
        out = following.input if following else channel
        buffer, out_buffer = channel.buffer, out.buffer
        log, now, name, made = self.log, self.now, self.job.name, self.made
        assert log is not None  # noqa: S101 - else it were no recorded worker
        to = None if following is None else following.name
        context, clean = self.context, self.context.copy()
        is_last = following is None
        while True:
            self._rounds += 1
            log.settle()
            turn = self._turn = iter(TURN)
            for _ in turn:
                while not buffer:
                    item = value = values = self.entry = None
                    if not await self.rest():
                        return
                if self._has_leaked(context, clean):
                    context = clean
                    self._isolate(clean)
                item = buffer.popleft()
                if channel.alert and channel.took() and (isinstance(item, Special) or self.is_careful):
                    await self.handle(item, call)
                    if self.retired:
                        return
                    continue
                before = kept(item)
                self.entry = item
                began = now()
                values = generate(item)
                try:
                    async for value in values:
                        if type(value) is LastWorkItem:
                            break
                        spawned = counter.spawned = counter.spawned + 1
                        made.append(id(value))
                        if is_last:
                            pass
                        elif len(out_buffer) >= out.full:
                            await self._push(following, value)  # type: ignore[arg-type]  # there is one
                        else:
                            out_buffer.append(value)
                            if out.alert:
                                out.came()
                        if not spawned & 255:
                            await asyncio.sleep(0)
                    else:
                        counter.done += 1
                        counter.spent += not is_last
                        end = now()
                        special = (1, "", tuple(made)) if made else None
                        made.clear()
                        log.write((end, name, "done", id(item), before, None, to, end - began, special))
                        continue
                    await close(values)
                except BaseException as error:  # noqa: BLE001 - examined and raised again there
                    await self.raised(item, await closed(values, error), began)
                    continue
                self._last(item, value, began)
            await self.breathe()
