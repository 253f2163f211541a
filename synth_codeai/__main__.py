"""The program's way in: ``python -m synth_codeai`` and the script ``synth-codeai``."""

import sys

from peewit.errors import cause_of

from synth_codeai.errors import ConfigurationError


def main() -> None:
    """Run the command line and exit; where it cannot be loaded, one error says why, with exit code 2."""
    try:
        # The models are bound to their database when they are imported, so settings can fail here.
        from synth_codeai.cli import run  # noqa: PLC0415  # inside the try, as it can fail
    except ConfigurationError as error:
        sys.exit(_refuse(str(error)))
    except Exception as error:
        _refuse(f"the program cannot be loaded: {cause_of(error)}")
        raise SystemExit(2) from error
    run()


def _refuse(message: str) -> int:
    sys.stderr.write(f"error: {message}\n")
    return 2


if __name__ == "__main__":
    main()
