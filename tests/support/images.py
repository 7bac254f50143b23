"""The memory of a call of an entry as one block of bytes, for any machine to run on."""

from __future__ import annotations

import ctypes
import struct
import subprocess

import numpy as np

from walnet.engine.kernels.machine.records import (
    Array,
    Fields,
    Pointer,
    kinds_of,
)

_ALIGNED = 64


class Image:
    """An entry's record and all that it points to; addresses count from its beginning.

    Parameters
    ----------
    entry : Entry
        What is called.
    *arguments
        What it is called with; they are copied.
    """

    def __init__(self, entry, *arguments):
        self.blob, self.pointers, self._arrays = bytearray(), [], {}
        empty = len(entry.slots_of_answer)
        self.record = self._record(entry.kinds, arguments, empty)

    def _record(self, kinds, values, empty=0):
        """Lay a record and what it points to down; return where it begins."""
        slots, numbers, addresses = "q" * empty, [0] * empty, []
        for kind, value in zip(kinds, values, strict=True):
            if isinstance(kind, Array):
                addresses += [len(numbers)] * bool(value.size)
                numbers += [self._array(value) if value.size else 0, *value.shape]
            elif isinstance(kind, Fields):
                addresses.append(len(numbers))
                numbers.append(self._bytes(value.tobytes()))
            elif isinstance(kind, Pointer):
                addresses.append(len(numbers))
                inner = kinds_of(kind.structure).values()
                numbers.append(self._record(inner, value))
            else:
                numbers += kind.numbers(value, None)
            slots += kind.slots
        place = self._bytes(struct.pack(f"={slots}", *numbers))
        self.pointers += [place + 8 * slot for slot in addresses]
        return place

    def _array(self, array):
        """Lay an array down, with all of the one that it is a part of; return where."""
        whole = array
        while isinstance(whole.base, np.ndarray):
            whole = whole.base
        first = whole.__array_interface__["data"][0]
        if first not in self._arrays:
            self._arrays[first] = self._bytes(whole.tobytes())
        return self._arrays[first] + array.__array_interface__["data"][0] - first

    def _bytes(self, content):
        self.blob += bytes(-len(self.blob) % _ALIGNED)
        place = len(self.blob)
        self.blob += content
        return place

    def run(self, function):
        """Run machine code of this process on a copy; return all bytes afterwards."""
        room = np.zeros(len(self.blob) + _ALIGNED, np.uint8)
        skip = -room.ctypes.data % _ALIGNED
        memory = room[skip : skip + len(self.blob)]
        memory[:] = np.frombuffer(self.blob, np.uint8)
        base = memory.ctypes.data
        words = memory[: len(memory) // 8 * 8].view(np.int64)
        pointers = np.array(self.pointers) // 8
        words[pointers] += base
        assert function(ctypes.c_void_p(base + self.record)) == 0
        words[pointers] -= base
        return memory.tobytes()

    def write(self, folder):
        """Write what another program needs; return the names of its files.

        They are the image, the places in it (of the record, then of all addresses,
        eight bytes each), and the image afterwards.
        """
        (folder / "image.bin").write_bytes(self.blob)
        places = np.array([self.record, *self.pointers], np.int64)
        (folder / "places.bin").write_bytes(places.tobytes())
        return ["image.bin", "places.bin", "after.bin"]

    def run_by(self, command, folder):
        """Run it by another program on a copy; return all bytes afterwards."""
        command = [str(each) for each in [*command, *self.write(folder)]]
        subprocess.run(command, cwd=folder, check=True, timeout=200)
        return (folder / "after.bin").read_bytes()
