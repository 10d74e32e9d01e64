#!/usr/bin/env bash
# A part of a cluster, in the foreground, with Spark's own options after it:
#   start.sh master                       on SPARK_LOCAL_IP (127.0.0.1) and port 7077
#   start.sh worker spark://HOST:7077     with all cores of this machine; --cores 2 --memory 4g
#   start.sh connect spark://HOST:7077    a server of Spark Connect on port 15002
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
part=${1:?say master, worker or connect}
shift

# Workers normalise keys by this package, in this Python.
export PYSPARK_PYTHON=${PYSPARK_PYTHON:-$here/../../.venv/bin/python}
SPARK_HOME=$("$PYSPARK_PYTHON" -c 'import os, pyspark; print(os.path.dirname(pyspark.__file__))')
export SPARK_HOME
export SPARK_CONF_DIR=${SPARK_CONF_DIR:-$here/conf}
# Where others reach this machine, and where all that is started here listens.
export SPARK_LOCAL_IP=${SPARK_LOCAL_IP:-127.0.0.1}
export SPARK_DAEMON_MEMORY=${SPARK_DAEMON_MEMORY:-512m}

case $part in
master) exec "$SPARK_HOME/bin/spark-class" org.apache.spark.deploy.master.Master --host "$SPARK_LOCAL_IP" "$@" ;;
worker) exec "$SPARK_HOME/bin/spark-class" org.apache.spark.deploy.worker.Worker --host "$SPARK_LOCAL_IP" "$@" ;;
connect)
  master=${1:?say which master}
  shift
  exec "$SPARK_HOME/bin/spark-submit" --class org.apache.spark.sql.connect.service.SparkConnectServer --master "$master" \
    --name "Spark Connect" --conf spark.connect.grpc.binding.address="$SPARK_LOCAL_IP" "$@" spark-internal
  ;;
*)
  echo "There is no $part; say master, worker or connect." >&2
  exit 2
  ;;
esac
