#!/usr/bin/env bash
# A Hadoop filesystem on this machine: a NameNode and a DataNode as real processes on loopback.
#
#   deploy/local/hdfs.sh start                     starts what is missing, and waits until files can be written
#   deploy/local/hdfs.sh stop [namenode|datanode]  stops what it started; the data stay
#   deploy/local/hdfs.sh status                    says what runs; exit 0 when all of it does, 3 when none, 1 otherwise
#   deploy/local/hdfs.sh uri                       prints the filesystem's address, hdfs://127.0.0.1:PORT
#   deploy/local/hdfs.sh dfs ARGUMENT...           Hadoop's file commands, for example: dfs -ls /
#
# MMARD_HDFS_DIR  folder of data, pid files and logs, default target/hdfs
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
# shellcheck source=deploy/local/common.sh
. "$here/common.sh"

usage='usage: hdfs.sh start | stop [namenode|datanode] | status | uri | dfs ARGUMENT...'
state=${MMARD_HDFS_DIR:-$root/target/hdfs}
# shellcheck source=deploy/local/processes.sh
. "$here/processes.sh"

# Sets hadoop to the command that starts one of Hadoop's classes.
use_hadoop() {
    local jars=$root/target/hdfs-jars
    use_java_17
    if [[ -z ${SPARK_HOME:-} && ! -x $root/target/spark-home/bin/spark-class ]]; then "$root/mmard" build; fi
    use_spark
    if ! compgen -G "$jars/hadoop-client-minicluster-*.jar" > /dev/null; then
        mvn -q -B -f "$root/pom.xml" dependency:copy-dependencies -DincludeArtifactIds=hadoop-client-minicluster -DoutputDirectory="$jars" \
            > "$root/target/hdfs-jars.log" 2>&1 < /dev/null || fail "Hadoop's servers could not be fetched: see $root/target/hdfs-jars.log"
    fi
    hadoop=("$JAVA_HOME/bin/java" -Xmx512m "${java_openings[@]}"
        -Dlog4j2.configurationFile="$root/src/main/resources/org/mmard/log4j2.properties" -Dhadoop.log.dir="$state"
        -cp "$state/conf:$jars/*:$SPARK_HOME/jars/*")
}

uri() {
    echo "hdfs://127.0.0.1:$(cat "$state/namenode.port")"
}

# live_datanodes: nothing while the NameNode is away or does not accept writes yet.
live_datanodes() {
    page "$(cat "$state/namenode-web.port" 2> /dev/null)" '/jmx?qry=Hadoop:service=NameNode,name=FSNamesystemState' \
        | tr -d '\n' | sed -n 's/.*"FSState" : "Operational".*"NumLiveDataNodes" : \([0-9]*\).*/\1/p'
}

is_ready() {
    is_running namenode && is_running datanode && (("0$(live_datanodes)" == 1))
}

site() {
    echo "<configuration><property><name>$1</name><value>$2</value></property></configuration>"
}

start() {
    local settings
    use_hadoop
    export MMARD_CONSOLE=everything
    if ! is_running namenode; then
        port namenode > /dev/null
        port namenode-web > /dev/null
        # The DataNode speaks to the address it was started with.
        end datanode
    fi
    # Servers and clients both look for these files; as a HADOOP_CONF_DIR the folder makes this the default filesystem of any Hadoop client.
    mkdir -p "$state/conf"
    site fs.defaultFS "$(uri)" > "$state/conf/core-site.xml"
    site dfs.replication 1 > "$state/conf/hdfs-site.xml"
    settings=(-D dfs.permissions.enabled=false
        -D "dfs.namenode.http-address=127.0.0.1:$(cat "$state/namenode-web.port")"
        -D "dfs.namenode.name.dir=$state/data/namenode" -D "dfs.datanode.data.dir=$state/data/datanode"
        -D dfs.datanode.address=127.0.0.1:0 -D dfs.datanode.http.address=127.0.0.1:0 -D dfs.datanode.ipc.address=127.0.0.1:0
        -D dfs.namenode.safemode.extension=0)
    if [[ ! -e $state/data/namenode/current/VERSION ]]; then
        # Blocks of a filesystem that is gone would only make the DataNode refuse the new one.
        if [[ -n $(find "$state/data" -mindepth 1 -maxdepth 1 ! -name namenode ! -name datanode -print -quit 2> /dev/null) ]]; then
            fail "$state/data holds more than a filesystem of ours: move it away"
        fi
        rm -rf "$state/data"
        "${hadoop[@]}" org.apache.hadoop.hdfs.server.namenode.NameNode "${settings[@]}" -format -nonInteractive > "$state/format.log" 2>&1 < /dev/null \
            || fail "the filesystem could not be formatted: see $state/format.log"
    fi
    run namenode "${hadoop[@]}" org.apache.hadoop.hdfs.server.namenode.NameNode "${settings[@]}"
    run datanode "${hadoop[@]}" org.apache.hadoop.hdfs.server.datanode.DataNode "${settings[@]}"
    wait_for 120 'the filesystem was not ready' is_ready
    status
}

status() {
    if is_ready; then
        echo "$(uri) with its data under $state/data"
    elif is_running namenode || is_running datanode; then
        echo "not ready: namenode $(is_running namenode && echo running || echo stopped), datanode $(is_running datanode && echo running || echo stopped)"
        return 1
    else
        echo 'stopped'
        return 3
    fi
}

case ${1:-} in
    start)
        (($# == 1)) || fail "$usage" 2
        mkdir -p "$state"
        claim
        # Two starts at a time would start everything twice.
        exec 9> "$state/lock"
        flock 9
        start
        ;;
    stop)
        case "$# ${2:-}" in
            '1 ') need_own && end datanode && end namenode && echo 'stopped' ;;
            '2 namenode' | '2 datanode') need_own && end "$2" && echo "$2 stopped" ;;
            *) fail "$usage" 2 ;;
        esac
        ;;
    status)
        (($# == 1)) || fail "$usage" 2
        status
        ;;
    uri)
        (($# == 1)) || fail "$usage" 2
        is_running namenode || fail 'the filesystem is stopped: hdfs.sh start'
        uri
        ;;
    dfs)
        shift
        is_running namenode || fail 'the filesystem is stopped: hdfs.sh start'
        use_hadoop
        exec "${hadoop[@]}" org.apache.hadoop.fs.FsShell "$@"
        ;;
    *) fail "$usage" 2 ;;
esac
