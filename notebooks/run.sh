#!/usr/bin/env bash
# Runs the notebooks. Needs a JDK 17, Maven and Jupyter's nbconvert (Debian: apt-get install jupyter-nbconvert).
#
#   notebooks/run.sh [NAME]...   executes them all, or those named, to target/notebooks/NAME.html; exit 1 names the notebook and the cell that failed
#   notebooks/run.sh --lab       opens them in JupyterLab, or in the older notebook where that is what is installed
#   notebooks/run.sh --install   only prepares the kernel and the runs, and prints what another Jupyter needs to know
#
# They look at MMARD_NOTEBOOK_RUNS: a folder as mmard quickstart leaves it, with shapes/, teacher/ and student/. When unset, that is runs/quickstart;
# where there is none, small runs are made under target/notebooks/runs, once, in about a minute on two cores that have nothing else to do.
# MMARD_NOTEBOOK_IMAGES is how many images the third one puts through AutoAttack, 50 when unset.
set -euo pipefail
# shellcheck source=deploy/local/common.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../deploy/local/common.sh"

here=$root/target/notebooks
kernel=io.github.padreati:rapaio-jupyter-kernel:3.0.1
charts=org.knowm.xchart:xchart:4.0.3

# Fetches one jar from Maven's repositories into target/notebooks/lib, once.
fetch() {
    local name=${1#*:}
    [[ -f $here/lib/${name/:/-}.jar ]] && return
    mvn -q -B -f "$root/pom.xml" dependency:copy -Dartifact="$1" -DoutputDirectory="$here/lib" > "$here/fetch.log" 2>&1 < /dev/null \
        || fail "cannot get $1; Maven's words are in $here/fetch.log"
}

# One JSON string of each argument, with commas between them.
json_strings() {
    local joined='' argument
    for argument; do
        argument=${argument//\\/\\\\}
        joined+="${joined:+, }\"${argument//\"/\\\"}\""
    done
    echo "$joined"
}

install_kernel() {
    mkdir -p "$here/lib" "$here/kernel" "$here/jupyter/kernels/mmard"
    fetch "$kernel"
    fetch "$charts"
    "$JAVA_HOME/bin/javac" -cp "$here/lib/*" -d "$here/kernel" "$root/notebooks/kernel/NotebookKernel.java" || fail 'the kernel does not compile'
    local command=("$JAVA_HOME/bin/java" -Xmx2g -Djava.awt.headless=true "${java_openings[@]}"
        -Dlog4j2.configurationFile=org/mmard/log4j2.properties "-Dmmard.log=$here/kernel.log"
        -cp "$here/kernel:$root/target/mmard-train.jar:$here/lib/*:$SPARK_HOME/jars/*" NotebookKernel '{connection_file}')
    cat > "$here/jupyter/kernels/mmard/kernel.json" << JSON
{
  "display_name": "MMARD (Java 17)",
  "language": "java",
  "interrupt_mode": "message",
  "argv": [$(json_strings "${command[@]}")],
  "env": {"MMARD_NOTEBOOK_RUNS": $(json_strings "$runs")}
}
JSON
}

small_run() {
    MMARD_MASTER='local[1]' "$root/mmard" train --conf "$root/conf/quickstart.conf" --resume -D data.uri="$runs/shapes" -D run.directory="$runs/$1" \
        -D cluster.executors=1 -D engine.threads=2 -D training.epochs=4 -D training.milestones="[2.5, 3.5]" -D validation.examples=200 "${@:2}" > "$here/$1.log" 2>&1 \
        || fail "the $1 for the notebooks could not be trained: see $here/$1.log"
}

# The folder that the notebooks look at; small runs where nothing is there.
prepare_runs() {
    if [[ -n ${MMARD_NOTEBOOK_RUNS:-} ]]; then
        runs=$(readlink -m "$MMARD_NOTEBOOK_RUNS")
        [[ -f $runs/student/best.zip && -f $runs/teacher/best.zip ]] || fail "MMARD_NOTEBOOK_RUNS=$runs holds no finished student and teacher: make them with ./mmard quickstart" 2
        return
    fi
    runs=$root/runs/quickstart
    if [[ -f $runs/student/best.zip && -f $runs/teacher/best.zip ]]; then return; fi
    runs=$here/runs
    mkdir -p "$runs"
    if [[ -f $runs/.finished ]]; then return; fi
    echo "no ./mmard quickstart yet: training small runs for the notebooks, in $runs"
    "$root/mmard" data shapes --out "$runs/shapes" --train 2200 --test 200 --seed 1 > "$here/shapes.log" 2>&1 || fail "cannot make images: see $here/shapes.log"
    small_run teacher -D method.name=trades -D student.architecture=resnet8
    small_run student -D teacher.model="$runs/teacher/best.zip"
    touch "$runs/.finished"
}

# The first error in an executed notebook, as "cell N: what", or nothing. Jupyter brings the Python.
first_error() {
    python3 - "$1" << 'PYTHON'
import json, re, sys
for cell in json.load(open(sys.argv[1]))["cells"]:
    for output in cell.get("outputs", []):
        if output["output_type"] == "error":
            words = [line for line in re.sub(r"\x1b\[[0-9;]*m", "", "\n".join([output["evalue"]] + output["traceback"])).splitlines() if line.strip("| ")]
            # The compiler repeats the source, each line behind a bar, before it says what it thinks of it.
            said = next((line for line in words if not line.startswith("|") and line != "Compile error:"), "")
            print("cell", str(cell["execution_count"]) + ":", output["ename"] + ": " + said)
            sys.exit()
PYTHON
}

# Runs a notebook, its errors included, into a copy of it. Jupyter chooses the kernel's ports before the kernel opens them: on a busy machine another
# process may be quicker: the kernel then ends at once, and is started anew.
run_cells() {
    local name=$1
    for _ in 1 2 3; do
        jupyter-nbconvert --to notebook --execute --allow-errors --ExecutePreprocessor.startup_timeout=120 --ExecutePreprocessor.timeout=3600 \
            --output-dir "$here" --output "$name.ipynb" "$root/notebooks/$name.ipynb" > "$here/$name.log" 2>&1 < /dev/null && return
        grep -qE "Kernel (didn't respond|died before)" "$here/$name.log" || break
        echo "$name: the kernel did not come up"
    done
    fail "$name: $(grep -E '^[[:alnum:]_.]*(Error|Exception): ' "$here/$name.log" | tail -n 1) (all of it is in $here/$name.log)"
}

execute() {
    local name=$1 error started=$SECONDS
    echo "$name…"
    run_cells "$name"
    jupyter-nbconvert --to html --output-dir "$here" "$here/$name.ipynb" > "$here/$name.log" 2>&1 < /dev/null || fail "$name: $(tail -n 1 "$here/$name.log")"
    # A page's neighbours are pages.
    sed -i -E 's/href="([0-9a-z-]+)\.ipynb"/href="\1.html"/g' "$here/$name.html"
    error=$(first_error "$here/$name.ipynb")
    [[ -z $error ]] || fail "$name, $error; all of it is in $here/$name.html"
    echo "$here/$name.html ($((SECONDS - started)) s)"
}

wanted=all
names=()
for argument; do
    case $argument in
        --lab | --install) wanted=${argument#--} ;;
        -*) fail "$argument: there are --lab, --install and names of notebooks" 2 ;;
        *)
            argument=$(basename "$argument" .ipynb)
            [[ -f $root/notebooks/$argument.ipynb ]] || fail "$argument: no such notebook in $root/notebooks" 2
            names+=("$argument")
            ;;
    esac
