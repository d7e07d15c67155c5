"""The folder of databases, files and keys: made for this user alone, and on a disk that keeps what it is told."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from engine.errors import Misconfigured
from engine.text import _

OF_OTHERS = stat.S_IRWXO
MOUNTS = Path("/proc/self/mounts")
# Their locks and shared memory do not hold between machines, on which SQLite's log depends.
OVER_A_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ncpfs", "ceph", "glusterfs", "lustre", "fuse.sshfs", "fuse.s3fs"}
    | {"fuse.glusterfs", "fuse.rclone"}
)


def prepare(folder: Path, *, local: bool) -> None:
    """Make the folder; others on this machine may not look into it. `local`: it holds SQLite's files.

    Raises `Misconfigured` when it cannot be made or protected, or when `local` and it lies on another machine.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        says = _("The data folder {folder} cannot be written: {why}.", folder=str(folder), why=error.strerror or "")
        raise Misconfigured(says) from error
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & OF_OTHERS:
        try:
            folder.chmod(mode & ~OF_OTHERS)
        except OSError as error:
            says = _(
                "The data folder {folder} can be read by others. Protect it with: chmod o-rwx {folder}",
                folder=str(folder),
            )
            raise Misconfigured(says) from error
    if local and (kind := file_system(folder)) in OVER_A_NETWORK:
        raise Misconfigured(
            _(
                "The data folder {folder} lies on a network drive ({kind}), where SQLite can lose what it wrote. "
                "Choose a folder on a disk of this machine, or use PostgreSQL.",
                folder=str(folder),
                kind=kind,
            )
        )


def file_system(folder: Path, mounts: Path = MOUNTS) -> str:
    """What kind of file system the folder lies on (`ext4`, `nfs4`), as far as this system tells; else empty."""
    try:
        lines = mounts.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    here = os.path.realpath(folder)
    found = ("", "")
    for line in lines:
        _device, place, kind, *_more = line.split(" ")
        at = place.encode().decode("unicode_escape")  # a space in it is written \040
        if (here == at or here.startswith(at.rstrip("/") + "/")) and len(at) >= len(found[0]):
            found = (at, kind)
    return found[1]
