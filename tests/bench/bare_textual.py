"""The floor for a log view built on Textual on Linux: how quick can one be that does nothing else?

    python tests/bench/bare_textual.py FILE      (q leaves)

The last 256 KiB of FILE in a line-API widget, raw inotify, the first change at once, then 30 a second. No index, no
rotation, no search.
"""

import asyncio
import ctypes
import os
import sys
import time

from rich.segment import Segment
from textual.app import App
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip


class Log(ScrollView):
    lines: list = []

    def add(self, new):
        self.lines += new
        self.virtual_size = Size(200, len(self.lines))
        self.scroll_to(y=len(self.lines), animate=False, force=True, immediate=True)
        self.refresh()

    def render_line(self, y):
        x, top = self.scroll_offset
        i = top + y
        if i >= len(self.lines):
            return Strip.blank(self.size.width)
        text = self.lines[i].decode("utf8", "replace")
        return Strip([Segment(text, self.rich_style)]).crop_extend(x, x + self.size.width, self.rich_style)


class Bare(App):
    BINDINGS = [("q", "quit", "Quit")]

    def compose(self):
        yield Log()

    def on_mount(self):
        self.call_after_refresh(self.follow)

    def follow(self):
        self.fd = os.open(sys.argv[1], os.O_RDONLY)
        os.lseek(self.fd, max(0, os.fstat(self.fd).st_size - 256 * 1024), 0)
        self.part, self.last, self.waiting = b"", 0.0, False
        libc = ctypes.CDLL(None)
        self.ino = libc.inotify_init1(os.O_NONBLOCK)
        libc.inotify_add_watch(self.ino, sys.argv[1].encode(), 2)
        asyncio.get_running_loop().add_reader(self.ino, self.event)
        self.take()

    def event(self):
        try:
            os.read(self.ino, 65536)
        except BlockingIOError:
            return
        if self.waiting:
            return
        pause = self.last + 1 / 30 - time.monotonic()
        if pause <= 0:
            self.take()
        else:
            self.waiting = True
            asyncio.get_running_loop().call_later(pause, self.take)

    def take(self):
        self.waiting, self.last, out = False, time.monotonic(), []
        while data := os.read(self.fd, 1 << 20):
            *whole, self.part = (self.part + data).split(b"\n")
            out += whole
        if out:
            self.query_one(Log).add(out)


Bare().run()
