"""`python -m songify_assets` is `songify`."""

from songify_assets.cli import main

main()
