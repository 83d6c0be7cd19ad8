"""
Gather the root of an image without a system: CPython, and the libraries that it and an environment load.

    python3 root.py ENVIRONMENT ROOT

What is taken of Debian's packages is noted as scanners look for it (``/var/lib/dpkg/status.d``), and each
package's licence comes along. Needs ``ldd``, ``dpkg-query`` and ``ldconfig``: a Debian with CPython, as in
the build stages of the Dockerfile.
"""

import re
import shutil
import ssl
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

UNUSED = (
    *(
        "__pycache__",
        "config-*",
        "dist-packages",
        "ensurepip",
        "idlelib",
        "lib2to3",
        "pydoc_data",
        "site-packages",
    ),
    *("test", "tkinter", "turtledemo"),
    # With the libraries of databases, terminals and Kerberos that they alone bring along.
    *(
        "_curses*",
        "curses",
        "_dbm*",
        "_gdbm*",
        "dbm",
        "nis.*",
        "readline*",
        "_sqlite3*",
        "sqlite3",
        "_tkinter*",
    ),
)
"""Parts of the standard library that a service has no use for."""

DRIVER = re.compile(r"libcuda\.so")
"""What a GPU's driver brings into a container when it starts."""

USER = 10001
"""Its number, not its name, is what the image, Compose and Kubernetes use."""


def main(environment: Path, root: Path) -> None:
    """Fill ``root``."""
    root.mkdir(parents=True)
    library = Path(sysconfig.get_path("stdlib"))
    copied = root / library.relative_to("/")
    shutil.copytree(library, copied, symlinks=True, ignore=shutil.ignore_patterns(*UNUSED))
    python = environment / "bin" / "python"
    files = {*_links(python), *_links(Path("/etc/os-release"))}
    files |= {Path("/etc/debian_version"), Path("/etc/ld.so.conf"), *Path("/etc/ld.so.conf.d").glob("*.conf")}
    files |= {Path(found) for found in ssl.get_default_verify_paths()[:1] if found}
    binaries = [python.resolve(), *(copied / "lib-dynload").glob("*.so"), *environment.rglob("*.so*")]
    files |= set(_libraries(binaries, environment))
    files = {file for file in files if not file.is_relative_to(environment)}
    for file in sorted(files):
        _copy(file, root)
    _note_packages({*files, *library.glob("lib-dynload/_ssl*.so"), library / "os.py"}, root)
    _write_accounts(root)
    subprocess.run(["ldconfig", "-r", root], check=True)


def _libraries(binaries: Iterable[Path], environment: Path) -> Iterator[Path]:
    """Give every library of the system that the dynamic linker would load for the binaries."""
    carried = {file.name for file in environment.rglob("*.so*")}
    for binary in binaries:
        if binary.is_symlink():
            continue
        told = subprocess.run(["ldd", binary], check=False, capture_output=True, text=True).stdout
        for name, found in re.findall(r"^\s*(?:(\S+) => )?(/\S+|not found)(?: \(|$)", told, re.MULTILINE):
            if found == "not found":
                if name not in carried and not DRIVER.match(name):
                    sys.exit(f"{binary} needs {name}, which is nowhere")
            elif not Path(found).resolve().is_relative_to(environment):
                yield from _links(Path(found))


def _links(path: Path) -> Iterator[Path]:
    """Give a path and whatever it leads to, link by link."""
    yield path
    while path.is_symlink():
        path = path.parent / path.readlink()
        yield path


def _copy(file: Path, root: Path) -> None:
    # Debian's /lib is /usr/lib; in the image, too, so that both names of a file work.
    real = file.parent.resolve() / file.name
    target = root / real.relative_to("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.is_symlink():
        shutil.copy2(real, target, follow_symlinks=False)
    for merged in ("bin", "lib", "lib64", "sbin"):
        link = Path("/", merged)
        if link.is_symlink() and not (root / merged).is_symlink():
            (root / merged).symlink_to(link.readlink())
            (root / merged).resolve().mkdir(parents=True, exist_ok=True)


def _note_packages(files: Iterable[Path], root: Path) -> None:
    """Write the status and copy the licence of every package of which a file was taken."""
    status = root / "var/lib/dpkg/status.d"
    status.mkdir(parents=True)
    for package in sorted(set(filter(None, map(_package, files)))):
        told = subprocess.run(["dpkg-query", "--status", package], check=True, capture_output=True, text=True)
        name = package.partition(":")[0]
        (status / name).write_text(told.stdout)
        licence = Path("/usr/share/doc", name, "copyright")
        if licence.exists():
            target = root / licence.relative_to("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(licence, target)


def _package(file: Path) -> str | None:
    """Name Debian's package that a file is of; CPython may be of none."""
    real = file.parent.resolve() / file.name
    # Packages older than the merge of /lib into /usr/lib know a file by its old name.
    for name in (real, Path("/", *real.parts[2:])):
        told = subprocess.run(["dpkg-query", "--search", name], check=False, capture_output=True, text=True)
        if told.returncode == 0:
            return told.stdout.rpartition(": ")[0].split(",")[0].strip()
    return None


def _write_accounts(root: Path) -> None:
    etc = root / "etc"
    (etc / "passwd").write_text(f"root:x:0:0::/:/nologin\nlenet5:x:{USER}:{USER}::/tmp:/nologin\n")
    (etc / "group").write_text(f"root:x:0:\nlenet5:x:{USER}:\n")
    (etc / "nsswitch.conf").write_text("hosts: files dns\n")
    (root / "tmp").mkdir()
    (root / "tmp").chmod(0o1777)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
