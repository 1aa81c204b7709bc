"""Language codes and names as they stand in media files, as BCP 47 tags.

The result uses the shortest code, as RFC 5646 asks: ``eng`` and ``English`` become ``en``.
"""

import re
from typing import Final

# ISO 639-1, ISO 639-2/T; a third code is ISO 639-2/B.
_ISO_639: Final = """
aa:aar ab:abk ae:ave af:afr ak:aka am:amh an:arg ar:ara as:asm av:ava ay:aym az:aze ba:bak be:bel
bg:bul bi:bis bm:bam bn:ben bo:bod:tib br:bre bs:bos ca:cat ce:che ch:cha co:cos cr:cre cs:ces:cze
cu:chu cv:chv cy:cym:wel da:dan de:deu:ger dv:div dz:dzo ee:ewe el:ell:gre en:eng eo:epo es:spa
et:est eu:eus:baq fa:fas:per ff:ful fi:fin fj:fij fo:fao fr:fra:fre fy:fry ga:gle gd:gla gl:glg
gn:grn gu:guj gv:glv ha:hau he:heb hi:hin ho:hmo hr:hrv ht:hat hu:hun hy:hye:arm hz:her ia:ina
id:ind ie:ile ig:ibo ii:iii ik:ipk io:ido is:isl:ice it:ita iu:iku ja:jpn jv:jav ka:kat:geo kg:kon
ki:kik kj:kua kk:kaz kl:kal km:khm kn:kan ko:kor kr:kau ks:kas ku:kur kv:kom kw:cor ky:kir la:lat
lb:ltz lg:lug li:lim ln:lin lo:lao lt:lit lu:lub lv:lav mg:mlg mh:mah mi:mri:mao mk:mkd:mac ml:mal
mn:mon mr:mar ms:msa:may mt:mlt my:mya:bur na:nau nb:nob nd:nde ne:nep ng:ndo nl:nld:dut nn:nno
no:nor nr:nbl nv:nav ny:nya oc:oci oj:oji om:orm or:ori os:oss pa:pan pi:pli pl:pol ps:pus pt:por
qu:que rm:roh rn:run ro:ron:rum ru:rus rw:kin sa:san sc:srd sd:snd se:sme sg:sag si:sin sk:slk:slo
sl:slv sm:smo sn:sna so:som sq:sqi:alb sr:srp ss:ssw st:sot su:sun sv:swe sw:swa ta:tam te:tel
tg:tgk th:tha ti:tir tk:tuk tl:tgl tn:tsn to:ton tr:tur ts:tso tt:tat tw:twi ty:tah ug:uig uk:ukr
ur:urd uz:uzb ve:ven vi:vie vo:vol wa:wln wo:wol xh:xho yi:yid yo:yor za:zha zh:zho:chi zu:zul
"""
_ALPHA_3: Final = {
    code: group.split(":")[0] for group in _ISO_639.split() for code in group.split(":")[1:]
}
_ALPHA_2: Final = frozenset(_ALPHA_3.values())
_ALPHA_3_ONLY: Final = frozenset({"ast", "chr", "cmn", "fil", "gsw", "haw", "nds", "yue"})

_NAMES: Final = {
    name: code
    for code, names in {
        "ar": "arabic",
        "bg": "bulgarian",
        "bn": "bengali",
        "ca": "catalan català",
        "cs": "czech čeština",
        "da": "danish dansk",
        "de": "german deutsch",
        "el": "greek",
        "en": "english",
        "es": "spanish español espanol castellano",
        "et": "estonian",
        "fa": "persian farsi",
        "fi": "finnish suomi",
        "fil": "filipino",
        "fr": "french français francais",
        "he": "hebrew",
        "hi": "hindi",
        "hr": "croatian hrvatski",
        "hu": "hungarian magyar",
        "id": "indonesian",
        "is": "icelandic",
        "it": "italian italiano",
        "ja": "japanese",
        "ko": "korean",
        "lt": "lithuanian",
        "lv": "latvian",
        "ms": "malay",
        "nb": "bokmål",
        "nl": "dutch nederlands flemish",
        "no": "norwegian norsk",
        "pl": "polish polski",
        "pt": "portuguese português portugues",
        "pt-BR": "brazilian",
        "ro": "romanian",
        "ru": "russian",
        "sk": "slovak",
        "sl": "slovenian",
        "sr": "serbian",
        "sv": "swedish svenska",
        "ta": "tamil",
        "te": "telugu",
        "th": "thai",
        "tr": "turkish türkçe",
        "uk": "ukrainian",
        "vi": "vietnamese",
        "zh": "chinese mandarin",
        "yue": "cantonese",
    }.items()
    for name in names.split()
}

_TAG: Final = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|\d{3}))?", re.IGNORECASE)
_UNSTATED: Final = frozenset({"und", "mis", "mul", "zxx"})


def language_from_tag(tag: str | None) -> str | None:
    """The language that a container or provider states; None for nothing, nonsense or ``und``."""
    match = _TAG.fullmatch((tag or "").strip().replace("_", "-"))
    if not match or (primary := match[1].lower()) in _UNSTATED:
        return None
    parts = [_ALPHA_3.get(primary, primary)]
    if match[2]:
        parts.append(match[2].title())
    if match[3]:
        parts.append(match[3].upper())
    return "-".join(parts)


def language_from_word(word: str) -> str | None:
    """The language that a word of a file name means: a known code, tag or name, else None."""
    folded = word.casefold()
    if folded in _NAMES:
        return _NAMES[folded]
    tag = language_from_tag(word)
    if tag is None:
        return None
    primary = tag.split("-")[0]
    return tag if primary in _ALPHA_2 or primary in _ALPHA_3_ONLY else None
