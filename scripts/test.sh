#!/usr/bin/env bash
# Installs what is missing, builds, and runs all tests, one per core with one thread each.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh --with-browser --with-archive --with-fastai
scripts/build.sh build -DCMAKE_BUILD_TYPE=Release
OMP_NUM_THREADS=1 ctest --test-dir build -j "$(nproc)" --output-on-failure --no-tests=error "$@"
