#!/usr/bin/env bash
# Trains and evaluates a grid: spark-jobs/grid.sh --conf FILE [-D key=value]...
#
# MMARD_MASTER  the cluster (spark://host:port, yarn, k8s://…); spark-submit's own choice when unset
# MMARD_JAR     the program, default target/mmard-train.jar (./mmard build makes it)
# SPARK_HOME    Spark 3.5 for Scala 2.12, default target/spark-home
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
jar=${MMARD_JAR:-$root/target/mmard-train.jar}
[[ -f $jar ]] || { echo "grid.sh: $jar does not exist: ./mmard build makes it, MMARD_JAR names another" >&2; exit 2; }

exec "${SPARK_HOME:-$root/target/spark-home}/bin/spark-submit" ${MMARD_MASTER:+--master "$MMARD_MASTER"} \
    --driver-memory "${MMARD_DRIVER_MEMORY:-2g}" \
    --conf spark.driver.extraJavaOptions=-Daeron.publication.unblock.timeout=60000000000 \
    --conf spark.executor.extraJavaOptions=-Daeron.publication.unblock.timeout=60000000000 \
    "$jar" grid "$@"
