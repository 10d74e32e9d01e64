"""A day's plays to Parquet and market share in PySpark, on all cores of this machine."""

import sys
from pathlib import Path

from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as f

from bench.peers.rules import landed


def main(source: Path, target: Path) -> None:
    """Writes landed/, raw.parquet, fact.parquet and shares.parquet (folders, as Spark does)."""
    landed(source / "plays.csv", target / "landed")
    spark = (
        SparkSession.builder.master("local[*]")
        .config("spark.driver.memory", "8g")
        .config("spark.sql.shuffle.partitions", "8")
        .config("spark.sql.parquet.compression.codec", "zstd")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    read = spark.read.csv(
        str(source / "plays.csv"), header=True, schema="location_id STRING, track_id STRING, played_ms STRING",
        mode="DROPMALFORMED",
    )  # fmt: skip
    raw = read.withColumn("played_ms", f.expr("try_cast(played_ms AS BIGINT)")).where("played_ms >= 0")
    raw.write.parquet(str(target / "raw.parquet"))
    raw = spark.read.parquet(str(target / "raw.parquet"))
    locations = spark.read.parquet(str(source / "locations.parquet")).withColumnRenamed("key", "location_key")
    tracks = spark.read.parquet(str(source / "tracks.parquet")).withColumnRenamed("key", "track_key")
    fact = (
        raw.withColumn("location_key", f.lower(f.trim("location_id")))
        .withColumn("track_key", f.lower(f.trim("track_id")))
        .withColumn("is_counted", f.col("played_ms") >= 60_000)
        .join(locations, "location_key", "left")
        .join(tracks, "track_key", "left")
        .drop("location_key", "track_key")
    )
    fact.write.parquet(str(target / "fact.parquet"))
    counted = spark.read.parquet(str(target / "fact.parquet")).where("is_counted")
    plays = counted.groupBy("country", "licensor").agg(f.count("*").alias("plays"))
    share = f.col("plays") / f.sum("plays").over(Window.partitionBy("country"))
    plays.withColumn("share", share).coalesce(1).write.parquet(str(target / "spark-shares"))
    next((target / "spark-shares").glob("*.parquet")).rename(target / "shares.parquet")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
