"""The program's way in: ``python -m synth_codeai`` and the script ``synth-codeai``."""

import sys

from synth_codeai.errors import ConfigurationError


def main() -> None:
    """Run the command line and exit; a setting that names no database is one line and exit code 2."""
    try:
        # The models are bound to their database when they are imported, so settings can fail here.
        from synth_codeai.cli import run  # noqa: PLC0415
    except ConfigurationError as error:
        sys.exit(_refuse(error))
    run()


def _refuse(error: ConfigurationError) -> int:
    sys.stderr.write(f"Error: {error}\n")
    return 2


if __name__ == "__main__":
    main()
