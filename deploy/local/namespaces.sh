#!/usr/bin/env bash
# Hosts that are none: runs a command beside a Spark standalone cluster whose workers each have a network, a name and an address of their own, joined
# with the command's by a bridge. What only works on one machine does not work here.
#
#   deploy/local/namespaces.sh WORKERS COMMAND...    MMARD_MASTER is set for the command; its exit code is this one's
#
# The command's host is named driver, at 10.77.0.1; the others are worker-1, at 10.77.0.2, and so on. All of it lies in namespaces of this process
# and is gone when it ends, however it ends. Needs iproute2, and root or a kernel that lets users have namespaces.
#
# SPARK_DAEMON_JAVA_OPTS  JVM options of master and workers
# MMARD_CLUSTER_DIR       folder of the logs and the workers' files, default target/namespaces
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
# shellcheck source=deploy/local/common.sh
. "$here/common.sh"

usage='usage: namespaces.sh WORKERS COMMAND...'
state=${MMARD_CLUSTER_DIR:-$root/target/namespaces}

begin() {
    (($# >= 2)) || fail "$usage" 2
    [[ $1 =~ ^[1-9]$ ]] || fail "$1 is not a number of workers from 1 to 9; $usage" 2
    export PATH=$PATH:/usr/sbin:/sbin
    command -v ip > /dev/null || fail 'ip is missing: install iproute2'
    use_java_17
    if [[ -z ${SPARK_HOME:-} && ! -x $root/target/spark-home/bin/spark-class ]]; then "$root/mmard" build; fi
    use_spark
    mkdir -p "$state"
    # The process id namespace takes all processes with it, and they the others.
    exec unshare --user --map-root-user --net --mount --uts --pid --fork --kill-child --mount-proc "$0" --inside "$@"
}

# worker_host NUMBER: a network namespace with one end of a cable whose other end is at the bridge.
worker_host() {
    ip netns add "worker-$1"
    ip link add "cable-$1" type veth peer name eth0 netns "worker-$1"
    ip link set "cable-$1" master bridge up
    ip -n "worker-$1" address add "10.77.0.$(($1 + 1))/24" dev eth0
    ip -n "worker-$1" link set eth0 up
    ip -n "worker-$1" link set lo up
}

# on_worker NUMBER COMMAND...
on_worker() {
    local name=worker-$1
    shift
    # shellcheck disable=SC2016 # For the inner shell.
    ip netns exec "$name" unshare --uts bash -c 'echo "$0" > /proc/sys/kernel/hostname && exec "$@"' "$name" "$@"
}

# said FILE WORDS: waits until a log has them.
said() {
    local tenths
    for ((tenths = 0; tenths < 1200; tenths++)); do
        if grep -q "$2" "$1" 2> /dev/null; then return; fi
        sleep 0.1
    done
    fail "no \"$2\" within 120 s: see $1"
}

inside() {
    local count=$1 number
    shift
    mount -t tmpfs none /run
    ip link set lo up
    ip link add bridge type bridge
    ip address add 10.77.0.1/24 dev bridge
    ip link set bridge up
    echo driver > /proc/sys/kernel/hostname
    printf '127.0.0.1 localhost\n10.77.0.1 driver\n' > /run/hosts
    for ((number = 1; number <= count; number++)); do
        worker_host "$number"
        echo "10.77.0.$((number + 1)) worker-$number" >> /run/hosts
    done
    mount --bind /run/hosts /etc/hosts

    export SPARK_DAEMON_MEMORY=256m
    # No name is worth a question to a server that cannot be reached.
    echo 'hosts: files' > /run/nsswitch.conf
    mount --bind /run/nsswitch.conf /etc/nsswitch.conf

    MMARD_CONSOLE=everything "$SPARK_HOME/bin/spark-class" org.apache.spark.deploy.master.Master --port 7077 > "$state/master.log" 2>&1 &
    said "$state/master.log" 'I have been elected leader'
    for ((number = 1; number <= count; number++)); do
        MMARD_CONSOLE=everything on_worker "$number" "$SPARK_HOME/bin/spark-class" org.apache.spark.deploy.worker.Worker \
            --cores 1 --memory 2g --work-dir "$state/worker-$number" spark://driver:7077 > "$state/worker-$number.log" 2>&1 &
    done
    for ((number = 1; number <= count; number++)); do
        said "$state/worker-$number.log" 'Successfully registered with master'
    done
    MMARD_MASTER=spark://driver:7077 "$@"
}

if [[ ${1:-} == --inside ]]; then
    shift
    inside "$@"
else
    begin "$@"
fi
