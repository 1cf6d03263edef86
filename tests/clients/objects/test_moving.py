"""Files on their way from the folder to the bucket: cut off or erased at any moment, none is lost or comes back."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from plixa.http.clients.objects.errors import StorageDown
from plixa.http.clients.objects.folder import FolderObjects
from plixa.http.conversation.media import Behind
from plixa.http.conversation.moving import Moved, Moving

HAD = {f"{tenant}/{name}": f"{tenant} {name}".encode() for tenant in (1, 2) for name in range(10)}


class Cut(Exception):
    """The process is killed."""


class Goal:
    """A bucket in memory. before, after: what happens around a put of this key."""

    def __init__(self) -> None:
        self.has: dict[str, bytes] = {}
        self.key = ""
        self.before, self.after = self.nothing, self.nothing

    async def nothing(self) -> None:
        await trio.lowlevel.checkpoint()

    async def put(self, key: str, data: bytes) -> None:
        if key == self.key:
            await self.before()
        self.has[key] = data
        if key == self.key:
            await self.after()

    async def delete(self, key: str) -> None:
        await trio.lowlevel.checkpoint()
        self.has.pop(key, None)

    async def get(self, key: str) -> bytes | None:
        return self.has.get(key)


@pytest.fixture
async def folder(tmp_path: Path) -> FolderObjects:
    folder = FolderObjects(tmp_path / "media")
    for key, data in HAD.items():
        await folder.put(key, data)
    return folder


async def move(folder: FolderObjects, goal: Goal, tmp_path: Path) -> Moved:
    return await Moving(folder, goal, tmp_path / "notes", lambda _: None).run()


async def left(folder: FolderObjects) -> list[str]:
    return [key async for key, _ in folder.walk()]


async def test_all_files_move(folder: FolderObjects, tmp_path: Path) -> None:
    goal = Goal()
    moved = await move(folder, goal, tmp_path)
    assert (goal.has, await left(folder)) == (HAD, [])
    assert moved == Moved(len(HAD), sum(map(len, HAD.values())), 0)
    assert not (tmp_path / "notes").exists()


@pytest.mark.parametrize("when", ["before", "after"])
async def test_what_is_erased_on_its_way_does_not_come_back(folder: FolderObjects, tmp_path: Path, when: str) -> None:
    """As servers erase: from the folder first, then from the bucket."""
    goal = Goal()
    goal.key = "1/5"
    servers = Behind(goal, folder)  # type: ignore[arg-type]  # as much of a bucket as they use here
    setattr(goal, when, lambda: servers.delete("1/5"))
    moved = await move(folder, goal, tmp_path)
    assert goal.has == {key: data for key, data in HAD.items() if key != "1/5"}
    assert (moved.erased, await left(folder)) == (1, [])


@pytest.mark.parametrize("erased", [False, True])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_cut_off_and_run_again(folder: FolderObjects, tmp_path: Path, when: str, erased: bool) -> None:
    goal = Goal()
    goal.key = "2/3"

    async def cut() -> None:
        raise Cut

    setattr(goal, when, cut)
    with pytest.raises(ExceptionGroup):
        await move(folder, goal, tmp_path)
    assert "2/3" in await left(folder)
    assert HAD.items() <= (goal.has | {key: await folder.get(key) for key in await left(folder)}).items()
    if erased:
        await folder.delete("2/3")  # and the server died before it asked the bucket
    goal.key = ""
    await move(folder, goal, tmp_path)
    assert goal.has == {key: data for key, data in HAD.items() if not (erased and key == "2/3")}
    assert await left(folder) == []


async def test_a_bucket_that_does_not_answer_loses_nothing(folder: FolderObjects, tmp_path: Path) -> None:
    goal = Goal()
    goal.key = "1/0"

    async def down() -> None:
        raise StorageDown("no answer")

    goal.before = down
    with pytest.raises(ExceptionGroup):
        await move(folder, goal, tmp_path)
    assert "1/0" in await left(folder)
