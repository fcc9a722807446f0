"""awsglue.utils."""


class GlueArgumentError(Exception):
    """A required argument is missing."""


def getResolvedOptions(args, options):  # noqa: N802 Glue's own name
    """Reads `--NAME value` and `--NAME=value` from args ("Accessing parameters using getResolvedOptions")."""
    found = {}
    words = list(args[1:])
    for position, word in enumerate(words):
        name, equals, value = word.removeprefix("--").partition("=")
        if word.startswith("--") and name in options:
            found[name] = value if equals else words[position + 1] if position + 1 < len(words) else ""
    missing = [name for name in options if name not in found]
    if missing:
        raise GlueArgumentError("the following arguments are required: " + ", ".join("--" + name for name in missing))
    return found
