"""The benchmark: the product beside what people would use instead. `make bench`, or `python -m bench --help`."""
