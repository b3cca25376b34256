"""`python -m loadstone` is `loadstone`."""

from loadstone.cli import main

if __name__ == "__main__":
    main()
