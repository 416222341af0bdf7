#!/usr/bin/env bash
# One night's work: trains a student (or goes on with the one that is not finished), evaluates it, removes checkpoints that nobody needs, and
# publishes it where it is better than the published one. Given again, it goes on where it was; while it runs, a second one does nothing.
#
#   spark-jobs/nightly.sh [-D key=value]...    keys go before those of the configuration
#
# MMARD_NIGHTLY_CONF      configuration of the training; must be given
# MMARD_NIGHTLY_RUNS      Hadoop URI of the folder in which each night has a run directory, named by its date; must be given
# MMARD_NIGHTLY_DATA      data to evaluate on (its test images); must be given
# MMARD_NIGHTLY_ATTACKS   default clean,pgd20,autoattack; "better" is about images that withstand all of them
# MMARD_NIGHTLY_EXAMPLES  how many test images, default 1000; 0 for all
# MMARD_NIGHTLY_KEEP      how many of a finished run's newest checkpoints stay, default 2; the best stays in any case
# MMARD_NIGHT             name of tonight's run, default today's date
#
# Those of submit.sh apply, too. Exit code: that of the first step that fails, 0 where all is done; 143 after a SIGTERM or Ctrl-C.
set -euo pipefail
# shellcheck source=spark-jobs/submit.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/submit.sh"
exec < /dev/null

for name in CONF RUNS DATA; do
    variable=MMARD_NIGHTLY_$name
    [[ -n ${!variable:-} ]] || fail "$variable is not set: the head of ${BASH_SOURCE[0]} says what it is"
done
night=${MMARD_NIGHT:-$(date +%F)}

say() {
    printf '%s nightly: %s\n' "$(date '+%F %T')" "$1"
}

# One at a time for each folder of runs. The lock goes with this process, whatever becomes of it.
locks=${XDG_CACHE_HOME:-${HOME:?}/.cache}/mmard
mkdir -p "$locks"
exec 9>> "$locks/nightly-$(cksum <<< "$MMARD_NIGHTLY_RUNS" | tr ' ' -).lock"
if ! flock -n 9; then
    say "another one works on $MMARD_NIGHTLY_RUNS: nothing done"
    exit 0
fi

# A signal is for the driver, which saves what it has; bash alone would end and leave it behind. The driver has a process group of its own: a signal to
# this one's would reach it twice, and the second ends it at once.
driver=
stopped=
trap 'stopped=yes; [[ -z $driver ]] || kill -TERM "$driver" 2> /dev/null || true' TERM INT

# step WHAT COMMAND...: ends this script with the command's exit code, unless that is 0.
step() {
    local what=$1 code=0
    shift
    [[ -z $stopped ]] || finish 143 "stopped before: $what"
    say "$what"
    set -m
    "$@" 9>&- &
    driver=$!
    set +m
    # A signal ends the wait, not the driver: its exit code is there only once it is gone.
    while wait "$driver" || true; kill -0 "$driver" 2> /dev/null; do :; done
    wait "$driver" || code=$?
    driver=
    case $code in
        0) ;;
        130 | 143) finish "$code" "was stopped: $what; the next call goes on there" ;;
        *) finish "$code" "failed: $what; the next call tries again from there" ;;
    esac
}

finish() {
    say "$2 (exit code $1)"
    exit "$1"
}

answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
find_run() {
    submit_here nightly next "$MMARD_NIGHTLY_RUNS" --name "$night" > "$answer"
}

step "looks for the run of $night, or an earlier one that is not finished" find_run
run=$(< "$answer")
if [[ -z $run ]]; then
    say "the run of $night is finished: nothing to do"
    exit 0
fi
step "trains $run" submit train --conf "$MMARD_NIGHTLY_CONF" -D run.directory="$run" "$@" --resume
step "evaluates $run" submit evaluate --model "$run/best.zip" --data "$MMARD_NIGHTLY_DATA" --attacks "${MMARD_NIGHTLY_ATTACKS:-clean,pgd20,autoattack}" \
    --examples "${MMARD_NIGHTLY_EXAMPLES:-1000}" --out "$run"
# Before publishing, which marks the run as finished.
step "removes checkpoints of $run" submit_here checkpoints prune "$run" --keep-last "${MMARD_NIGHTLY_KEEP:-2}"
step "compares $run with the published student" submit_here nightly publish "$run" --to "${MMARD_NIGHTLY_RUNS%/}/published"
say "done with $run"
