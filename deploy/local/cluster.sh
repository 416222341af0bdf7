#!/usr/bin/env bash
# A Spark standalone cluster on this machine: a master and workers of one core and 2 GiB each, as real processes on loopback.
#
#   deploy/local/cluster.sh start N    starts what is missing of a master and N workers, and waits until they are ready
#   deploy/local/cluster.sh stop       stops what it started
#   deploy/local/cluster.sh status     says what runs; exit 0 when all of it does, 3 when none, 1 otherwise
#   deploy/local/cluster.sh url        prints the master's address, for MMARD_MASTER
#
# MMARD_CLUSTER_DIR  folder of pid files, logs and the workers' files, default target/cluster
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
# shellcheck source=deploy/local/common.sh
. "$here/common.sh"

usage='usage: cluster.sh start N | stop | status | url'
state=${MMARD_CLUSTER_DIR:-$root/target/cluster}
# shellcheck source=deploy/local/processes.sh
. "$here/processes.sh"

# Workers that were started, by their pid files.
workers() {
    local file
    for file in "$state"/worker-*.pid; do
        if [[ -e $file ]]; then basename "$file" .pid; fi
    done
}

web_page() {
    page "$(cat "$state/master-web.port" 2> /dev/null)" /json/
}

alive_workers() {
    web_page | sed -n 's/.*"aliveworkers" *: *\([0-9]*\).*/\1/p'
}

master_url() {
    web_page | sed -n 's|.*"url" *: *"\(spark://[^"]*\)".*|\1|p'
}

is_master_ready() {
    is_running master && [[ -n $(master_url) ]]
}

# A restarted worker counts once more than it should until the master has given up the dead one: at least is enough.
are_ready() {
    (("0$(alive_workers)" >= $1))
}

start() {
    local count=$1 running=0 worker number
    for worker in $(workers); do
        if is_running "$worker"; then running=$((running + 1)); fi
    done
    ((running <= count)) || fail "$running workers run already: stop them first"
    use_utf8
    use_java_17
    if [[ -z ${SPARK_HOME:-} && ! -x $root/target/spark-home/bin/spark-class ]]; then "$root/mmard" build; fi
    use_spark
    export SPARK_LOCAL_IP=127.0.0.1 SPARK_DAEMON_MEMORY=512m MMARD_CONSOLE=everything
    # Every executor copies the application's jar: without this, finished applications fill the disk.
    export SPARK_WORKER_OPTS='-Dspark.worker.cleanup.enabled=true -Dspark.worker.cleanup.appDataTtl=86400'

    if ! is_running master; then
        # Workers of a dead master would only look for it in vain.
        for worker in $(workers); do end "$worker"; done
        rm -rf "$state/jobs"
        run master "$SPARK_HOME/bin/spark-class" org.apache.spark.deploy.master.Master \
            --host 127.0.0.1 --port "$(port master)" --webui-port "$(port master-web)"
    fi
    wait_for 120 'the master did not answer' is_master_ready
    for ((number = 1; number <= count; number++)); do
        run "worker-$number" "$SPARK_HOME/bin/spark-class" org.apache.spark.deploy.worker.Worker \
            --host 127.0.0.1 --cores 1 --memory 2g --webui-port 0 --work-dir "$state/jobs/worker-$number" "$(master_url)"
    done
    wait_for 120 "the $count workers did not register" are_ready "$count"
    status
}

stop() {
    local worker
    need_own
    for worker in $(workers); do end "$worker"; done
    end master
    echo 'stopped'
}

status() {
    local running=0 total=0 worker
    for worker in $(workers); do
        total=$((total + 1))
        if is_running "$worker"; then running=$((running + 1)); fi
    done
    if is_master_ready; then
        echo "$(master_url) with $running of $total workers running; web page http://127.0.0.1:$(cat "$state/master-web.port")"
        ((running == total && total > 0))
    elif is_running master || ((running > 0)); then
        echo "no master, $running of $total workers running"
        return 1
    else
        echo 'stopped'
        return 3
    fi
}

case "${1:-} $#" in
    'start 2')
        [[ $2 =~ ^[1-9][0-9]?$ ]] || fail "$2 is not a number of workers from 1 to 99; $usage" 2
        mkdir -p "$state"
        claim
        # Two starts at a time would start everything twice.
        exec 9> "$state/lock"
        flock 9
        start "$2"
        ;;
    'stop 1') stop ;;
    'status 1') status ;;
    'url 1')
        is_master_ready || fail 'the cluster is stopped: cluster.sh start N'
        master_url
        ;;
    *) fail "$usage" 2 ;;
esac
