from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class StaticFiles(ManifestStaticFilesStorage):
    """Names with hashes, also where one of our script modules imports another.

    Django's own switch for modules reads every package's scripts, and stumbles over examples in
    their comments.
    """

    patterns = (
        *ManifestStaticFilesStorage.patterns,
        ("js/*.js", ((r'(?P<matched>from "(?P<url>\./[^"]+)")', 'from "%(url)s"'),)),
    )
