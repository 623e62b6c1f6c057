#!/bin/sh
# Compares `poseglass score` with pycocotools on random data sets and fails on a difference above 1e-6.
#
#   scripts/compare_with_pycocotools.sh [BINARY [N_SETS [SEED]]]
#
# BINARY: the poseglass to check (default: target/release/poseglass, else target/debug/poseglass).
# POSEGLASS_PYTHON: a Python that has pycocotools (default: python3).
set -eu

# paths are meant from where the user stands; links stay, as the Python of a venv is one
from_here() {
    case $1 in
    /*) echo "$1" ;;
    */*) echo "$PWD/$1" ;;
    *) echo "$1" ;;
    esac
}
python=$(from_here "${POSEGLASS_PYTHON:-python3}")
binary=$(from_here "${1:-}")
cd "$(dirname "$0")/.."

if ! "$python" -c 'import pycocotools' 2>/dev/null; then
    echo "compare_with_pycocotools: $python has no pycocotools; set POSEGLASS_PYTHON to a Python that has" \
        "(\"$python -m pip install pycocotools\" installs it)" >&2
    exit 1
fi

if [ -z "$binary" ]; then
    for binary in target/release/poseglass target/debug/poseglass; do
        if [ -x "$binary" ]; then break; fi
    done
fi
if [ ! -x "$binary" ]; then
    echo "compare_with_pycocotools: there is no $binary; run \"cargo build\" first" >&2
    exit 1
fi

exec "$python" tests/reference/make_score_cases.py --compare "$binary" --cases "${2:-130}" --seed "${3:-1000}"
