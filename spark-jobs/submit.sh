# shellcheck shell=bash
# Sourced by the jobs of this folder: how a command of mmard is submitted.
#
# MMARD_MASTER         the cluster (spark://host:port, yarn, k8s://…); spark-submit's own choice when unset
# MMARD_PROPERTIES     properties file for spark-submit, such as deploy/yarn/spark-defaults.conf; that of SPARK_HOME when unset
# MMARD_GPUS           1: one GPU per executor, by gpu.conf beside that properties file
# MMARD_DRIVER_MEMORY  heap of the driver, default 2g
# MMARD_JAR            the program, default target/mmard-train.jar (./mmard build makes it); local:///FILE lies in the image of a container
# SPARK_HOME           Spark 3.5 for Scala 2.12, default target/spark-home

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

fail() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    exit 2
}

jar=${MMARD_JAR:-$root/target/mmard-train.jar}
[[ $jar == *://* || -f $jar ]] || fail "$jar does not exist: ./mmard build makes it, MMARD_JAR names another"
spark_submit=${SPARK_HOME:-$root/target/spark-home}/bin/spark-submit
[[ -x $spark_submit ]] || fail "$spark_submit does not exist: ./mmard build makes it, SPARK_HOME names another Spark"

# Spark takes one properties file alone; what goes over it are arguments.
gpus=()
case ${MMARD_GPUS:-} in
    '' | 0) ;;
    1)
        [[ -n ${MMARD_PROPERTIES:-} ]] || fail 'MMARD_GPUS=1 wants MMARD_PROPERTIES, such as deploy/yarn/spark-defaults.conf: gpu.conf beside it says how executors get GPUs'
        gpu_conf=$(dirname "$MMARD_PROPERTIES")/gpu.conf
        [[ -f $gpu_conf ]] || fail "$gpu_conf does not exist: MMARD_GPUS=1 reads it; deploy/standalone, deploy/yarn and deploy/kubernetes have one to copy"
        while read -r key value; do
            if [[ -n $key && $key != \#* ]]; then gpus+=(--conf "$key=$value"); fi
        done < "$gpu_conf"
        ;;
    *) fail "MMARD_GPUS is $MMARD_GPUS: give 1, or leave it out" ;;
esac

# Java 17 reads names of files and arguments in the locale's letters alone: in those of LC_ALL=C, most are lost.
if [[ $(locale charmap 2> /dev/null) != UTF-8 ]]; then export LC_ALL=C.UTF-8; fi

# submit COMMAND ARGUMENT...: this process becomes the driver.
submit() {
    exec "$spark_submit" ${MMARD_MASTER:+--master "$MMARD_MASTER"} ${MMARD_PROPERTIES:+--properties-file "$MMARD_PROPERTIES"} \
        "${gpus[@]}" --driver-memory "${MMARD_DRIVER_MEMORY:-2g}" "$jar" "$@"
}

# submit_here COMMAND ARGUMENT...: the same for commands that need no cluster.
submit_here() {
    exec "$spark_submit" --master 'local[1]' --driver-memory 512m "$jar" "$@"
}
