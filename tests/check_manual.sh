#!/usr/bin/env bash
# mandoc finds nothing amiss with a manual. Usage: check_manual.sh FILE. Status 77: mandoc is missing.
set -euo pipefail
if ! command -v mandoc >/dev/null; then
    echo "mandoc is not installed"
    if [[ -n ${CLOUD_BACKEND_CI:-} ]]; then exit 1; fi
    exit 77
fi
mandoc -T lint -W warning "$1"
