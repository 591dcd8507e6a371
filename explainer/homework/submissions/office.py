"""The zip inside .xlsx and .docx, opened within limits: no bombs, no document types."""

from __future__ import annotations

import io
import zipfile
import zlib

from explainer.homework.submissions.base import MAX_BYTES, Broken
from explainer.i18n.bilingual import Bi

MAX_MEMBERS = 2_000
MAX_TAGS = 1_500_000  # in all XML: what a parsed file takes in memory and time grows with them

PROTECTED = Bi(
    zh="文件有密码，或是旧的{old}格式；请去掉密码，另存为{ending}后重交。",
    en="The file has a password or is in the old {old} format; save it as {ending} without a password and hand it in again.",
)
NOT_OFFICE = Bi(
    zh="文件已损坏，或者并不是{ending}文件；请重新保存后再交。",
    en="The file is damaged or is no {ending} file; save it again and hand it in again.",
)
TOO_LARGE = Bi(
    zh="文件解压后有{n} MB，超过上限{most} MB，没有读。",
    en="The file unpacks to {n} MB, more than the limit of {most} MB, and was not read.",
)
DOCTYPE = Bi(
    zh="文件中的XML带有实体定义，正常的{ending}文件没有，因此没有读。",
    en="The file's XML defines entities, which no ordinary {ending} file does; it was not read.",
)

TOO_MANY_TAGS = Bi(
    zh="文件的内容太多（超过{most}个XML标记），没有读。",
    en="The file has too many parts (more than {most} XML tags) and was not read.",
)

_OLE = b"\xd0\xcf\x11\xe0"


def opened(content: bytes, ending: str) -> zipfile.ZipFile:
    """The archive, once its sizes and its XML are known to be harmless. Raises Broken."""
    if content.startswith(_OLE):
        raise Broken(PROTECTED.format(old=ending[:4], ending=ending))
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = archive.infolist()
        size = sum(member.file_size for member in members)
        if size > MAX_BYTES or len(members) > MAX_MEMBERS:
            raise Broken(TOO_LARGE.format(n=size // 1_000_000, most=MAX_BYTES // 1_000_000))
        tags = 0
        for member in members:
            if not member.filename.lower().endswith((".xml", ".rels", ".vml")):
                continue
            xml = archive.read(member)
            if _defines(xml):
                raise Broken(DOCTYPE.format(ending=ending))
            tags += xml.count(b"<")
            if tags > MAX_TAGS:
                raise Broken(TOO_MANY_TAGS.format(most=MAX_TAGS))
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise Broken(NOT_OFFICE.format(ending=ending)) from error
    return archive


def _defines(content: bytes) -> bool:
    """A document type, in UTF-8 or UTF-16."""
    flat = content.replace(b"\0", b"").upper()
    return b"<!DOCTYPE" in flat or b"<!ENTITY" in flat
