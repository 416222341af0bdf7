#!/usr/bin/env bash
# Trains and evaluates a grid: spark-jobs/grid.sh --conf FILE [-D key=value]... submit.sh explains the variables.
set -euo pipefail
# shellcheck source=spark-jobs/submit.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/submit.sh"
submit grid "$@"
