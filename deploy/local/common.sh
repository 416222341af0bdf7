# shellcheck shell=bash
# Sourced by mmard, notebooks/run.sh, cluster.sh and hdfs.sh: the checkout, the JDK and Spark they all use.
# One line per mistake on stderr; exit 2 for a wrong call, 1 for anything else.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)

fail() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    exit "${2:-1}"
}

# A file that is opened later would take the place of a stream that is closed, and be written over.
need_output() {
    { : 3>&2; } 2> /dev/null || exec 2> /dev/null
    { : 3>&1; } 2> /dev/null || fail 'standard output is closed'
    { : 3<&0; } 2> /dev/null || exec < /dev/null
}

# Java 17 reads names of files and arguments in the locale's letters alone: in those of LC_ALL=C, most are lost. Executors inherit it.
use_utf8() {
    if [[ $(locale charmap 2> /dev/null) != UTF-8 ]]; then export LC_ALL=C.UTF-8; fi
}

is_java_17() {
    [[ -x $1/bin/java ]] && "$1/bin/java" -version 2>&1 | grep -q ' version "17[."]'
}

# Sets JAVA_HOME: the caller's, else the one on the PATH, else a system-wide Java 17.
use_java_17() {
    local on_path candidate
    if [[ -n ${JAVA_HOME:-} ]]; then
        is_java_17 "$JAVA_HOME" || fail "JAVA_HOME=$JAVA_HOME is not a Java 17: point it at a JDK 17, or unset it"
    else
        on_path=$(command -v java || true)
        for candidate in "$(dirname "$(dirname "$(readlink -f "${on_path:-/}")")")" /usr/lib/jvm/*17*; do
            if is_java_17 "$candidate"; then
                JAVA_HOME=$candidate
                break
            fi
        done
        [[ -n ${JAVA_HOME:-} ]] || fail "no Java 17 found: install a JDK 17 (Debian: apt-get install openjdk-17-jdk-headless) or set JAVA_HOME"
    fi
    export JAVA_HOME
}

# Sets SPARK_HOME: the caller's, else the one that the build lays under target/.
use_spark() {
    if [[ -n ${SPARK_HOME:-} ]]; then
        compgen -G "$SPARK_HOME/jars/spark-core_2.12-3.5.*.jar" > /dev/null \
            || fail "SPARK_HOME=$SPARK_HOME holds no Spark 3.5 for Scala 2.12: unset it and a small one is made"
    else
        SPARK_HOME=$root/target/spark-home
    fi
    # Spark's launcher looks for a Spark source tree when it is not told.
    export SPARK_HOME SPARK_SCALA_VERSION=2.12
    # One computing thread per executor: more of them than cores make every step slower.
    export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
}

# What Spark's own launcher opens to a driver; the tests run with the same.
# shellcheck disable=SC2034
mapfile -t java_openings < "$root/deploy/local/java-openings"
