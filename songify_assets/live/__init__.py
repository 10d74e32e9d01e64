"""`songify live`: receives events, keeps them in a log, counts them, and shows the counts; one process, no server to run.

What is answered with 200 is in the log (`log`), on the disk. Counts follow from the log alone: a start reads the last
checkpoint and the log after it. What arrived in an hour becomes a drop of the source `live` (`segments`).
"""
