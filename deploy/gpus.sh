#!/usr/bin/env bash
# The GPUs of this host, as Spark's discovery scripts tell them: {"name": "gpu", "addresses": ["0", "1"]}
set -euo pipefail

if ! command -v nvidia-smi > /dev/null; then
    echo 'gpus.sh: nvidia-smi is not on the PATH: this host has no NVIDIA driver, or Spark sees another PATH; leave spark.*.resource.gpu.* out where there is no GPU' >&2
    exit 1
fi
if ! said=$(nvidia-smi --query-gpu=index --format=csv,noheader 2>&1); then
    echo "gpus.sh: nvidia-smi failed: ${said%%$'\n'*}" >&2
    exit 1
fi
addresses=
while read -r index; do
    if ! [[ $index =~ ^[0-9]+$ ]]; then
        echo "gpus.sh: nvidia-smi named no GPU: ${index:-nothing}" >&2
        exit 1
    fi
    addresses+=${addresses:+, }\"$index\"
done <<< "$said"
echo "{\"name\": \"gpu\", \"addresses\": [$addresses]}"