done
if ((${#names[@]} == 0)); then
    mapfile -t names < <(basename -s .ipynb "$root"/notebooks/*.ipynb)
fi

use_utf8
use_java_17
[[ -x $JAVA_HOME/bin/javac ]] || fail "$JAVA_HOME has no compiler: install a JDK 17, not only its runtime"
if [[ $wanted == all ]] && ! command -v jupyter-nbconvert > /dev/null; then
    fail 'jupyter-nbconvert is missing: install it (Debian: apt-get install jupyter-nbconvert)'
fi
"$root/mmard" build
use_spark
mkdir -p "$here"
prepare_runs
install_kernel
export JUPYTER_PATH=$here/jupyter${JUPYTER_PATH:+:$JUPYTER_PATH}

case $wanted in
    all)
        for name in "${names[@]}"; do execute "$name"; done
        ;;
    lab)
        for lab in jupyter-lab jupyter-notebook; do
            if command -v $lab > /dev/null; then exec $lab --notebook-dir="$root/notebooks"; fi
        done
        fail "neither jupyter-lab nor jupyter-notebook is installed (Debian: apt-get install jupyter-notebook)"
        ;;
    install)
        echo "the kernel is ready; any Jupyter finds it with JUPYTER_PATH=$here/jupyter, for example:"
        echo "  JUPYTER_PATH=$here/jupyter jupyter lab $root/notebooks"
        ;;
esac
