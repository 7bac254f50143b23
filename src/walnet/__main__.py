"""``python -m walnet`` is the command ``walnet``."""

from walnet.cli import main

if __name__ == "__main__":
    main()
