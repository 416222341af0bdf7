# shellcheck shell=bash
# Sourced by cluster.sh and hdfs.sh: real processes in the background, on loopback, each with a pid file in $state.

# The caller's.
: "${state:?}" "${root:?}"

# A folder of ours says so in this file. One that MMARD_CLUSTER_DIR or MMARD_HDFS_DIR names could be anybody's, with files under the names of ours.
marker=.made-by-mmard

is_own() {
    [[ -e $state/$marker || $state == "$root/target/"* && $state != *..* ]]
}

# Makes an empty folder ours.
claim() {
    if ! is_own && [[ -n $(find "$state" -mindepth 1 -maxdepth 1 -print -quit) ]]; then
        fail "$state is neither empty nor a folder that ${0##*/} has made: name another" 2
    fi
    echo "${0##*/} keeps process ids, logs and data here, and removes them" > "$state/$marker"
}

# In a folder that is not ours nothing of ours runs, and nothing is to be removed.
need_own() {
    if [[ ! -d $state ]] || ! is_own; then
        echo 'stopped'
        exit 0
    fi
}

# A process id with its start time: ids are used again, so that the id alone could name a stranger.
identity() {
    local stat
    stat=$(cat "/proc/$1/stat" 2> /dev/null) || return 1
    # shellcheck disable=SC2086 # The fields after the name, which may itself hold spaces; the start time is field 22.
    set -- "$1" ${stat##*) }
    [[ $2 != Z ]] && echo "$1 ${21}"
}

# is_running NAME
is_running() {
    local known
    known=$(cat "$state/$1.pid" 2> /dev/null) || return 1
    [[ $known == "$(identity "${known%% *}")" ]]
}

# run NAME COMMAND...: starts it unless it runs; it outlives this terminal and writes to NAME.log.
run() {
    local name=$1
    shift
    if is_running "$name"; then return; fi
    setsid nohup "$@" > "$state/$name.log" 2>&1 < /dev/null 9>&- &
    identity $! > "$state/$name.pid" || fail "$name did not start: see $state/$name.log"
}

# end NAME: asks it to stop, insists after 15 seconds.
end() {
    local pid tenths
    if is_running "$1"; then
        read -r pid _ < "$state/$1.pid"
        kill "$pid" 2> /dev/null || true
        for ((tenths = 0; tenths < 150; tenths++)); do
            is_running "$1" || break
            sleep 0.1
        done
        if is_running "$1"; then kill -9 "$pid" 2> /dev/null || true; fi
    fi
    rm -f "$state/$1.pid"
}

# wait_for SECONDS WHAT CONDITION...: fails with the names of the logs when the condition stays false.
wait_for() {
    local tenths limit=$(($1 * 10)) what=$2
    shift 2
    for ((tenths = 0; tenths < limit; tenths++)); do
        if "$@"; then return; fi
        sleep 0.1
    done
    fail "$what within $((limit / 10)) s: see the logs in $state"
}

is_open() {
    (: > "/dev/tcp/127.0.0.1/$1") 2> /dev/null
}

# port NAME: the port that NAME had last time if it is free, else another below those that the system hands out by itself.
port() {
    local number
    number=$(cat "$state/$1.port" 2> /dev/null || true)
    while [[ -z $number ]] || is_open "$number"; do
        number=$((20000 + RANDOM % 12000))
    done
    echo "$number" | tee "$state/$1.port"
}

# page PORT PATH: what a web server on loopback says.
page() {
    (exec 3<> "/dev/tcp/127.0.0.1/$1" && printf 'GET %s HTTP/1.0\r\n\r\n' "$2" >&3 && timeout 5 cat <&3) 2> /dev/null
}
