#!/usr/bin/env bash
# Evaluates: spark-jobs/evaluate.sh --model URI --data URI [--attacks LIST] [--out DIR]... submit.sh explains the variables.
set -euo pipefail
# shellcheck source=spark-jobs/submit.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/submit.sh"
submit evaluate "$@"
