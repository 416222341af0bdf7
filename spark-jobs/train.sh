#!/usr/bin/env bash
# Trains: spark-jobs/train.sh --conf FILE [-D key=value]... [--resume] submit.sh explains the variables.
set -euo pipefail
# shellcheck source=spark-jobs/submit.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/submit.sh"
submit train "$@"
