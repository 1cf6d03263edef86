"""What a file is called where people save it: nothing that leads elsewhere or hides what it is, and an extension.

The types' extensions are a list of our own before Python's, and never the machine's: it must be the same everywhere.
"""

from __future__ import annotations

import mimetypes
import re

LONGEST = 200
_NOTHING = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
"""Among them what turns the direction of writing: "gnp.exe" must not read as "exe.png"."""
_FORBIDDEN = re.compile('[<>:"|?*]')
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,10}$")
_OOXML = "application/vnd.openxmlformats-officedocument"
_EXTENSIONS = {
    "application/vnd.android.package-archive": ".apk",
    "application/vnd.rar": ".rar",
    "application/x-7z-compressed": ".7z",
    "application/x-rar-compressed": ".rar",
    f"{_OOXML}.presentationml.presentation": ".pptx",
    f"{_OOXML}.spreadsheetml.sheet": ".xlsx",
    f"{_OOXML}.wordprocessingml.document": ".docx",
    "application/xml": ".xml",
    "audio/aac": ".aac",
    "audio/amr": ".amr",
    "audio/mp4": ".m4a",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/opus": ".opus",
    "audio/wav": ".wav",
    "image/heic": ".heic",
    "image/heif": ".heif",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf",
    "video/3gpp": ".3gp",
    "video/quicktime": ".mov",
}
_types = mimetypes.MimeTypes()
_KNOWN = frozenset(_EXTENSIONS.values()) | _types.types_map[True].keys() | _types.types_map[False].keys()
_SAY_NOTHING = frozenset({"application/octet-stream", "text/plain"})
"""Types of which the name knows more."""


def plain_name(name: str) -> str:
    """The last part of a path, without what no system keeps in a name; "" where nothing is left."""
    last = _NOTHING.sub("", name.replace("\\", "/")).rpartition("/")[2]
    return _FORBIDDEN.sub("_", last).strip().strip(".")[:LONGEST]


def download_name(name: str | None, mime: str, otherwise: str) -> str:
    """What a file of this type is saved as. otherwise: its name, where it came without one."""
    plain = plain_name(name or "") or otherwise
    suffix, type_ = _SUFFIX.search(plain), mime.partition(";")[0].strip().lower()
    if suffix and (suffix[0].lower() in _KNOWN or type_ in _SAY_NOTHING):
        return plain
    return plain + (_EXTENSIONS.get(type_) or _types.guess_extension(type_) or "")
